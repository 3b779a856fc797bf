"""Projects: written down by difference, read back as one value, guarded by their version."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Text, cast, delete, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.failures import OperationError
from bot.storage.insert import insert_new
from bot.storage.parts import PARTS, column_names, columns, to_row, to_value
from bot.storage.tables import (
    FeedbackRow,
    OutboxRow,
    PartRow,
    ProjectRow,
    RecordDetailRow,
    RecordRow,
    ReminderRow,
    SnapshotRow,
    SubstepRow,
    ThreadRow,
    ToldRow,
)
from dialogs.project import Project, Reminder

IDS_A_QUERY = 500
LISTS: dict[str, tuple[type[Any], type[BaseModel]]] = {**PARTS, "reminders": (ReminderRow, Reminder)}
WORDS: tuple[type[Any], ...] = (
    *(table for table, _ in LISTS.values()), ThreadRow, SnapshotRow, FeedbackRow, RecordDetailRow, ToldRow
)  # fmt: skip
OWN_LISTS = {*LISTS, "events"}
PROJECT_COLUMNS = column_names(ProjectRow) & set(Project.model_fields)
NO_SYNC = {"synchronize_session": False}


class StaleProject(OperationError):
    """Someone else saved the project meanwhile: load it again and repeat the turn."""

    def __init__(self, project_id: str) -> None:
        super().__init__(f"the project {project_id} changed meanwhile; load it again and repeat")
        self.project_id = project_id


async def load(session: AsyncSession, project_id: str) -> Project | None:
    """Return a project by its id."""
    return _only(await _find(session, col(ProjectRow.id) == project_id))


async def by_slug(session: AsyncSession, workspace: str, channel: str, slug: str) -> Project | None:
    """Return a channel's project by its slug, whatever its status is."""
    return _only(await _find(session, *_in(workspace, channel), col(ProjectRow.slug) == slug))


async def by_thread(session: AsyncSession, workspace: str, channel: str, thread_ts: str) -> Project | None:
    """Return the project that a thread belongs to."""
    thread = await session.get(ThreadRow, (workspace, channel, thread_ts))
    return None if thread is None else await load(session, thread.project_id)


async def in_channel(
    session: AsyncSession, workspace: str, channel: str, status: str | None = "active"
) -> list[Project]:
    """Return a channel's projects, oldest first; with status None all of them."""
    return await _find(session, *_in(workspace, channel), *_with(status))


async def of_workspace(session: AsyncSession, workspace: str, status: str | None = "active") -> list[Project]:
    """Return a workspace's projects, oldest first. Not for people's eyes: see `of_channels`."""
    return await _find(session, col(ProjectRow.workspace) == workspace, *_with(status))


async def channels_of(session: AsyncSession, workspace: str, status: str | None = "active") -> list[str]:
    """Return the channels of a workspace that have projects; cheap, where `of_workspace` is not."""
    here = (col(ProjectRow.workspace) == workspace, *_with(status))
    return list((await session.exec(select(ProjectRow.channel).where(*here).distinct())).all())


async def of_channels(
    session: AsyncSession, workspace: str, channels: Collection[str], status: str | None = "active"
) -> list[Project]:
    """Return the projects of these channels, oldest first."""
    found: list[Project] = []
    for some in chunks(sorted(set(channels))):
        among = col(ProjectRow.channel).in_(some)
        found += await _find(session, col(ProjectRow.workspace) == workspace, among, *_with(status))
    return sorted(found, key=lambda project: (project.created_at, project.id))


async def of_person(session: AsyncSession, workspace: str, person: str) -> list[Project]:
    """Return the active projects that somebody owns, owns a step of, or is a member or deputy in."""
    owns_a_step = (
        select(SubstepRow.project_id)
        .where(col(SubstepRow.project_id) == col(ProjectRow.id), col(SubstepRow.owner) == person)
        .exists()
    )
    is_named = cast(col(ProjectRow.state), Text).contains(f'"{person}"', autoescape=True)
    concerned = or_(col(ProjectRow.owner) == person, owns_a_step, is_named)
    return await _find(session, col(ProjectRow.workspace) == workspace, *_with("active"), concerned)


async def stranded(session: AsyncSession, workspace: str, owner: str) -> list[Project]:
    """Return somebody's active projects whose channel cannot be reached."""
    owned = (col(ProjectRow.workspace) == workspace, col(ProjectRow.owner) == owner, *_with("active"))
    return [project for project in await _find(session, *owned) if project.unreachable]


async def of_ids(session: AsyncSession, ids: Collection[str]) -> list[Project]:
    """Return the projects with these ids, oldest first."""
    found = [
        project
        for some in chunks(sorted(ids))
        for project in await _find(session, col(ProjectRow.id).in_(some))
    ]
    return sorted(found, key=lambda project: (project.created_at, project.id))


async def save(session: AsyncSession, project: Project, *, now: datetime | None = None) -> Project:
    """Write a project down and return it with its new version and no events.

    Version 0 inserts. Only rows that differ are written; `events` are appended to the record; the
    reminders become rows of the schedule. `now` is kept as the time of the change (default: the last
    event's). The argument itself stays as it was, so a turn can be repeated after a rollback.
    Raises StaleProject when the stored version is another one, or the slug is taken.
    """
    await _save_row(session, project, now)
    for name, (table, _) in PARTS.items():
        await _save_part(session, project, table, getattr(project, name))
    await _save_reminders(session, project)
    await _append_events(session, project)
    if project.thread:
        await own_thread(session, project.workspace, project.channel, project.thread, project.id)
    await session.flush()
    return project.model_copy(update={"version": project.version + 1, "events": []})


async def own_thread(session: AsyncSession, workspace: str, channel: str, ts: str, project_id: str) -> None:
    """Note that a thread belongs to a project; the first owner keeps it."""
    row = {"workspace": workspace, "channel": channel, "ts": ts, "project_id": project_id}
    await insert_new(session, ThreadRow, row)


async def forget(
    session: AsyncSession, project_id: str, *, person: str = "", at: datetime | None = None
) -> None:
    """Delete a project's words for good: scope, answers, advice, what is owed, contents of the record.

    The record keeps ids, kinds and times; with `at` it gains one row that says who forgot and when.
    What should still be said about it must be owed after this call.
    """
    for table in WORDS:
        await session.exec(delete(table).where(table.project_id == project_id))
    owed = update(OutboxRow).where(col(OutboxRow.project_id) == project_id)
    await session.exec(owed.where(col(OutboxRow.state) == "owed").values(state="cancelled"))
    await session.exec(owed.values(content={}, response_url=""))
    await session.exec(delete(ProjectRow).where(col(ProjectRow.id) == project_id))
    if at is not None:
        session.add(RecordRow(project_id=project_id, at=at, person=person, kind="forgotten", message_ts=""))
        await session.flush()


def _in(workspace: str, channel: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(ProjectRow.workspace) == workspace, col(ProjectRow.channel) == channel


def _with(status: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if status is None else (col(ProjectRow.status) == status,)


def _only(projects: Sequence[Project]) -> Project | None:
    return projects[0] if projects else None


def chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list into pieces that a query can take."""
    return (items[start : start + IDS_A_QUERY] for start in range(0, len(items), IDS_A_QUERY))


async def _find(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Project]:
    """Read plain rows: the unit of work has no part in reading, and costs half the time."""
    order = (col(ProjectRow.created_at), col(ProjectRow.id))
    rows = await _rows(session, select(*columns(ProjectRow)).where(*conditions).order_by(*order))
    found = {row["id"]: {**row["state"], **{name: row[name] for name in PROJECT_COLUMNS}} for row in rows}
    for name, (table, value) in LISTS.items():
        for project in found.values():
            project[name] = []
        for ids in chunks(list(found)):
            among = col(table.project_id).in_(ids)
            parts = select(*columns(table)).where(among).order_by(col(table.project_id), col(table.position))
            for part in await _rows(session, parts):
                found[part["project_id"]][name].append(to_value(part, value))
    return [Project.model_validate(values) for values in found.values()]


async def _rows(session: AsyncSession, statement: Any) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = (await session.exec(statement)).mappings().all()
    return rows


def _fresh(statement: Any) -> Any:
    return statement.execution_options(populate_existing=True)


async def _save_row(session: AsyncSession, project: Project, now: datetime | None) -> None:
    values: dict[str, Any] = {name: getattr(project, name) for name in PROJECT_COLUMNS}
    values["version"] = project.version + 1
    values["state"] = project.model_dump(mode="json", exclude=OWN_LISTS | PROJECT_COLUMNS)
    changed_at = now or (project.events[-1].at if project.events else None)
    if project.version == 0:
        values["updated_at"] = changed_at or project.created_at
        written = await insert_new(session, ProjectRow, values)
    else:
        if changed_at is not None:
            values["updated_at"] = changed_at
        guard = (col(ProjectRow.id) == project.id, col(ProjectRow.version) == project.version)
        change = update(ProjectRow).where(*guard).values(**values)
        written = (await session.exec(change, execution_options=NO_SYNC)).rowcount == 1
    if not written:
        raise StaleProject(project.id)


async def _save_part(
    session: AsyncSession, project: Project, table: type[PartRow], items: Sequence[Any]
) -> None:
    stored = _fresh(select(table).where(col(table.project_id) == project.id))
    rows = {row.position: row for row in (await session.exec(stored)).all()} if project.version else {}
    for position, item in enumerate(items):
        values = to_row(item, table)
        row = rows.pop(position, None)
        if row is None:
            session.add(table(project_id=project.id, position=position, **values))
        else:
            _overwrite(row, values)
    for row in rows.values():
        await session.delete(row)


async def _save_reminders(session: AsyncSession, project: Project) -> None:
    stored = _fresh(select(ReminderRow).where(col(ReminderRow.project_id) == project.id))
    rows = {row.id: row for row in (await session.exec(stored)).all()} if project.version else {}
    for position, reminder in enumerate(project.reminders):
        values = {**to_row(reminder, ReminderRow), "position": position}
        row = rows.pop(reminder.id, None)
        if row is None:
            session.add(ReminderRow(project_id=project.id, **values))
        elif _overwrite(row, values) & {"due_at", "state"}:
            row.leased_until, row.attempts = None, 0
    for row in rows.values():
        await session.delete(row)


def _overwrite(row: Any, values: dict[str, Any]) -> set[str]:
    """Set what differs and return the names of it."""
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    return changed


async def _append_events(session: AsyncSession, project: Project) -> None:
    rows = [
        RecordRow(
            project_id=project.id,
            at=event.at,
            person=event.person,
            kind=event.kind,
            message_ts=event.message_ts,
        )
        for event in project.events
    ]
    session.add_all(rows)
    await session.flush()
    for row, event in zip(rows, project.events, strict=True):
        detail = event.model_dump(mode="json")["detail"]
        if detail and row.id is not None:
            session.add(RecordDetailRow(record_id=row.id, project_id=project.id, detail=detail))


async def active(session: AsyncSession) -> list[Project]:
    """Return every active project of every workspace, oldest first."""
    return await _find(session, col(ProjectRow.status) == "active")


async def of_reminder(session: AsyncSession, reminder_id: str) -> Project | None:
    """Return the project that a reminder belongs to."""
    row = (await session.exec(select(ReminderRow).where(col(ReminderRow.id) == reminder_id))).first()
    return None if row is None else await load(session, row.project_id)
