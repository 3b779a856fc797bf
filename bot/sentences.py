"""The vectors of the example sentences that scopes are read with, by meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import numpy as np
import structlog

from bot.vectors import VectorCache
from dialogs.understanding.nearness import Examples
from dialogs.understanding.sentences import texts_to_embed
from knowledge.search import Vector, text_key

Embed = Callable[[Sequence[str]], Awaitable[Sequence[Vector] | None]]
"""Embeds texts; None when the model is down or late."""

FILE = "sentences.all-MiniLM-L6-v2.vectors.npz"
_SLICE = 8  # texts embedded at once, about 40 ms: a question never waits longer behind them

_log = structlog.get_logger(__name__)


class Sentences:
    """The examples once every sentence has its vector; None until then, and without an embedding model."""

    def __init__(self, cache_dir: Path, embed: Embed | None) -> None:
        """Take what an earlier start left on disk; `warm` brings the rest."""
        self._embed = embed
        self._cache = VectorCache(cache_dir / FILE)
        self._warming = asyncio.Lock()
        self.examples: Examples | None = None

    @property
    def missing(self) -> int:
        """How many sentences are still to be embedded; 0 where there is no model to do it."""
        held = self._cache.vectors
        return sum(text_key(text) not in held for text in texts_to_embed()) if self._embed else 0

    async def warm(self) -> bool:
        """Embed the sentences that are new since the last start; returns whether all have a vector now."""
        if self._embed is None:
            return False
        async with self._warming:
            if self.examples is None and await self._embed_missing(self._embed):
                self.examples = await asyncio.to_thread(self._prepared)
        return self.examples is not None

    async def _embed_missing(self, embed: Embed) -> bool:
        held = self._cache.vectors
        missing = [text for text in texts_to_embed() if text_key(text) not in held]
        for start in range(0, len(missing), _SLICE):
            texts = missing[start : start + _SLICE]
            vectors = await embed(texts)
            if vectors is None:
                _log.warning("example_sentences_paused", missing=len(missing) - start)
                return False
            for text, vector in zip(texts, vectors, strict=True):
                held[text_key(text)] = np.asarray(vector, dtype=np.float32)
        if missing:
            await asyncio.to_thread(self._cache.save, {text_key(text) for text in texts_to_embed()})
        return True

    def _prepared(self) -> Examples | None:
        """Return the examples with their votes worked out, so that the first message need not wait."""
        examples = Examples.with_vectors(
            {text: self._cache.vectors[text_key(text)] for text in texts_to_embed()}
        )
        if examples is not None:
            examples.juries  # noqa: B018
        return examples
