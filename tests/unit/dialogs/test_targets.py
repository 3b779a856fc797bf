"""Targets, results and how sure a score is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.project import Answer, EvaluationRun, Project
from dialogs.results.targets import (
    best_result,
    comparable,
    reached,
    read_target,
    sampling_error,
    score_of,
    target_of,
)

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def project(target: str, metric: str = "", **runs: float) -> Project:
    answers = [Answer(field="success_target", value=target, person="ana", at=AT)]
    if metric:
        answers.append(Answer(field="success_metric", value=metric, person="ana", at=AT))
    found = Project(id="p", workspace="T", channel="C", slug="p", name="P", created_at=AT, created_by="ana")
    found.answers = answers
    found.runs = [EvaluationRun(at=AT, person="ana", results={name: runs[name]}) for name in runs]
    return found


TARGETS = [
    ("6 of 10", 0.6, True),
    ("6 out of 10 drafts sent", 0.6, True),
    ("92 %", 0.92, True),
    (".92 field f1", 0.92, True),
    ("0,92", 0.92, True),
    ("under 5 s", 5.0, False),
    ("at most 3 % wrong", 0.03, False),
    ("< 2 %", 0.02, False),
    ("4 of 5 stars", 0.8, True),
]


@pytest.mark.parametrize(("text", "value", "higher"), TARGETS)
def test_a_target_is_read_from_words(text: str, value: float, higher: bool) -> None:
    target = read_target(text)
    assert target is not None
    assert target.value == pytest.approx(value)
    assert target.higher_is_better is higher


@pytest.mark.parametrize("text", ["", None, "happy guests", "0 of 0", "rouge-l"])
def test_words_without_a_number_are_no_target(text: str | None) -> None:
    assert read_target(text) is None


def test_the_named_metric_counts_whatever_stands_first() -> None:
    found = project(".92", "f1")
    run = EvaluationRun(at=AT, person="ana", results={"judge": 3.9, "F1": 0.9})
    assert score_of(run, found) == 0.9


@pytest.mark.parametrize(
    ("target", "score", "expected"),
    [("6 of 10", 0.6, True), ("6 of 10", 0.59, False), ("92 %", 93.0, True), ("under 5 s", 4.0, True),
     ("under 5 s", 6.0, False)],
)  # fmt: skip
def test_a_target_is_reached_or_not(target: str, score: float, expected: bool) -> None:
    assert reached(project(target, score=score)) is expected


def test_without_a_target_or_a_run_nothing_is_said() -> None:
    assert reached(project("happy guests", score=0.9)) is None
    assert reached(project("92 %")) is None
    assert target_of(project("happy guests")) is None


def test_the_best_of_a_metric_that_should_be_low_is_the_lowest() -> None:
    found = project("under 5 s", first=6.0, second=4.0, third=5.5)
    best = best_result(found)
    assert best is not None
    assert best.results == {"second": 4.0}


PUBLISHED = [
    (0.90, 1500, 0.015),  # documents/sampling-error.md
    (0.90, 200, 0.042),
    (0.75, 200, 0.060),
    (0.50, 100, 0.098),
]


@pytest.mark.parametrize(("share", "cases", "error"), PUBLISHED)
def test_the_margin_is_the_published_one(share: float, cases: int, error: float) -> None:
    assert sampling_error(share, cases) == pytest.approx(error, abs=0.0006)


def test_below_thirty_cases_and_near_the_ends_the_margin_is_wilsons() -> None:
    # 48 of 50 right runs from about 0.87 to 0.99 (documents/sampling-error.md); the wider side counts.
    assert sampling_error(48 / 50, 50) == pytest.approx(0.96 - 0.865, abs=0.002)
    assert sampling_error(1.0, 20) > 0.1


@given(share=st.floats(0, 1), cases=st.integers(1, 100_000))
def test_more_cases_are_never_less_sure(share: float, cases: int) -> None:
    assert 0 < sampling_error(share, cases * 4) <= sampling_error(share, cases) <= 1


@pytest.mark.parametrize("cases", [0, -5])
def test_no_cases_are_refused(cases: int) -> None:
    with pytest.raises(ValueError, match="at least one case"):
        sampling_error(0.5, cases)


@given(score=st.floats(0, 100))
def test_percent_and_share_compare_alike(score: float) -> None:
    target = read_target("92 %")
    assert target is not None
    assert 0 <= comparable(score, target) <= 1
