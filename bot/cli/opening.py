"""What the commands open for themselves, quietly: logs keep to errors, standard output is for results."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.cli.shared import tell
from bot.logs import configure_logs
from bot.reading import Reading, reading
from bot.settings import Settings, load_settings


def quiet_settings() -> Settings:
    """Return the settings, with nothing but errors logged from now on."""
    settings = load_settings()
    configure_logs("ERROR", settings.cairn_log_format)
    return settings


@asynccontextmanager
async def warm_reading() -> AsyncIterator[Reading]:
    """Open models and knowledge, and wait until every section has its vector."""
    async with reading(quiet_settings()) as parts:
        if not parts.models.has_embedding:
            tell("The embedding model is missing; answers rest on words alone. `make setup` fetches it.")
        await parts.library.warm()
        yield parts
