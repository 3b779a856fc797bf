"""The inbox on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from inbox_contract import InboxContract
from sqlite_file import migrated_file


class TestInboxOnSqlite(InboxContract):
    """The shared promises."""


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """A file of its own."""
    return migrated_file(tmp_path)
