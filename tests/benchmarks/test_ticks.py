"""What a tick costs: 100 reminders due, among 10,000 and among 1,000,000. It must not grow with the table.

Both tables are measured in turn, round by round, and the fastest rounds are compared: what else the machine
does then meets both alike.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

import pytest
from many_rows import NOW, add_due, add_reminders, make_due_again
from nudges_contract import Nudger
from postgres import running_postgres
from sqlite_file import migrated_file

from bot.nudges import Handle, tick
from bot.storage import migrate
from bot.storage.store import Store
from bot.storage.tables import ReminderRow

DUE = 100
SMALL, LARGE = 10_000, 1_000_000
MOST_GROWTH = 1.5

NewUrl = Callable[[str], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewUrl]:
    """Return what makes a database that is up to date, and its URL."""
    if request.param == "sqlite":

        def file(name: str) -> str:
            folder = tmp_path / name
            folder.mkdir()
            return migrated_file(folder)

        yield file
        return
    with running_postgres() as server:

        def database(name: str) -> str:
            url = server.new_database()
            migrate.upgrade(url)
            return url

        yield database


@asynccontextmanager
async def table_of(url: str, reminders: int) -> AsyncIterator[Store]:
    """A database with so many reminders, 100 of them due."""
    store = await Store.open(url, migrate=False)
    try:
        await add_due(store, DUE)
        await add_reminders(store, reminders - DUE, series="r")
        yield store
    finally:
        await store.close()


async def let_be(reminder: ReminderRow) -> None:
    """Handle a reminder without doing anything: the tick then costs the claim alone."""


async def tick_ms(store: Store, handle: Handle) -> float:
    """Return the milliseconds of one tick that finds 100 due."""
    await make_due_again(store)
    began = perf_counter()
    assert await tick(store, handle, NOW, limit=DUE) == DUE
    return 1_000 * (perf_counter() - began)


async def test_a_tick_costs_the_same_in_a_table_a_hundred_times_as_long(
    new_url: NewUrl, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncExitStack() as stack:
        small = await stack.enter_async_context(table_of(new_url("small"), SMALL))
        large = await stack.enter_async_context(table_of(new_url("large"), LARGE))
        growth = {}
        for what, rounds, handle_of in (("claim", 15, lambda _: let_be), ("whole tick", 4, Nudger)):
            times = [
                (await tick_ms(small, handle_of(small)), await tick_ms(large, handle_of(large)))
                for _ in range(rounds)
            ]
            few, many = (min(column) for column in zip(*times, strict=True))
            growth[what] = many / few
            with capsys.disabled():
                print(  # noqa: T201
                    f"\n{what} with {DUE} due, {small.dialect}: {few:.0f} ms among {SMALL:,} reminders, {many:.0f} ms "
                    f"among {LARGE:,} ({many / few:.2f} times); load {os.getloadavg()[0]:.1f}"
                )
    assert max(growth.values()) <= MOST_GROWTH, growth
