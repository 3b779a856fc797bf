"""The models of a running Cairn: real workers, real llama.cpp, real deaths."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_gguf import write_random, write_scripted

from bot.model.embedding_model import embedding_model_path
from bot.model.pool import Models
from bot.settings import load_settings
from dialogs.steps import Complete

SCHEMA = {"type": "object", "properties": {"usd": {"type": "integer"}}, "required": ["usd"]}


@pytest.fixture
async def models(tmp_path: Path) -> AsyncIterator[Models]:
    replies = {"price": '{"usd": 12}', "story": "Once upon a time, a bot learned to wait for its turn."}
    path = write_scripted(tmp_path / "s.gguf", replies, "I do not know that.")
    running = await Models.start(chat_path=path)
    yield running
    await running.close()


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that never stops by itself."""
    return write_random(tmp_path_factory.mktemp("models") / "endless.gguf", layers=4, width=384)


@pytest.fixture
async def babbling(endless: Path) -> AsyncIterator[Models]:
    running = await Models.start(chat_path=endless)
    yield running
    await running.close()


@pytest.fixture(scope="module")
def minilm() -> Path:
    path = embedding_model_path(load_settings().cairn_models_dir)
    assert path, "the default embedding model is missing; run `make setup`"
    return path


def ask(question: str, **options: Any) -> Complete:
    return Complete("test", (("system", "Be brief."), ("user", question)), **options)


async def test_completes_streams_and_fills_a_schema(models: Models) -> None:
    assert models.has_chat
    assert await models.complete(ask("Hello?")) == "I do not know that."
    assert await models.complete(ask("What is the price?", schema=SCHEMA)) == '{"usd": 12}'
    pieces = [piece async for piece in models.stream(ask("Tell a story"))]
    assert "".join(pieces) == "Once upon a time, a bot learned to wait for its turn."
    assert len(pieces) > 3


async def test_an_answer_cut_at_its_limit_is_no_answer(models: Models) -> None:
    assert await models.complete(ask("Tell a story", max_tokens=3)) is None


async def test_a_schema_that_cannot_be_held_gives_none_and_hurts_nobody(models: Models) -> None:
    assert await models.complete(ask("price", schema={"type": "object"})) is None
    assert await models.complete(ask("Hello?")) == "I do not know that."


async def test_those_who_wait_learn_their_place_in_line(models: Models) -> None:
    places: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    answers = await asyncio.gather(
        *(models.complete(ask(f"{name} story"), on_position=places[name].append) for name in places)
    )
    assert len(set(answers)) == 1
    assert places["c"][0] == 2
    assert places["c"] == sorted(places["c"], reverse=True)


async def test_a_deadline_ends_generation_and_the_next_request_is_served(babbling: Models) -> None:
    start = time.monotonic()
    assert await babbling.complete(ask("x", max_tokens=7000, deadline_seconds=0.3)) is None
    assert time.monotonic() - start < 1.5
    assert [piece async for piece in babbling.stream(ask("x", max_tokens=5))]


async def test_closing_a_stream_cancels_it(babbling: Models) -> None:
    stream = babbling.stream(ask("x", max_tokens=7000, deadline_seconds=60))
    await anext(stream)
    await stream.aclose()
    start = time.monotonic()
    assert [piece async for piece in babbling.stream(ask("y", max_tokens=5))]
    assert time.monotonic() - start < 1.5
    assert babbling.status()["chat"]["restarts"] == 0


async def kill_chat(models: Models) -> None:
    os.kill(models.status()["chat"]["process_id"], signal.SIGKILL)


@pytest.mark.kill
async def test_a_worker_killed_mid_answer_is_back_and_only_that_answer_is_lost(babbling: Models) -> None:
    lost = asyncio.create_task(babbling.complete(ask("x", max_tokens=7000, deadline_seconds=60)))
    await asyncio.sleep(0.2)
    waiting = asyncio.create_task(babbling.complete(ask("y", schema=SCHEMA, deadline_seconds=20)))
    await asyncio.sleep(0)
    start = time.monotonic()
    await kill_chat(babbling)
    assert await lost is None
    assert time.monotonic() - start < 1
    assert babbling.has_chat
    assert await waiting is not None
    assert time.monotonic() - start < 5
    assert babbling.status()["chat"]["restarts"] == 1


@pytest.mark.kill
async def test_a_worker_that_hangs_is_replaced(models: Models) -> None:
    frozen = models.status()["chat"]["process_id"]
    os.kill(frozen, signal.SIGSTOP)
    assert await models.complete(ask("Hello?", deadline_seconds=0.2)) is None
    assert await models.complete(ask("Hello?", deadline_seconds=15)) == "I do not know that."
    assert models.status()["chat"]["process_id"] != frozen


async def test_no_worker_outlives_its_parent(models: Models) -> None:
    pid = models.status()["chat"]["process_id"]
    await models.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not models.has_chat
    assert await models.complete(ask("Hello?")) is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "no model file"), (b"<html>", "not a GGUF"), (b"GGUF" + b"\0" * 64, "cannot load")],
)
async def test_a_wrong_file_is_one_sentence_in_the_status(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    path = tmp_path / "wrong.gguf"
    if content is not None:
        path.write_bytes(content)
    models = await Models.start(chat_path=path)
    assert not models.has_chat
    assert complaint in models.status()["chat"]["problem"]
    assert await models.complete(ask("Hello?")) is None
    await models.close()


async def test_without_any_model_everything_says_none() -> None:
    models = await Models.start()
    assert (models.has_embedding, models.has_chat) == (False, False)
    assert await models.embed(["x"]) is None
    assert await models.complete(ask("x")) is None
    assert [piece async for piece in models.stream(ask("x"))] == []
    assert models.status() == {"embedding": None, "chat": None}
    await models.close()


async def test_vectors_are_normalised_in_order_and_close_for_like_meanings(minilm: Path) -> None:
    models = await Models.start(embedding_path=minilm)
    texts = [
        "How much does it cost to train a model?",
        "What is the price of training a model?",
        "The cat sleeps on the sofa.",
        "",
        "word " * 3000,
    ] + [f"filler {n}" for n in range(30)]
    vectors = await models.embed(texts)
    assert vectors is not None
    assert [vector.shape for vector in vectors] == [(384,)] * len(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    same, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert same > 0.8
    assert other < 0.3
    alone = await models.embed([texts[1]])
    assert alone is not None
    assert alone[0] @ vectors[1] > 0.999
    await models.close()


async def test_a_question_goes_ahead_of_indexing_and_lateness_is_none(minilm: Path) -> None:
    models = await Models.start(embedding_path=minilm)
    indexing = asyncio.create_task(models.embed(["a longer passage about fine-tuning adapters " * 8] * 200))
    await asyncio.sleep(0.05)
    assert await models.embed(["a question"], timeout_seconds=0.0001) is None
    assert await models.embed(["a question"], timeout_seconds=2.0) is not None
    assert not indexing.done()
    indexing.cancel()
    await asyncio.gather(indexing, return_exceptions=True)
    assert await models.embed(["another"], timeout_seconds=2.0) is not None
    await models.close()
