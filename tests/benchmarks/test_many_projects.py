"""App Home and status among 10, 1,000 and 10,000 projects: what one person sees must not cost what others keep."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest
from many_rows import NOW, add_projects
from sqlite_file import migrated_file

from bot.library import Library
from bot.model.pool import Models
from bot.service import Service
from bot.storage.store import Store
from dialogs.turns import Person, Place, Turn

COUNTS = (10, 1_000, 10_000)
ROUNDS = 5  # of App Home; the quicker status gets four times as many
MOST_GROWTH = 1.5  # of App Home from 1,000 to 10,000, since ten projects do not fill its page


async def fastest_ms(work: Callable[[int], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Return the milliseconds of processor time of the fastest of some rounds, its database's included."""
    times = []
    for number in range(rounds):
        began = process_time()
        await work(number)
        times.append(1_000 * (process_time() - began))
    return min(times)


async def test_home_and_status_do_not_grow_with_the_projects_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody is in every channel, so that all projects are candidates for the page."""
    store = await Store.open(migrated_file(tmp_path), migrate=False)
    service = Service(store, Library(None, tmp_path / "vectors"), Models(None, None))
    home, status, number = {}, {}, 0
    try:
        for count in COUNTS:
            await add_projects(store, range(number, count))
            number = count

            async def ask(round: int, count: int = count) -> None:
                place, at = Place("T1", "C0"), NOW + timedelta(seconds=count + round)
                words = "p-000000: status"
                await service.handle(
                    Turn(kind="command", person=Person("U1"), place=place, at=at, text=words, command="cairn")
                )

            home[count] = await fastest_ms(lambda _: service.home("T1", "U1"))
            status[count] = await fastest_ms(ask, 4 * ROUNDS)
    finally:
        await store.close()
    with capsys.disabled():
        for what, times in (("App Home", home), ("status", status)):
            told = ", ".join(f"{ms:.0f} ms of processor time with {count:,}" for count, ms in times.items())
            print(  # noqa: T201
                f"\n{what}: {told} projects ({times[10_000] / times[1_000]:.2f} times from 1,000 to 10,000); "
                f"load {os.getloadavg()[0]:.1f}"
            )
    assert home[10_000] <= MOST_GROWTH * home[1_000]
    assert status[10_000] <= MOST_GROWTH * status[10]
