"""The databases that replicas share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import running_postgres


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file."""
    return f"sqlite:///{tmp_path}/cairn.db"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty database of a real PostgreSQL."""
    with running_postgres() as server:
        yield server.new_database()
