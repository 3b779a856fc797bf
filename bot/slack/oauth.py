"""Installing Cairn into many workspaces: where the tokens are kept, and the two pages of the install."""

from __future__ import annotations

import logging

from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.slack.scopes import bot_scopes
from bot.slack.workspaces import api_url

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
TABLES = ("slack_bots", "slack_installations", "slack_oauth_states")

_STATE_SECONDS = 600


async def flow(
    *, client_id: str, client_secret: str, engine: AsyncEngine, base_url: str = ""
) -> AsyncOAuthFlow:
    """Return the install flow; its three tables are created where they are missing."""
    logger = logging.getLogger("cairn.slack.oauth")
    installations = AsyncSQLAlchemyInstallationStore(client_id=client_id, engine=engine)
    states = AsyncSQLAlchemyOAuthStateStore(expiration_seconds=_STATE_SECONDS, engine=engine)
    async with engine.begin() as connection:
        await connection.run_sync(installations.metadata.create_all)
        await connection.run_sync(states.metadata.create_all)
    return AsyncOAuthFlow(
        client=AsyncWebClient(base_url=api_url(base_url)),
        logger=logger,
        settings=AsyncOAuthSettings(
            client_id=client_id,
            client_secret=client_secret,
            scopes=list(bot_scopes()),
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            installation_store=installations,
            state_store=states,
            logger=logger,
        ),
    )
