"""Fetches what the core asks for: embeddings and completions."""

from __future__ import annotations

from dataclasses import replace

from bot.answering import Show, write
from bot.model.pool import Models
from dialogs.steps import Embed, Given, Need, Vector, Write

EMBED_SECONDS = 0.1
"""After this long without a vector, the words alone decide."""


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
) -> Given:
    """Return `given` with the need's result; None stands for what failed or came late.

    `show` is handed an answer while the chat model writes it.
    """
    if isinstance(need, Embed):
        found = await models.embed(need.texts, timeout_seconds=embed_seconds)
        vectors: dict[str, Vector | None] = dict.fromkeys(need.texts)
        vectors.update(zip(need.texts, found or (), strict=False))
        return replace(given, vectors={**given.vectors, **vectors})
    if isinstance(need, Write):
        return replace(
            given, completions={**given.completions, need.request: await write(need, models, show)}
        )
    text = await models.complete(need)
    return replace(given, completions={**given.completions, need: text})
