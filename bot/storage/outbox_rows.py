"""Statements on the outbox: adding, claiming, starting and settling a row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.claims import claim
from bot.storage.projects import own_thread
from bot.storage.tables import OutboxRow, ProjectRow

NO_SYNC = {"synchronize_session": False}
KEEP_WORDS = timedelta(hours=1)
KEEP_ROWS = timedelta(days=7)


async def claim_heads(
    session: AsyncSession, holder: str, now: datetime, lease_seconds: float, limit: int
) -> list[OutboxRow]:
    """Lease the first unsettled row of each lane that is due, so that a lane keeps its order."""
    earlier = aliased(OutboxRow)
    same_lane = and_(
        col(earlier.state) == "owed",
        col(earlier.lane) == col(OutboxRow.lane),
        col(earlier.seq) < col(OutboxRow.seq),
    )
    return await claim(
        session,
        OutboxRow,
        (
            col(OutboxRow.state) == "owed",
            or_(col(OutboxRow.not_before).is_(None), col(OutboxRow.not_before) <= now),
            ~exists().where(same_lane),
        ),
        order=(col(OutboxRow.seq),),
        now=now,
        lease_seconds=lease_seconds,
        limit=limit,
        also={"holder": holder},
    )


async def begin_attempt(
    session: AsyncSession, row: OutboxRow, now: datetime, lease_seconds: float
) -> datetime | None:
    """Note, before anything is sent, that a post may now exist; return until when the lease was renewed.

    The first attempt's time stays, since a search must reach back to it. None: the lease is lost.
    """
    until = now + timedelta(seconds=lease_seconds)
    started = {"attempted_at": func.coalesce(col(OutboxRow.attempted_at), now), "leased_until": until}
    mine = (*_unsettled(row), col(OutboxRow.holder) == row.holder, col(OutboxRow.leased_until) > now)
    done = await session.exec(update(OutboxRow).where(*mine).values(**started), execution_options=NO_SYNC)
    return until if done.rowcount == 1 else None


async def put_back(
    session: AsyncSession, row: OutboxRow, not_before: datetime, error: str, attempted_at: datetime | None
) -> None:
    """Give a row back that was not delivered, unless someone else holds it by now."""
    mine = (*_unsettled(row), col(OutboxRow.holder) == row.holder)
    values: dict[str, Any] = {
        "not_before": not_before,
        "leased_until": None,
        "error": error,
        "attempted_at": attempted_at,
    }
    await session.exec(update(OutboxRow).where(*mine).values(**values), execution_options=NO_SYNC)


async def settle(
    session: AsyncSession,
    row: OutboxRow,
    state: str,
    now: datetime,
    *,
    channel: str = "",
    ts: str = "",
    error: str = "",
) -> bool:
    """Record the end of a row, whoever holds it; return False when it had already ended."""
    values = {
        "state": state,
        "finished_at": now,
        "leased_until": None,
        "posted_channel": channel,
        "posted_ts": ts,
        "error": error,
    }
    done = await session.exec(
        update(OutboxRow).where(*_unsettled(row)).values(**values), execution_options=NO_SYNC
    )
    return done.rowcount == 1


async def posted_ts(session: AsyncSession, owed_id: str) -> str | None:
    """Return the ts under which another row was posted, None when it was not."""
    found = await session.exec(select(OutboxRow.posted_ts).where(col(OutboxRow.id) == owed_id))
    return found.first() or None


async def is_known(session: AsyncSession, owed_id: str) -> bool:
    """Return whether this was ever owed."""
    return (await session.exec(select(OutboxRow.seq).where(col(OutboxRow.id) == owed_id))).first() is not None


async def is_settled(session: AsyncSession, owed_id: str) -> bool:
    """Return whether this has been delivered, or never will be."""
    unsettled = select(OutboxRow.seq).where(col(OutboxRow.id) == owed_id, col(OutboxRow.state) == "owed")
    return (await session.exec(unsettled)).first() is None


async def card_ts(session: AsyncSession, project_id: str) -> str:
    """Return the ts of a project's card, empty when it has none."""
    found = await session.exec(select(ProjectRow.card_ts).where(col(ProjectRow.id) == project_id))
    return found.first() or ""


async def set_card(session: AsyncSession, project_id: str, ts: str) -> None:
    """Remember a project's card; the version grows, so that no save in flight can undo it."""
    await _touch(session, project_id, "card_ts", ts)


async def set_thread(session: AsyncSession, row: OutboxRow, channel: str, ts: str) -> None:
    """Make what was posted the root of a thread that belongs to the project."""
    await own_thread(session, row.workspace, channel, ts, row.project_id)
    if channel == row.channel:
        await _touch(session, row.project_id, "thread", ts)


async def sweep(session: AsyncSession, now: datetime) -> int:
    """Drop the words of settled rows after an hour, and the rows after a week; return how many went."""
    settled = (col(OutboxRow.state) != "owed", col(OutboxRow.finished_at) < now - KEEP_WORDS)
    emptied = update(OutboxRow).where(*settled).values(content={}, response_url="")
    await session.exec(emptied, execution_options=NO_SYNC)
    old = (col(OutboxRow.state) != "owed", col(OutboxRow.finished_at) < now - KEEP_ROWS)
    return (await session.exec(delete(OutboxRow).where(*old), execution_options=NO_SYNC)).rowcount


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """Return how many rows are owed, and since when the oldest is."""
    counted = select(func.count(), func.min(OutboxRow.created_at)).where(col(OutboxRow.state) == "owed")
    count, oldest = (await session.exec(counted)).one()
    return count, oldest


def _unsettled(row: OutboxRow) -> tuple[Any, Any]:
    return col(OutboxRow.seq) == row.seq, col(OutboxRow.state) == "owed"


async def _touch(session: AsyncSession, project_id: str, name: str, value: str) -> None:
    """Set a column of a project, unless it holds the value already."""
    held = getattr(ProjectRow, name)
    differs = (col(ProjectRow.id) == project_id, func.coalesce(held, "") != value)
    grown = {name: value, "version": col(ProjectRow.version) + 1}
    await session.exec(update(ProjectRow).where(*differs).values(**grown), execution_options=NO_SYNC)
