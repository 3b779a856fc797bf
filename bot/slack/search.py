"""Finding a post again by its id: block ids survive everywhere, metadata only on Slack itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids

_PAGE = 200

Message = dict[str, Any]


async def post(
    client: AsyncWebClient, channel: str, thread: str | None, post_id: str, since: datetime
) -> Message | None:
    """Return the message that carries a post's id, posted since then, or None. Reads all pages."""
    async for message in _messages(client, channel, thread, oldest=f"{since.timestamp():.6f}"):
        if carries(message, post_id):
            return message
    return None


async def at(client: AsyncWebClient, channel: str, thread: str | None, ts: str) -> Message | None:
    """Return the message with a ts, or None where there is none (ephemeral ones have none)."""
    for root in (thread, None, ts):
        async for message in _messages(client, channel, root, oldest=ts, latest=ts):
            if message.get("ts") == ts:
                return message
    return None


def carries(message: Message, post_id: str) -> bool:
    """Tell whether a message is the post with this id."""
    wanted = ids.post_block_id(post_id)
    if any(block.get("block_id") == wanted for block in message.get("blocks") or []):
        return True
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get("id") == post_id


async def _messages(
    client: AsyncWebClient, channel: str, thread: str | None, *, oldest: str, latest: str = ""
) -> AsyncIterator[Message]:
    cursor = ""
    bounds: dict[str, Any] = {
        "oldest": oldest,
        "inclusive": True,
        "include_all_metadata": True,
        "limit": _PAGE,
    }
    if latest:
        bounds["latest"] = latest
    while True:
        if thread:
            page = await client.conversations_replies(channel=channel, ts=thread, cursor=cursor, **bounds)
        else:
            page = await client.conversations_history(channel=channel, cursor=cursor, **bounds)
        for message in page.get("messages") or []:
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
