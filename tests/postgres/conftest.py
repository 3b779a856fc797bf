"""One PostgreSQL for all tests here; each test gets a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres import PostgresServer, running_postgres

from bot.storage import migrate

pytest.register_assert_rewrite(
    "storage_contract", "inbox_contract", "outbox_contract", "nudges_contract", "leads_contract"
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The running server."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """The URL of an empty database."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """The name of a database that is up to date."""
    url = postgres.new_database()
    migrate.upgrade(url)
    return url.rpartition("/")[2]


@pytest.fixture
def migrated_url(postgres: PostgresServer, template: str) -> str:
    """The URL of a copy of it."""
    return postgres.new_database(template)
