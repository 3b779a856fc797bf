"""A chat model behind a server: small local servers that speak as the real ones do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.model.pool import Models
from dialogs.steps import Complete

SCHEMA = {"type": "object", "properties": {"usd": {"type": "integer"}}, "required": ["usd"]}


@dataclass
class Server:
    """An OpenAI-compatible server that knows one way to take a schema."""

    dialect: str = "json_schema"
    words: tuple[str, ...] = ("Hel", "lo", " there.")
    finish: str = "stop"
    delay_seconds: float = 0.0
    status: int = 200
    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    dropped: asyncio.Event = field(default_factory=asyncio.Event)

    async def models(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Authorization", ""))
        return web.json_response({"data": [{"id": "tiny"}]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(body)
        wanted = body.get("response_format", {}).get("type", self.dialect)
        if self.status != 200 or wanted != self.dialect:
            return web.json_response({"error": "no"}, status=self.status if self.status != 200 else 500)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        words = ('{"usd"', ": 12}") if "response_format" in body else self.words
        try:
            await response.write(b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n')
            for word in words:
                chunk = {"choices": [{"delta": {"content": word}, "finish_reason": None}]}
                await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
                await asyncio.sleep(self.delay_seconds)
            end = {"choices": [{"delta": {}, "finish_reason": self.finish}]}
            await response.write(f": keep-alive\n\ndata: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
        except (ConnectionResetError, asyncio.CancelledError):
            self.dropped.set()
            raise
        return response


@asynccontextmanager
async def talking_to(server: Server) -> AsyncIterator[Models]:
    application = web.Application()
    application.add_routes(
        [web.get("/v1/models", server.models), web.post("/v1/chat/completions", server.chat)]
    )
    runner = web.AppRunner(application, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    models = await Models.start(chat_base_url=f"http://127.0.0.1:{port}/", chat_api_key="secret")
    yield models
    await models.close()
    await runner.cleanup()


def ask(**options: Any) -> Complete:
    return Complete("test", (("system", "Be brief."), ("user", "Hello?")), **options)


async def test_an_answer_streams_and_the_key_and_model_are_sent() -> None:
    server = Server()
    async with talking_to(server) as models:
        assert [piece async for piece in models.stream(ask())] == ["Hel", "lo", " there."]
        assert await models.complete(ask()) == "Hello there."
    assert server.keys == ["Bearer secret"]
    assert server.seen[0]["model"] == "tiny"
    assert server.seen[0]["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_a_schema_is_sent_in_the_servers_own_way_found_once() -> None:
    for dialect, requests in (("json_schema", 2), ("json_object", 3)):
        server = Server(dialect=dialect)
        async with talking_to(server) as models:
            for _ in range(2):
                assert await models.complete(ask(schema=SCHEMA)) == '{"usd": 12}'
        assert len(server.seen) == requests
        assert SCHEMA in (
            server.seen[-1]["response_format"].get("schema"),
            server.seen[-1]["response_format"].get("json_schema", {}).get("schema"),
        )


async def test_what_is_cut_late_refused_or_no_json_is_none() -> None:
    for server in (Server(finish="length"), Server(status=400), Server(delay_seconds=5)):
        async with talking_to(server) as models:
            assert await models.complete(ask(deadline_seconds=0.3)) is None
            assert models.has_chat


async def test_leaving_a_stream_ends_the_request_at_the_server() -> None:
    server = Server(words=("word ",) * 500, delay_seconds=0.02)
    async with talking_to(server) as models:
        stream = models.stream(ask(deadline_seconds=30))
        await anext(stream)
        await stream.aclose()
        await asyncio.wait_for(server.dropped.wait(), 5)


async def test_a_slow_reader_is_not_interrupted_by_the_deadline() -> None:
    async with talking_to(Server()) as models:
        pieces = []
        async for piece in models.stream(ask(deadline_seconds=0.2)):
            pieces.append(piece)
            await asyncio.sleep(0.3)
        assert pieces


async def test_a_server_that_is_down_is_none_and_named_in_the_status(unused_tcp_port: int) -> None:
    models = await Models.start(chat_base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    assert models.has_chat
    assert await models.complete(ask()) is None
    assert str(unused_tcp_port) in models.status()["chat"]["problem"]
    await models.close()
