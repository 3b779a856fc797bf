"""Reading by meaning with the real embedding model: wordings that no phrase and no example holds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.model.embedding_model import embedding_model_path
from bot.model.engines import EmbeddingEngine
from bot.model.pool import Models
from bot.needs import with_needs
from bot.sentences import Embed, Sentences
from bot.settings import load_settings
from dialogs.steps import Vector
from dialogs.understanding import Reading
from dialogs.understanding.message import prepare
from dialogs.understanding.nearness import LEAST_VOTE, Examples, Near, parts_of, read_near
from dialogs.understanding.reading_prompt import read_with_chat
from dialogs.understanding.sentences import texts_to_embed

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def minilm() -> Path:
    path = embedding_model_path(load_settings().cairn_models_dir)
    assert path, "the default embedding model is missing; run `make setup`"
    return path


@pytest.fixture(scope="module")
def engine(minilm: Path) -> EmbeddingEngine:
    return EmbeddingEngine(minilm)


@pytest.fixture(scope="module")
def examples(engine: EmbeddingEngine, pytestconfig: pytest.Config) -> Examples:
    """The shipped examples; their vectors are kept in pytest's cache."""

    async def embed(texts: Sequence[str]) -> list[Vector]:
        return list(engine.embed(texts))

    assert pytestconfig.cache is not None
    sentences = Sentences(Path(pytestconfig.cache.mkdir("vectors")), embed)
    assert asyncio.run(sentences.warm())
    assert sentences.examples is not None
    return sentences.examples


def by_meaning(text: str, engine: EmbeddingEngine, examples: Examples) -> dict[str, object]:
    """Return what the sentences of a message say by their meaning alone."""
    message = prepare(text, TODAY)
    texts = [part.text for part in parts_of(message)]
    near = Near(examples, dict(zip(texts, engine.embed(texts), strict=True)))
    return {name: found.value for name, found in read_near(message, list(LEAST_VOTE), near, {}).items()}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("The ferry company's leaflets should also be there in Faroese.", "task", "translation"),
        ("A gist of each hour-long lecture for those who overslept.", "task", "summarization"),
        ("Write the toast for every anniversary from a handful of facts.", "task", "essay_writing"),
        ("Look for old weather reports like this week's.", "task", "information_retrieval"),
        ("Children talk with a stuffed bear that talks back.", "task", "chatbot"),
        ("If it names the wrong antidote, the patient dies.", "quality_risk", "high"),
        ("It has to be processed within Iceland, rented servers are all right.", "privacy", "private_cloud"),
        ("On the first of each month the dues table is redone.", "knowledge_changes", "weekly"),
        ("It takes what it says from the lighthouse keeper's handbook.", "data.documents", True),
        ("Spectators gave each poem a heart or a thumbs down, all of that was saved.", "data.preference_data",
         True),
    ],
)  # fmt: skip
def test_new_wordings_are_read_from_what_they_mean(
    engine: EmbeddingEngine, examples: Examples, text: str, field: str, value: object
) -> None:
    assert by_meaning(text, engine, examples).get(field) == value


@pytest.mark.parametrize(
    "text",
    [
        "We are a choir of forty people in Tallinn and rehearse on Wednesdays.",
        "We have two old graphics cards and about 900 euros a month.",
        "Our treasurer tried it with a big model last winter and gave up.",
        "It has to understand Estonian, Finnish and some Russian.",
        "What do you think, would a smaller model do for that?",
        "Around 340 of them arrive between Monday and Friday, most in the morning.",
        "The bishop decides about the money in June.",
    ],
)
def test_what_says_nothing_about_them_gives_no_value(
    engine: EmbeddingEngine, examples: Examples, text: str
) -> None:
    assert by_meaning(text, engine, examples) == {}


async def test_a_scope_is_read_with_the_vectors_it_needs(minilm: Path, examples: Examples) -> None:
    models = await Models.start(embedding_path=minilm)
    text = (
        "Children talk with a stuffed bear that talks back. If it names the wrong antidote, the patient dies."
    )
    reading: Reading
    reading, mode = await with_needs(
        models, lambda given: read_with_chat([text], today=TODAY, given=given, examples=examples)
    )
    await models.close()
    assert mode == "rules"
    assert reading.scope.task == "chatbot"
    assert reading.scope.quality_risk == "high"
    assert reading.evidence["quality_risk"] == "If it names the wrong antidote, the patient dies."


def counting(slices: list[int], fails_after: int = 10**6) -> Embed:
    async def embed(texts: object) -> list[np.ndarray] | None:
        slices.append(len(texts))  # type: ignore[arg-type]
        some = np.random.default_rng(len(slices)).normal(size=(len(texts), 8)).astype(np.float32)  # type: ignore[arg-type]
        return list(some) if len(slices) <= fails_after else None

    return embed


async def test_a_restart_embeds_no_sentence_again(tmp_path: Path) -> None:
    first: list[int] = []
    assert await Sentences(tmp_path, counting(first)).warm()
    assert sum(first) == len(texts_to_embed())
    assert max(first) <= 16
    again: list[int] = []
    sentences = Sentences(tmp_path, counting(again))
    assert await sentences.warm()
    assert again == []
    assert sentences.examples is not None


async def test_without_a_model_or_with_one_that_fails_there_are_no_examples(tmp_path: Path) -> None:
    assert not await Sentences(tmp_path, None).warm()
    slices: list[int] = []
    sentences = Sentences(tmp_path, counting(slices, fails_after=3))
    assert not await sentences.warm()
    assert sentences.examples is None
