"""How well free text is read, over the messages of tests/evaluation."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dialogs.scope import FIELDS
from dialogs.understanding import read_message
from dialogs.understanding.scoring import LISTS, WORDS, ScopeScores, fits, score_scopes

FOLDER = Path(__file__).parents[2] / "evaluation"
FILES = {
    name: [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]
    for name in ("scopes", "fresh_scopes")
}
LINES = [line for lines in FILES.values() for line in lines]


@pytest.fixture(scope="module")
def scores() -> dict[str, ScopeScores]:
    return {name: score_scopes(lines) for name, lines in FILES.items()}


@pytest.mark.parametrize("lines", FILES.values(), ids=FILES.keys())
def test_a_file_is_large_and_mixed_enough_to_say_something(lines: list[dict[str, Any]]) -> None:
    assert len(lines) >= 120
    assert sum(line["set"] == "held_out" for line in lines) >= len(lines) / 3
    assert sum(line["nasty"] for line in lines) >= len(lines) / 3
    assert sum(line["language"] != "en" for line in lines) >= len(lines) / 6


def test_no_line_stands_twice() -> None:
    assert len({line["id"] for line in LINES}) == len(LINES)


def test_every_expected_field_is_a_field_of_the_scope() -> None:
    assert {field for line in LINES for field in line["expect"]} <= set(FIELDS)


@pytest.mark.parametrize(
    ("file", "group", "floor"),
    [
        ("scopes", ("tune", "en"), 0.95),
        ("scopes", ("tune", "other"), 0.93),
        ("scopes", ("held_out", "en"), 0.9),
        ("scopes", ("held_out", "other"), 0.9),
        # Written by people who saw neither the rules nor other messages; the aims are 0.95 and 0.85.
        ("fresh_scopes", ("tune", "en"), 0.95),
        ("fresh_scopes", ("tune", "other"), 0.93),
        ("fresh_scopes", ("held_out", "en"), 0.75),
        ("fresh_scopes", ("held_out", "other"), 0.8),
    ],
)
def test_stated_fields_are_read_right(
    scores: dict[str, ScopeScores], file: str, group: tuple[str, str], floor: float
) -> None:
    assert scores[file].groups[group].accuracy >= floor, "\n" + scores[file].report()


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "group", [("tune", "en"), ("tune", "other"), ("held_out", "en"), ("held_out", "other")]
)
def test_hardly_anything_is_invented(
    scores: dict[str, ScopeScores], file: str, group: tuple[str, str]
) -> None:
    assert scores[file].groups[group].invented_rate <= 0.01, "\n" + scores[file].report()


def test_a_wrong_reading_counts_against_the_score() -> None:
    lines = [
        {
            "id": "x",
            "set": "tune",
            "language": "en",
            "text": "3k mails a day",
            "expect": {"requests_per_day": 4},
        }
    ]
    score = score_scopes(lines).groups["tune", "en"]
    assert (score.stated, score.right, score.invented) == (1, 0, 0)


def test_an_unexpected_value_counts_as_invented() -> None:
    lines = [{"id": "x", "set": "tune", "language": "en", "text": "3k mails a day", "expect": {}}]
    assert score_scopes(lines).groups["tune", "en"].invented == 1


@pytest.mark.parametrize(
    ("field", "expected", "read", "right"),
    [
        ("requests_per_day", 100, 100.9, True),
        ("requests_per_day", 100, 102, False),
        ("languages", ["en", "sv"], ["sv", "en"], False),
        ("hardware", ["one L4"], "L4", True),
        ("hardware", "one L4", "one L40S", False),
        ("deadline", "before feb", "has to be there before feb", True),
        ("privacy", "any", "private_cloud", False),
        ("data.documents", True, 1, False),
    ],
)
def test_values_fit_as_the_convention_says(field: str, expected: object, read: object, right: bool) -> None:
    assert field in FIELDS
    assert fits(field, expected, read) is right


def test_list_and_word_fields_are_fields() -> None:
    assert set(LISTS) | set(WORDS) <= set(FIELDS)


def test_sixty_words_are_read_in_time() -> None:
    text = " ".join(
        next(line["text"] for line in LINES if "guest mails" in line.get("text", "")).split()[:60]
    )
    read_message(text, today=date(2026, 11, 23))
    best = min(_seconds(text) for _ in range(5))
    assert best < 0.02


def _seconds(text: str) -> float:
    start = time.perf_counter()
    read_message(text, today=date(2026, 11, 23))
    return time.perf_counter() - start
