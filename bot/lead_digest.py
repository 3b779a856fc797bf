"""The weekly digest of a person who leads: their projects are read, told once, and the next week is planned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.nudges import owed_id
from bot.outbox import owe
from bot.owed import Owed
from bot.storage import leads
from bot.storage.store import Store
from bot.storage.tables import ReminderRow
from bot.wire import reply_to_json
from dialogs.nudges.leading import KIND, leads_week, next_week
from dialogs.nudges.reminders import decent_instant
from dialogs.project import Project
from dialogs.world import World

__all__ = ["KIND", "send"]

Visible = Callable[[str, str], Awaitable[list[Project]]]
"""The active projects of the channels that a person is in: (workspace, person)."""


async def send(
    store: Store, due: ReminderRow, now: datetime, *, visible: Visible, zone: str, world: World
) -> bool:
    """Say a person's week, or hold it until a decent hour of `zone` (empty: the one it was asked for in).

    Saving what was told, planning the next week and owing the message are one transaction; whoever comes
    second changes nothing. Returns whether something is owed now.
    """
    workspace, zone = leads.workspace_of(due), zone or due.zone
    at = decent_instant(now, local_time=due.local_time, zone=zone, country=world.country)
    if at > now:
        async with store.write() as session:
            await leads.hold(session, due, at)
        return False
    projects = await visible(workspace, due.person)
    async with store.read() as session:
        told = await leads.told(session, workspace, due.person)
    week = await asyncio.to_thread(leads_week, projects, told, due.person, now, zone=zone, world=world)
    following = next_week(due.person, now, zone=zone, country=world.country, after=due.id)
    async with store.write() as session:
        if not await leads.finish(session, due, following, week.bases, now=now):
            return False
        if week.reply is None:
            return False
        message = Owed(
            id=owed_id(due),
            workspace=workspace,
            channel="",
            verb="direct",
            created_at=now,
            person=due.person,
            content={"reply": reply_to_json(week.reply)},
        )
        return bool(await owe(session, [message]))
