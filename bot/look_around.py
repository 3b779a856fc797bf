"""What changed while nobody listened: channels and owners of active projects, compared with what is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import SQLAlchemyError

from bot import inbox
from bot.failures import ConfigurationError, OperationError
from bot.slack.people import People
from bot.slack.surroundings import NOT_INSTALLED, TOKEN_DEAD, as_event
from bot.slack.workspaces import Clients, NotInstalled
from bot.storage import projects
from bot.storage.store import Store
from dialogs.people import is_chat_id
from dialogs.project import Project

_PASSING = (
    aiohttp.ClientError,
    SlackApiError,
    OSError,
    TimeoutError,
    SQLAlchemyError,
    OperationError,
    ConfigurationError,
)
EVERY_SECONDS = 6 * 3600.0
PACE_SECONDS = 1.3  # conversations.info may be called about 50 times a minute

log = structlog.get_logger("cairn.look_around")

Event = dict[str, Any]


@dataclass(frozen=True)
class Lookout:
    """Looks at Slack and writes what differs into the inbox, as the events that Slack would have sent."""

    store: Store
    clients: Clients
    people: People
    clock: Callable[[], datetime]
    wake: Callable[[], None] = lambda: None

    async def watch(self) -> None:
        """Look at the start and every few hours; what fails is tried the next time."""
        while True:
            try:
                await self.look()
            except _PASSING as error:
                log.warning("not_looked_around", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> int:
        """Look once at every active project's channel and owners; returns how many differences were found."""
        async with self.store.read() as session:
            known = await projects.active(session)
        found = 0
        for workspace in sorted({project.workspace for project in known}):
            here = [project for project in known if project.workspace == workspace]
            found += await self._look_at(workspace, here)
        if found:
            self.wake()
        return found

    async def _look_at(self, workspace: str, here: list[Project]) -> int:
        found = 0
        for channel in sorted({project.channel for project in here}):
            residents = [project for project in here if project.channel == channel]
            info, refused = await self._channel(workspace, channel)
            for event in differences(channel, residents, info, refused):
                found += await self._note(workspace, event)
            if refused in TOKEN_DEAD:
                return found
        for person in sorted({owner for project in here for owner in owners(project)}):
            if (await self.people.profile(workspace, person)).gone:
                found += await self._note(
                    workspace, {"type": "user_change", "user": {"id": person, "deleted": True}}
                )
        return found

    async def _channel(self, workspace: str, channel: str) -> tuple[dict[str, Any], str]:
        """Return what Slack says of a channel, or the reason why it says nothing."""
        try:
            client = await self.clients.reader(workspace)
            if self.clients.is_real_slack:
                await asyncio.sleep(PACE_SECONDS)
            answer = await client.conversations_info(channel=channel)
        except NotInstalled:
            return {}, NOT_INSTALLED
        except SlackApiError as error:
            return {}, str(error.response.get("error"))
        return dict(answer.get("channel") or {}), ""

    async def _note(self, workspace: str, event: Event) -> int:
        """Write a difference down, once an hour at most; returns 1 where it was new."""
        body, now = as_event(workspace, event), self.clock()
        key = f"looked:{now:%Y%m%d%H}:{inbox.delivery_key(body)}"
        return int(await inbox.accept(self.store, key, body, now))


def differences(channel: str, residents: list[Project], info: dict[str, Any], refused: str) -> list[Event]:
    """Return, as events, how a channel differs from what its projects know of it."""
    states = {project.unreachable for project in residents}
    if refused in TOKEN_DEAD:
        return [{"type": "app_uninstalled"}] if states != {"uninstalled"} else []
    lost = {"type": "channel_left", "channel": channel}
    if refused:
        is_lost = refused == "channel_not_found" and bool(states & {"", "uninstalled"})
        return [lost] if is_lost else []
    if info.get("is_archived"):
        return [{"type": "channel_archive", "channel": channel}] if states != {"archived"} else []
    if not info.get("is_member", True):
        return [lost] if states != {"removed"} else []
    found: list[Event] = []
    if states != {""}:
        found.append({"type": "channel_unarchive", "channel": channel})
    return found + _appearance(channel, residents, info)


def _appearance(channel: str, residents: list[Project], info: dict[str, Any]) -> list[Event]:
    """Return how the channel's name and kind differ from what is known."""
    name, private = str(info.get("name") or ""), bool(info.get("is_private"))
    found: list[Event] = []
    if any(not project.channel_name or project.is_private is None for project in residents):
        seen = {"name": name, "private": "yes" if private else "no"}
        found.append({"type": "cairn_channel_seen", "channel": channel, **seen})
    old = next((each.channel_name for each in residents if each.channel_name not in {"", name}), "")
    if old and name:
        renamed = {"subtype": "channel_name", "name": name, "old_name": old}
        found.append({"type": "message", "channel": channel, **renamed})
    if any(project.is_private is not None and project.is_private != private for project in residents):
        subtype = "channel_convert_to_private" if private else "channel_convert_to_public"
        found.append({"type": "message", "channel": channel, "subtype": subtype})
    return found


def owners(project: Project) -> set[str]:
    """Return the people of the chat who look after a project and are not known to have left."""
    named = {project.owner, *(state.owner for state in project.substeps)}
    gone = {id for id, member in project.people.items() if member.left}
    return {person for person in named - gone if is_chat_id(person)}
