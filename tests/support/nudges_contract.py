"""What the tick promises on every database. The fixture `migrated_url` names one that is up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from outbox_contract import Channel, Clock
from storage_contract import loaded, new_project, saved

from bot.failures import OperationError
from bot.nudges import owed_id, tick
from bot.outbox import Owed, drain, owe
from bot.storage import projects
from bot.storage.store import Store
from bot.storage.tables import ReminderRow
from dialogs.project import Reminder

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


class Nudger:
    """Handles due reminders as the service does: save and owe in one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.handled: list[str] = []

    async def __call__(self, row: ReminderRow) -> None:
        """Mark the reminder sent and owe its nudge."""
        self.handled.append(row.id)
        async with self.store.write() as session:
            project = await projects.load(session, row.project_id)
            assert project is not None
            reminder = next(reminder for reminder in project.reminders if reminder.id == row.id)
            if reminder.state != "waiting":
                return
            reminder.state = "sent"
            await projects.save(session, project)
            nudge = Owed(
                id=owed_id(row),
                workspace=project.workspace,
                channel=project.channel,
                verb="post",
                created_at=row.due_at,
                content={"reply": {"body": f"{row.id} is due"}},
            )
            await owe(session, [nudge])


async def remind(store: Store, number: int, *due_at: datetime) -> None:
    """Give a project reminders that fall due at these times."""
    reminders = [Reminder(id=f"P{number}-{n}", kind="due", due_at=at) for n, at in enumerate(due_at)]
    await saved(store, new_project(number, reminders=reminders))


class NudgesContract:
    """Every reminder is handled when it is due, once."""

    bulk = 60

    @pytest.fixture
    async def store(self, migrated_url: str) -> AsyncIterator[Store]:
        opened = await Store.open(migrated_url, migrate=False)
        yield opened
        await opened.close()

    async def test_only_what_is_due_is_handled_oldest_first(self, store: Store) -> None:
        await remind(store, 1, NOW, NOW + timedelta(seconds=1), NOW - timedelta(days=2))
        nudger = Nudger(store)
        assert await tick(store, nudger, NOW) == 2
        assert nudger.handled == ["P1-2", "P1-0"]
        assert await tick(store, nudger, NOW) == 0

    async def test_many_ticks_at_once_nudge_once(self, store: Store) -> None:
        for number in range(self.bulk):
            await remind(store, number, NOW)
        nudger, channel = Nudger(store), Channel()
        await asyncio.gather(*(tick(store, nudger, NOW, limit=12) for _ in range(6)))
        await drain(store, channel, Clock(NOW))
        assert sorted(nudger.handled) == sorted(f"P{number}-0" for number in range(self.bulk))
        assert len(channel.ids) == len(set(channel.ids)) == self.bulk

    async def test_a_reminder_handled_twice_is_still_posted_once(self, store: Store) -> None:
        """As after a lease that ended while its holder was still at work."""
        await remind(store, 1, NOW)
        rows: list[ReminderRow] = []

        async def keep(row: ReminderRow) -> None:
            rows.append(row)

        await tick(store, keep, NOW, lease_seconds=2)
        await tick(store, keep, NOW + timedelta(seconds=2), lease_seconds=2)
        assert [row.attempts for row in rows] == [1, 2]
        nudger, channel = Nudger(store), Channel()
        for row in rows:
            await nudger(row)
        await drain(store, channel, Clock(NOW))
        assert channel.ids == [owed_id(rows[0])]

    async def test_one_that_fails_waits_longer_each_time_and_holds_up_nobody(self, store: Store) -> None:
        await remind(store, 1, NOW - timedelta(days=1))
        await remind(store, 2, NOW)
        tries: list[datetime] = []
        now = NOW

        async def handle(row: ReminderRow) -> None:
            if row.project_id == "P1":
                tries.append(now)
                raise OperationError("the core is not at home")
            await Nudger(store)(row)

        assert await tick(store, handle, now) == 1
        while now < NOW + timedelta(hours=1):
            now += timedelta(seconds=30)
            await tick(store, handle, now)
        waits = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
        assert waits == [60, 120, 240, 480, 960]

    async def test_a_snoozed_reminder_comes_at_its_new_time_with_a_new_id(self, store: Store) -> None:
        await remind(store, 1, NOW)
        ids: list[str] = []

        async def snooze(row: ReminderRow) -> None:
            ids.append(owed_id(row))
            project = await loaded(store, "P1")
            assert project is not None
            project.reminders[0].due_at = NOW + timedelta(hours=1)
            await saved(store, project)

        assert await tick(store, snooze, NOW) == 1
        assert await tick(store, snooze, NOW + timedelta(minutes=59)) == 0
        assert await tick(store, snooze, NOW + timedelta(minutes=60)) == 1
        assert len(set(ids)) == 2
