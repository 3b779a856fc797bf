"""Speed of one advice over the whole catalogue, with and without its open questions, on one core."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dialogs.advice import Advice, advise
from dialogs.scope import Scope
from knowledge.loader import load_knowledge

FILE = Path(__file__).parents[1] / "evaluation" / "advice.jsonl"
SCOPES = [Scope.model_validate(json.loads(line)["scope"]) for line in FILE.read_text("utf-8").splitlines()]
KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)


def percentiles_ms(work: Callable[[Scope], object], scopes: list[Scope]) -> tuple[float, float]:
    """Return p50 and p95 over the scopes, each seen once before."""
    times = []
    for scope in scopes:
        work(scope)
        started = time.perf_counter()
        work(scope)
        times.append(time.perf_counter() - started)
    p50, p95 = np.percentile(times, [50, 95]) * 1000
    return float(p50), float(p95)


def advice_of(scope: Scope) -> Advice:
    return advise(scope, KNOWLEDGE, today=TODAY)


def test_one_advice(capsys: pytest.CaptureFixture[str]) -> None:
    p50, p95 = percentiles_ms(advice_of, SCOPES)
    with capsys.disabled():
        count = len(KNOWLEDGE.catalog.models)
        print(f"\nadvice over {count} models: p50 {p50:.1f} ms, p95 {p95:.1f} ms")  # noqa: T201
    assert p95 <= 5


def test_one_advice_with_its_open_questions(capsys: pytest.CaptureFixture[str]) -> None:
    p50, p95 = percentiles_ms(lambda scope: advice_of(scope).open_questions, SCOPES[::4])
    with capsys.disabled():
        print(f"\nadvice with its open questions: p50 {p50:.1f} ms, p95 {p95:.1f} ms")  # noqa: T201
    assert p95 <= 150
