"""The inbox on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from inbox_contract import InboxContract


class TestInboxOnSqlite(InboxContract):
    """The shared promises."""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A file of its own."""
    return f"sqlite:///{tmp_path}/cairn.db"
