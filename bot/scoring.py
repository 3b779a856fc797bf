"""Metrics of files that people drop into a conversation: fetched, computed apart, and forgotten."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.failures import OperationError
from bot.prediction_files import predictions_first
from dialogs.steps import Measured, Score, Scored
from dialogs.turns import SharedFile

SECONDS = 30.0  # with the download well below the lease of a delivery
_AT_ONCE = 2

FetchFile = Callable[[str, SharedFile], Awaitable[bytes]]
"""The content of a file: (workspace, file). Raises OperationError in one sentence."""

log = structlog.get_logger("cairn.scoring")


async def no_files(workspace: str, file: SharedFile) -> bytes:
    """Fetch nothing: for ways of talking that have no files."""
    raise OperationError(f"{file.name} cannot be fetched here; use `cairn metrics FILE` in a terminal.")


class Scorer:
    """Scores files, two at a time. Nothing of them is kept on disk."""

    def __init__(self, fetch: FetchFile = no_files, *, seconds: float = SECONDS) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def score(self, workspace: str, wanted: Score) -> Scored:
        """Return the metrics of the files; what stands in the way becomes the `problem` of the result."""
        places = predictions_first([file.name for file in wanted.files])
        files = [wanted.files[place] for place in places]
        try:
            async with self._room:
                contents = [await self._fetch(workspace, file) for file in files]
                return await self._compute(files, contents)
        except OperationError as error:
            return Scored(problem=str(error))

    async def _compute(self, files: list[SharedFile], contents: list[bytes]) -> Scored:
        request = json.dumps({
            "files": [
                {"name": file.name, "base64": base64.b64encode(content).decode()}
                for file, content in zip(files, contents, strict=True)
            ]
        })  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.metrics_worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        name = files[0].name
        try:
            async with asyncio.timeout(self._seconds):
                answer, complaint = await process.communicate(request.encode())
        except TimeoutError as error:
            raise OperationError(
                f"{name} takes longer than {self._seconds:.0f} s to score; take a sample of its cases, or run "
                "`cairn metrics` on it."
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            log.error("scoring_failed", file=name, stderr=complaint.decode(errors="replace")[-2000:])
            raise OperationError(f"{name} could not be scored; take a smaller sample of its cases.")
        return scored_of(json.loads(answer))


def scored_of(read: dict[str, Any]) -> Scored:
    """Return what the worker answered."""
    if "problem" in read:
        return Scored(problem=str(read["problem"]))
    return Scored(int(read["cases"]), tuple(Measured(**metric) for metric in read["metrics"]))
