"""A small HTTP server that answers Slack's Web API and fails on demand, as the local Slack never does.

It keeps messages, pages through them, and can refuse, limit, break or drop the next call of a method.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

JSON_FIELDS = ("blocks", "metadata", "view", "files")


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong. `done` says whether Slack did it all the same."""

    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    stall: bool = False
    done: bool = False


class StubbornSlack:
    """State and wishes of the server. `calls` counts by method."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.members: list[str] = []
        self.gone: set[str] = set()  # people whose account was deactivated
        self.channels: dict[str, dict[str, Any]] = {}  # what conversations.info adds, by channel
        self.calls: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.page_size = 100
        self.address = ""
        self._next_ts = 1_763_900_000.0

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    @property
    def hook(self) -> str:
        """A response_url."""
        return f"{self.address}/hook"

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method fail, one after the other."""
        self.faults[method].extend(faults)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info.get("method", "hook")
        sent = await _fields(request)
        self.calls[method].append(sent)
        fault = self.faults[method].pop(0) if self.faults[method] else None
        answer = self._do(method, sent) if fault is None or fault.done else {}
        if fault is None:
            return web.json_response({"ok": True, **answer})
        if fault.stall:
            await asyncio.sleep(0.8)
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        body = {"ok": False, "error": fault.error}
        if method == "hook":
            return web.Response(status=fault.status, text=fault.error, headers=fault.headers)
        return web.json_response(body, status=fault.status, headers=fault.headers)

    def _do(self, method: str, sent: dict[str, Any]) -> dict[str, Any]:
        if method == "auth.test":
            return {"user_id": "U0BOT", "bot_id": "B0BOT", "team_id": "T1"}
        if method == "chat.postMessage":
            self._next_ts += 1
            message = {**sent, "ts": f"{self._next_ts:.6f}"}
            self.messages.append(message)
            return {"channel": sent["channel"], "ts": message["ts"]}
        if method == "conversations.open":
            return {"channel": {"id": f"D-{sent['users']}"}}
        if method in {"conversations.history", "conversations.replies"}:
            return self._page(sent, self._seen(method, sent), "messages")
        if method == "conversations.info":
            channel = {"id": sent["channel"], "name": "guest-mail", "is_member": True, "is_private": False}
            return {"channel": channel | self.channels.get(sent["channel"], {})}
        if method == "users.info":
            return {"user": {"id": sent["user"], "name": sent["user"], "deleted": sent["user"] in self.gone}}
        if method == "conversations.members":
            return self._page(sent, self.members, "members")
        return {}

    def _seen(self, method: str, sent: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the messages of a channel or thread in its bounds, newest first as Slack sends them."""
        thread = sent["ts"] if method.endswith("replies") else None
        oldest, latest = float(sent.get("oldest") or 0), float(sent.get("latest") or "inf")
        found = [
            message
            for message in self.messages
            if message["channel"] == sent["channel"]
            and (
                thread in (message["ts"], message.get("thread_ts")) if thread else "thread_ts" not in message
            )
            and oldest <= float(message["ts"]) <= latest
        ]
        return found[::-1]

    def _page(self, sent: dict[str, Any], items: list[Any], name: str) -> dict[str, Any]:
        start = int(sent.get("cursor") or 0)
        end = start + self.page_size
        following = str(end) if end < len(items) else ""
        return {name: items[start:end], "response_metadata": {"next_cursor": following}}


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        parsed: dict[str, Any] = await request.json()
        return parsed
    sent = {**request.query, **(await request.post())}
    return {key: json.loads(str(value)) if key in JSON_FIELDS else value for key, value in sent.items()}


@asynccontextmanager
async def stubborn_slack() -> AsyncIterator[StubbornSlack]:
    """Run the server on a free port of this machine."""
    slack = StubbornSlack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.handle)
    app.router.add_post("/hook", slack.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield slack
    finally:
        await runner.cleanup()
