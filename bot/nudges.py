"""Nudges: the reminder table is the schedule, a tick claims what is due, APScheduler only ticks."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from bot.failures import OperationError
from bot.storage.claims import claim
from bot.storage.store import Store
from bot.storage.tables import ReminderRow

JOB_ID = "nudges"
LONGEST_PAUSE_SECONDS = 3600.0
log = logging.getLogger("cairn.nudges")


Handle = Callable[[ReminderRow], Awaitable[None]]
"""Runs the conversation, and in one transaction saves the project with the reminder sent (or moved) and
owes a row with `owed_id`. Handling the same due reminder twice must therefore be harmless, and is."""


def owed_id(reminder: ReminderRow) -> str:
    """Return the id of a due reminder's outbox row: the same at every attempt, new for a new due time."""
    words = f"{reminder.project_id}\n{reminder.id}\n{reminder.due_at.astimezone(UTC).isoformat()}"
    return f"nudge-{sha256(words.encode()).hexdigest()[:32]}"


async def tick(
    store: Store, handle: Handle, now: datetime, *, lease_seconds: float = 60.0, limit: int = 50
) -> int:
    """Claim the reminders that are due, oldest first, and handle each; return how many were handled.

    One that fails is tried again when its pause is over; the others go on.
    """
    async with store.write() as session:
        rows = await claim(
            session,
            ReminderRow,
            (col(ReminderRow.state) == "waiting", col(ReminderRow.due_at) <= now),
            order=(col(ReminderRow.due_at), col(ReminderRow.project_id), col(ReminderRow.id)),
            now=now,
            lease_seconds=lease_seconds,
            limit=limit,
        )
    handled = 0
    for row in sorted(rows, key=lambda row: (row.due_at, row.project_id, row.id)):
        try:
            await handle(row)
        except (OperationError, SQLAlchemyError) as error:
            log.warning("nudge %s of project %s waits: %s", row.id, row.project_id, error)
            await _pause(store, row, now, lease_seconds)
        else:
            handled += 1
    return handled


async def _pause(store: Store, reminder: ReminderRow, now: datetime, lease_seconds: float) -> None:
    """Put a reminder off without moving it: longer with every attempt, at most an hour."""
    seconds = min(lease_seconds * 2 ** min(reminder.attempts - 1, 10), LONGEST_PAUSE_SECONDS)
    held = (
        col(ReminderRow.project_id) == reminder.project_id,
        col(ReminderRow.id) == reminder.id,
        col(ReminderRow.state) == "waiting",
        col(ReminderRow.due_at) == reminder.due_at,
    )
    async with store.write() as session:
        until = now + timedelta(seconds=seconds)
        await session.exec(update(ReminderRow).where(*held).values(leased_until=until))


def start_ticking(
    scheduler: AsyncIOScheduler, ticking: Callable[[], Awaitable[None]], *, seconds: float = 30.0
) -> None:
    """Call `ticking` now and then every so many seconds, never twice at once; missed ticks become one."""
    scheduler.add_job(
        ticking,
        "interval",
        seconds=seconds,
        id=JOB_ID,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        replace_existing=True,
        next_run_time=datetime.now(UTC),
    )
