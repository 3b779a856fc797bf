"""What reads and answers: the models and the knowledge folder, opened without a database and without Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.failures import ConfigurationError, ModelError
from bot.library import Library
from bot.model.embedding_model import embedding_model_path
from bot.model.pool import Models
from bot.model.registry import find_chat_model
from bot.settings import Settings


@dataclass
class Reading:
    """Settings, knowledge and models: enough to answer, to advise and to estimate."""

    settings: Settings
    library: Library
    models: Models


@asynccontextmanager
async def open_models(settings: Settings) -> AsyncIterator[Models]:
    """Start the models that the settings name; end them afterwards.

    Raises ConfigurationError where the chat model named is not there.
    """
    secret = settings.cairn_chat_api_key
    models = await Models.start(
        embedding_path=embedding_model_path(settings.cairn_models_dir),
        chat_path=_chat_model(settings),
        chat_base_url=settings.cairn_chat_base_url,
        chat_api_key=secret.get_secret_value() if secret else None,
    )
    try:
        yield models
    finally:
        await models.close()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Reading]:
    """Open the models and the knowledge folder. Raises ConfigurationError or OperationError."""
    async with open_models(settings) as models:
        embed = models.embed if models.has_embedding else None
        yield Reading(
            settings, Library(settings.cairn_knowledge_dir, settings.knowledge_cache_dir, embed), models
        )


def _chat_model(settings: Settings) -> Path | None:
    """Return the chat model's file, or None. Raises ConfigurationError where the one named is not there."""
    if settings.cairn_chat_base_url:
        return None
    try:
        return find_chat_model(settings.cairn_chat_model, settings.cairn_models_dir)
    except ModelError as error:
        raise ConfigurationError(f"CAIRN_CHAT_MODEL cannot be used: {error}") from error
