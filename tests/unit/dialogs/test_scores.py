"""Scores and sizes of test sets as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.results.scores import read_cases, read_results

SCORES = [
    ("f1=0.83 judge=3.9", {"f1": 0.83, "judge": 3.9}),
    ("rouge-l=0.41 judge=3.9", {"rouge-l": 0.41, "judge": 3.9}),
    ("exact match went up to 83%", {"exact-match": 0.83}),
    ("we got 7 of 10", {"score": 0.7}),
    ("7/10", {"score": 0.7}),
    (".90", {"score": 0.9}),
    ("accuracy is 0,87", {"accuracy": 0.87}),
    ("92% accuracy", {"accuracy": 0.92}),
    ("f1 went from .81 to .90", {"f1": 0.9}),
    ("f1 .90, +.02", {"f1": 0.9}),
    ("loss=-0.4", {"loss": -0.4}),
    ("rouge-1 0.41", {"rouge-1": 0.41}),
    ("5-shot .81", {"score": 0.81}),
    ("loop 2: f1 .90", {"f1": 0.9}),
    ("rank 64 gave f1 .90", {"f1": 0.9}),
    ("we tested 3 prompts, best .88", {"score": 0.88}),
    ("dates .84, parties .97", {"dates": 0.84, "parties": 0.97}),
    ("scored 83 % on 200 mails", {"score": 0.83}),
    ("got .88 F1 on the 500 test leases", {"f1": 0.88}),
    ("f1: .90 (n = 1,500)", {"f1": 0.9}),
    ("still running, tomorrow", {}),
]


@pytest.mark.parametrize(("text", "expected"), SCORES)
def test_a_score_is_read_with_its_metric(text: str, expected: dict[str, float]) -> None:
    assert read_results(text) == pytest.approx(expected)


CASES = [
    ("83% on 200 mails", 200),
    (".88 on the 500 test leases", 500),
    ("500 test cases, f1 .9", 500),
    ("f1 .9 over 1,500 fields", 1500),
    ("acc=.8 n=500", 500),
    ("on 2k tickets: f1 .83", 2000),
    ("176 of 200 right", 200),
    ("7 of 10", None),
    ("f1 .90", None),
    ("accuracy on 83%", None),
    ("judge 4", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_size_of_a_test_is_read_where_it_is_said(text: str, expected: int | None) -> None:
    assert read_cases(text) == expected


@given(share=st.integers(1, 99), cases=st.integers(1, 9_999))
def test_a_size_is_never_taken_for_a_score(share: int, cases: int) -> None:
    text = f"f1 {share}% on {cases} mails"
    assert read_results(text) == pytest.approx({"f1": share / 100})
    assert read_cases(text) == cases


@given(st.text(max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    assert all(isinstance(value, float) for value in read_results(text).values())
    assert (read_cases(text) or 1) > 0
