"""Who gets a weekly digest over their projects, and what it last said: a reminder row a person and week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.insert import insert_for, insert_new
from bot.storage.parts import to_row
from bot.storage.tables import ReminderRow, ToldRow
from dialogs.project import DigestBase, Reminder

NO_SYNC = {"synchronize_session": False}
KEEP = timedelta(weeks=5)  # rows of weeks that are over


def key_of(workspace: str, person: str) -> str:
    """Return what stands in place of a project's id in a person's own reminders."""
    return f"lead:{workspace}:{person}"


def workspace_of(row: ReminderRow) -> str:
    """Return the workspace of a person's own reminder."""
    return row.project_id.split(":")[1]


async def follow(session: AsyncSession, workspace: str, reminder: Reminder) -> None:
    """Begin a person's weekly digest with this reminder, or with a cancelled one end it.

    Asking twice changes nothing; who asks again after a stop gets the digest of that week after all.
    """
    mine = col(ReminderRow.project_id) == key_of(workspace, reminder.person)
    waiting = (mine, col(ReminderRow.state) == "waiting")
    if reminder.state == "cancelled":
        await _update(session, waiting, state="cancelled")
        return
    runs = (await session.exec(select(ReminderRow.id).where(*waiting))).first() is not None
    if not runs and not await _add(session, workspace, reminder):
        again = (mine, col(ReminderRow.id) == reminder.id, col(ReminderRow.state) == "cancelled")
        await _update(session, again, state="waiting", due_at=reminder.due_at, zone=reminder.zone)


async def told(session: AsyncSession, workspace: str, person: str) -> dict[str, DigestBase]:
    """Return what a person's last digest said, by project."""
    mine = (col(ToldRow.workspace) == workspace, col(ToldRow.person) == person)
    rows = (await session.exec(select(ToldRow).where(*mine))).all()
    return {row.project_id: DigestBase.model_validate(row.base) for row in rows}


async def hold(session: AsyncSession, row: ReminderRow, due_at: datetime) -> None:
    """Put a due reminder off to a decent hour."""
    await _update(session, _still(row), due_at=due_at, leased_until=None, attempts=0)


async def finish(
    session: AsyncSession,
    row: ReminderRow,
    following: Reminder,
    bases: Mapping[str, DigestBase],
    *,
    now: datetime,
) -> bool:
    """End this week's reminder, add the next one and keep what was told; False where another did so already."""
    if not await _update(session, _still(row), state="sent", leased_until=None):
        return False
    workspace = workspace_of(row)
    await _add(session, workspace, following)
    over = (col(ReminderRow.project_id) == row.project_id, col(ReminderRow.state) != "waiting")
    await session.exec(
        delete(ReminderRow).where(*over, col(ReminderRow.due_at) < now - KEEP), execution_options=NO_SYNC
    )
    for project_id, base in bases.items():
        values = {"workspace": workspace, "person": row.person, "project_id": project_id}
        told = insert_for(session)(ToldRow.__table__).values(**values, base=base.model_dump(mode="json"))  # type: ignore[attr-defined]
        keys = list(values)
        await session.exec(told.on_conflict_do_update(index_elements=keys, set_={"base": told.excluded.base}))
    return True


def _still(row: ReminderRow) -> tuple[Any, ...]:
    """Return the condition that a claimed reminder is as it was when it was claimed."""
    return (
        col(ReminderRow.project_id) == row.project_id,
        col(ReminderRow.id) == row.id,
        col(ReminderRow.state) == "waiting",
        col(ReminderRow.due_at) == row.due_at,
    )


async def _add(session: AsyncSession, workspace: str, reminder: Reminder) -> bool:
    values = to_row(reminder, ReminderRow)
    key = key_of(workspace, reminder.person)
    return await insert_new(session, ReminderRow, {"project_id": key, "position": 0, "attempts": 0, **values})


async def _update(session: AsyncSession, conditions: tuple[Any, ...], **values: Any) -> bool:
    changed = update(ReminderRow).where(*conditions).values(**values)
    return (await session.exec(changed, execution_options=NO_SYNC)).rowcount > 0
