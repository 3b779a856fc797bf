"""What App Home shows of many projects: the person's own first, then what is due soonest, and how many there are."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage import projects
from bot.storage.tables import ProjectRow, SubstepRow
from dialogs.project import Project

_NEVER = "9999-12-31"


async def nearest(
    session: AsyncSession, workspace: str, channels: Collection[str], person: str, *, most: int
) -> tuple[list[Project], int]:
    """Return the active projects of these channels that matter most to a person, at most so many, and the count of all.

    Only those are read whole, so the page costs the same among ten thousand projects.
    """
    found: list[tuple[bool, str, str, str]] = []
    for some in projects.chunks(sorted(set(channels))):
        found += await _heads(
            session, (col(ProjectRow.workspace) == workspace, col(ProjectRow.channel).in_(some)), person
        )
    chosen = [id for *_, id in sorted(found)[:most]]
    return await projects.of_ids(session, chosen), len(found)


async def _heads(
    session: AsyncSession, where: tuple[ColumnElement[bool], ...], person: str
) -> list[tuple[bool, str, str, str]]:
    """Return what active projects are sorted by, with their id."""
    open_step = and_(col(SubstepRow.project_id) == col(ProjectRow.id), col(SubstepRow.status) == "active")
    due = func.min(col(SubstepRow.due))
    heads = (
        select(
            case((col(ProjectRow.owner) == person, 0), else_=1), due, col(ProjectRow.slug), col(ProjectRow.id)
        )
        .join(SubstepRow, open_step, isouter=True)
        .where(*where, col(ProjectRow.status) == "active")
        .group_by(col(ProjectRow.id), col(ProjectRow.owner), col(ProjectRow.slug))
    )
    rows = (await session.exec(heads)).all()
    return [(bool(others), str(day or _NEVER), slug, id) for others, day, slug, id in rows]
