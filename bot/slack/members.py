"""Who is in a channel. Nobody outside it may read its projects."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.workspaces import Clients

_CACHED_SECONDS = 60.0
_PAGE = 200
_ABSENT = frozenset({"channel_not_found", "not_in_channel", "missing_scope", "fetch_members_failed"})

log = structlog.get_logger(__name__)


class Members:
    """Reads channel members from Slack and keeps them for a minute."""

    def __init__(self, clients: Clients, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}

    async def of(self, workspace: str, channel: str, *, fresh: bool = False) -> frozenset[str]:
        """Return the ids of everyone in a channel; empty where Cairn cannot see it.

        `fresh` reads again: for buttons and exports a minute is too old.
        """
        key = (workspace, channel)
        read_at, members = self._known.get(key, (float("-inf"), frozenset[str]()))
        if not fresh and self._clock() - read_at < _CACHED_SECONDS:
            return members
        members = await self._read(workspace, channel)
        self._known[key] = (self._clock(), members)
        return members

    async def includes(self, workspace: str, channel: str, user: str, *, fresh: bool = False) -> bool:
        """Tell whether a person is in a channel."""
        return user in await self.of(workspace, channel, fresh=fresh)

    async def _read(self, workspace: str, channel: str) -> frozenset[str]:
        client = await self._clients.reader(workspace)
        found: set[str] = set()
        cursor = ""
        try:
            while True:
                page = await client.conversations_members(channel=channel, limit=_PAGE, cursor=cursor)
                found.update(page.get("members") or [])
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    return frozenset(found)
        except SlackApiError as error:
            reason = error.response.get("error")
            if reason not in _ABSENT:
                raise
            log.info("channel_members_hidden", channel=channel, reason=reason)
            return frozenset()
