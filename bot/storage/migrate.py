"""Migrations: run before the loop serves, one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from bot.failures import OperationError
from bot.storage.engine import open_sync, parse, sqlite_path

SCRIPTS = Path(__file__).parent / "migrations"
ADVISORY_KEY = 0x6361_6972_6E  # "cairn"
LOCK_TIMEOUT_SECONDS = 120


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables to a revision, creating the database file if there is none.

    Safe to call from several processes at once. Raises OperationError in one sentence.
    """
    with _opened(parse(url), writes=True) as connection:
        try:
            command.upgrade(configuration(connection), revision)
        except CommandError as error:
            raise OperationError(
                f"the database cannot be migrated ({error}); it may belong to a newer Cairn: update this one"
            ) from error


def current(url: str) -> str | None:
    """Return the revision the database is at, None before the first migration (or where no file is)."""
    parsed = parse(url)
    path = sqlite_path(parsed)
    if path is not None and not path.exists():
        return None
    with _opened(parsed, writes=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the revision this Cairn wants."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def revisions() -> list[str]:
    """Return every revision, oldest first."""
    found = ScriptDirectory.from_config(configuration()).walk_revisions()
    return [script.revision for script in found][::-1]


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, which has no file: the scripts are part of the package."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _opened(url: URL, *, writes: bool) -> Iterator[Connection]:
    path = sqlite_path(url)
    where = url.render_as_string(hide_password=True)
    try:
        if path is None:
            with _on_postgresql(url, locked=writes) as connection:
                yield connection
        else:
            with _on_sqlite(url, path, locked=writes) as connection:
                yield connection
    except (DBAPIError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise OperationError(
            f"the database {where} cannot be opened ({reason}); start it, or correct CAIRN_DATABASE_URL"
        ) from error


@contextmanager
def _on_postgresql(url: URL, *, locked: bool) -> Iterator[Connection]:
    """Yield a connection; another one, outside its transaction, holds the advisory lock meanwhile."""
    engine = open_sync(url)
    try:
        with engine.connect() as guard, engine.connect() as connection:
            if locked:
                guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_KEY})
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _on_sqlite(url: URL, path: Path, *, locked: bool) -> Iterator[Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = open_sync(url).execution_options(writes=locked)
    lock = FileLock(f"{path}.migration.lock", timeout=LOCK_TIMEOUT_SECONDS) if locked else nullcontext()
    try:
        with lock, engine.connect() as connection:
            yield connection
    except Timeout as error:
        raise OperationError(
            f"another process has been migrating {path} for {LOCK_TIMEOUT_SECONDS} s; end it and try again"
        ) from error
    finally:
        engine.dispose()
