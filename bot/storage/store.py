"""The two doors to the database: `Store.read()` and `Store.write()`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.failures import OperationError
from bot.storage import migrate as migrations
from bot.storage.engine import open_async, parse

READING = {"postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}}


class Store:
    """A database that is open. A write never awaits the network or a model."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**READING.get(engine.dialect.name, {}))
        self._writer = engine.execution_options(writes=True)
        # SQLite has one writer; waiting here in line beats polling its lock from several threads.
        self._turn: asyncio.Lock | None = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        self._in_turn: asyncio.Task[object] | None = None

    @classmethod
    async def open(cls, url: str, *, migrate: bool = True) -> Store:
        """Open a `sqlite:///` or `postgresql://` URL, and bring its tables up to date first.

        Raises ConfigurationError for an unusable URL, OperationError where the database cannot be opened.
        """
        parsed = parse(url)
        if migrate:
            await asyncio.to_thread(migrations.upgrade, url)
        store = cls(open_async(parsed))
        try:
            await store.check()
        except OperationError:
            await store.close()
            raise
        return store

    @property
    def engine(self) -> AsyncEngine:
        """An engine that may write, for libraries that bring tables of their own (OAuth installations)."""
        return self._writer

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that sees one state and refuses to change it."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that is committed at the end, or rolled back when the block raises."""
        session = AsyncSession(self._writer, expire_on_commit=False)
        async with self._my_turn(), session, session.begin():
            yield session

    def _my_turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._turn is None else self._wait_in_line(self._turn)

    @asynccontextmanager
    async def _wait_in_line(self, turn: asyncio.Lock) -> AsyncIterator[None]:
        if self._in_turn is not None and self._in_turn is asyncio.current_task():
            raise RuntimeError("a write was opened inside a write; hand the session on instead")
        async with turn:
            self._in_turn = asyncio.current_task()
            try:
                yield
            finally:
                self._in_turn = None

    async def check(self) -> None:
        """Raise OperationError when the database does not answer."""
        try:
            async with self._reader.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (DBAPIError, OSError) as error:
            where = self._engine.url.render_as_string(hide_password=True)
            raise OperationError(
                f"the database {where} does not answer; start it, or correct CAIRN_DATABASE_URL"
            ) from error

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()
