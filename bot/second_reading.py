"""Second readings: a chat model reads what the rules have answered already, and comes back with a turn of its own.

Nobody waits for it, and one that is late, fails or is lost with the process changes nothing: the rules' reading holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot.model.pool import Models
from bot.storage.projects import StaleProject
from dialogs.steps import Complete
from dialogs.turns import Turn

MOST_AT_ONCE = 4
"""Readings that may wait for the model: beyond these the next is left out, so that questions are not held up."""

Asked = tuple[Turn, Complete]
Handle = Callable[[Turn], Awaitable[object]]

log = structlog.get_logger("cairn.second_reading")


class SecondReadings:
    """The readings under way. Each ends as a "reading" turn, handled like any other."""

    def __init__(self, models: Models, handle: Handle) -> None:
        self._models = models
        self._handle = handle
        self._running: set[asyncio.Task[None]] = set()
        self._reading: dict[asyncio.Task[None], Asked] = {}  # those that the model is still at

    def start(self, turn: Turn, request: Complete) -> None:
        """Read a turn's message in the background; left out where too many wait already."""
        if len(self._running) >= MOST_AT_ONCE:
            log.info("second_reading_left_out", waiting=len(self._running))
            return
        task = asyncio.create_task(self._read(turn, request))
        self._running.add(task)
        self._reading[task] = (turn, request)
        task.add_done_callback(self._ended)

    def give_way(self) -> tuple[Asked, ...]:
        """Stop the readings that the model is still at, for somebody's question; returns them, to be started again."""
        stopped = dict(self._reading)
        for task in stopped:
            task.cancel()
            self._ended(task)
        return tuple(stopped.values())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._reading.pop(task, None)

    async def settled(self, timeout_seconds: float) -> None:
        """Return when all have ended, or after that long."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_seconds)

    async def _read(self, turn: Turn, request: Complete) -> None:
        said = await self._models.complete(request)
        if task := asyncio.current_task():
            self._reading.pop(task, None)
        if not said:
            return
        try:
            told = {"said_at": turn.at.isoformat()}
            await self._handle(replace(turn, kind="reading", value=said, at=datetime.now(UTC), fields=told))
        except StaleProject:
            log.info("second_reading_lost")  # the project kept changing: newer words count more
