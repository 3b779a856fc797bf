"""Storage on SQLite."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlite_file import migrated_file
from storage_contract import StorageContract, loaded, new_project, saved

from bot.failures import ConfigurationError, OperationError
from bot.storage import migrate, projects
from bot.storage.store import Store


class TestStorageOnSqlite(StorageContract):
    """The shared promises."""


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """A file that is up to date."""
    return migrated_file(tmp_path)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A file that does not exist yet, in a folder that does not either."""
    return f"sqlite:///{tmp_path}/data/cairn.db"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/cairn", "names mysql"),
        ("cairn.db", "no database URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
async def test_an_unusable_url_is_one_sentence_that_names_the_variable(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"CAIRN_DATABASE_URL.*{says}"):
        await Store.open(url)


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"])
async def test_the_driver_in_a_url_does_not_matter(tmp_path: Path, scheme: str) -> None:
    store = await Store.open(f"{scheme}:///{tmp_path}/cairn.db")
    await saved(store, new_project())
    await store.close()


async def test_a_path_that_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperationError, match=r"cannot be opened.*CAIRN_DATABASE_URL"):
        await Store.open(f"sqlite:///{tmp_path}/file/cairn.db")


async def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cairn.db").write_text("not a database, only words " * 100)
    with pytest.raises(OperationError, match="not a database"):
        await Store.open(f"sqlite:///{tmp_path}/cairn.db")


async def test_a_database_server_that_is_off_is_one_sentence_without_the_password() -> None:
    with pytest.raises(OperationError) as refused:
        await Store.open("postgresql://cairn:s3cret@127.0.0.1:9/cairn")
    assert "s3cret" not in str(refused.value)
    assert "CAIRN_DATABASE_URL" in str(refused.value)


async def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_ever(database_url: str) -> None:
    store = await Store.open(database_url)
    async with store.write():
        with pytest.raises(RuntimeError, match="inside a write"):
            async with store.write():
                pass
    await store.close()


async def test_two_stores_on_one_file_wait_for_each_other(database_url: str) -> None:
    """As two processes would: each has its own line, the file has one lock."""
    stores = [await Store.open(database_url) for _ in range(3)]

    async def save_some(number: int) -> None:
        for round_number in range(10):
            await saved(stores[number], new_project(number * 100 + round_number))

    await asyncio.gather(*map(save_some, range(3)))
    async with stores[0].read() as session:
        assert len(await projects.of_workspace(session, "T1")) == 30
    for store in stores:
        await store.close()


async def test_opening_without_migrating_leaves_the_file_alone(database_url: str) -> None:
    await asyncio.to_thread(migrate.upgrade, database_url)
    store = await Store.open(database_url, migrate=False)
    await saved(store, new_project())
    assert await loaded(store, "P1") is not None
    await store.close()


def test_asking_for_the_revision_creates_no_file(database_url: str, tmp_path: Path) -> None:
    assert migrate.current(database_url) is None
    assert list(tmp_path.iterdir()) == []
