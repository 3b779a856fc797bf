"""Large tables for benchmarks, filled by the database itself: one row is saved as Cairn would, copies follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, text
from storage_contract import new_project, saved

from bot.storage.store import Store
from bot.storage.tables import AnswerRow, ProjectRow, ReminderRow, SubstepRow, Table
from dialogs.lifecycle import load_lifecycle
from dialogs.plan.progress import open_substeps
from dialogs.project import Project, Reminder

NOW = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
SEEDS = 1_000


async def add_reminders(store: Store, count: int, *, series: str) -> None:
    """Add reminders that are not due: three in ten wait over the coming year, the others were sent."""
    seeds: list[dict[str, object]] = [
        {
            "project_id": f"{series}-{number}", "id": f"{series}-{number}", "position": 0, "kind": "overdue",
            "due_at": NOW + timedelta(hours=1 + number * 8) if number % 10 < 3 else NOW - timedelta(hours=number),
            "person": "U1", "substep": "", "zone": "UTC", "local_time": "09:30",
            "state": "waiting" if number % 10 < 3 else "sent", "attempts": 0, "extra": {},
        }
        for number in range(SEEDS)
    ]  # fmt: skip
    async with store.write() as session:
        await session.execute(insert(ReminderRow), seeds)
    names = {"project_id": "seed.project_id || n.name", "id": "seed.id || n.name"}
    await _copy(store, ReminderRow, f"seed.project_id LIKE '{series}-%'", range(1, count // SEEDS), names)


async def add_due(store: Store, count: int) -> None:
    """Add projects with a reminder each that is due now."""
    for number in range(count):
        due = Reminder(id=f"due-{number}", kind="due", due_at=NOW - timedelta(minutes=1), person="U1")
        await saved(store, new_project(number, id=f"due-{number}", slug=f"due-{number}", reminders=[due]))


async def make_due_again(store: Store) -> None:
    """Undo what a tick did to them."""
    again = "UPDATE reminder SET state = 'waiting', leased_until = NULL, attempts = 0 WHERE project_id LIKE 'due-%'"
    async with store.write() as session:
        await session.execute(text(again))
        await session.execute(text("DELETE FROM outbox"))


IN_A_CHANNEL = 5


def advised_project(number: int) -> Project:
    """A project whose recommendation was given, with all its steps."""
    project = new_project(
        number, id=f"P{number:06d}", slug=f"p-{number:06d}", channel=f"C{number // IN_A_CHANNEL}", thread=None,
        substeps=[], reminders=[], runs=[], loops=[], decisions=[], events=[], open_question=None,
        advised_at=NOW - timedelta(days=7),
    )  # fmt: skip
    open_substeps(project, load_lifecycle())
    project.substeps[0].due = (NOW + timedelta(days=number % 50)).date()
    return project


async def add_projects(store: Store, numbers: range) -> None:
    """Add projects with these numbers, five in a channel."""
    seed = advised_project(numbers.start)
    await saved(store, seed)
    rest = range(numbers.start + 1, numbers.stop)
    if not rest:
        return
    channel = f"'C' || CAST(n.i / {IN_A_CHANNEL} AS TEXT)"
    names = {"id": "n.name", "slug": "'p-' || n.name", "channel": channel}
    await _copy(store, ProjectRow, f"seed.id = '{seed.id}'", rest, names)
    for table in (AnswerRow, SubstepRow):
        await _copy(store, table, f"seed.project_id = '{seed.id}'", rest, {"project_id": "n.name"})


async def _copy(
    store: Store, table: type[Table], which: str, numbers: range, changed: dict[str, str]
) -> None:
    """Copy rows once for each number; `changed` says how columns differ, as SQL over `seed` and `n`."""
    if not numbers:
        return
    sql = table.__table__  # type: ignore[attr-defined]
    columns = [column.name for column in sql.columns]
    values = ", ".join(changed.get(name, f"seed.{name}") for name in columns)
    statement = f"""
        INSERT INTO {sql.name} ({", ".join(columns)}) SELECT {values} FROM {sql.name} AS seed CROSS JOIN (
            WITH RECURSIVE n(i) AS (SELECT {numbers.start} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {numbers.stop})
            SELECT 'P' || substr('000000' || CAST(i AS TEXT), length(CAST(i AS TEXT)) + 1) AS name, i FROM n
        ) AS n WHERE {which}
    """
    async with store.write() as session:
        await session.execute(text(statement))
    if store.dialect == "postgresql":  # what autovacuum does after a while
        async with store.write() as session:
            await session.execute(text("ANALYZE"))
