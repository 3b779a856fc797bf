"""Handing files to Slack: an upload in three steps, as its reference describes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.owed import Unsure
from bot.slack.blocks.elements import Block


@dataclass(frozen=True)
class File:
    """A file to hand over."""

    name: str
    content: bytes
    title: str = ""


async def upload(
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    file: File,
    *,
    channel: str = "",
    thread: str | None = None,
    blocks: list[Block] | None = None,
) -> dict[str, Any]:
    """Upload a file, and share it in a channel where one is named; returns Slack's file object."""
    ticket = await client.files_getUploadURLExternal(filename=file.name, length=len(file.content))
    form = aiohttp.FormData()
    form.add_field("file", file.content, filename=file.name, content_type="application/octet-stream")
    async with session.post(str(ticket["upload_url"]), data=form) as answer:
        if answer.status != 200:
            raise Unsure(f"the upload of {file.name} ended with {answer.status}; searching first")
    shared: dict[str, Any] = {}
    if channel:
        shared = {
            "channel_id": channel,
            "thread_ts": thread,
            "blocks": json.dumps(blocks) if blocks else None,
        }
    done = await client.files_completeUploadExternal(
        files=[{"id": ticket["file_id"], "title": file.title or file.name}], **shared
    )
    files: list[dict[str, Any]] = done.get("files") or [{"id": ticket["file_id"]}]
    return files[0]
