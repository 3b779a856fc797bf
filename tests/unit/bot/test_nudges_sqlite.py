"""The nudges on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from nudges_contract import NudgesContract
from sqlite_file import migrated_file


class TestNudgesOnSqlite(NudgesContract):
    """The shared promises; the bulk is small, since every commit reaches the disk."""

    bulk = 15


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """A file of its own."""
    return migrated_file(tmp_path)
