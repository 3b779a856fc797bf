"""The outbox on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from outbox_contract import OutboxContract
from sqlite_file import migrated_file


class TestOutboxOnSqlite(OutboxContract):
    """The shared promises; the bulk is small, since every commit reaches the disk."""

    bulk = 60


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """A file of its own."""
    return migrated_file(tmp_path)
