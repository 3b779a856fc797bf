"""`cairn doctor`: looks at everything Cairn needs and says what to do about what is missing."""

from __future__ import annotations

from bot.doctor import here
from bot.doctor.finding import Finding
from bot.doctor.slack import look_at_slack
from bot.failures import ConfigurationError
from bot.settings import load_settings


async def examine() -> list[Finding]:
    """Look at settings, disk, database, knowledge, models, Slack and clock. Raises nothing."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [Finding("settings", False, str(error))]
    return [
        Finding("settings", True, f"data in {settings.cairn_data_dir}"),
        here.disk(settings),
        here.database(settings),
        *here.knowledge(settings),
        here.embedding_model(settings),
        await here.chat_model(settings),
        *await look_at_slack(settings),
    ]


__all__ = ["Finding", "examine"]
