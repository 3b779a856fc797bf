"""The local Slack: a stand-in that runs on this machine, for the demo and for tests over real Socket Mode."""

from __future__ import annotations

import asyncio
import json
import platform
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog

from bot.failures import OperationError

ROOT = Path(__file__).resolve().parents[2]
HOW_TO_INSTALL = "run `make setup` with Node installed, or `npm install --prefix .local-slack {package}`"

_READY_WITHIN_SECONDS = 20.0
_STOP_WITHIN_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RunningSlack:
    """A local Slack that answers."""

    port: int
    process: asyncio.subprocess.Process

    @property
    def address(self) -> str:
        """The page to open in a browser."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """The base URL of its Web API."""
        return f"{self.address}/api/"


def package() -> str:
    """Return the npm package for this platform; raises OperationError where there is none."""
    system = {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform)
    machine = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}.get(
        platform.machine().lower()
    )
    if system is None or machine is None or (system, machine) == ("windows", "arm64"):
        raise OperationError(
            f"There is no local Slack for {platform.system()} on {platform.machine()}; "
            "`cairn chat` holds the same conversation in the terminal."
        )
    return f"local-slack-{system}-{machine}"


def binary(root: Path = ROOT) -> Path:
    """Return the local Slack's binary; raises OperationError saying how to install it."""
    name = package()
    executable = "local-slack.exe" if sys.platform == "win32" else "local-slack"
    path = root / ".local-slack" / "node_modules" / name / "bin" / executable
    if not path.exists():
        raise OperationError(f"The local Slack is not installed; {HOW_TO_INSTALL.format(package=name)}.")
    return path


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether nothing listens on a port, on any interface."""
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


@asynccontextmanager
async def running(config: Path | dict[str, object], *, port: int = 0) -> AsyncIterator[RunningSlack]:
    """Run a local Slack with a workspace (a file, or the same as a mapping) until the block ends."""
    executable = binary()
    chosen = port or free_port()
    with tempfile.TemporaryDirectory(prefix="cairn-slack-") as directory:
        if isinstance(config, dict):
            written = Path(directory) / "workspace.json"
            written.write_text(json.dumps(config), encoding="utf-8")
            config = written
        process = await asyncio.create_subprocess_exec(
            str(executable),
            *("--config", str(config), "--port", str(chosen), "--base-host", "127.0.0.1"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches the bot first; the local Slack ends after it
        )
        slack = RunningSlack(chosen, process)
        try:
            await _until_ready(slack)
            yield slack
        finally:
            await _stop(process)


async def _until_ready(slack: RunningSlack) -> None:
    """Wait until the local Slack answers; raises OperationError when it ends or stays silent."""
    deadline = asyncio.get_running_loop().time() + _READY_WITHIN_SECONDS
    async with aiohttp.ClientSession() as session:
        while asyncio.get_running_loop().time() < deadline:
            if slack.process.returncode is not None:
                raise OperationError(f"The local Slack ended at once: {await _last_words(slack.process)}")
            try:
                async with session.get(f"{slack.address}/_control/state") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise OperationError(f"The local Slack did not answer within {_READY_WITHIN_SECONDS:.0f} s; try again.")


async def _last_words(process: asyncio.subprocess.Process) -> str:
    words = await process.stderr.read() if process.stderr else b""
    lines = words.decode(errors="replace").strip().splitlines()
    return " ".join(lines[-5:]) or f"exit code {process.returncode}"


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the process: kindly, then for certain."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_WITHIN_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
