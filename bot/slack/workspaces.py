"""Which workspaces Cairn lives in, as whom, and the Web API clients that speak there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.failures import ConfigurationError

SLACK_API_URL = "https://slack.com/api/"
HTTP_TIMEOUT_SECONDS = 10.0

_REFUSED_TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
    }
)


class NotInstalled(ConfigurationError):
    """No token is kept for a workspace: Cairn was never installed there, or was taken out."""

    def __init__(self, workspace: str) -> None:
        said = f"Cairn is not installed in the workspace {workspace}"
        super().__init__(f"{said}; open /slack/install to add it.")


@dataclass(frozen=True)
class BotIdentity:
    """As whom Cairn speaks in one workspace."""

    token: str
    user_id: str
    bot_id: str
    workspace: str


class Identities(Protocol):
    """Knows Cairn's identity in each workspace."""

    async def identity(self, workspace: str) -> BotIdentity:
        """Return the identity; raises NotInstalled, a ConfigurationError, where Cairn is not installed."""


def api_url(url: str) -> str:
    """Return a base URL as slack_sdk needs it: without the final slash it would lose its last part."""
    return url.rstrip("/") + "/" if url else SLACK_API_URL


class Clients:
    """Web API clients over one connection pool. Call `close` at the end."""

    def __init__(
        self, identities: Identities, *, base_url: str = "", timeout_seconds: float = HTTP_TIMEOUT_SECONDS
    ) -> None:
        self.base_url = api_url(base_url)
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._identities = identities
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_real_slack(self) -> bool:
        """Tell whether this is Slack itself rather than a local stand-in."""
        return self.base_url == SLACK_API_URL

    async def identity(self, workspace: str) -> BotIdentity:
        """Return as whom Cairn speaks in a workspace."""
        return await self._identities.identity(workspace)

    async def reader(self, workspace: str) -> AsyncWebClient:
        """Return a client for calls that may be repeated: it retries by itself."""
        client = await self.poster(workspace)
        client.retry_handlers.extend(
            [
                AsyncConnectionErrorRetryHandler(max_retry_count=2),
                AsyncRateLimitErrorRetryHandler(max_retry_count=2),
                AsyncServerErrorRetryHandler(max_retry_count=2),
            ]
        )
        return client

    async def poster(self, workspace: str) -> AsyncWebClient:
        """Return a client that never repeats a call: a second post could be a double one."""
        identity = await self._identities.identity(workspace)
        return AsyncWebClient(
            token=identity.token,
            base_url=self.base_url,
            session=self.session(),
            retry_handlers=[],
        )

    def session(self) -> aiohttp.ClientSession:
        """Return the shared connection pool."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    async def close(self) -> None:
        """Close the connection pool."""
        if self._session is not None:
            await self._session.close()


class OneWorkspace:
    """Cairn in one workspace, known by its bot token."""

    def __init__(self, token: str, *, base_url: str = "") -> None:
        self._token = token
        self._base_url = api_url(base_url)
        self._identity: BotIdentity | None = None

    async def identity(self, workspace: str = "") -> BotIdentity:
        """Return who the token belongs to; asks Slack once."""
        if self._identity is None:
            client = AsyncWebClient(
                token=self._token,
                base_url=self._base_url,
                retry_handlers=[AsyncConnectionErrorRetryHandler(max_retry_count=2)],
            )
            try:
                answer = await client.auth_test()
            except SlackApiError as error:
                reason = str(error.response.get("error"))
                if reason not in _REFUSED_TOKEN:
                    raise
                raise ConfigurationError(
                    f"Slack refused SLACK_BOT_TOKEN ({reason}); copy the Bot User OAuth Token from "
                    "your app's page, OAuth & Permissions."
                ) from error
            self._identity = BotIdentity(
                token=self._token,
                user_id=str(answer["user_id"]),
                bot_id=str(answer.get("bot_id") or ""),
                workspace=str(answer.get("team_id") or workspace),
            )
        return self._identity


class InstalledWorkspaces:
    """Cairn in every workspace that installed it. Tokens are read each time: a new install changes them."""

    def __init__(self, store: AsyncInstallationStore) -> None:
        self._store = store

    async def identity(self, workspace: str) -> BotIdentity:
        """Return Cairn's identity in a workspace."""
        bot = await self._store.async_find_bot(
            enterprise_id=None, team_id=workspace, is_enterprise_install=False
        )
        if bot is None:
            raise NotInstalled(workspace)
        return BotIdentity(bot.bot_token, bot.bot_user_id, bot.bot_id, workspace)
