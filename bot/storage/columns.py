"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Counter = BigInteger().with_variant(Integer(), "sqlite")
"""A key that counts up by itself; SQLite only does so for INTEGER."""


class UtcTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values on the way in and gives back aware UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the driver gets; SQLite has no zones and is given naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone was given to the database: {value!r}; pass an aware one")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC, whatever the session's zone is."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _storable(text: str) -> str:
    """Drop what PostgreSQL's text refuses: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class Words(TypeDecorator[str]):
    """Text that people or programs wrote, of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return text that both databases take."""
        return None if value is None else _storable(value)


class Tree(TypeDecorator[Any]):
    """Nested plain data, as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the data with every string made storable."""
        return _storable_tree(value)


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(str(key)): _storable_tree(item) for key, item in value.items()}
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{value} is no number that JSON can hold")
    if isinstance(value, list | tuple):
        return [_storable_tree(item) for item in value]
    return value
