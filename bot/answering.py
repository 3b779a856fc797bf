"""An answer that a chat model writes: checked sentence by sentence, shown while it grows, cut when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

import structlog

from bot.model.chat import End
from bot.model.pool import Models
from dialogs.answers.drafting import FIRST_SENTENCE_SECONDS, Draft, look, shown, usable
from dialogs.steps import Write
from dialogs.turns import Reply

PATIENCE_SECONDS = 1.5  # an answer that is whole by then is shown at once, without a draft before it
BETWEEN_SECONDS = 1.0
UNSEEN_SECONDS = 15.0  # what nobody sees growing must be over sooner

Show = Callable[[Reply], Awaitable[bool]]
"""Shows a draft in place of the one before; False where that must wait for another moment."""

log = structlog.get_logger("cairn.answering")


async def write(need: Write, models: Models, show: Show | None = None) -> str | None:
    """Return what the model wrote, as far as it counts; None or "" where nothing of it does.

    Generation is cancelled when the first two sentences fail the check, or when none was released within
    ten seconds, the time in line included. What ends later keeps its whole sentences.
    """
    writing = _Writing(need, models)
    if show is None:
        return await writing.run(UNSEEN_SECONDS)
    showing = asyncio.create_task(writing.show(show))
    try:
        return await writing.run(need.request.deadline_seconds)
    finally:
        writing.ended.set()
        await asyncio.gather(showing, return_exceptions=True)


class _Writing:
    """One answer in the making."""

    def __init__(self, need: Write, models: Models) -> None:
        self.ended = asyncio.Event()
        self._need = need
        self._models = models
        self._draft = Draft()
        self._ahead = 0

    async def run(self, seconds: float) -> str:
        """Generate until the text ends, is of no use, or time is over."""
        clock = asyncio.get_running_loop().time
        started, text, whole = clock(), "", False
        pieces = self._models.pieces(self._need.request, self._moved_up)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(started + FIRST_SENTENCE_SECONDS) as limit, aclosing(pieces):
                async for piece in pieces:
                    if isinstance(piece, End):
                        whole = piece.complete
                        break
                    text += piece.text
                    self._draft = look(text, self._need)
                    if self._draft.over:
                        break
                    if self._draft.answer:
                        limit.reschedule(started + seconds)
        if not whole:
            log.info("answer_cut", released=self._draft.answer is not None)
        return usable(text, finished=whole)

    def _moved_up(self, ahead: int) -> None:
        self._ahead = ahead

    async def show(self, show: Show) -> None:
        """Show the draft after a moment, and then whenever it has changed, until the answer has ended."""
        last = None
        pause = PATIENCE_SECONDS
        while not await self._ends_within(pause):
            reply = shown(self._draft, self._need, self._ahead)
            if reply != last and await show(reply):
                last = reply
            pause = BETWEEN_SECONDS

    async def _ends_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        return self.ended.is_set()
