"""Chat and embedding on this machine, each through a lane of its own."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from bot.model.chat import End, OnPosition, Piece
from bot.model.lane import Job, Lane
from dialogs.steps import Complete, Vector

_SLICE_TEXTS = 8  # about 40 ms of work, the longest that a question waits behind indexing
_FOREGROUND_TEXTS = 4
_SLICE_SECONDS = 30.0


def lane_status(lane: Lane) -> dict[str, Any]:
    """State and figures of a lane, for health checks."""
    return {
        "state": lane.state,
        "path": str(lane.path),
        "waiting": lane.waiting,
        "restarts": lane.restarts,
        "process_id": lane.process_id,
        "problem": lane.problem,
        "load_seconds": lane.about.get("seconds"),
    }


class LocalChat:
    """A chat model in a worker process."""

    def __init__(self, path: Path, context_tokens: int) -> None:
        self.lane = Lane("chat", path, ("--context-tokens", str(context_tokens)))

    @property
    def usable(self) -> bool:
        """Whether the model is loaded, or will be."""
        return self.lane.usable

    @property
    def waiting(self) -> int:
        """How many requests stand before a new one."""
        return self.lane.waiting

    async def pieces(
        self, request: Complete, on_position: OnPosition | None
    ) -> AsyncGenerator[Piece | End, None]:
        """Yield the answer's pieces, then one End."""
        job = Job(
            {
                "task": request.task,
                "messages": request.messages,
                "schema": request.schema,
                "max_tokens": request.max_tokens,
            },
            asyncio.get_running_loop().time() + request.deadline_seconds,
            task=request.task,
            on_position=on_position,
        )
        async with aclosing(self.lane.events(job)) as events:
            async for event in events:
                if event["event"] == "text":
                    yield Piece(event["text"])
                elif event["event"] == "done":
                    yield End(event["finish"] == "stop", event["finish"])
                else:
                    yield End(False, event["message"])

    def status(self) -> dict[str, Any]:
        """State and figures of the worker."""
        return lane_status(self.lane)

    async def close(self) -> None:
        """End the worker."""
        await self.lane.close()


class LocalEmbedding:
    """An embedding model in a worker process. Long lists go in slices that yield to short ones."""

    def __init__(self, path: Path) -> None:
        self.lane = Lane("embed", path)

    async def embed(self, texts: Sequence[str], timeout_seconds: float | None) -> list[Vector] | None:
        """Return one normalised vector a text, or None where the worker is late or down."""
        background = len(texts) > _FOREGROUND_TEXTS
        try:
            async with asyncio.timeout(timeout_seconds):
                vectors: list[Vector] = []
                for start in range(0, len(texts), _SLICE_TEXTS):
                    some = await self._slice(texts[start : start + _SLICE_TEXTS], background)
                    if some is None:
                        return None
                    vectors.extend(some)
                return vectors
        except TimeoutError:
            return None

    async def _slice(self, texts: Sequence[str], background: bool) -> list[Vector] | None:
        deadline = asyncio.get_running_loop().time() + _SLICE_SECONDS
        job = Job({"texts": list(texts)}, deadline, background=background)
        async with aclosing(self.lane.events(job)) as events:
            async for event in events:
                if event["event"] == "vectors":
                    flat = np.frombuffer(base64.b64decode(event["float32"]), dtype=np.float32)
                    return list(flat.reshape(event["shape"]))
        return None
