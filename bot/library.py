"""The loaded knowledge folder: its facts, its search index, and the vectors that arrive in the background.

A team's folder may change while Cairn runs. Its files are mirrored into the cache directory as long as they
can be read; a file that breaks keeps its last good version in use, over a restart too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import structlog

from bot.overlay import load_mirrored, stamps_of
from bot.sentences import Sentences
from bot.vectors import VectorCache
from dialogs.understanding.nearness import Examples
from knowledge.loader import Knowledge
from knowledge.schema import Problem
from knowledge.search import SearchIndex, Vector, build_index, text_key

Embed = Callable[[Sequence[str]], Awaitable[Sequence[Vector] | None]]
"""Embeds texts; None when the model is down or late."""

MAX_PASSAGES = 100_000
_SLICE = 8  # texts embedded at once, about 40 ms: a question never waits longer behind them
_PUBLISHED_EVERY = 512  # texts, or a quarter of all in a large folder: publishing copies every vector

_log = structlog.get_logger(__name__)


class Library:
    """The knowledge folder in use. `knowledge` and `index` are always whole; a reload replaces them."""

    def __init__(
        self,
        knowledge_dir: Path | None,
        cache_dir: Path,
        embed: Embed | None = None,
        embedding_name: str = "all-MiniLM-L6-v2",
    ) -> None:
        """Load the shipped folder with the team's over it; searching works at once, by words alone."""
        self._folder = knowledge_dir
        self._cache_dir = cache_dir
        self._embed = embed
        self._cache = VectorCache(cache_dir / f"{embedding_name}.vectors.npz")
        self._warming = asyncio.Lock()
        self._sentences = Sentences(cache_dir, embed)
        self._stamps = stamps_of(knowledge_dir)
        self.knowledge, self.index = self._load(None)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with files of the folder; a file with a last good version is served from that."""
        return self.knowledge.problems

    @property
    def examples(self) -> Examples | None:
        """The example sentences that scopes are read with, None until `warm` has their vectors."""
        return self._sentences.examples

    async def refresh_if_changed(self) -> bool:
        """Reload if a file of the team's folder was added, changed or removed; returns whether it was.

        New text is found by its words as soon as this returns; `warm` brings the vectors.
        """
        stamps = await asyncio.to_thread(stamps_of, self._folder)
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        self.knowledge, self.index = await asyncio.to_thread(self._load, self.index)
        _log.info("knowledge_reloaded", sections=len(self.index.sections), problems=len(self.problems))
        return True

    async def warm(self) -> bool:
        """Embed what has no vector yet, in small slices, the example sentences first.

        Returns whether every text of the folder has one now.

        The folder may be reloaded meanwhile; then it goes on with what the new one lacks.
        """
        if self._embed is None or not await self._sentences.warm():
            return False
        async with self._warming:
            while missing := self._without_vector():
                if not await self._embed_some(missing):
                    break
        return self.index.vector_share == 1.0

    def _without_vector(self) -> list[str]:
        if self.index.vector_share == 1.0:
            return []
        held = self._cache.vectors
        return [text for text in self.index.texts_to_embed() if text_key(text) not in held]

    async def _embed_some(self, missing: Sequence[str]) -> bool:
        """Embed texts until all are, the folder was reloaded, or the model fails; then returns False."""
        assert self._embed is not None
        started_for, unpublished, up = self.index.sections, 0, True
        for start in range(0, len(missing), _SLICE):
            texts = missing[start : start + _SLICE]
            vectors = await self._embed(texts)
            if vectors is None:
                _log.warning("embedding_paused", missing=len(missing) - start)
                up = False
                break
            for text, vector in zip(texts, vectors, strict=True):
                self._cache.vectors[text_key(text)] = np.asarray(vector, dtype=np.float32)
            unpublished += len(texts)
            if self.index.sections is not started_for:
                break
            if unpublished >= max(_PUBLISHED_EVERY, len(self._cache.vectors) // 4):
                await self._publish()
                unpublished = 0
            await asyncio.sleep(0)
        if unpublished:
            await self._publish()
        return up

    async def _publish(self) -> None:
        """Put the vectors to use, unless a reload came in between, and keep them."""
        index = self.index
        complete = await asyncio.to_thread(index.with_vectors, self._cache.vectors)
        if self.index is index:
            self.index = complete
        await asyncio.to_thread(self._cache.save, set(index.keys) | set(self.index.keys))

    async def watch(self, every_seconds: float = 2.0) -> None:
        """Keep the folder fresh until cancelled; new words are found while vectors are still missing."""
        warming = asyncio.create_task(self.warm())
        try:
            while True:
                await asyncio.sleep(every_seconds)
                await self.refresh_if_changed()
                if warming.done():
                    await warming
                    warming = asyncio.create_task(self.warm())
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)

    def _load(self, previous: SearchIndex | None) -> tuple[Knowledge, SearchIndex]:
        knowledge = load_mirrored(self._folder, self._cache_dir)
        sections = knowledge.sections
        if len(sections) > MAX_PASSAGES:
            knowledge = replace(knowledge, problems=(_too_many(len(sections)), *knowledge.problems))
            sections = sections[:MAX_PASSAGES]
        return knowledge, build_index(sections, previous=previous).with_vectors(self._cache.vectors)


def _too_many(count: int) -> Problem:
    message = f"The folder holds {count:,} passages; the first {MAX_PASSAGES:,} are used."
    return Problem("", 1, message, "Take out documents that nobody asks about.", fatal=False)
