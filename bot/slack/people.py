"""Names and time zones of people, as Slack knows them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.workspaces import Clients, NotInstalled

_CACHED_SECONDS = 3_600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Profile:
    """What Cairn uses of a person's profile. `tz` is an IANA zone, or None."""

    name: str = ""
    tz: str | None = None
    is_bot: bool = False
    gone: bool = False  # the account was deactivated


_NOBODY = frozenset(("user_not_found", "user_not_visible"))
"""An owner may be a bare name: Slack is not asked for it again on every turn."""


class People:
    """Reads profiles with users.info and keeps them for an hour."""

    def __init__(self, clients: Clients, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Profile]] = {}

    async def profile(self, workspace: str, user: str, *, fresh: bool = False) -> Profile:
        """Return a person's profile; an empty one where Slack gives none. `fresh` reads it again."""
        key = (workspace, user)
        read_at, profile = self._known.get(key, (float("-inf"), Profile()))
        if not fresh and self._clock() - read_at < _CACHED_SECONDS:
            return profile
        try:
            client = await self._clients.reader(workspace)
            answer = await client.users_info(user=user)
        except NotInstalled:  # the post that follows is refused, and that is noticed
            return profile
        except SlackApiError as error:
            reason = error.response.get("error")
            log.info("profile_hidden", user=user, reason=reason)
            if reason in _NOBODY:
                self._known[key] = (self._clock(), profile)
            return profile
        profile = _profile(answer.get("user") or {})
        self._known[key] = (self._clock(), profile)
        return profile

    async def zone(self, workspace: str, user: str) -> str:
        """Return a person's IANA zone; empty where Slack gives none."""
        return (await self.profile(workspace, user)).tz or ""

    async def has_left(self, workspace: str, user: str) -> bool:
        """Return whether a person's account was deactivated."""
        return (await self.profile(workspace, user)).gone

    async def names(self, workspace: str, users: Iterable[str]) -> dict[str, str]:
        """Return the display names of several people."""
        return {user: (await self.profile(workspace, user)).name or user for user in users}


def _profile(user: dict[str, object]) -> Profile:
    details = user.get("profile")
    shown = details if isinstance(details, dict) else {}
    name = shown.get("display_name") or user.get("real_name") or shown.get("real_name") or user.get("name")
    tz = user.get("tz")
    return Profile(
        name=str(name or ""),
        tz=str(tz) if tz else None,
        is_bot=bool(user.get("is_bot")),
        gone=bool(user.get("deleted")),
    )
