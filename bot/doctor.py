"""`cairn doctor`: looks at everything Cairn needs and says what to do about what is missing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.failures import ConfigurationError, OperationError
from bot.model.embedding_model import embedding_model_path
from bot.model.registry import find_chat_model
from bot.settings import Settings, load_settings
from bot.slack.scopes import bot_scopes
from bot.storage import migrate
from knowledge.check import check, report
from knowledge.loader import load_knowledge

_CLOCK_SECONDS = 60.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `serious` ones keep the bot from running on Slack."""

    name: str
    well: bool
    text: str
    serious: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {"name": self.name, "well": self.well, "serious": self.serious, "text": self.text}


async def examine(now: datetime) -> list[Finding]:
    """Look at settings, database, knowledge, models, Slack and clock."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [Finding("settings", False, str(error))]
    found = [Finding("settings", True, f"data in {settings.cairn_data_dir}")]
    found.append(_database(settings))
    found.append(_knowledge(settings))
    found += await _models(settings)
    found += await _slack(settings, now)
    return found


def _database(settings: Settings) -> Finding:
    try:
        settings.cairn_data_dir.mkdir(parents=True, exist_ok=True)
        current, head = migrate.current(settings.database_url), migrate.head()
    except (OperationError, ConfigurationError, OSError) as error:
        return Finding("database", False, str(error))
    if current is None:
        return Finding("database", True, "empty; its tables are made at the first start")
    if current != head:
        return Finding("database", False, f"at revision {current}, not {head}; run `cairn db upgrade`")
    return Finding("database", True, f"up to date, revision {head}")


def _knowledge(settings: Settings) -> Finding:
    knowledge = load_knowledge(settings.cairn_knowledge_dir)
    problems = [problem for problem in check(knowledge, settings.cairn_knowledge_dir) if problem.fatal]
    if problems:
        return Finding(
            "knowledge", False, f"{problems[0]} ({len(problems)} in all: `cairn knowledge check`)", False
        )
    counted = report(knowledge)
    return Finding("knowledge", True, f"{counted.sections} sections, {len(knowledge.catalog.models)} models")


async def _models(settings: Settings) -> list[Finding]:
    found = []
    path = embedding_model_path(settings.cairn_models_dir)
    if path is None:
        text = "missing, so answers rest on words alone; run `cairn models pull all-minilm-l6-v2`"
        found.append(Finding("embedding model", False, text, False))
    else:
        found.append(Finding("embedding model", True, f"{path.name} in {path.parent}", False))
    if settings.cairn_chat_base_url:
        found.append(Finding("chat model", True, f"served at {settings.cairn_chat_base_url}", False))
        return found
    try:
        chat = find_chat_model(settings.cairn_chat_model, settings.cairn_models_dir)
    except OperationError as error:
        return [*found, Finding("chat model", False, str(error))]
    text = f"{chat.name}" if chat else "none; Cairn works without one, `cairn models list` shows which fit"
    found.append(Finding("chat model", True, text, False))
    return found


async def _slack(settings: Settings, now: datetime) -> list[Finding]:
    if settings.slack_bot_token is None:
        text = "SLACK_BOT_TOKEN is not set; `cairn demo` and `cairn chat` need none"
        return [Finding("slack", False, text, False)]
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=10
    )
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        reason = error.response.get("error")
        return [
            Finding(
                "slack",
                False,
                f"Slack refuses SLACK_BOT_TOKEN ({reason}); copy it again from your app's page",
            )
        ]
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return [
            Finding("slack", False, f"{settings.slack_api_url} does not answer ({error}); check the network")
        ]
    found = [Finding("slack", True, f"{answer.get('team')} as {answer.get('user')}")]
    headers = {name.lower(): value for name, value in answer.headers.items()}
    found.append(_scopes(headers))
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        text = "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; one is needed to hear anything"
        found.append(Finding("delivery", False, text))
    found.append(_clock(headers, now))
    return found


def _scopes(headers: dict[str, str]) -> Finding:
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()}
    if not granted:
        return Finding("scopes", True, "this Slack does not say which are granted", False)
    missing = [scope for scope in bot_scopes() if scope not in granted]
    if missing:
        return Finding(
            "scopes", False, f"missing {', '.join(missing)}; reinstall the app from deploy/manifest.yaml"
        )
    return Finding("scopes", True, "all granted")


def _clock(headers: dict[str, str], now: datetime) -> Finding:
    try:
        there = datetime.strptime(headers.get("date", ""), "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    except ValueError:
        return Finding("clock", True, "nothing to compare it with", False)
    apart = abs((there - datetime.fromtimestamp(time.time(), UTC)).total_seconds())
    if apart > _CLOCK_SECONDS:
        return Finding(
            "clock", False, f"{apart:.0f} s away from Slack's; nudges would come at the wrong time"
        )
    return Finding("clock", True, f"within {max(apart, 1):.0f} s of Slack's")
