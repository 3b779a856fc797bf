"""The weekly digest of a lead on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from leads_contract import LeadsContract
from sqlite_file import migrated_file


class TestLeadsOnSqlite(LeadsContract):
    """The shared promises."""


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """A file of its own."""
    return migrated_file(tmp_path)
