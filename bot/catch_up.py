"""Messages that were sent while nothing was connected: Slack does not keep them for us, so they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from sqlmodel import select

from bot.slack.intake import Intake
from bot.slack.surroundings import SUBTYPES
from bot.slack.workspaces import Clients
from bot.storage import projects, seen
from bot.storage.store import Store
from bot.storage.tables import ThreadRow
from dialogs.project import Project

_PAGE = 100
_OLDEST_SECONDS = 7 * 24 * 3600

log = structlog.get_logger("cairn.catch_up")


async def catch_up(store: Store, clients: Clients, intake: Intake) -> int:
    """Hand in what was said in channels and threads of active projects while nothing listened; returns how many.

    The inbox knows what was handled already, so reading too much does no harm.
    """
    async with store.read() as session:
        active = await projects.active(session)
        threads = (await session.exec(select(ThreadRow))).all()
        last = {w: await seen.last(session, w) for w in {project.workspace for project in active}}
    taken = 0
    for workspace, channel in sorted({(project.workspace, project.channel) for project in active}):
        here = [project for project in active if (project.workspace, project.channel) == (workspace, channel)]
        since = float(last[workspace].get(channel) or min(_last_heard(project) for project in here))
        since = max(since, datetime.now(UTC).timestamp() - _OLDEST_SECONDS)
        roots = [row.ts for row in threads if (row.workspace, row.channel) == (workspace, channel)]
        for root in ("", *roots):
            try:
                taken += await _read(clients, intake, Talk(workspace, channel, root, since))
            except SlackApiError as error:
                log.info("channel_not_read", channel=channel, reason=error.response.get("error"))
    if taken:
        intake.wake()
    return taken


@dataclass(frozen=True)
class Talk:
    """A channel, or with `root` one of its threads, from a Slack ts on."""

    workspace: str
    channel: str
    root: str
    since: float


async def _read(clients: Clients, intake: Intake, talk: Talk) -> int:
    """Hand in what people said; returns how many messages that were."""
    client = await clients.reader(talk.workspace)
    channel, root, since = talk.channel, talk.root, talk.since
    cursor, taken = "", 0
    while True:
        wanted: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since:.6f}",
            "limit": _PAGE,
            "cursor": cursor,
        }
        if root:
            page = await client.conversations_replies(ts=root, **wanted)
        else:
            page = await client.conversations_history(**wanted)
        for message in page.get("messages") or []:
            if float(message.get("ts", 0)) <= since or message.get("bot_id") or not message.get("user"):
                continue
            if message.get("subtype") in SUBTYPES:  # `bot.look_around` sees how the channel is now
                continue
            event = {**message, "type": "message", "channel": channel}
            if root:
                event["thread_ts"] = root
            await intake.accept({"type": "event_callback", "team_id": talk.workspace, "event": event})
            taken += 1
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return taken


def _last_heard(project: Project) -> float:
    """Return when the project last heard from a person, as a Slack ts."""
    heard = [project.created_at, *(answer.at for answer in project.answers)]
    heard += [run.at for run in project.runs] + [decision.at for decision in project.decisions]
    return max(heard).timestamp()
