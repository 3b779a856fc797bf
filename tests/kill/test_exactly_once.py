"""Replicas are ended with SIGKILL while Slack misbehaves: every nudge and answer is visible exactly once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from replica import Replicas, replicas
from slack_channel import SlackChannel, until
from sqlmodel import col, select

from bot import inbox
from bot.nudges import owed_id
from bot.storage import projects
from bot.storage.store import Store
from bot.storage.tables import OutboxRow, ReminderRow
from dialogs.project import Project, Reminder

pytestmark = pytest.mark.kill

LEASE_SECONDS = 2.0
CHANNELS = 50
PATIENCE_SECONDS = 100.0


async def schedule(store: Store, count: int) -> list[str]:
    """Let reminders of as many projects and people fall due in the same minute; return their posts' ids."""
    due = datetime.now(UTC) - timedelta(seconds=60)
    async with store.write() as session:
        for number in range(count):
            reminder = Reminder(id=f"P{number}-due", kind="due", due_at=due, person=f"U{number}")
            project = Project(
                id=f"P{number}",
                workspace="T1",
                channel=f"C{number % CHANNELS}",
                slug=f"p{number}",
                name=f"Project {number}",
                created_at=due,
                created_by=f"U{number}",
                reminders=[reminder],
            )
            await projects.save(session, project)
        rows = (await session.exec(select(ReminderRow))).all()
    return [f"cairn:{owed_id(row)}" for row in rows]


class Killer:
    """Ends replicas until it has ended enough, and keeps three of them running."""

    def __init__(self, started: Replicas, kills: int, seed: int) -> None:
        self.kills = 0
        self._wanted = kills
        self._started = started
        self._chance = random.Random(seed)

    def kill(self, process: int) -> bool:
        """End a replica that is just posting; False when enough were ended."""
        if self.kills >= self._wanted or process not in self._started.running:
            return False
        self._started.kill(process)
        self.kills += 1
        return True

    async def run(self) -> None:
        """End replicas at random moments, and start new ones in their place."""
        while True:
            while len(self._started.running) < 3:
                await asyncio.to_thread(self._started.start)
            await asyncio.sleep(self._chance.uniform(0.05, 0.35))
            if self._started.running:  # a post may have ended the last one while this slept
                self.kill(self._chance.choice(self._started.running))


async def deliver(store: Store, count: int) -> list[str]:
    """Let Slack deliver messages, as a middleware writes them down before the ack; return the answers' ids."""
    now = datetime.now(UTC)
    for number in range(count):
        payload = {"channel": f"C{number % CHANNELS}", "text": f"Question {number}"}
        await inbox.accept(store, f"M{number}", payload, now)
    return [f"cairn:answer-M{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("database", "reminders", "messages", "kills"),
    [
        pytest.param("postgres_url", 500, 100, 100, marks=pytest.mark.postgres),
        ("sqlite_url", 150, 50, 40),
    ],
)
async def test_every_nudge_and_every_answer_is_visible_exactly_once(
    request: pytest.FixtureRequest, database: str, reminders: int, messages: int, kills: int
) -> None:
    database_url = request.getfixturevalue(database)
    store = await Store.open(database_url)
    expected = [*await schedule(store, reminders), *await deliver(store, messages)]
    async with SlackChannel(seed=6).serving() as slack:
        with replicas(database_url, slack.url, LEASE_SECONDS) as started:
            killer = Killer(started, kills, seed=7)
            slack.kill = killer.kill
            killing = asyncio.create_task(killer.run())
            in_time = await until(
                lambda: killer.kills >= kills and set(slack.block_ids) >= set(expected),
                seconds=PATIENCE_SECONDS,
            )
            settled = in_time and await all_settled(store)
            killing.cancel()
        visible = Counter(slack.block_ids)
    await store.close()
    assert in_time, f"{len(visible)} of {len(expected)} visible, {killer.kills} replicas ended"
    assert settled, "some rows of the outbox never settled"
    assert visible == Counter(expected)
    assert {"429", "500 after", "drop before", "drop after"} <= set(slack.mishaps)


async def all_settled(store: Store) -> bool:
    """Wait until every row is marked delivered: until then a double could still appear."""
    async with asyncio.timeout(60):
        while True:
            async with store.read() as session:
                waiting = select(OutboxRow.id).where(col(OutboxRow.state) != "delivered").limit(1)
                if (await session.exec(waiting)).first() is None:
                    return True
            await asyncio.sleep(0.2)
