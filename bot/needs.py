"""Fetches what the core asks for: embeddings, completions and the metrics of files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from bot.answering import Show, write
from bot.model.pool import Models
from dialogs.steps import Embed, Given, Need, Recall, Score, Scored, Vector, Write
from dialogs.world import Hold

Answered = TypeVar("Answered")

EMBED_SECONDS = 0.1
"""After this long without a vector, the words alone decide; the sentences of a message may take longer."""

EMBED_TEXTS = 3  # that get no more time than one


ScoreFiles = Callable[[Score], Awaitable[Scored]]
"""Computes the metrics of files; what stands in the way is part of the result."""


async def _no_scores(wanted: Score) -> Scored:
    return Scored(problem="No files can be read here.")


def nothing_given(models: Models) -> Given:
    """Return what the core starts from: which models there are."""
    return Given(has_embedding=models.has_embedding, has_chat=models.has_chat)


async def fulfil(
    need: Need,
    given: Given,
    models: Models,
    *,
    embed_seconds: float | None = EMBED_SECONDS,
    show: Show | None = None,
    score: ScoreFiles = _no_scores,
) -> Given:
    """Return `given` with the need's result; None stands for what failed or came late.

    `show` is handed an answer while the chat model writes it.
    """
    if isinstance(need, Embed):
        longer = max(1.0, len(need.texts) / EMBED_TEXTS)
        patience = None if embed_seconds is None else embed_seconds * longer
        found = await models.embed(need.texts, timeout_seconds=patience)
        vectors: dict[str, Vector | None] = dict.fromkeys(need.texts)
        vectors.update(zip(need.texts, found or (), strict=False))
        return replace(given, vectors={**given.vectors, **vectors})
    if isinstance(need, Score):
        return replace(given, scores={**given.scores, need: await score(need)})
    if isinstance(need, Write):
        return replace(
            given, completions={**given.completions, need.request: await write(need, models, show)}
        )
    if isinstance(need, Recall):  # the service reads what was kept; elsewhere nothing is
        return replace(given, told={**given.told, need: ()})
    text = await models.complete(need)
    return replace(given, completions={**given.completions, need: text})


async def with_needs(models: Models, ask: Callable[[Given], Answered]) -> Answered:
    """Call the core with what it needs until it has an answer."""
    given = nothing_given(models)
    for _ in range(6):
        try:
            return ask(given)
        except Hold as hold:
            given = await fulfil(hold.need, given, models, embed_seconds=2.0)
    raise AssertionError("the core keeps asking for more")
