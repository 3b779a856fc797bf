"""Speed and quality of reading a scope from free text, with rules and examples, on one core."""

from __future__ import annotations

import json
import time
from datetime import date
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest

from bot.model.embedding_model import embedding_model_path
from bot.model.engines import EmbeddingEngine
from bot.settings import load_settings
from dialogs.understanding import read_message
from dialogs.understanding.message import prepare
from dialogs.understanding.nearness import LEAST_VOTE, Near, parts_of, read_near
from dialogs.understanding.scoring import embedded_examples, score_scopes
from knowledge.loader import load_knowledge

FILE = Path(__file__).parents[1] / "evaluation" / "scopes.jsonl"
LINES = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
TODAY = date(2026, 11, 23)
ROUNDS = 30


@pytest.fixture(scope="module")
def engine() -> EmbeddingEngine:
    path = embedding_model_path(load_settings().cairn_models_dir)
    assert path, "the default embedding model is missing; run `make setup`"
    return EmbeddingEngine(path)


def prose(language: str, words: int) -> list[str]:
    """Return messages of so many words, made of what people wrote in the evaluation file."""
    texts = [line["text"] for line in LINES if "text" in line and line["language"] == language]
    stream = cycle(" . ".join(texts).split())
    return [" ".join(islice(stream, words)) for _ in range(ROUNDS)]


@pytest.mark.parametrize(("words", "limit_ms"), [(60, 20), (1_000, 150)])
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_reading(language: str, words: int, limit_ms: float, capsys: pytest.CaptureFixture[str]) -> None:
    knowledge = load_knowledge()
    texts = prose(language, words)
    read_message(texts[0], today=TODAY, knowledge=knowledge)
    times = []
    for text in texts:
        started = time.perf_counter()
        read_message(text, today=TODAY, knowledge=knowledge)
        times.append(time.perf_counter() - started)
    p50, p95 = (float(value) * 1000 for value in np.percentile(times, [50, 95]))
    with capsys.disabled():
        print(f"\nreading {words:,} words ({language}): p50 {p50:.1f} ms, p95 {p95:.1f} ms")  # noqa: T201
    assert p95 <= limit_ms


def test_how_well_messages_are_read(capsys: pytest.CaptureFixture[str], engine: EmbeddingEngine) -> None:
    for title, embed in (("by words", None), ("by meaning too", lambda texts: list(engine.embed(texts)))):
        scores = score_scopes(LINES, embed=embed)
        with capsys.disabled():
            print(f"\n{title}\n{scores.report()}")  # noqa: T201
        assert scores.groups["held_out", "en"].invented_rate <= 0.01


def test_reading_by_meaning(capsys: pytest.CaptureFixture[str], engine: EmbeddingEngine) -> None:
    """60 words whose fields are all open; the embedding, in a process of its own, is measured apart."""
    examples = embedded_examples(lambda texts: list(engine.embed(texts)))
    assert examples is not None
    assert examples.juries
    embedding, voting, counts = [], [], []
    for text in prose("en", 60):
        message = prepare(text, TODAY)
        sentences = [part.text for part in parts_of(message)]
        counts.append(len(sentences))
        started = time.perf_counter()
        near = Near(examples, dict(zip(sentences, engine.embed(sentences), strict=True)))
        embedding.append(time.perf_counter() - started)
        started = time.perf_counter()
        read_near(message, list(LEAST_VOTE), near, {})
        voting.append(time.perf_counter() - started)
    one, other = (float(np.percentile(times, 50)) * 1000 for times in (embedding, voting))
    with capsys.disabled():
        print(f"\n{np.mean(counts):.1f} sentences: embedding p50 {one:.1f} ms, votes p50 {other:.1f} ms")  # noqa: T201
    assert other <= 20
