"""SQLite files for tests: migrated once, then copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from bot.storage import migrate


def migrated_file(folder: Path) -> str:
    """Put a database that is up to date into a folder and return its URL."""
    (folder / "cairn.db").write_bytes(_template())
    return f"sqlite:///{folder}/cairn.db"


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cairn.db")
        migrate.upgrade(f"sqlite:///{path}")
        return path.read_bytes()
