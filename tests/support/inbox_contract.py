"""What the inbox promises on every database. The fixture `migrated_url` names one that is up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot import inbox
from bot.inbox import AlreadyFinished
from bot.outbox import Owed, owe
from bot.storage.store import Store
from bot.storage.tables import InboxRow, OutboxRow

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)


async def rows(store: Store) -> list[InboxRow]:
    """Return what the table holds."""
    async with store.read() as session:
        return list((await session.exec(select(InboxRow))).all())


async def finish(store: Store, key: str, now: datetime = NOW) -> None:
    """Finish a delivery as the service does: with its answer in the same transaction."""
    async with store.write() as session:
        answer = Owed(id=f"answer-{now:%H%M}", workspace="T1", channel="C1", verb="post", created_at=now)
        await owe(session, [answer])
        await inbox.finish(session, key, now)


class InboxContract:
    """Deliveries are taken once, worked on once, and not lost."""

    @pytest.fixture
    async def store(self, migrated_url: str) -> AsyncIterator[Store]:
        opened = await Store.open(migrated_url, migrate=False)
        yield opened
        await opened.close()

    async def test_the_same_delivery_is_accepted_once(self, store: Store) -> None:
        tries = await asyncio.gather(*(inbox.accept(store, "k", {"n": n}, NOW) for n in range(8)))
        assert sorted(tries) == [False] * 7 + [True]
        assert len(await rows(store)) == 1

    async def test_a_delivery_comes_out_as_it_went_in(self, store: Store) -> None:
        payload = {"event": {"text": "租约 ✓ \x00", "blocks": [{"a": None, "b": [1, 2.5, True]}]}}
        await inbox.accept(store, "k", payload, NOW)
        (delivery,) = await inbox.claim(store, NOW)
        payload["event"]["text"] = "租约 ✓ "
        assert (delivery.key, delivery.payload, delivery.attempts) == ("k", payload, 1)
        assert delivery.leased_until == NOW + timedelta(seconds=60)

    async def test_claims_give_the_oldest_first(self, store: Store) -> None:
        for minutes in (3, 1, 2):
            await inbox.accept(store, f"k{minutes}", {}, NOW + timedelta(minutes=minutes))
        found = await inbox.claim(store, NOW + timedelta(hours=1), limit=2)
        assert [delivery.key for delivery in found] == ["k1", "k2"]

    async def test_nine_claimers_take_500_rows_exactly_once(self, store: Store) -> None:
        async with store.write() as session:
            session.add_all(InboxRow(key=f"k{n}", payload={}, received_at=NOW) for n in range(500))

        async def take_all() -> list[str]:
            taken: list[str] = []
            while found := await inbox.claim(store, NOW, limit=7):
                taken += [delivery.key for delivery in found]
            return taken

        shares = await asyncio.gather(*(take_all() for _ in range(9)))
        taken = [key for share in shares for key in share]
        assert sorted(taken) == sorted(f"k{n}" for n in range(500))

    async def test_a_lease_keeps_others_away_until_it_ends(self, store: Store) -> None:
        await inbox.accept(store, "k", {}, NOW, lease_seconds=60)
        assert await inbox.claim(store, NOW + timedelta(seconds=59)) == []
        (again,) = await inbox.claim(store, NOW + timedelta(seconds=60))
        assert again.attempts == 2

    async def test_finishing_drops_the_payload_and_keeps_the_key(self, store: Store) -> None:
        await inbox.accept(store, "k", {"text": "private"}, NOW)
        await finish(store, "k")
        (row,) = await rows(store)
        assert (row.state, row.payload) == ("done", None)
        assert not await inbox.accept(store, "k", {"text": "private"}, NOW)
        assert await inbox.claim(store, NOW + timedelta(days=1)) == []

    async def test_of_two_holders_only_one_gets_its_answer_out(self, store: Store) -> None:
        await inbox.accept(store, "k", {}, NOW)
        await finish(store, "k")
        with pytest.raises(AlreadyFinished, match="k"):
            await finish(store, "k", NOW + timedelta(minutes=1))
        async with store.read() as session:
            assert [row.id for row in (await session.exec(select(OutboxRow))).all()] == ["answer-0902"]

    async def test_a_failed_delivery_comes_back_later_and_is_given_up_in_the_end(self, store: Store) -> None:
        await inbox.accept(store, "k", {}, NOW)
        now = NOW
        for attempt in range(1, inbox.MAX_ATTEMPTS + 1):
            (delivery,) = await inbox.claim(store, now)
            assert delivery.attempts == attempt
            again = await inbox.fail(store, "k", now, "no model", retry_seconds=5)
            assert again is (attempt < inbox.MAX_ATTEMPTS)
            assert await inbox.claim(store, now + timedelta(seconds=4)) == []
            now += timedelta(seconds=5)
        assert await inbox.claim(store, now + timedelta(days=1)) == []
        (row,) = await rows(store)
        assert (row.state, row.error) == ("failed", "no model")

    async def test_a_delivery_that_ends_every_process_is_given_up(self, store: Store) -> None:
        await inbox.accept(store, "k", {}, NOW)
        now = NOW
        for _ in range(inbox.MAX_ATTEMPTS):
            assert len(await inbox.claim(store, now, lease_seconds=2)) == 1
            now += timedelta(seconds=2)
        assert await inbox.claim(store, now) == []
        await inbox.sweep(store, now)
        assert [row.state for row in await rows(store)] == ["failed"]

    async def test_sweeping_forgets_keys_after_an_hour(self, store: Store) -> None:
        await inbox.accept(store, "done", {}, NOW)
        await inbox.accept(store, "waiting", {}, NOW)
        await finish(store, "done")
        assert await inbox.sweep(store, NOW + timedelta(minutes=60)) == 0
        assert await inbox.sweep(store, NOW + timedelta(minutes=61)) == 1
        assert [row.key for row in await rows(store)] == ["waiting"]
