"""What the outbox promises on every database. The fixture `migrated_url` names one that is up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select
from storage_contract import loaded, new_project, saved

from bot import inbox
from bot.outbox import Delivered, Drained, NotSent, Owed, Rejected, Unsure, drain, owe, sweep
from bot.storage import outbox_rows, projects
from bot.storage.store import Store
from bot.storage.tables import OutboxRow

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


Mishap = Callable[[], None]


@dataclass
class Channel:
    """A gate to a channel in memory. `before` and `after` hold mishaps, one for each coming delivery."""

    posts: list[Owed] = field(default_factory=list)
    calls: list[Owed] = field(default_factory=list)
    before: list[Exception | None] = field(default_factory=list)
    after: list[Exception | None] = field(default_factory=list)
    searches: list[Exception | None] = field(default_factory=list)
    searched_since: list[datetime] = field(default_factory=list)

    async def deliver(self, owed: Owed) -> Delivered:
        """Post, and fail as told before or after it."""
        self.calls.append(owed)
        await asyncio.sleep(0)
        _raise_next(self.before)
        self.posts.append(owed)
        _raise_next(self.after)
        return Delivered(owed.channel or f"D-{owed.person}", f"{len(self.posts)}.0")

    async def find(self, owed: Owed, since: datetime) -> Delivered | None:
        """Look the post up by its block id."""
        self.searched_since.append(since)
        _raise_next(self.searches)
        for number, post in enumerate(self.posts, start=1):
            if post.block_id == owed.block_id:
                return Delivered(post.channel, f"{number}.0")
        return None

    @property
    def ids(self) -> list[str]:
        """The ids that are visible, in order."""
        return [post.id for post in self.posts]


def _raise_next(mishaps: list[Exception | None]) -> None:
    if mishaps and (mishap := mishaps.pop(0)) is not None:
        raise mishap


def post(id: str = "a", **changes: object) -> Owed:
    """Return something to post in channel C1."""
    owed = Owed(id=id, workspace="T1", channel="C1", verb="post", created_at=NOW, content={"reply": {}})
    return replace(owed, **changes)  # type: ignore[arg-type]


async def owe_all(store: Store, *items: Owed) -> int:
    """Owe in a transaction of its own."""
    async with store.write() as session:
        return await owe(session, items)


async def row_of(store: Store, id: str) -> OutboxRow:
    """Return a row as it stands."""
    async with store.read() as session:
        return (await session.exec(select(OutboxRow).where(col(OutboxRow.id) == id))).one()


class OutboxContract:
    """Whatever happens, every id becomes visible exactly once, in order."""

    bulk = 500

    @pytest.fixture
    async def store(self, migrated_url: str) -> AsyncIterator[Store]:
        opened = await Store.open(migrated_url, migrate=False)
        yield opened
        await opened.close()

    async def test_owing_the_same_id_twice_posts_once(self, store: Store) -> None:
        assert await owe_all(store, post("a"), post("b")) == 2
        assert await owe_all(store, post("a", channel="C9")) == 0
        channel = Channel()
        assert await drain(store, channel, Clock()) == Drained(delivered=2)
        assert channel.ids == ["a", "b"]
        assert await drain(store, channel, Clock()) == Drained()

    async def test_the_block_id_is_made_from_the_id(self) -> None:
        assert post("nudge-7").block_id == "cairn:nudge-7"

    async def test_many_drains_post_each_row_exactly_once_and_in_order(self, store: Store) -> None:
        items = [post(f"{n:03}", channel=f"C{n % 25}") for n in range(self.bulk)]
        await owe_all(store, *items)
        channel = Channel()
        await asyncio.gather(*(drain(store, channel, Clock(), limit=5) for _ in range(6)))
        assert sorted(channel.ids) == [item.id for item in items]
        for number in range(25):
            in_channel = [post.id for post in channel.posts if post.channel == f"C{number}"]
            assert in_channel == sorted(in_channel)

    @pytest.mark.parametrize(
        ("first", "second", "is_ordered"),
        [
            (post("1"), post("2"), True),
            (post("1", thread_ts="1.0"), post("2", thread_ts="1.0"), True),
            (post("1"), post("2", thread_ts="1.0"), False),
            (post("1"), post("2", channel="C2"), False),
            (
                post("1", verb="direct", channel="", person="U1"),
                post("2", verb="direct", channel="", person="U2"),
                False,
            ),
            (post("1", verb="home", person="U1"), post("2"), False),
        ],
    )
    async def test_a_row_waits_only_for_earlier_ones_of_its_lane(
        self, store: Store, first: Owed, second: Owed, is_ordered: bool
    ) -> None:
        await owe_all(store, first, second)
        channel = Channel(before=[NotSent(30)])
        clock = Clock()
        await drain(store, channel, clock, limit=1)
        assert channel.ids == ([] if is_ordered else ["2"])
        clock.move(30)
        await drain(store, channel, clock, limit=1)
        assert sorted(channel.ids) == ["1", "2"]

    async def test_after_a_429_it_waits_as_long_as_asked_and_posts_without_searching(
        self, store: Store
    ) -> None:
        await owe_all(store, post())
        channel, clock = Channel(before=[NotSent(7)]), Clock()
        assert await drain(store, channel, clock) == Drained(held=1)
        clock.move(6.9)
        assert await drain(store, channel, clock) == Drained()
        clock.move(0.2)
        assert await drain(store, channel, clock) == Drained(delivered=1)
        assert channel.searched_since == []

    async def test_after_a_timeout_it_finds_what_was_posted(self, store: Store) -> None:
        await owe_all(store, post())
        channel, clock = Channel(after=[Unsure("timeout")]), Clock()
        assert await drain(store, channel, clock) == Drained(held=1)
        clock.move(60)
        assert await drain(store, channel, clock) == Drained(found=1)
        assert channel.ids == ["a"]
        assert channel.searched_since == [NOW - timedelta(seconds=60)]
        row = await row_of(store, "a")
        assert (row.state, row.posted_channel, row.posted_ts) == ("delivered", "C1", "1.0")

    async def test_after_a_timeout_it_posts_what_was_not(self, store: Store) -> None:
        await owe_all(store, post())
        channel, clock = Channel(before=[Unsure("timeout")]), Clock()
        await drain(store, channel, clock)
        clock.move(60)
        assert await drain(store, channel, clock) == Drained(delivered=1)
        assert len(channel.searched_since) == 1

    async def test_while_the_search_fails_it_never_posts(self, store: Store) -> None:
        await owe_all(store, post())
        channel = Channel(after=[Unsure("reset")], searches=[Unsure("500"), NotSent(2), Unsure("timeout")])
        clock = Clock()
        for _ in range(4):
            assert await drain(store, channel, clock) == Drained(held=1)
            clock.move(60)
        assert await drain(store, channel, clock) == Drained(found=1)
        assert channel.ids == ["a"]

    async def test_a_search_reaches_back_to_the_first_attempt(self, store: Store) -> None:
        await owe_all(store, post())
        channel = Channel(before=[Unsure("1"), NotSent(0), Unsure("2")])
        clock = Clock()
        for _ in range(4):
            await drain(store, channel, clock)
            clock.move(60)
        assert channel.ids == ["a"]
        assert channel.searched_since == [NOW - timedelta(seconds=60)] * 3

    async def test_after_a_crash_between_attempt_and_mark_it_searches_first(self, store: Store) -> None:
        await owe_all(store, post())
        clock, channel = Clock(), Channel()
        async with store.write() as session:
            (row,) = await outbox_rows.claim_heads(session, "dead", clock(), 60, 1)
            await outbox_rows.begin_attempt(session, row, clock(), 60)
        channel.posts.append(post())  # it had left when the process ended
        clock.move(59)
        assert await drain(store, channel, clock) == Drained()
        clock.move(1)
        assert await drain(store, channel, clock) == Drained(found=1)
        assert channel.ids == ["a"]

    async def test_after_a_crash_before_the_attempt_it_just_posts(self, store: Store) -> None:
        await owe_all(store, post())
        clock, channel = Clock(), Channel()
        async with store.write() as session:
            await outbox_rows.claim_heads(session, "dead", clock(), 60, 1)
        clock.move(60)
        assert await drain(store, channel, clock) == Drained(delivered=1)
        assert channel.searched_since == []

    async def test_a_holder_that_lost_its_lease_does_not_post(self, store: Store) -> None:
        await owe_all(store, post())
        clock = Clock()
        async with store.write() as session:
            (row,) = await outbox_rows.claim_heads(session, "slow", clock(), 60, 1)
        clock.move(61)
        async with store.write() as session:
            assert await outbox_rows.begin_attempt(session, row, clock(), 60) is None

    async def test_a_holder_with_little_time_left_does_not_post(self, store: Store) -> None:
        """Its clock jumps 46 s between the note and the post, as in a process that was stopped."""
        await owe_all(store, post())
        clock, channel = Clock(), Channel()
        ticks = iter([0, 0, 46])

        def jumping() -> datetime:
            clock.move(next(ticks, 0))
            return clock()

        assert await drain(store, channel, jumping) == Drained(held=1)
        assert channel.calls == []
        clock.move(60)
        assert await drain(store, channel, clock) == Drained(delivered=1)

    async def test_a_post_that_outlasts_the_lease_is_ended_before_others_may_take_it(
        self, store: Store
    ) -> None:
        class Hanging(Channel):
            async def deliver(self, owed: Owed) -> Delivered:
                self.posts.append(owed)
                await asyncio.sleep(60)
                raise AssertionError("was not ended")

        await owe_all(store, post())
        channel = Hanging()
        now = lambda: datetime.now(UTC)  # noqa: E731
        assert await drain(store, channel, now, lease_seconds=1.0) == Drained(held=1)
        await asyncio.sleep(1.05)
        assert await drain(store, channel, now, lease_seconds=1.0) == Drained(found=1)
        assert channel.ids == ["a"]

    async def test_what_slack_refuses_for_good_ends_and_does_not_block_the_lane(self, store: Store) -> None:
        await owe_all(store, post("a"), post("b"))
        channel = Channel(before=[Rejected("is_archived")])
        assert await drain(store, channel, Clock()) == Drained(delivered=1, rejected=1)
        row = await row_of(store, "a")
        assert (row.state, row.error) == ("rejected", "is_archived")

    async def test_what_a_refusal_reveals_waits_in_the_inbox(self, store: Store) -> None:
        await owe_all(store, post())
        notice = {"team_id": "T1", "event": {"type": "channel_archive", "channel": "C1"}}
        await drain(store, Channel(before=[Rejected("is_archived", notice)]), Clock())
        [delivery] = await inbox.claim(store, NOW)
        assert (delivery.key, delivery.payload) == ("refused:a", notice)

    async def test_an_error_of_our_own_harms_no_other_lane_and_ends_after_five_tries(
        self, store: Store
    ) -> None:
        await owe_all(store, post("broken"), post("fine", channel="C2"))
        channel, clock = Channel(before=[KeyError("x"), None] + [KeyError("x")] * 9), Clock()
        for _ in range(5):
            await drain(store, channel, clock)
            clock.move(61)
        assert channel.ids == ["fine"]
        row = await row_of(store, "broken")
        assert (row.state, row.error) == ("rejected", "KeyError('x')")

    async def test_many_429s_and_one_error_of_our_own_do_not_end_a_row(self, store: Store) -> None:
        await owe_all(store, post())
        channel, clock = (
            Channel(before=[*[NotSent(1)] * 6, KeyError("x"), Unsure("500"), KeyError("x")]),
            Clock(),
        )
        for _ in range(10):
            await drain(store, channel, clock)
            clock.move(61)
        assert channel.ids == ["a"]

    async def test_trouble_with_the_database_never_ends_a_row(self, store: Store) -> None:
        await owe_all(store, post())
        trouble = OperationalError("SELECT", {}, ConnectionError("the server went away"))
        channel, clock = Channel(before=[trouble] * 8), Clock()
        for _ in range(9):
            await drain(store, channel, clock)
            clock.move(61)
        assert channel.ids == ["a"]

    @pytest.mark.parametrize("verb", ["update", "ephemeral", "respond", "mark", "home"])
    async def test_what_has_no_place_in_the_history_is_repeated(self, store: Store, verb: str) -> None:
        await owe_all(store, post(verb=verb, person="U1"))
        channel, clock = Channel(before=[Unsure("timeout")]), Clock()
        await drain(store, channel, clock)
        clock.move(60)
        assert await drain(store, channel, clock) == Drained(delivered=1)
        assert channel.searched_since == []

    async def test_the_first_card_is_posted_and_later_ones_update_it(self, store: Store) -> None:
        await saved(store, new_project(thread=None))
        card = post("card-1", verb="card", project_id="P1")
        await owe_all(store, card, replace(card, id="card-2"))
        channel = Channel()
        await drain(store, channel, Clock())
        assert [(sent.verb, sent.content.get("ts")) for sent in channel.posts] == [
            ("card", None),
            ("update", "1.0"),
        ]

    async def test_a_card_that_someone_deleted_is_posted_anew(self, store: Store) -> None:
        await saved(store, new_project(card_ts="0.5"))
        await owe_all(store, post("card-1", verb="card", project_id="P1"))
        channel = Channel(before=[Rejected("message_not_found")])
        await drain(store, channel, Clock())
        assert [sent.verb for sent in channel.calls] == ["update", "card"]
        project = await loaded(store, "P1")
        assert project is not None
        assert project.card_ts == "1.0"

    async def test_a_new_thread_belongs_to_the_project_and_takes_what_follows(self, store: Store) -> None:
        before = await saved(store, new_project(thread=None))
        root = post("root", project_id="P1", content={"new_thread": True})
        below = post("below", project_id="P1", content={"thread_of": "root"})
        await owe_all(store, root, below)
        channel = Channel()
        await drain(store, channel, Clock())
        assert [sent.thread_ts for sent in channel.posts] == [None, "1.0"]
        async with store.read() as session:
            project = await projects.by_thread(session, "T1", "C1", "1.0")
        assert project is not None
        assert (project.thread, project.version) == ("1.0", before.version + 1)

    async def test_a_new_thread_in_direct_messages_leaves_the_projects_own_alone(self, store: Store) -> None:
        before = await saved(store, new_project())
        nudge = post(
            "n", verb="direct", channel="", person="U1", project_id="P1", content={"new_thread": True}
        )
        await owe_all(store, nudge)
        await drain(store, Channel(), Clock())
        async with store.read() as session:
            assert await projects.by_thread(session, "T1", "D-U1", "1.0") == before

    async def test_a_save_in_flight_cannot_undo_the_card(self, store: Store) -> None:
        in_flight = await saved(store, new_project())
        await owe_all(store, post("card", verb="card", project_id="P1"))
        await drain(store, Channel(), Clock())
        with pytest.raises(projects.StaleProject):
            await saved(store, in_flight)

    async def test_forgetting_a_project_takes_back_what_was_owed(self, store: Store) -> None:
        await saved(store, new_project())
        await owe_all(store, post("a", project_id="P1", content={"reply": {"body": "private"}}))
        async with store.write() as session:
            await projects.forget(session, "P1", person="U1", at=NOW)
            await owe(session, [post("farewell")])
        channel = Channel()
        await drain(store, channel, Clock())
        assert channel.ids == ["farewell"]
        row = await row_of(store, "a")
        assert (row.state, row.content) == ("cancelled", {})

    async def test_sweeping_drops_words_after_an_hour_and_rows_after_a_week(self, store: Store) -> None:
        await owe_all(store, post("a"))
        await drain(store, Channel(), Clock())
        await owe_all(store, post("b"))
        assert await sweep(store, NOW + timedelta(hours=2)) == 0
        assert (await row_of(store, "a")).content == {}
        assert (await row_of(store, "b")).content == {"reply": {}}
        assert await sweep(store, NOW + timedelta(days=8)) == 1
        async with store.read() as session:
            assert await outbox_rows.backlog(session) == (1, NOW)

    async def test_a_slow_lane_does_not_hold_up_what_is_owed_later(self, store: Store) -> None:
        quick_is_out = asyncio.Event()

        class SlowFirst(Channel):
            async def deliver(self, owed: Owed) -> Delivered:
                if owed.id == "slow":
                    await quick_is_out.wait()
                else:
                    quick_is_out.set()
                return await super().deliver(owed)

        await owe_all(store, post("slow"))
        channel = SlowFirst()
        task = asyncio.create_task(drain(store, channel, Clock()))
        await asyncio.sleep(0.05)
        await owe_all(store, post("quick", channel="C2"))
        assert await asyncio.wait_for(task, 10) == Drained(delivered=2)
        assert channel.ids == ["quick", "slow"]

    async def test_cancelling_a_drain_leaves_its_rows_to_others(self, store: Store) -> None:
        started = asyncio.Event()

        class Slow(Channel):
            async def deliver(self, owed: Owed) -> Delivered:
                started.set()
                await asyncio.sleep(60)
                raise AssertionError

        await owe_all(store, post())
        clock = Clock()
        task = asyncio.create_task(drain(store, Slow(), clock))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        clock.move(60)
        channel = Channel()
        assert await drain(store, channel, clock) == Drained(delivered=1)
        assert len(channel.searched_since) == 1
