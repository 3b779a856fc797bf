"""A small real HTTP server in place of Slack's chat.postMessage and conversations.history.

It misbehaves as told by a seed: 429, 500 and dropped connections, before or after it took a message; and it
can end the process that is just posting, before or after, which no timer hits as reliably.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PAGE = 7  # messages a page of the history, few enough that a search needs several


@dataclass
class SlackChannel:
    """What was posted, channel by channel, oldest first."""

    seed: int
    mishap_share: float = 0.3
    kill: Callable[[int], bool] | None = None  # ends a process, told whether to; False when enough were ended
    posts: defaultdict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    mishaps: Counter[str] = field(default_factory=Counter)
    url: str = ""
    _chance: random.Random = field(init=False)
    _clock: float = 1_700_000_000.0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    @property
    def block_ids(self) -> list[str]:
        """The ids of all visible posts."""
        return [
            block["block_id"] for posts in self.posts.values() for post in posts for block in post["blocks"]
        ]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[SlackChannel]:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application()
        app.router.add_post("/api/chat.postMessage", self._post_message)
        app.router.add_get("/api/conversations.history", self._history)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/api/"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _post_message(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        mishap = self._draw(
            "429", "500 before", "500 after", "drop before", "drop after", "kill before", "kill after"
        )
        if mishap == "429":
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
            )
        if mishap.startswith("kill") and not (self.kill and self.kill(_process(request))):
            mishap = ""
        if not mishap.endswith("before"):
            self._clock += 0.001
            message = {"ts": f"{self._clock:.6f}", "text": body["text"], "blocks": body["blocks"]}
            self.posts[body["channel"]].append(message)
        return self._answer(request, mishap) or web.json_response(
            {"ok": True, "channel": body["channel"], "ts": f"{self._clock:.6f}"}
        )

    async def _history(self, request: web.Request) -> web.StreamResponse:
        mishap = self._draw("429", "500", "drop", "half")
        if mishap == "429":
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
            )
        failed = self._answer(request, mishap)
        if failed is not None:
            return failed
        latest_first = self.posts[request.query["channel"]][::-1]
        start = int(request.query.get("cursor") or 0)
        if mishap == "half" and start:
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        more = str(start + PAGE) if start + PAGE < len(latest_first) else ""
        page = latest_first[start : start + PAGE]
        return web.json_response({"ok": True, "messages": page, "response_metadata": {"next_cursor": more}})

    def _draw(self, *kinds: str) -> str:
        if self._chance.random() >= self.mishap_share:
            return ""
        kind = self._chance.choice(kinds)
        self.mishaps[kind] += 1
        return kind

    def _answer(self, request: web.Request, mishap: str) -> web.StreamResponse | None:
        if mishap.startswith("500"):
            return web.json_response({"ok": False, "error": "fatal_error"}, status=500)
        if mishap.startswith(("drop", "kill")) and request.transport is not None:
            request.transport.abort()
            return web.Response()
        return None


def _process(request: web.Request) -> int:
    """Return the process that calls: the workers put their id into the token."""
    return int(request.headers["Authorization"].rpartition("-")[2])


async def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until a condition holds; False when it does not in time."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - replicas in other processes set no event
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True
