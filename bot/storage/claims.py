"""Claiming rows under a lease: one statement, so that no two processes get the same row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, tuple_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


def is_free(table: Any, now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody holds a row."""
    return or_(col(table.leased_until).is_(None), col(table.leased_until) <= now)


async def claim(
    session: AsyncSession,
    table: Any,
    conditions: Sequence[ColumnElement[bool]],
    *,
    order: Sequence[Any],
    now: datetime,
    lease_seconds: float,
    limit: int,
    also: dict[str, Any] | None = None,
) -> list[Any]:
    """Lease at most `limit` free rows that meet the conditions, in order, and return them.

    Rows that another claimer is just taking are passed over, not waited for (SQLite has one writer and
    ignores the lock clause). `attempts` grows by one; `also` sets further columns.
    """
    keys = list(table.__table__.primary_key)
    # PostgreSQL runs a locking CTE exactly once; a bare subquery may be run again and exceed the limit.
    due = (
        select(*keys)
        .where(*conditions, is_free(table, now))
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    lease = {"leased_until": now + timedelta(seconds=lease_seconds), "attempts": col(table.attempts) + 1}
    taken = (
        update(table)
        .where(tuple_(*keys).in_(select(*due.c)))
        .values({**lease, **(also or {})})
        .returning(table)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    rows = (await session.exec(taken)).scalars().all()
    return list(rows)
