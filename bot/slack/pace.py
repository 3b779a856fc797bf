"""Pacing: Slack takes about one message a second in a channel, with short bursts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.owed import NotSent

LONGEST_WAIT_SECONDS = 2.0
_KEPT_CHANNELS = 1_000


class Pace:
    """A bucket of permits for each channel: `burst` at once, then `per_second`."""

    def __init__(
        self,
        *,
        per_second: float = 1.0,
        burst: int = 4,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds_each = 1.0 / per_second
        self._burst_seconds = (burst - 1) * self._seconds_each
        self._clock = clock
        self._sleep = sleep
        self._next_free: dict[str, float] = {}
        self._promised: dict[str, float] = {}

    async def wait(self, channel: str) -> float:
        """Wait until the channel takes another message; returns the seconds waited.

        Raises NotSent, with a time of its own for each caller, where the wait would be long: a message in
        the outbox must not hold a lease while it stands in line.
        """
        now = self._clock()
        theoretical = max(self._next_free.get(channel, 0.0), now)
        seconds = max(theoretical - self._burst_seconds - now, 0.0)
        if seconds > LONGEST_WAIT_SECONDS:
            promised = max(self._promised.get(channel, 0.0), now + seconds)
            self._promised[channel] = promised + self._seconds_each
            raise NotSent(promised - now)
        self._next_free[channel] = theoretical + self._seconds_each
        if seconds:
            await self._sleep(seconds)
        if len(self._next_free) > _KEPT_CHANNELS:
            self._forget_idle()
        return seconds

    def hold(self, channel: str, seconds: float) -> None:
        """Let a channel rest: Slack said that it takes nothing for so many seconds."""
        self._next_free[channel] = max(
            self._next_free.get(channel, 0.0), self._clock() + seconds + self._burst_seconds
        )

    def _forget_idle(self) -> None:
        now = self._clock()
        self._next_free = {channel: free for channel, free in self._next_free.items() if free > now}
        self._promised = {channel: free for channel, free in self._promised.items() if free > now}
