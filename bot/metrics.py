"""What Prometheus sees: how much waits in the inbox and the outbox, and how many turns were taken."""

from __future__ import annotations

import asyncio

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import func
from sqlmodel import col, select

from bot.storage.store import Store
from bot.storage.tables import InboxRow, OutboxRow, ReminderRow

TURNS = Counter("cairn_turns_total", "Turns taken, by kind", ["kind"])
TURN_SECONDS = Histogram(
    "cairn_turn_seconds", "Time to work on one turn", buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10)
)
WAITING = Gauge("cairn_waiting", "Rows that wait", ["table"])

_EVERY_SECONDS = 15.0


async def watch_queue(store: Store) -> None:
    """Count what waits, every few seconds, until cancelled."""
    counted = (
        ("inbox", InboxRow, "waiting"),
        ("outbox", OutboxRow, "owed"),
        ("reminder", ReminderRow, "waiting"),
    )
    while True:
        async with store.read() as session:
            for name, table, state in counted:
                found = await session.exec(
                    select(func.count()).select_from(table).where(col(table.state) == state)
                )
                WAITING.labels(name).set(found.one())
        await asyncio.sleep(_EVERY_SECONDS)
