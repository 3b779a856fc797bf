"""The schedule as a list, for `cairn nudges list` and App Home."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.tables import ProjectRow, ReminderRow

LEADS_WEEK = "all their projects"


async def waiting(
    session: AsyncSession, *, until: datetime | None = None, limit: int = 200
) -> list[tuple[ReminderRow, str]]:
    """Return the reminders that wait, with their project's name, soonest first, at most `until` a time.

    A lead's weekly digest belongs to no project and is named so.
    """
    name = func.coalesce(col(ProjectRow.name), LEADS_WEEK)
    joined = select(ReminderRow, name).join(
        ProjectRow, col(ProjectRow.id) == col(ReminderRow.project_id), isouter=True
    )
    chosen = joined.where(col(ReminderRow.state) == "waiting")
    if until is not None:
        chosen = chosen.where(col(ReminderRow.due_at) <= until)
    ordered = chosen.order_by(col(ReminderRow.due_at), col(ReminderRow.project_id)).limit(limit)
    return [(row, name) for row, name in (await session.exec(ordered)).all()]
