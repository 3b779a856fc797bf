"""What storage promises on every database.

The fixture `migrated_url` names a database that is up to date, `database_url` an empty one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import bindparam, delete, inspect, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import select

from bot.storage import migrate, projects, record, seen
from bot.storage.columns import UtcTime
from bot.storage.engine import open_sync, parse
from bot.storage.projects import StaleProject
from bot.storage.reminders import waiting
from bot.storage.store import Store
from bot.storage.tables import RecordDetailRow, RecordRow, ReminderRow, SnapshotRow, Table, ThreadRow
from dialogs.project import (
    Answer,
    Decision,
    EvaluationRun,
    Event,
    Loop,
    Member,
    OpenQuestion,
    Project,
    Reminder,
    SubstepState,
)

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)

AT = bindparam("at", NOW, type_=UtcTime)
OLD_RECORD = text(
    "INSERT INTO record (project_id, at, person, kind, message_ts) VALUES (:project, :at, 'U1', 'started', '')"
).bindparams(AT)
OLD_REMINDER = text(
    "INSERT INTO reminder (project_id, id, position, kind, due_at, person, substep, zone, local_time, state, "
    "attempts, extra) VALUES (:project, 'r', 0, 'due', :at, '', '', '', '', 'waiting', 0, '{}')"
).bindparams(AT)


def new_project(number: int = 1, **changes: object) -> Project:
    """Return a project in which every list holds something."""
    values: dict[str, object] = {
        "id": f"P{number}",
        "workspace": "T1",
        "channel": "C1",
        "slug": f"leases-{number}",
        "name": "Leases ✓ 租约",
        "created_at": NOW + timedelta(minutes=number),
        "created_by": "U1",
        "owner": "U1",
        "zone": "Europe/Stockholm",
        "thread": f"17000000{number}.000100",
        "answers": [
            Answer(
                field="task", value="named_entity_recognition", evidence="12k leases", person="U1", at=NOW
            ),
            Answer(field="data.labelled_examples", value=0, person="U1", at=NOW, state="disputed"),
            Answer(field="languages", value=["sv", "fi"], person="U2", at=NOW),
            Answer(field="data.documents", value=False, person="U2", at=NOW),
        ],
        "asked": ["task", "privacy"],
        "skipped": ["budget"],
        "open_question": OpenQuestion(id="privacy", asked_at=NOW, context={"options": ["a", "b"]}),
        "substeps": [SubstepState(id="scope.use_case", status="done", due=date(2026, 12, 4), met=["target"])],
        "loops": [Loop(source="evaluate", target="prompt", at=NOW, person="U1")],
        "runs": [EvaluationRun(at=NOW, person="U1", results={"f1": 0.9}, reached=None)],
        "decisions": [Decision(at=NOW, person="U1", text="LoRA, not QLoRA")],
        "reminders": [Reminder(id="due", kind="due_soon", due_at=NOW + timedelta(days=3), person="U1")],
        "events": [Event(at=NOW, person="U1", kind="started", detail={"name": "Leases"}, message_ts="1.1")],
    }
    return Project.model_validate({**values, **changes})


async def saved(store: Store, project: Project) -> Project:
    """Save in a transaction of its own."""
    async with store.write() as session:
        return await projects.save(session, project)


async def loaded(store: Store, project_id: str) -> Project | None:
    """Load in a transaction of its own."""
    async with store.read() as session:
        return await projects.load(session, project_id)


class StorageContract:
    """Projects, their record, the two doors and the migrations."""

    @pytest.fixture
    async def store(self, migrated_url: str) -> AsyncIterator[Store]:
        opened = await Store.open(migrated_url, migrate=False)
        yield opened
        await opened.close()

    async def test_a_project_comes_back_as_it_was_saved(self, store: Store) -> None:
        after = await saved(store, new_project())
        assert (after.version, after.events) == (1, [])
        assert await loaded(store, "P1") == after

    async def test_saving_leaves_the_argument_alone(self, store: Store) -> None:
        project = new_project()
        await saved(store, project)
        assert project == new_project()

    async def test_a_second_save_writes_what_changed(self, store: Store) -> None:
        project = await saved(store, new_project())
        project.answers[0].state = "replaced"
        project.answers.append(Answer(field="task", value="classification", person="U2", at=NOW))
        project.decisions.clear()
        project.substeps.insert(0, SubstepState(id="scope.data", passes=2))
        project.open_question = None
        project.nudges_paused = True
        after = await saved(store, project)
        assert after.version == 2
        assert await loaded(store, "P1") == after

    async def test_an_older_copy_is_refused_and_changes_nothing(self, store: Store) -> None:
        first = await saved(store, new_project())
        second = await saved(store, first.model_copy(update={"name": "Second"}))
        late = first.model_copy(update={"name": "Late", "answers": [], "events": new_project().events})
        with pytest.raises(StaleProject, match="P1"):
            await saved(store, late)
        assert await loaded(store, "P1") == second

    async def test_projects_are_found_by_owner_step_and_deputy_within_a_workspace(self, store: Store) -> None:
        mine = {"owner": "U9", "substeps": []}
        step = {"substeps": [SubstepState(id="scope.data", owner="U9")]}
        deputy = {"people": {"U1": Member(deputy="U9")}}
        for number, changes in enumerate((mine, step, deputy, {}, {"people": {"U99": Member()}}), 1):
            await saved(store, new_project(number, **changes))
        await saved(store, new_project(6, owner="U9", status="archived"))
        await saved(store, new_project(7, owner="U9", workspace="T2"))
        async with store.read() as session:
            found = await projects.of_person(session, "T1", "U9")
        assert [project.id for project in found] == ["P1", "P2", "P3"]

    async def test_stranded_projects_are_those_of_the_owner_without_a_channel(self, store: Store) -> None:
        await saved(store, new_project(1, unreachable="archived"))
        await saved(store, new_project(2))
        await saved(store, new_project(3, unreachable="deleted", owner="U9"))
        async with store.read() as session:
            assert [project.id for project in await projects.stranded(session, "T1", "U1")] == ["P1"]

    async def test_two_projects_of_a_channel_cannot_share_a_slug(self, store: Store) -> None:
        await saved(store, new_project(1))
        with pytest.raises(StaleProject):
            await saved(store, new_project(2, slug="leases-1"))
        assert await loaded(store, "P2") is None

    async def test_clicks_of_two_people_in_the_same_second_are_both_kept(self, store: Store) -> None:
        await saved(store, new_project(answers=[]))

        async def answer(person: str) -> None:
            while True:
                project = await loaded(store, "P1")
                assert project is not None
                project.answers.append(Answer(field="domain", value=person, person=person, at=NOW))
                try:
                    await saved(store, project)
                except StaleProject:
                    continue
                return

        people = [f"U{number}" for number in range(5)]
        await asyncio.gather(*map(answer, people))
        project = await loaded(store, "P1")
        assert project is not None
        assert sorted(entry.person for entry in project.answers) == people
        assert project.version == 6

    async def test_a_block_that_raises_leaves_nothing_behind(self, store: Store) -> None:
        async def save_and_break() -> None:
            async with store.write() as session:
                await projects.save(session, new_project())
                raise KeyError

        with pytest.raises(KeyError):
            await save_and_break()
        assert await loaded(store, "P1") is None

    async def test_a_read_door_refuses_writes(self, store: Store) -> None:
        await saved(store, new_project())
        with pytest.raises(DBAPIError):
            async with store.read() as session:
                await session.exec(update(ReminderRow).values(kind="other"))

    async def test_a_library_with_tables_of_its_own_may_write(self, store: Store) -> None:
        async with store.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE installations (id TEXT)"))
            await connection.execute(text("INSERT INTO installations VALUES ('T1')"))
        async with store.read() as session:
            found = await (await session.connection()).execute(text("SELECT id FROM installations"))
            assert found.scalars().all() == ["T1"]

    async def test_a_reader_sees_one_state_while_others_write(self, store: Store) -> None:
        before = await saved(store, new_project())
        async with store.read() as session:
            assert await projects.load(session, "P1") == before
            await saved(store, before.model_copy(update={"name": "New", "answers": []}))
            assert await projects.load(session, "P1") == before

    async def test_projects_are_found_by_place(self, store: Store) -> None:
        await saved(store, new_project(1))
        await saved(store, new_project(2, status="archived"))
        await saved(store, new_project(3, channel="C2"))
        await saved(store, new_project(4, workspace="T2"))
        async with store.read() as session:
            assert _ids(await projects.in_channel(session, "T1", "C1")) == ["P1"]
            assert _ids(await projects.in_channel(session, "T1", "C1", None)) == ["P1", "P2"]
            assert _ids(await projects.of_workspace(session, "T1")) == ["P1", "P3"]
            assert _ids(await projects.of_channels(session, "T1", ["C2", "C9"])) == ["P3"]
            assert sorted(await projects.channels_of(session, "T1")) == ["C1", "C2"]
            assert _ids(await projects.active(session)) == ["P1", "P3", "P4"]
            assert await projects.of_channels(session, "T1", []) == []
            by_slug = await projects.by_slug(session, "T1", "C1", "leases-2")
            assert by_slug is not None
            assert by_slug.id == "P2"
            assert await projects.by_slug(session, "T1", "C2", "leases-2") is None

    async def test_more_projects_than_one_query_takes(self, store: Store) -> None:
        async with store.write() as session:
            for number in range(520):
                lean = Project(
                    id=f"P{number}",
                    workspace="T1",
                    channel=f"C{number}",
                    slug="a",
                    name="A",
                    created_at=NOW + timedelta(seconds=number),
                    created_by="U1",
                    answers=[Answer(field="domain", value=number, person="U1", at=NOW)]
                    if number % 100 == 0
                    else [],
                )
                await projects.save(session, lean)
        async with store.read() as session:
            found = await projects.of_channels(session, "T1", [f"C{number}" for number in range(520)])
        assert _ids(found) == [f"P{number}" for number in range(520)]
        assert [p.answers[0].value for p in found if p.answers] == list(range(0, 520, 100))

    async def test_a_thread_leads_to_its_project(self, store: Store) -> None:
        first = await saved(store, new_project())
        async with store.write() as session:
            await projects.own_thread(session, "T1", "D7", "17.2", "P1")
            await projects.own_thread(session, "T1", "D7", "17.2", "P2")
        async with store.read() as session:
            assert await projects.by_thread(session, "T1", "C1", str(first.thread)) == first
            assert await projects.by_thread(session, "T1", "D7", "17.2") == first
            assert await projects.by_thread(session, "T2", "D7", "17.2") is None

    async def test_reminders_follow_the_project_into_the_schedule(self, store: Store) -> None:
        project = await saved(store, new_project())
        project.reminders[0].due_at = NOW + timedelta(days=9)
        project.reminders.append(Reminder(id="digest", kind="digest", due_at=NOW, state="cancelled"))
        project = await saved(store, project)
        async with store.read() as session:
            assert [(row.id, row.due_at, name) for row, name in await waiting(session)] == [
                ("due", NOW + timedelta(days=9), "Leases ✓ 租约")
            ]
            assert await waiting(session, until=NOW) == []
            assert await projects.of_reminder(session, "due") == project
            assert await projects.of_reminder(session, "other") is None
        project.reminders.clear()
        await saved(store, project)
        async with store.read() as session:
            assert await waiting(session) == []

    async def test_moving_a_reminder_frees_it_from_its_lease(self, store: Store) -> None:
        project = await saved(store, new_project())
        async with store.write() as session:
            await session.exec(update(ReminderRow).values(leased_until=NOW, attempts=3))
        project = await saved(store, project)
        async with store.read() as session:
            kept = (await session.exec(select(ReminderRow))).one()
            assert (kept.leased_until, kept.attempts) == (NOW, 3)
        project.reminders[0].due_at += timedelta(hours=1)
        await saved(store, project)
        async with store.read() as session:
            freed = (await session.exec(select(ReminderRow))).one()
        assert (freed.leased_until, freed.attempts) == (None, 0)

    async def test_the_record_grows_with_every_save_and_keeps_its_order(self, store: Store) -> None:
        project = await saved(store, new_project())
        project.events = [Event(at=NOW, person="U2", kind=kind) for kind in ("answered", "decided")]
        await saved(store, project)
        async with store.read() as session:
            events = await record.of_project(session, "P1")
        assert [(event.kind, event.detail) for event in events] == [
            ("started", {"name": "Leases"}),
            ("answered", {}),
            ("decided", {}),
        ]

    @pytest.mark.parametrize("change", ["UPDATE record SET person = 'U9'", "DELETE FROM record"])
    async def test_the_record_cannot_be_changed(self, store: Store, change: str) -> None:
        await saved(store, new_project())
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.write() as session:
                await (await session.connection()).execute(text(change))
        async with store.read() as session:
            assert [event.person for event in await record.of_project(session, "P1")] == ["U1"]

    async def test_forgetting_deletes_the_words_and_keeps_who_forgot_when(self, store: Store) -> None:
        await saved(store, new_project(1))
        other = await saved(store, new_project(2))
        async with store.write() as session:
            session.add(
                SnapshotRow(project_id="P1", at=NOW, inputs={}, rules=[], advice={}, knowledge_revision="r")
            )
            await projects.forget(session, "P1", person="U1", at=NOW)
        async with store.read() as session:
            assert await projects.load(session, "P1") is None
            assert await projects.by_thread(session, "T1", "C1", str(new_project().thread)) is None
            assert (await session.exec(select(SnapshotRow))).all() == []
            events = await record.of_project(session, "P1")
            assert [(event.kind, event.person, event.detail) for event in events] == [
                ("started", "U1", {}),
                ("forgotten", "U1", {}),
            ]
            assert [row.project_id for row in (await session.exec(select(RecordDetailRow))).all()] == ["P2"]
            assert [row.project_id for row in (await session.exec(select(ThreadRow))).all()] == ["P2"]
            assert await projects.load(session, "P2") == other

    async def test_a_late_save_of_a_forgotten_project_is_refused(self, store: Store) -> None:
        project = await saved(store, new_project())
        async with store.write() as session:
            await projects.forget(session, "P1", person="U1", at=NOW)
        with pytest.raises(StaleProject):
            await saved(store, project)

    async def test_times_are_aware_utc_whatever_zone_they_came_in(self, store: Store) -> None:
        stockholm = NOW.astimezone(ZoneInfo("Europe/Stockholm"))
        await saved(store, new_project(created_at=stockholm))
        project = await loaded(store, "P1")
        assert project is not None
        assert (project.created_at, project.created_at.tzinfo) == (NOW, UTC)

    async def test_a_naive_time_is_refused(self, store: Store) -> None:
        with pytest.raises(StatementError, match="without a zone"):
            await saved(store, new_project(created_at=NOW.replace(tzinfo=None)))

    async def test_text_that_a_database_cannot_hold_is_cleaned(self, store: Store) -> None:
        odd = Answer(field="domain", value="a\x00b", evidence="\ud83d half", person="U1", at=NOW)
        await saved(store, new_project(name="nul\x00", answers=[odd]))
        project = await loaded(store, "P1")
        assert project is not None
        assert (project.name, project.answers[0].value) == ("nul", "ab")
        assert project.answers[0].evidence == "? half"

    async def test_the_last_seen_message_only_moves_forward(self, store: Store) -> None:
        async with store.write() as session:
            for ts in ("1700000001.000200", "1700000002.000100", "1700000001.999999"):
                await seen.mark(session, "T1", "C1", ts)
        async with store.read() as session:
            assert await seen.last(session, "T1") == {"C1": "1700000002.000100"}
            assert await seen.last(session, "T2") == {}

    async def test_migrations_lead_to_the_tables_of_the_code(self, database_url: str) -> None:
        await asyncio.to_thread(migrate.upgrade, database_url)
        assert migrate.current(database_url) == migrate.head()
        engine = open_sync(parse(database_url))
        with engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), Table.metadata)
        engine.dispose()
        assert differences == []

    async def test_several_processes_may_migrate_at_once(self, database_url: str) -> None:
        await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, database_url) for _ in range(4)))
        assert migrate.current(database_url) == migrate.head()

    async def test_a_database_of_a_newer_cairn_is_named_as_such(
        self, store: Store, migrated_url: str
    ) -> None:
        async with store.write() as session:
            await (await session.connection()).execute(
                text("UPDATE alembic_version SET version_num = '9999'")
            )
        with pytest.raises(migrate.OperationError, match="newer Cairn"):
            await Store.open(migrated_url)

    async def test_data_of_every_earlier_revision_survives_the_way_to_the_newest(
        self, database_url: str
    ) -> None:
        for revision in migrate.revisions():
            await asyncio.to_thread(migrate.upgrade, database_url, revision)
            engine = open_sync(parse(database_url)).execution_options(writes=True)
            with engine.begin() as connection:
                connection.execute(OLD_RECORD, {"project": revision})
                connection.execute(OLD_REMINDER, {"project": revision})
            engine.dispose()
        opened = await Store.open(database_url)
        async with opened.read() as session:
            rows = (await session.exec(select(RecordRow))).all()
            reminders = (await session.exec(select(ReminderRow))).all()
        with pytest.raises(DBAPIError, match="append-only"):
            async with opened.write() as session:
                await session.exec(delete(RecordRow))
        await opened.close()
        assert [row.project_id for row in rows] == migrate.revisions()
        assert {(row.project_id, row.due_at) for row in reminders} == {(r, NOW) for r in migrate.revisions()}

    async def test_the_way_back_ends_at_an_empty_database(self, migrated_url: str) -> None:
        engine = open_sync(parse(migrated_url)).execution_options(writes=True)
        config = migrate.configuration()
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        engine.dispose()
        assert migrate.current(migrated_url) is None


def _ids(found: list[Project]) -> list[str]:
    return [project.id for project in found]
