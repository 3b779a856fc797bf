"""INSERT that leaves existing rows alone, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.tables import Table


async def insert_new(session: AsyncSession, table: type[Table], row: dict[str, Any]) -> bool:
    """Insert a row; return False, changing nothing, when one of its keys is already there."""
    sql = table.__table__  # type: ignore[attr-defined]
    insert = insert_for(session)(sql).values(**row).on_conflict_do_nothing()
    result = await session.exec(insert.returning(*sql.primary_key))
    return result.first() is not None


def insert_for(session: AsyncSession) -> Any:
    """Return the dialect's `insert`, which knows ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
