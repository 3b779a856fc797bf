"""Messages that were sent while nothing was connected: Slack does not keep them for us, so they are read."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from slack_sdk.errors import SlackApiError
from sqlmodel import select

from bot.slack.intake import Intake
from bot.slack.workspaces import Clients
from bot.storage import projects
from bot.storage.store import Store
from bot.storage.tables import ThreadRow
from dialogs.project import Project

_PAGE = 100
_OLDEST_SECONDS = 7 * 24 * 3600

log = structlog.get_logger("cairn.catch_up")


async def catch_up(store: Store, clients: Clients, intake: Intake) -> int:
    """Hand in what was said in the threads of active projects since their last change; returns how many.

    The inbox knows what was handled already, so reading too much does no harm.
    """
    async with store.read() as session:
        active = await projects.active(session)
        threads = (await session.exec(select(ThreadRow))).all()
    taken = 0
    for project in active:
        for row in (row for row in threads if row.project_id == project.id):
            try:
                taken += await _thread(clients, intake, project, row.ts)
            except SlackApiError as error:
                log.info("thread_not_read", channel=project.channel, reason=error.response.get("error"))
    if taken:
        intake.wake()
    return taken


async def _thread(clients: Clients, intake: Intake, project: Project, root: str) -> int:
    client = await clients.reader(project.workspace)
    since = max(_last_heard(project), datetime.now(UTC).timestamp() - _OLDEST_SECONDS)
    cursor, taken = "", 0
    while True:
        page = await client.conversations_replies(
            channel=project.channel, ts=root, oldest=f"{since:.6f}", limit=_PAGE, cursor=cursor
        )
        for message in page.get("messages") or []:
            if float(message.get("ts", 0)) <= since or message.get("bot_id") or not message.get("user"):
                continue
            event = {**message, "type": "message", "channel": project.channel, "thread_ts": root}
            await intake.accept({"type": "event_callback", "team_id": project.workspace, "event": event})
            taken += 1
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return taken


def _last_heard(project: Project) -> float:
    """Return when the project last heard from a person, as a Slack ts."""
    heard = [project.created_at, *(answer.at for answer in project.answers)]
    heard += [run.at for run in project.runs] + [decision.at for decision in project.decisions]
    return max(heard).timestamp()
