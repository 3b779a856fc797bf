"""What the doctor asks Slack: tokens, scopes, Socket Mode, and what time it is."""

from __future__ import annotations

from datetime import UTC, datetime

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.finding import Finding
from bot.settings import Settings
from bot.slack.scopes import bot_scopes

_CLOCK_SECONDS = 60.0
_UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError)


async def look_at_slack(settings: Settings) -> list[Finding]:
    """Try the tokens. Findings about what Slack itself said come only where it answered."""
    if settings.slack_bot_token is None:
        if settings.uses_oauth:
            text = "tokens come with each installation, over OAuth; open /slack/install to add a workspace"
            return [Finding("slack", True, text), *await _delivery(settings)]
        text = (
            "SLACK_BOT_TOKEN is not set; copy it from your app's page, or try `cairn demo`, which needs none"
        )
        return [Finding("slack", False, text, serious=False)]
    client = _client(settings, settings.slack_bot_token.get_secret_value())
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        return [Finding("slack", False, _refused("SLACK_BOT_TOKEN", error))]
    except _UNREACHABLE as error:
        return [Finding("slack", False, _unreachable(settings, error))]
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return [
        Finding("slack", True, f"{answer.get('team')} as {answer.get('user')}"),
        _scopes(headers),
        *await _delivery(settings),
        _clock(headers, datetime.now(UTC)),
    ]


def _client(settings: Settings, token: str) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=settings.slack_api_url, timeout=10)


def _refused(name: str, error: SlackApiError) -> str:
    reason = str(error.response.get("error"))
    if reason == "ratelimited":
        return "Slack asks for fewer requests just now; run `cairn doctor` again in a minute"
    return f"Slack refuses {name} ({reason}); copy it again from your app's page on api.slack.com/apps"


def _unreachable(settings: Settings, error: BaseException) -> str:
    reason = str(error) or type(error).__name__
    return f"{settings.slack_api_url} does not answer ({reason}); check the network, its proxy and DNS"


def _scopes(headers: dict[str, str]) -> Finding:
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()}
    if not granted:
        return Finding("scopes", True, "this Slack does not say which are granted", serious=False)
    missing = [scope for scope in bot_scopes() if scope not in granted]
    if missing:
        text = f"missing {', '.join(missing)}; reinstall the app from deploy/manifest.yaml"
        return Finding("scopes", False, text)
    return Finding("scopes", True, "all granted")


async def _delivery(settings: Settings) -> list[Finding]:
    """Whether Slack can hand anything over: by Socket Mode, which is tried, or over HTTP."""
    if settings.slack_app_token is None:
        if settings.slack_signing_secret is None:
            text = (
                "Cairn hears nothing; set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"
            )
            return [Finding("delivery", False, text)]
        text = f"HTTP, to port {settings.cairn_http_port}; Slack must reach /slack/events over https"
        return [Finding("delivery", True, text)]
    client = _client(settings, settings.slack_app_token.get_secret_value())
    try:
        await client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except SlackApiError as error:
        if error.response.get("error") == "missing_scope":
            text = "SLACK_APP_TOKEN lacks connections:write; generate one with it under Basic Information"
            return [Finding("delivery", False, text)]
        return [Finding("delivery", False, _refused("SLACK_APP_TOKEN", error))]
    except _UNREACHABLE as error:
        return [Finding("delivery", False, _unreachable(settings, error))]
    return [Finding("delivery", True, "Socket Mode")]


def _clock(headers: dict[str, str], now: datetime) -> Finding:
    try:
        there = datetime.strptime(headers.get("date", ""), "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    except ValueError:
        return Finding("clock", True, "nothing to compare it with", serious=False)
    apart = abs((there - now).total_seconds())
    if apart > _CLOCK_SECONDS:
        text = f"{apart:.0f} s from Slack's, so nudges come at the wrong time; run `timedatectl set-ntp true`"
        return Finding("clock", False, text)
    return Finding("clock", True, f"within {max(apart, 1):.0f} s of Slack's")
