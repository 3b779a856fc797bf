"""The Bolt app: everything Slack sends is written down first, then acked, then worked on."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.http import Route
from bot.slack import listeners
from bot.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.slack.workspaces import Clients, api_url

EVENTS_PATH = "/slack/events"

_READ_BY_BOLT = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_VERIFICATION_TOKEN")

# Seconds between pings; a dropped connection is noticed after a few of them.
PING_SECONDS = 3

Accept = Callable[[dict[str, Any]], Awaitable[None]]
"""Writes a delivery down; when it raises, Slack gets no ack and sends again."""


def build_app(
    *,
    clients: Clients,
    accept: Accept,
    wake: Callable[[], None],
    signing_secret: str = "",
    oauth: AsyncOAuthFlow | None = None,
) -> AsyncApp:
    """Return the app with every listener registered. `oauth` serves many workspaces."""

    async def write_down(body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:
        await accept(body)
        await next()

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        identity = await clients.identity(team_id or "")
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=identity.workspace,
            bot_token=identity.token,
            bot_id=identity.bot_id,
            bot_user_id=identity.user_id,
        )

    with _own_settings_only():
        app = AsyncApp(
            logger=logging.getLogger("cairn.slack"),
            client=AsyncWebClient(base_url=clients.base_url),
            before_authorize=write_down,
            authorize=None if oauth else authorize,
            oauth_flow=oauth,
            signing_secret=signing_secret,
            request_verification_enabled=bool(signing_secret),
        )
    if oauth:
        app.enable_token_revocation_listeners()
    listeners.register(app, wake)
    return app


@contextmanager
def _own_settings_only() -> Iterator[None]:
    """Keep Bolt from reading the environment itself: it would start an install flow of its own."""
    hidden = {name: os.environ.pop(name) for name in _READ_BY_BOLT if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def socket_mode(app: AsyncApp, app_token: str, *, base_url: str) -> AsyncSocketModeHandler:
    """Return the Socket Mode connection; `connect_async` opens it, `close_async` ends it."""
    return AsyncSocketModeHandler(
        app,
        app_token=app_token,
        web_client=AsyncWebClient(token=app_token, base_url=api_url(base_url)),
        ping_interval=PING_SECONDS,
        logger=logging.getLogger("cairn.slack.socket"),
    )


async def is_connected(handler: AsyncSocketModeHandler) -> bool:
    """Tell whether the Socket Mode connection stands."""
    client = handler.client
    return isinstance(client, SocketModeClient) and await client.is_connected()


def http_routes(app: AsyncApp) -> tuple[Route, ...]:
    """Return the addresses that Slack calls where there is no Socket Mode."""

    async def events(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    routes = [Route("POST", EVENTS_PATH, events)]
    flow = app.oauth_flow
    if flow is not None:

        async def install(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

        async def redirect(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))

        routes += [Route("GET", INSTALL_PATH, install), Route("GET", REDIRECT_PATH, redirect)]
    return tuple(routes)
