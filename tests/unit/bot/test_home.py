"""App Home among many projects: the person's own first, then what is due soonest; the rest is counted."""

from __future__ import annotations

from pathlib import Path

from many_rows import add_projects
from sqlite_file import migrated_file
from storage_contract import loaded, saved

from bot.library import Library
from bot.model.pool import Models
from bot.service import MOST_ON_HOME, Service
from bot.storage.store import Store


async def test_home_shows_the_nearest_and_counts_the_others(tmp_path: Path) -> None:
    async def is_member(workspace: str, channel: str, person: str) -> bool:
        return channel != "C0"

    store = await Store.open(migrated_file(tmp_path), migrate=False)
    await add_projects(store, range(60))
    mine = await loaded(store, "P000055")
    assert mine is not None
    await saved(store, mine.model_copy(update={"owner": "U9", "name": "Mine"}))
    service = Service(store, Library(None, tmp_path / "vectors"), Models(None, None), is_member=is_member)
    first, *_, last = page = await service.home("T1", "U9")
    assert "Mine" in first.body
    assert len(page) == MOST_ON_HOME + 1
    assert "And 15 more" in last.body, "five of the sixty are in a channel that U9 is not in"
    await store.close()
