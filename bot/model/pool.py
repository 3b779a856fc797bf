"""The models of a running Cairn: at most one to embed, at most one to chat. Both may be missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from bot.model.chat import ChatBackend, End, OnPosition, Piece
from bot.model.local import LocalChat, LocalEmbedding, lane_status
from dialogs.steps import Complete, Vector

CONTEXT_TOKENS = 8192


class Models:
    """Embedding and chat for the whole process. Failures are values: None, or an answer that ends early.

    models = await Models.start(embedding_path=path)
    vectors = await models.embed(["a question"], timeout_seconds=0.1)
    await models.close()
    """

    def __init__(self, embedding: LocalEmbedding | None, chat: ChatBackend | None) -> None:
        """Use `start`."""
        self._embedding = embedding
        self._chat = chat

    @classmethod
    async def start(
        cls,
        *,
        embedding_path: Path | None = None,
        chat_path: Path | None = None,
        chat_base_url: str | None = None,
        chat_api_key: str | None = None,
        context_tokens: int = CONTEXT_TOKENS,
        wait_seconds: float = 30.0,
    ) -> Models:
        """Start the workers; a server at `chat_base_url` is used instead of a file at `chat_path`.

        Returns when each is loaded or refused, or after `wait_seconds` (loading then goes on). A model that
        cannot be loaded is no error: `status` says why, and Cairn works without it.
        """
        embedding = LocalEmbedding(embedding_path) if embedding_path else None
        chat: ChatBackend | None = None
        starting = [embedding.lane.start(wait_seconds)] if embedding else []
        if chat_base_url:
            from bot.model.remote import RemoteChat  # loads httpx

            chat = RemoteChat(chat_base_url, chat_api_key)
        elif chat_path:
            chat = local = LocalChat(chat_path, context_tokens)
            starting.append(local.lane.start(wait_seconds))
        await asyncio.gather(*starting)
        return cls(embedding, chat)

    async def close(self) -> None:
        """End the workers and close the connections; whoever waits gets None."""
        if self._embedding:
            await self._embedding.lane.close()
        if self._chat:
            await self._chat.close()

    @property
    def has_embedding(self) -> bool:
        """Whether there is an embedding model, be it that it is just being restarted."""
        return self._embedding is not None and self._embedding.lane.usable

    @property
    def has_chat(self) -> bool:
        """Whether there is a chat model, be it that it is just being restarted."""
        return self._chat is not None and self._chat.usable

    @property
    def chat_waiting(self) -> int:
        """How many chat requests stand before a new one: 1 means "you're 2nd in line"."""
        return self._chat.waiting if self._chat else 0

    async def embed(
        self, texts: Sequence[str], *, timeout_seconds: float | None = None
    ) -> list[Vector] | None:
        """Return one normalised float32 vector a text, shape (dimensions,), in order.

        None where there is no model, it is down, or it takes longer than `timeout_seconds`. Up to four
        texts go ahead of longer lists, so a question never waits long behind indexing.
        """
        if not self.has_embedding or self._embedding is None:
            return None
        return await self._embedding.embed(texts, timeout_seconds)

    async def complete(self, request: Complete, *, on_position: OnPosition | None = None) -> str | None:
        """Return the whole answer, or None where there is no model or it was late, cut or failed.

        With a schema the answer is strict JSON; numeric ranges are not enforced, so validate it. The
        deadline counts from now, waiting in line included.
        """
        text: list[str] = []
        async with aclosing(self.pieces(request, on_position)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    text.append(piece.text)
                elif not piece.complete:
                    return None
        answer = "".join(text).strip()
        return None if request.schema is not None and not _is_json(answer) else answer

    async def stream(
        self, request: Complete, *, on_position: OnPosition | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield the answer's text as it comes; closing the iterator cancels generation.

        Ends early, without an exception, where the model is late or dies: judge by what came.
        """
        async with aclosing(self.pieces(request, on_position)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    yield piece.text

    async def pieces(
        self, request: Complete, on_position: OnPosition | None = None
    ) -> AsyncGenerator[Piece | End, None]:
        """Yield the answer's pieces as they come, then one End that says whether it is whole.

        Closing the iterator cancels generation. `on_position` is told how many stand before the request.
        """
        if self._chat is None:
            yield End(False, "There is no chat model.")
            return
        async with aclosing(self._chat.pieces(request, on_position)) as pieces:
            async for piece in pieces:
                yield piece

    def status(self) -> dict[str, Any]:
        """Return `{"embedding": …, "chat": …}`: each None, or its state, path, queue and problem."""
        return {
            "embedding": lane_status(self._embedding.lane) if self._embedding else None,
            "chat": self._chat.status() if self._chat else None,
        }


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
