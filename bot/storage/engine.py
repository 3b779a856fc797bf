"""Database URLs and engines: two drivers, one behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.failures import ConfigurationError

BUSY_TIMEOUT_SECONDS = 15
CONNECT_TIMEOUT_SECONDS = 5
ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def parse(url: str) -> URL:
    """Return the URL if it names SQLite in a file or PostgreSQL.

    Raises ConfigurationError otherwise.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "CAIRN_DATABASE_URL is no database URL; write sqlite:///path/to/cairn.db or "
            "postgresql://user:password@host/database"
        ) from error
    backend = "postgresql" if parsed.drivername == "postgres" else parsed.get_backend_name()
    if backend not in ASYNC_DRIVERS:
        raise ConfigurationError(
            f"CAIRN_DATABASE_URL names {backend}; Cairn keeps its data in sqlite:/// or postgresql://"
        )
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("CAIRN_DATABASE_URL names no file; write sqlite:///path/to/cairn.db")
    return parsed.set(drivername=backend)


def sqlite_path(url: URL) -> Path | None:
    """Return the database file, or None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def open_async(url: URL) -> AsyncEngine:
    """Return the engine that `Store` works with; nothing is connected yet."""
    driver = url.set(drivername=ASYNC_DRIVERS[url.get_backend_name()])
    engine = create_async_engine(driver, connect_args=_connect_args(url), **_pool(url))
    _set_up_sqlite(engine.sync_engine)
    return engine


def open_sync(url: URL) -> Engine:
    """Return an engine for migrations, which run before the loop serves."""
    driver = url.set(drivername=SYNC_DRIVERS[url.get_backend_name()])
    engine = create_engine(driver, connect_args=_connect_args(url), poolclass=NullPool)
    _set_up_sqlite(engine)
    return engine


def _pool(url: URL) -> dict[str, Any]:
    return {"pool_pre_ping": True} if url.get_backend_name() == "postgresql" else {}


def _connect_args(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": BUSY_TIMEOUT_SECONDS}
    return {"connect_timeout": CONNECT_TIMEOUT_SECONDS}


def _set_up_sqlite(engine: Engine) -> None:
    """Take transactions out of the driver's hands: it would begin them late and never IMMEDIATE."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begin)


def _connected(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin for reading unless the connection carries the option `writes`.

    A reader that becomes a writer half way can only fail, so it is refused at once.
    """
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(not writes)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
