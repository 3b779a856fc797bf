"""What Cairn owes Slack: each row becomes visible exactly once, in the order of its thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import inbox
from bot.owed import Delivered, Drained, Gate, NotSent, Owed, Rejected, Unsure
from bot.storage import outbox_rows
from bot.storage.insert import insert_new
from bot.storage.store import Store
from bot.storage.tables import OutboxRow

__all__ = ["Delivered", "Drained", "Gate", "NotSent", "Owed", "Rejected", "Unsure", "drain", "owe", "sweep"]

Clock = Callable[[], datetime]

SEARCHED: frozenset[str] = frozenset({"post", "card", "direct", "file"})
"""Verbs whose result can be found in Slack; the others can be repeated without harm."""
SEARCH_MARGIN = timedelta(seconds=60)
MARGIN_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.5  # what is owed meanwhile does not wait for a slow lane
GIVE_UP_AFTER = 5  # attempts
CARD_GONE = "message_not_found"
log = logging.getLogger("cairn.outbox")
_T = TypeVar("_T")


async def owe(session: AsyncSession, items: Iterable[Owed]) -> int:
    """Add to the outbox in the caller's transaction; ids that are already there are ignored.

    Returns how many were new.
    """
    added = 0
    for owed in items:
        added += await insert_new(session, OutboxRow, _to_row(owed))
    return added


async def sweep(store: Store, now: datetime) -> int:
    """Drop the words of settled rows after an hour, and the rows after a week; return how many went."""
    async with store.write() as session:
        return await outbox_rows.sweep(session, now)


async def drain(
    store: Store, gate: Gate, clock: Clock, *, lease_seconds: float = 60.0, limit: int = 100
) -> Drained:
    """Deliver what is due until nothing is, at most `limit` lanes at once.

    What is owed while it runs is delivered too. Several drains, in this process or others, do not
    disturb each other. `lease_seconds` must exceed the gate's HTTP timeout by far.
    """
    courier = _Courier(store, gate, clock, lease_seconds)
    running: dict[asyncio.Task[None], OutboxRow] = {}
    try:
        while True:
            for row in await courier.claim(limit - len(running)):
                running[asyncio.create_task(courier.serve(row))] = row
            if not running:
                return courier.drained
            ended, _ = await asyncio.wait(
                running, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended:
                row = running.pop(task)
                if not task.cancelled() and (error := task.exception()) is not None:
                    await courier.reckon(row, error)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class _Courier:
    """One drain's way with its rows."""

    def __init__(self, store: Store, gate: Gate, clock: Clock, lease_seconds: float) -> None:
        self.drained = Drained()
        self._store = store
        self._gate = gate
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._margin_seconds = min(MARGIN_SECONDS, lease_seconds / 4)
        self._holder = uuid4().hex

    async def claim(self, limit: int) -> list[OutboxRow]:
        if limit <= 0:
            return []
        async with self._store.write() as session:
            return await outbox_rows.claim_heads(
                session, self._holder, self._clock(), self._lease_seconds, limit
            )

    async def serve(self, row: OutboxRow) -> None:
        """Look for an earlier post where one may exist, else post."""
        owed = await self._resolve(row)
        if row.attempted_at is not None and owed.verb in SEARCHED:
            since = row.attempted_at - SEARCH_MARGIN
            try:
                found = await self._within_lease(row, partial(self._gate.find, owed, since))
            except NotSent as error:
                await self._hold(row, str(error), error.retry_after_seconds)
                return
            except Unsure as error:
                await self._hold(row, str(error))
                return
            if found is not None:
                self.drained.found += 1
                await self._delivered(row, found)
                return
        await self._post(row, owed)

    async def reckon(self, row: OutboxRow, error: BaseException) -> None:
        """Log an error of our own and try again; give up when the same one ends the fifth attempt.

        Trouble with the database passes, and leaves the row to whoever comes when its lease is over.
        """
        log.error("delivery of %s broke", row.id, exc_info=error)
        if isinstance(error, SQLAlchemyError):
            return
        if row.attempts < GIVE_UP_AFTER or row.error != repr(error):
            await self._hold(row, repr(error))
            return
        self.drained.rejected += 1
        async with self._store.write() as session:
            await outbox_rows.settle(session, row, "rejected", self._clock(), error=repr(error))

    async def _resolve(self, row: OutboxRow) -> Owed:
        owed = to_owed(row)
        root, is_card = owed.content.get("thread_of"), owed.verb == "card"
        if owed.verb == "revise":
            return await self._resolve_draft(owed)
        if not (root or is_card):
            return owed
        async with self._store.read() as session:
            if root:
                owed = replace(owed, thread_ts=await outbox_rows.posted_ts(session, root) or owed.thread_ts)
            card_ts = await outbox_rows.card_ts(session, owed.project_id) if is_card else ""
        if card_ts:
            owed = replace(owed, verb="update", content={**owed.content, "ts": card_ts})
        return owed

    async def _resolve_draft(self, owed: Owed) -> Owed:
        """Find the post to revise; an answer whose draft was never posted is posted itself."""
        async with self._store.read() as session:
            ts = await outbox_rows.posted_ts(session, str(owed.content["ts_of"])) or ""
        if not ts and not owed.content.get("draft"):
            return replace(owed, verb="post")
        return replace(owed, content={**owed.content, "ts": ts})

    async def _post(self, row: OutboxRow, owed: Owed) -> None:
        before, now = row.attempted_at, self._clock()
        async with self._store.write() as session:
            row.leased_until = await outbox_rows.begin_attempt(session, row, now, self._lease_seconds)
        if row.leased_until is None:
            return
        row.attempted_at = before or now
        try:
            delivered = await self._within_lease(row, partial(self._gate.deliver, owed))
        except NotSent as error:
            row.attempted_at = before
            await self._hold(row, str(error), error.retry_after_seconds)
        except Unsure as error:
            await self._hold(row, str(error))
        except Rejected as error:
            await self._rejected(row, owed, error)
        else:
            self.drained.delivered += 1
            await self._delivered(row, delivered)

    async def _within_lease(self, row: OutboxRow, call: Callable[[], Awaitable[_T]]) -> _T:
        """Await the call, but end it while nobody else may take the row yet."""
        held = ((row.leased_until or self._clock()) - self._clock()).total_seconds()
        if held < self._margin_seconds:
            raise NotSent
        try:
            async with asyncio.timeout(held - self._margin_seconds):
                return await call()
        except TimeoutError as error:
            raise Unsure("Slack did not answer in time") from error

    async def _hold(self, row: OutboxRow, reason: str, seconds: float = 0.0) -> None:
        """Give the row back: for as long as Slack asks, else longer with every attempt."""
        self.drained.held += 1
        growing = self._lease_seconds / 12 * 2 ** min(row.attempts - 1, 6)
        wait = timedelta(seconds=seconds or min(growing, self._lease_seconds))
        async with self._store.write() as session:
            await outbox_rows.put_back(session, row, self._clock() + wait, reason, row.attempted_at)

    async def _rejected(self, row: OutboxRow, owed: Owed, error: Rejected) -> None:
        """End the row, and note what the refusal reveals; but a card that someone deleted is posted anew."""
        async with self._store.write() as session:
            if row.verb == "card" and owed.verb == "update" and error.reason == CARD_GONE:
                await outbox_rows.set_card(session, owed.project_id, "")
                await outbox_rows.put_back(session, row, self._clock(), str(error), None)
                return
            settled = await outbox_rows.settle(session, row, "rejected", self._clock(), error=error.reason)
            if settled and error.notice is not None:
                await inbox.note(session, f"refused:{row.id}", error.notice, self._clock())
        self.drained.rejected += 1
        log.warning("Slack refused %s (%s): %s", row.id, row.verb, error.reason)

    async def _delivered(self, row: OutboxRow, delivered: Delivered) -> None:
        channel, ts = delivered.channel or row.channel, delivered.ts
        async with self._store.write() as session:
            if not await outbox_rows.settle(session, row, "delivered", self._clock(), channel=channel, ts=ts):
                return
            if ts and row.project_id and row.content.get("new_thread"):
                await outbox_rows.set_thread(session, row, channel, ts)
            if ts and row.verb == "card":
                await outbox_rows.set_card(session, row.project_id, ts)


def to_owed(row: OutboxRow) -> Owed:
    """Return what a row owes."""
    return Owed(**{name: getattr(row, name) for name in Owed.__dataclass_fields__})


def _to_row(owed: Owed) -> dict[str, Any]:
    row = {name: getattr(owed, name) for name in Owed.__dataclass_fields__}
    return {**row, "lane": owed.lane, "holder": "", "posted_channel": "", "posted_ts": "", "error": ""}
