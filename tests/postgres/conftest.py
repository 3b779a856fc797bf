"""One PostgreSQL for all tests here; each test gets a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres import PostgresServer, running_postgres

pytest.register_assert_rewrite("storage_contract", "inbox_contract", "outbox_contract", "nudges_contract")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The running server."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """The URL of an empty database."""
    return postgres.new_database()
