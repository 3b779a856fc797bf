"""Files to and from Slack: an upload takes three steps, a download two, as its reference describes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.failures import OperationError
from bot.owed import Unsure
from bot.slack.blocks.elements import Block
from bot.slack.workspaces import Clients
from dialogs.turns import SharedFile

MOST_BYTES = 20 * 1024 * 1024
DOWNLOAD_SECONDS = 15.0
_PIECE_BYTES = 64 * 1024


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


async def download(clients: Clients, workspace: str, file: SharedFile) -> bytes:
    """Return the content of a file that somebody shared. Raises OperationError in one sentence."""
    if file.size_bytes > MOST_BYTES:
        raise OperationError(
            f"{file.name} is larger than {MOST_BYTES // 1024**2} MB; take a sample of its cases."
        )
    client = await clients.reader(workspace)
    try:
        info = (await client.files_info(file=file.id)).get("file") or {}
    except SlackApiError as error:
        raise OperationError(_refusal(file, str(error.response.get("error")))) from error
    address = str(info.get("url_private_download") or info.get("url_private") or "")
    if not _is_slacks_own(address, clients.base_url):  # the token must not go anywhere else
        raise OperationError(f"{file.name} lies outside Slack; upload the file itself.")
    identity = await clients.identity(workspace)
    return await _get(clients.session(), address, identity.token, file)


async def _get(session: aiohttp.ClientSession, address: str, token: str, file: SharedFile) -> bytes:
    again = f"Slack did not hand me {file.name}; please drop it again."
    content = bytearray()
    try:
        async with session.get(
            address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=DOWNLOAD_SECONDS),
        ) as answer:
            if answer.status != 200 or answer.content_type == "text/html":
                raise OperationError(again)
            async for piece in answer.content.iter_chunked(_PIECE_BYTES):
                content += piece
                if len(content) > MOST_BYTES:
                    raise OperationError(f"{file.name} is larger than it said; take a sample of its cases.")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise OperationError(again) from error
    return bytes(content)


def _is_slacks_own(address: str, base_url: str) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    is_slack = parts.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))
    return is_slack or parts.netloc == urlsplit(base_url).netloc != ""


def _refusal(file: SharedFile, reason: str) -> str:
    if reason == "missing_scope":
        return (
            f"I may not read {file.name}: whoever runs Cairn must add the permission files:read and install the "
            "app again."
        )
    return f"Slack does not hand me {file.name} ({reason}); please drop it again."
