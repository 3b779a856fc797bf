"""The record: append-only, who changed what, when."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.tables import RecordDetailRow, RecordRow
from dialogs.project import Event


async def of_project(session: AsyncSession, project_id: str) -> list[Event]:
    """Return a project's record, oldest first; what was forgotten has no detail any more."""
    mine = col(RecordRow.project_id) == project_id
    joined = select(RecordRow, RecordDetailRow).join(
        RecordDetailRow, col(RecordDetailRow.record_id) == col(RecordRow.id), isouter=True
    )
    rows = (await session.exec(joined.where(mine).order_by(col(RecordRow.id)))).all()
    return [
        Event(
            at=row.at,
            person=row.person,
            kind=row.kind,
            message_ts=row.message_ts,
            detail=words.detail if words else {},
        )
        for row, words in rows
    ]
