"""What the weekly digest of a lead promises on every database. The fixture `migrated_url` names one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from outbox_contract import Channel, Clock
from sqlmodel import select
from storage_contract import NOW, new_project, saved

from bot.library import Library
from bot.model.pool import Models
from bot.nudges import tick
from bot.outbox import drain
from bot.service import Service
from bot.storage import leads, projects
from bot.storage.reminders import waiting
from bot.storage.store import Store
from bot.storage.tables import OutboxRow, ReminderRow, ToldRow
from dialogs.lifecycle import load_lifecycle
from dialogs.plan.progress import open_substeps
from dialogs.project import Project
from dialogs.turns import Person, Place, Turn

FIRST = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)  # Monday, half past nine in Stockholm
WEEK = timedelta(days=7)
WHERE = {"U1": {"C1", "C2"}, "U2": {"C2"}}  # who is in which channel


async def is_member(workspace: str, channel: str, person: str) -> bool:
    return channel in WHERE.get(person, set())


def advised(number: int, channel: str, **changes: object) -> Project:
    """A project whose recommendation was given."""
    found = new_project(
        number, channel=channel, reminders=[], substeps=[], loops=[], runs=[], open_question=None, events=[],
        name=f"Project {number}", advised_at=NOW, **changes,
    )  # fmt: skip
    open_substeps(found, load_lifecycle())
    return found


class Week:
    """A bot with two projects in two channels; everybody is in Stockholm."""

    def __init__(self, store: Store, library: Library) -> None:
        self.store, self.library = store, library
        self.zone = "Europe/Stockholm"
        self.service = self.replica()

    def replica(self) -> Service:
        async def zone_of(workspace: str, person: str) -> str:
            return self.zone

        return Service(self.store, self.library, Models(None, None), is_member=is_member, zone_of=zone_of)

    async def ask(self, words: str, person: str = "U1", at: datetime = NOW) -> None:
        """Type a `/cairn` command in a channel without projects."""
        who, place = Person(person, person, self.zone or None), Place("T1", "C9")
        await self.service.handle(
            Turn(kind="command", person=who, place=place, at=at, text=words, command="cairn")
        )

    async def tick(self, at: datetime, service: Service | None = None) -> int:
        chosen = service or self.service
        return await tick(self.store, lambda due: chosen.remind(due, at), at)

    async def texts(self, person: str = "U1") -> list[str]:
        """The weekly messages that are owed or were sent to somebody."""
        async with self.store.read() as session:
            rows = (await session.exec(select(OutboxRow).order_by(OutboxRow.seq))).all()  # type: ignore[arg-type]
        return [
            str(row.content["reply"]["body"]) for row in rows if row.verb == "direct" and row.person == person
        ]

    async def waiting(self) -> list[ReminderRow]:
        async with self.store.read() as session:
            rows = (await session.exec(select(ReminderRow).where(ReminderRow.state == "waiting"))).all()
        return [row for row in rows if row.kind == "lead_digest"]


class LeadsContract:
    """One message a person and week, over what they may see."""

    @pytest.fixture
    async def week(self, migrated_url: str, tmp_path: Path) -> AsyncIterator[Week]:
        store = await Store.open(migrated_url, migrate=False)
        await saved(store, advised(1, "C1"))
        await saved(store, advised(2, "C2"))
        yield Week(store, Library(None, tmp_path / "vectors"))
        await store.close()

    async def test_a_lead_gets_all_their_projects_and_others_only_theirs(self, week: Week) -> None:
        await week.ask("digest")
        await week.ask("settings lead", "U2")
        await week.ask("digest", "U3")
        assert await week.tick(FIRST - timedelta(minutes=1)) == 0
        assert await week.tick(FIRST) == 3
        (mine,), (theirs,) = await week.texts(), await week.texts("U2")
        assert "Project 1" in mine
        assert "Project 2" in mine
        assert "Project 1" not in theirs
        assert "Project 2" in theirs
        assert await week.texts("U3") == [], "who is in no channel is told nothing"

    async def test_it_stands_in_the_list_of_what_is_scheduled(self, week: Week) -> None:
        await week.ask("digest")
        async with week.store.read() as session:
            listed = await waiting(session)
        assert [(row.kind, row.person, name) for row, name in listed] == [
            ("lead_digest", "U1", "all their projects")
        ]

    async def test_asking_twice_gives_one_and_stopping_gives_none(self, week: Week) -> None:
        await week.ask("digest")
        await week.ask("digest", at=NOW + timedelta(hours=1))
        assert len(await week.waiting()) == 1
        await week.ask("digest stop")
        assert await week.tick(FIRST) == 0
        await week.ask("digest")
        assert len(await week.waiting()) == 1
        assert await week.tick(FIRST) == 1

    async def test_two_replicas_that_tell_the_same_week_tell_it_once(self, week: Week) -> None:
        """As after a lease that ended while its holder was still at work."""
        await week.ask("digest")
        rows: list[ReminderRow] = []

        async def keep(row: ReminderRow) -> None:
            rows.append(row)

        await tick(week.store, keep, FIRST, lease_seconds=1)
        await tick(week.store, keep, FIRST + timedelta(seconds=1), lease_seconds=1)
        assert len(rows) == 2
        await asyncio.gather(*(week.replica().remind(row, FIRST) for row in rows))
        channel = Channel()
        await drain(week.store, channel, Clock(FIRST))
        told = [id for id in channel.ids if id.startswith("nudge-")]
        assert len(told) == len(await week.texts()) == 1
        assert len(await week.waiting()) == 1

    async def test_after_a_restart_it_goes_on_week_by_week(self, week: Week) -> None:
        await week.ask("digest")
        for number in range(4):
            assert await week.tick(FIRST + number * WEEK, week.replica()) == 1
            assert await week.tick(FIRST + number * WEEK + timedelta(minutes=1), week.replica()) == 0
        assert len(await week.texts()) == 4, "the forecast of a project that nobody works on slips"
        assert [row.due_at for row in await week.waiting()] == [FIRST + 4 * WEEK]

    async def test_weeks_without_the_bot_come_as_one(self, week: Week) -> None:
        await week.ask("digest")
        late = FIRST + 3 * WEEK + timedelta(days=1, hours=1)
        assert await week.tick(late) == 1
        assert len(await week.texts()) == 1
        assert [row.due_at for row in await week.waiting()] == [FIRST + 4 * WEEK]

    async def test_at_night_it_is_held_until_the_morning(self, week: Week) -> None:
        await week.ask("digest")
        week.zone = "America/Los_Angeles"
        await week.tick(FIRST)  # half past midnight there
        assert await week.texts() == []
        (held,) = await week.waiting()
        assert held.due_at == FIRST + timedelta(hours=9)
        await week.tick(held.due_at)
        assert len(await week.texts()) == 1
        (following,) = await week.waiting()
        assert following.due_at == held.due_at + WEEK

    async def test_what_was_told_about_a_forgotten_project_is_deleted_with_it(self, week: Week) -> None:
        await week.ask("digest")
        await week.tick(FIRST)
        async with week.store.write() as session:
            await projects.forget(session, "P1", person="U1", at=FIRST)
        async with week.store.read() as session:
            assert [row.project_id for row in (await session.exec(select(ToldRow))).all()] == ["P2"]

    async def test_weeks_long_past_leave_no_rows(self, week: Week) -> None:
        await week.ask("digest")
        for number in range(12):
            await week.tick(FIRST + number * WEEK)
        async with week.store.read() as session:
            rows = (await session.exec(select(ReminderRow))).all()
        assert len([row for row in rows if row.project_id == leads.key_of("T1", "U1")]) <= 7
