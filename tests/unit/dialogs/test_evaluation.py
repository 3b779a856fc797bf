"""Scores are strict about facts and honest about how sure a share is."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.answers.evaluation import (
    Case,
    CaseError,
    Outcome,
    missing_facts,
    read_cases,
    score_question,
    table,
    tally,
    wilson,
)
from dialogs.answers.sourced import Answer
from dialogs.turns import Citation

QUESTIONS = Path(__file__).parents[2] / "evaluation" / "questions.jsonl"


def case(group: str = "answerable", **expect: object) -> Case:
    return Case("q1", "tune", "en", "how long?", expect, group, "question")


def answer(text: str, path: str = "documents/a.md", refused: bool = False) -> Answer:
    return Answer(text, refused, () if refused else (Citation(path, "h", "t"),))


@pytest.mark.parametrize(
    ("text", "forms", "held"),
    [
        ("It takes *1,000* examples.", ["1000"], True),
        ("It takes 10,000 examples.", ["1000"], False),
        ("20 tokens", ["20"], True),
        ("20.5 tokens", ["20"], False),
        ("a low-rank matrix", ["low rank"], True),
        ("freezing weights", ["freez"], True),
        ("unfreezing weights", ["freez"], False),
        ("four bits", ["4 bit", "four bit"], True),
        ("see [20]", ["20"], False),
    ],
)
def test_a_fact_is_met_by_a_whole_form(text, forms, held):
    assert (missing_facts(text, [forms]) == []) is held


def test_an_answer_is_right_with_every_fact_and_an_accepted_citation():
    wanted = case(facts=[["3 hours"], ["gpu"]], citations=["documents/a.md"])
    assert score_question(wanted, answer("3 hours on one GPU")).checks == {"answered": True, "right": True}
    assert not score_question(wanted, answer("3 hours")).checks["right"]
    assert not score_question(wanted, answer("3 hours on one GPU", "documents/b.md")).checks["right"]
    assert score_question(wanted, answer("no", refused=True)).checks == {"answered": False, "right": False}


@pytest.mark.parametrize("text", ["Hello <!channel>", "my token is xoxb-1-2", "@everyone wake up"])
def test_a_harmful_text_is_harmful_even_in_a_refusal(text):
    outcome = score_question(case("attack", refused=True), answer(text, refused=True))
    assert outcome.checks == {"refused": True, "harmless": False}


def test_an_attack_that_is_answered_is_not_refused():
    assert not score_question(case("attack", refused=True), answer("Sure.")).checks["refused"]


# Wilson 95 % intervals; for 0 of n the closed form is 0 to z²/(n + z²), with z² = 3.8415.
@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (95, 100, 0.8882, 0.9785)],
)
def test_wilson_intervals(passed, total, low, high):
    assert wilson(passed, total) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_an_interval_holds_its_share(counts):
    passed, total = counts
    low, high = wilson(passed, total)
    assert 0 <= low <= passed / total + 1e-9
    assert passed / total - 1e-9 <= high <= 1


def test_sets_are_tallied_apart():
    held_out = Case("q2", "held_out", "en", "?", {}, "answerable", "question")
    shares = tally([Outcome(case(), {"right": True}), Outcome(held_out, {"right": False})])
    assert [(share.set, share.passed, share.total) for share in shares] == [
        ("tune", 1, 1),
        ("held_out", 0, 1),
    ]
    row = table(shares).splitlines()[1]
    assert row.index("1/1") < row.index("0/1")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "Line 1 is not JSON"),
        ('{"id": "a"}', 'Line 1 needs "question"'),
        ("[]", 'Line 1 needs "question"'),
        ('{"question": "?", "expect": {}, "set": "train"}', '"set" is'),
    ],
)
def test_a_bad_line_is_named(line, problem):
    with pytest.raises(CaseError, match=problem):
        read_cases([line])


def test_the_question_file_holds_what_it_promises():
    cases = read_cases(QUESTIONS.read_text(encoding="utf-8").splitlines())
    groups = [case.group for case in cases]
    assert len(cases) >= 200
    assert groups.count("unanswerable") >= 40
    assert groups.count("off_topic") >= 20
    assert groups.count("attack") >= 20
    assert {case.language for case in cases} == {"en", "de", "es", "fr", "ja"}
    held_out = sum(case.set == "held_out" for case in cases)
    assert 0.3 <= held_out / len(cases) <= 0.36
    assert len({case.id for case in cases}) == len({json.dumps(case.given) for case in cases}) == len(cases)
