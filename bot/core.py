"""What every way of running Cairn shares, and what opens it. Nothing here knows Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.failures import ConfigurationError
from bot.reading import Reading, reading
from bot.settings import Settings
from bot.storage.store import Store

Clock = Callable[[], datetime]


def now() -> datetime:
    """The clock of the edge."""
    return datetime.now(UTC)


@dataclass
class Core(Reading):
    """What reads and answers, and the database that remembers."""

    store: Store


@asynccontextmanager
async def core(settings: Settings) -> AsyncIterator[Core]:
    """Open storage, knowledge and models; close them at the end.

    Raises ConfigurationError or OperationError in one sentence.
    """
    async with open_store(settings) as store, reading(settings) as parts:
        yield Core(settings, parts.library, parts.models, store)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the database, its tables brought up to date. Raises ConfigurationError or OperationError."""
    try:
        settings.cairn_data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"CAIRN_DATA_DIR cannot be used: {settings.cairn_data_dir} ({error.strerror}); "
            "name a folder you may write to."
        ) from error
    store = await Store.open(settings.database_url)
    try:
        yield store
    finally:
        await store.close()
