"""A chat model behind an OpenAI-compatible HTTP server: llama-server, vLLM, llama_cpp.server and others.

Their one difference that matters is hidden here: how a response is held to a JSON schema. Most take
`json_schema`; llama_cpp.server answers that with an error and takes `json_object` with a `schema` key. The
first request finds out, and the answer is remembered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx
import structlog

from bot.model.chat import End, OnPosition, Piece, until
from dialogs.steps import Complete

log = structlog.get_logger(__name__)

_DIALECTS = ("json_schema", "json_object")
_DONE = "[DONE]"


class _Refused(Exception):
    """The server answered with an error status."""


class RemoteChat:
    """A chat model on a server."""

    def __init__(self, base_url: str, api_key: str | None = None, model: str | None = None) -> None:
        """`base_url` with or without `/v1`; without `model` the server's first one is asked for."""
        self._base = _base_of(base_url)
        self._client = _client(api_key, httpx.Timeout(60, connect=5))
        self._model = model
        self._dialect = 0
        self._running = 0
        self._problem: str | None = None

    @property
    def usable(self) -> bool:
        """Always: a server that is down now may answer the next request."""
        return True

    @property
    def waiting(self) -> int:
        """Servers batch; nobody waits here."""
        return 0

    async def pieces(
        self, request: Complete, on_position: OnPosition | None
    ) -> AsyncGenerator[Piece | End, None]:
        """Yield the answer's pieces, then one End. Leaving early closes the connection, which cancels."""
        if on_position:
            on_position(0)
        self._running += 1
        deadline = asyncio.get_running_loop().time() + request.deadline_seconds
        try:
            async with (
                aclosing(self._answered(request)) as answered,
                aclosing(until(deadline, answered)) as pieces,
            ):
                async for piece in pieces:
                    yield piece
            self._problem = None
        except TimeoutError:
            yield End(False, "deadline")
        except (httpx.HTTPError, _Refused, ValueError, KeyError) as problem:
            self._problem = f"The model server at {self._base} did not answer as expected: {problem!r}."
            log.warning("model_server_failed", base_url=self._base, problem=repr(problem))
            yield End(False, self._problem)
        finally:
            self._running -= 1

    async def _answered(self, request: Complete) -> AsyncGenerator[Piece | End, None]:
        """Ask in the known dialect; where the server refuses a schema in it, ask once in the other."""
        for attempt in range(len(_DIALECTS)):
            last = request.schema is None or attempt + 1 == len(_DIALECTS)
            try:
                async with aclosing(self._streamed(await self._body(request))) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except _Refused:
                if last:
                    raise
                self._dialect = (self._dialect + 1) % len(_DIALECTS)

    async def _body(self, request: Complete) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": await self._model_name(),
            "messages": [{"role": role, "content": content} for role, content in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": 0,
            "stream": True,
        }
        if request.schema is not None:
            body["response_format"] = _response_format(_DIALECTS[self._dialect], request.schema)
        return body

    async def _model_name(self) -> str:
        if self._model is None:
            response = await self._client.get(f"{self._base}/models")
            _refuse_errors(response)
            self._model = str(response.json()["data"][0]["id"])
        return self._model

    async def _streamed(self, body: dict[str, Any]) -> AsyncGenerator[Piece | End, None]:
        reason = "connection closed"
        async with self._client.stream("POST", f"{self._base}/chat/completions", json=body) as response:
            if response.is_error:
                await response.aread()
            _refuse_errors(response)
            async for line in response.aiter_lines():
                data = line.removeprefix("data:").strip()
                if not line.startswith("data:") or data == _DONE:
                    continue
                chunk = json.loads(data)
                if "error" in chunk:
                    raise _Refused(str(chunk["error"])[:200])
                for choice in chunk.get("choices", [])[:1]:
                    if text := choice.get("delta", {}).get("content"):
                        yield Piece(text)
                    reason = choice.get("finish_reason") or reason
        yield End(reason == "stop", reason)

    def status(self) -> dict[str, Any]:
        """Where the server is and how the last request went."""
        return {
            "state": "failed" if self._problem else "ready",
            "base_url": self._base,
            "model": self._model,
            "running": self._running,
            "problem": self._problem,
        }

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


async def models_served(base_url: str, api_key: str | None, *, seconds: float) -> list[str]:
    """Return the names of the models that a server offers.

    Raises httpx.HTTPError, or ValueError, KeyError or TypeError for an answer that is none.
    """
    async with _client(api_key, httpx.Timeout(seconds)) as client:
        response = await client.get(f"{_base_of(base_url)}/models")
        response.raise_for_status()
        return [str(entry["id"]) for entry in response.json()["data"]]


def _base_of(base_url: str) -> str:
    root = base_url.rstrip("/")
    return root if root.endswith("/v1") else f"{root}/v1"


def _client(api_key: str | None, timeout: httpx.Timeout) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return httpx.AsyncClient(headers=headers, timeout=timeout)


def _refuse_errors(response: httpx.Response) -> None:
    if response.is_error:
        raise _Refused(f"HTTP {response.status_code}: {response.text[:200]}")


def _response_format(dialect: str, schema: dict[str, Any]) -> dict[str, Any]:
    if dialect == "json_object":
        return {"type": "json_object", "schema": schema}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
