"""The chat worker of a running Cairn, seen from outside: found by its command line, slowed down, ended."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


def chat_workers_of(parent_pid: int) -> list[int]:
    """Return the process ids of the chat workers that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == parent_pid and b"bot.model.worker" in command and b"chat" in command:
                found.append(int(folder.name))
    return found


async def new_chat_worker(parent_pid: int, *, other_than: int = 0, within: float = 5.0) -> int:
    """Wait until a chat worker runs that is another one; returns its process id."""
    async with asyncio.timeout(within):
        while True:
            if running := [pid for pid in chat_workers_of(parent_pid) if pid != other_than]:
                return running[0]
            await asyncio.sleep(0.02)


@asynccontextmanager
async def slowed(pid: int, *, runs: float = 0.002, rests: float = 0.1) -> AsyncIterator[None]:
    """Let a process run only now and then within the block, as on a busy machine."""

    async def hinder() -> None:
        while True:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(rests)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(runs)

    hindering = asyncio.create_task(hinder())
    try:
        yield
    finally:
        hindering.cancel()
        await asyncio.gather(hindering, return_exceptions=True)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
