"""After a missed target: which way back the table names, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import shipped

from dialogs.lifecycle import load_lifecycle
from dialogs.results.loop_decision import Situation, decide, points, read_kind, table
from dialogs.sources import source

ROWS = [
    # what is known → rule, way back; why (documents of the knowledge folder)
    ({"gap": 0.1}, "prompt_first", "prompting"),  # evaluation, The loop: the cheapest thing first
    ({"gap": 0.1, "kind": "form", "worst": "the tone"}, "form", "prompting"),
    ({"gap": 0.1, "kind": "form", "rounds": {"prompting": 2}, "examples": 900}, "form_again", "fine_tuning"),
    ({"gap": 0.1, "kind": "form", "rounds": {"prompting": 2}, "examples": 20}, "form", "prompting"),
    ({"gap": 0.1, "kind": "facts", "documents": True}, "facts_with_documents", "prompting"),
    ({"gap": 0.1, "kind": "facts", "worst": "made up"}, "facts", "prompting"),
    ({"gap": 0.1, "kind": "reasoning"}, "reasoning", "prompting"),
    ({"gap": 0.1, "kind": "reasoning", "rounds": {"prompting": 1}}, "reasoning_again", "choose_model"),
    ({"gap": 0.1, "kind": "labels"}, "labels", "prepare_data"),
    ({"gap": 0.1, "kind": "cases", "worst": "dates", "examples": 12_000}, "cases", "prepare_data"),
    ({"gap": 0.1, "kind": "cases", "worst": "dates"}, "cases_without_examples", "prompting"),
    ({"gap": 0.11, "prompted": True, "examples": 12_000, "tried": "5-shot"}, "train", "fine_tuning"),
    ({"gap": 0.11, "prompted": True, "examples": 40}, "collect", "prepare_data"),
    ({"gap": 0.30, "prompted": True}, "wide_without_examples", "choose_model"),
    ({"gap": 0.02, "tuned": True, "examples": 12_000}, "small_after_training", "prepare_data"),
    ({"gap": 0.25, "tuned": True, "examples": 12_000}, "wide_after_training", "choose_model"),
    ({"gap": 0.1, "earlier": (0.88,), "error": 0.02}, "fell", "prompting"),
    ({"gap": 0.1, "earlier": (0.795,), "error": 0.02, "tuned": True, "rounds": {"prepare_data": 1}},
     "flat_after_training", "choose_model"),
    ({"gap": 0.1, "earlier": (0.80, 0.803, 0.801), "error": 0.02}, "plateau", "choose_model"),
]  # fmt: skip


@pytest.mark.parametrize(("known", "rule", "target"), ROWS)
def test_the_table_names_the_way_back(known: dict[str, object], rule: str, target: str) -> None:
    way = decide(Situation(score=0.8, **known))  # type: ignore[arg-type]
    assert (way.rule, way.target) == (rule, target)


def test_a_reason_repeats_the_projects_own_figures() -> None:
    way = decide(Situation(score=0.81, gap=0.11, prompted=True, examples=12_000, tried="5-shot"))
    assert way.because == "5-shot stopped 11 points short, and your 12,000 examples are enough to train on."


def test_every_rule_leads_along_a_loop_and_rests_on_a_passage_that_exists() -> None:
    knowledge, _ = shipped()
    loops = {rule.target for rule in load_lifecycle().loops_from("evaluation")}
    for rule in table().rule:
        assert rule.target in loops, rule.id
        assert source(knowledge, rule.path, rule.heading) is not None, rule.id


@given(
    gap=st.floats(0.001, 1),
    error=st.floats(0, 0.3),
    earlier=st.lists(st.floats(0, 1), max_size=5),
    kind=st.sampled_from(["", "cases", *table().kinds]),
    examples=st.none() | st.integers(0, 100_000),
    rounds=st.dictionaries(st.sampled_from(["prompting", "prepare_data", "fine_tuning"]), st.integers(0, 5)),
    documents=st.booleans(),
    prompted=st.booleans(),
    tuned=st.booleans(),
)
def test_every_situation_has_a_way_back_with_a_whole_sentence(**known: object) -> None:
    known["earlier"] = tuple(known["earlier"])  # type: ignore[arg-type]
    way = decide(Situation(score=0.5, **known))  # type: ignore[arg-type]
    assert way.because.endswith(".")
    assert "{" not in way.because


SAID = [
    ("the form is off", "form"),
    ("mostly invalid JSON", "form"),
    ("it makes up prices", "facts"),
    ("hallucinations", "facts"),
    ("arithmetic on long invoices", "reasoning"),
    ("half of the labels are wrong", "labels"),
    ("all alike", "everywhere"),
    ("can’t tell", "everywhere"),
    ("mostly the dates", "cases"),
    ("Finnish mails", "cases"),
]


@pytest.mark.parametrize(("words", "kind"), SAID)
def test_what_people_say_about_errors_has_a_kind(words: str, kind: str) -> None:
    assert read_kind(words) == kind


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.06, "6 points"), (0.01, "1 point"), (0.005, "half a point"), (0.021, "2.1 points")],
)
def test_distances_are_points(share: float, words: str) -> None:
    assert points(share) == words
