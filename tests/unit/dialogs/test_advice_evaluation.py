"""Advice against expert verdicts from published guidance (tests/evaluation/advice.jsonl).

Run with -s to see both sets with their 95 % intervals.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from dialogs.advice import Advice, advise
from dialogs.scope import Scope
from knowledge.loader import load_knowledge
from knowledge.schema import TechniqueId

FILE = Path(__file__).parents[2] / "evaluation" / "advice.jsonl"
TODAY = date(2026, 11, 23)
KNOWLEDGE = load_knowledge()


@dataclass(frozen=True)
class Mark:
    """How one advice compares with the expert's verdict."""

    id: str
    first_accepted: bool
    first_forbidden: bool
    size_sensible: bool
    sourced: bool


@cache
def lines(wanted: str) -> tuple[dict[str, Any], ...]:
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    return tuple(row for row in rows if row["set"] == wanted)


def mark(row: dict[str, Any]) -> Mark:
    advice = advise(Scope.model_validate(row["scope"]), KNOWLEDGE, today=TODAY)
    expect = row["expect"]
    return Mark(
        id=row["id"],
        first_accepted=advice.first_technique in expect["first_any"],
        first_forbidden=advice.first_technique in expect["never_first"],
        size_sensible=_sensible(advice, expect),
        sourced=all(part.citations for part in (*advice.techniques, *advice.models)),
    )


def _sensible(advice: Advice, expect: dict[str, Any]) -> bool:
    first, offered = advice.first_model, any(model.params_b is None for model in advice.models)
    if first is None or offered is not expect.get("hosted_offered", offered):
        return False
    if first.params_b is None or expect.get("hosted"):
        return first.params_b is None and bool(expect.get("hosted", True))
    low, high = expect["params_b_range"]
    return bool(low <= first.params_b <= high)


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share."""
    share, z = hits / trials, 1.96
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials**2)) / (1 + z * z / trials)
    return middle - reach, middle + reach


def report(name: str, what: str, hits: Sequence[bool]) -> float:
    low, high = interval(sum(hits), len(hits))
    share = sum(hits) / len(hits)
    sys.stdout.write(f"{name}: {what} {sum(hits)}/{len(hits)} = {share:.1%} ({low:.1%}–{high:.1%})\n")
    return share


@pytest.mark.parametrize("which", ["tune", "held_out"])
def test_experts_would_nod(which: str) -> None:
    marks = [mark(row) for row in lines(which)]
    accepted = report(which, "first technique accepted", [m.first_accepted for m in marks])
    sensible = report(which, "first model's size sensible", [m.size_sensible for m in marks])
    missed = [m.id for m in marks if not (m.first_accepted and m.size_sensible)]
    sys.stdout.write(f"{which}: missed {missed}\n")
    assert accepted >= 0.95
    assert sensible >= 0.90
    assert [m.id for m in marks if m.first_forbidden] == []
    assert [m.id for m in marks if not m.sourced] == []


def test_the_verdicts_are_many_and_a_third_is_held_out() -> None:
    tuned, held_out = lines("tune"), lines("held_out")
    assert len(tuned) + len(held_out) >= 80
    assert len(held_out) >= (len(tuned) + len(held_out)) // 3


def test_every_verdict_says_why_and_contradicts_itself_nowhere() -> None:
    for row in (*lines("tune"), *lines("held_out")):
        expect = row["expect"]
        assert row["why"]
        assert set(expect["first_any"]) <= set(TechniqueId.__args__)
        assert not set(expect["first_any"]) & set(expect["never_first"]), row["id"]
        low, high = expect["params_b_range"]
        assert 0 < low < high
