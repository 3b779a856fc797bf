"""What Slack delivered: written down before the ack, processed once, forgotten an hour later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps
from typing import Any

from sqlalchemy import and_, delete, or_, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.failures import OperationError
from bot.storage.claims import claim as claim_rows
from bot.storage.claims import is_free
from bot.storage.insert import insert_new
from bot.storage.store import Store
from bot.storage.tables import InboxRow

MAX_ATTEMPTS = 5
KEEP_DONE = timedelta(hours=1)
KEEP_FAILED = timedelta(days=7)
MESSAGE_EVENTS = {"message", "app_mention"}
WRITTEN_SUBTYPES = {None, "file_share", "thread_broadcast", "me_message"}


class AlreadyFinished(OperationError):
    """Another process finished this delivery; the transaction around it must not be committed."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the delivery {key} was finished by another process; drop this result")
        self.key = key


@dataclass(frozen=True)
class Delivery:
    """A delivery that this process holds until `leased_until`."""

    key: str
    payload: dict[str, Any]
    received_at: datetime
    leased_until: datetime
    attempts: int


async def accept(
    store: Store, key: str, payload: dict[str, Any], now: datetime, *, lease_seconds: float = 0.0
) -> bool:
    """Commit a delivery and return True, or False when it is already there: then there is nothing to do.

    With `lease_seconds` the caller holds it at once and processes it, without a claim. When this raises,
    Slack must get no ack.
    """
    async with store.write() as session:
        return await note(session, key, payload, now, lease_seconds=lease_seconds)


async def note(
    session: AsyncSession, key: str, payload: dict[str, Any], now: datetime, *, lease_seconds: float = 0.0
) -> bool:
    """Write a delivery down in the caller's transaction; see `accept`."""
    row = {
        "key": key,
        "payload": payload,
        "state": "waiting",
        "received_at": now,
        "leased_until": now + timedelta(seconds=lease_seconds),
        "attempts": 1 if lease_seconds else 0,
        "error": "",
    }
    return await insert_new(session, InboxRow, row)


async def claim(store: Store, now: datetime, lease_seconds: float = 60.0, limit: int = 20) -> list[Delivery]:
    """Lease deliveries that are neither done nor held by anyone, oldest first."""
    async with store.write() as session:
        rows = await claim_rows(
            session,
            InboxRow,
            (col(InboxRow.state) == "waiting", col(InboxRow.attempts) < MAX_ATTEMPTS),
            order=(col(InboxRow.received_at), col(InboxRow.key)),
            now=now,
            lease_seconds=lease_seconds,
            limit=limit,
        )
    found = [
        Delivery(row.key, row.payload or {}, row.received_at, row.leased_until or now, row.attempts)
        for row in rows
    ]
    return sorted(found, key=lambda delivery: (delivery.received_at, delivery.key))


async def finish(session: AsyncSession, key: str, now: datetime) -> None:
    """Mark a delivery done and drop its payload, in the transaction that holds its results.

    Raises AlreadyFinished, so that a second result is rolled back.
    """
    done = {"state": "done", "payload": None, "finished_at": now, "leased_until": None, "error": ""}
    waiting = (col(InboxRow.key) == key, col(InboxRow.state) == "waiting")
    if (await session.exec(update(InboxRow).where(*waiting).values(**done))).rowcount != 1:
        raise AlreadyFinished(key)


async def fail(
    store: Store, key: str, now: datetime, reason: str = "", *, retry_seconds: float = 30.0
) -> bool:
    """Give a delivery back after an error and return True, or give it up after five attempts: False."""
    mine = (col(InboxRow.key) == key, col(InboxRow.state) == "waiting")
    again = {"leased_until": now + timedelta(seconds=retry_seconds), "error": reason}
    given_up = {"state": "failed", "finished_at": now, "leased_until": None, "error": reason}
    async with store.write() as session:
        tried = col(InboxRow.attempts)
        await session.exec(update(InboxRow).where(*mine, tried >= MAX_ATTEMPTS).values(**given_up))
        return (await session.exec(update(InboxRow).where(*mine).values(**again))).rowcount == 1


async def sweep(store: Store, now: datetime) -> int:
    """Delete done rows after an hour and given-up ones after a week; return how many.

    A delivery whose process ended at every attempt is given up here.
    """
    ended = col(InboxRow.finished_at)
    deadly = (
        col(InboxRow.state) == "waiting",
        col(InboxRow.attempts) >= MAX_ATTEMPTS,
        is_free(InboxRow, now),
    )
    given_up = {"state": "failed", "finished_at": now, "error": "its process ended at every attempt"}
    old = or_(
        and_(col(InboxRow.state) == "done", ended < now - KEEP_DONE),
        and_(col(InboxRow.state) == "failed", ended < now - KEEP_FAILED),
    )
    async with store.write() as session:
        await session.exec(update(InboxRow).where(*deadly).values(**given_up))
        return (await session.exec(delete(InboxRow).where(old))).rowcount


def message_key(workspace: str, channel: str, ts: str, edited_ts: str | None = None) -> str:
    """Return the key of a message; the two events of one mention share it, an edit has its own."""
    return ":".join(filter(None, (workspace, channel, ts, edited_ts)))


def delivery_key(body: Mapping[str, Any]) -> str:
    """Return the key of anything Slack delivers, from the body that Bolt hands over."""
    if body.get("trigger_id"):
        return f"trigger:{body['trigger_id']}"
    workspace = body.get("team_id") or (body.get("team") or {}).get("id") or ""
    key = _key_of_message(workspace, body.get("event") or {})
    if key:
        return key
    if body.get("event_id"):
        return f"event:{body['event_id']}"
    return "body:" + sha256(dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def _key_of_message(workspace: str, event: Mapping[str, Any]) -> str | None:
    """Return the key of what a person wrote or edited, None for other events of a channel."""
    subtype = event.get("subtype")
    if event.get("type") not in MESSAGE_EVENTS:
        return None
    message = (event.get("message") or {}) if subtype == "message_changed" else event
    edited_ts = (message.get("edited") or {}).get("ts")
    written = edited_ts or subtype in WRITTEN_SUBTYPES
    if not (written and message.get("ts")):
        return None
    return message_key(workspace, event.get("channel", ""), message["ts"], edited_ts)
