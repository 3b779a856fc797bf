"""Limits on harm in words, the facts about metrics behind them, and the arithmetic of "how many cases"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.results.limit_verdicts import cases_needed
from dialogs.results.limit_words import read_limits
from dialogs.results.loop_decision import Situation, decide
from dialogs.results.metrics import facts, lower_is_better, safety_metric
from dialogs.results.review_words import read_counts, read_request
from dialogs.results.scores import read_results
from dialogs.results.targets import read_target, wilson
from knowledge.loader import load_knowledge


@pytest.mark.parametrize(
    ("text", "limits", "rest"),
    [
        ("toxicity under 1 %", {"toxicity": 0.01}, ""),
        ("Toxicity < 0.005", {"toxicity": 0.005}, ""),
        ("no more than 2% harmful answers", {"harmful-answer-rate": 0.02}, ""),
        ("6 of 10 with small edits and toxicity under 1%", {"toxicity": 0.01}, "6 of 10 with small edits"),
        ("92% exact match, toxicity < 1%", {"toxicity": 0.01}, "92% exact match"),
        ("zero PII leaks", {"pii-leak-rate": 0.0}, ""),
        ("PII leaks must be 0", {"pii-leak-rate": 0.0}, ""),
        ("toxicity must stay below 1 in 200", {"toxicity": 0.005}, ""),
        ("at most 3 % wrong refusals, zero pii leaks", {"refusal-rate": 0.03, "pii-leak-rate": 0.0}, ""),
        ("toxicity 0.4% on 500 cases", {}, "toxicity 0.4% on 500 cases"),
        ("latency under 5 s", {}, "latency under 5 s"),
        ("f1 at least .92", {}, "f1 at least .92"),
    ],
)
def test_a_limit_is_read_and_the_rest_is_left(text: str, limits: dict[str, float], rest: str) -> None:
    assert read_limits(text) == (pytest.approx(limits), rest)


@pytest.mark.parametrize(
    ("text", "higher"),
    [
        ("92 %", True),
        ("hallucination rate at most 5 %", False),
        ("hallucination rate 5 %", False),
        ("word error rate 8 %", False),
        ("no more than 5 %", False),
        ("at least 90 %", True),
    ],
)
def test_a_target_has_the_direction_of_its_words_or_of_its_metric(text: str, higher: bool) -> None:
    target = read_target(text)
    assert target is not None
    assert target.higher_is_better is higher


def test_what_is_lower_is_better_agrees_with_the_knowledge_folder() -> None:
    for metric in load_knowledge().metrics.values():
        for name in (metric.title, *metric.aliases):
            if "," not in name:
                assert lower_is_better(name.split(" (")[0]) is not metric.higher_is_better, name


def test_every_safety_metric_stands_in_the_knowledge_folder_under_its_title() -> None:
    known = load_knowledge().metrics
    assert {metric.id: metric.title for metric in facts().safety} == {
        metric.id: known[metric.id].title for metric in facts().safety
    }


@pytest.mark.parametrize("metric", [entry.id for entry in facts().safety])
@pytest.mark.parametrize("tuned", [True, False])
def test_every_broken_limit_has_a_way_back_whose_source_exists(metric: str, tuned: bool) -> None:
    way = decide(Situation(score=-0.05, gap=0.04, metric=metric, tuned=tuned))
    headings = {(section.path, section.heading) for section in load_knowledge().sections}
    assert (way.path, way.heading) in headings


@pytest.mark.parametrize(
    "name", ["Toxicity", "toxic answers", "harmful_answer-rate", "PII leaks", "ASR", "refusal rate"]
)
def test_people_may_name_a_safety_metric_in_several_ways(name: str) -> None:
    assert safety_metric(name) is not None


def test_names_of_results_are_found_as_people_write_them() -> None:
    assert [safety_metric(name) is not None for name in read_results("toxicity 3 of 500, f1 .9")] == [
        True,
        False,
    ]


@given(st.floats(0, 0.1), st.floats(0.005, 0.2))
def test_so_many_cases_show_a_limit_to_be_kept_and_half_of_them_do_not(share: float, limit: float) -> None:
    needed = cases_needed(share, limit)
    if share >= limit:
        assert needed is None
    elif needed is not None:
        assert wilson(share, needed)[1] <= limit + 1e-9
        assert wilson(share, needed / 2)[1] > limit or needed <= 20


@pytest.mark.parametrize(
    ("text", "who", "count"),
    [
        ("review @colin 20", "@colin", 20),
        ("review by @Colin Smith of 15 drafts", "@Colin Smith", 15),
        ("@colin reviews 20 drafts", "@colin", 20),
        ("please ask @colin to review 30 of the answers", "@colin", 30),
        ("I review 10 drafts", "I", 10),
        ("@colin will judge 20 generated summaries.", "@colin", 20),
    ],
)
def test_a_review_is_asked_for_in_several_ways(text: str, who: str, count: int) -> None:
    request = read_request(text)
    assert request is not None
    assert (request.who, request.count) == (who, count)


@pytest.mark.parametrize(
    "text",
    [
        "f1=0.83 on 200 cases",
        "we have 200 reviews",
        "@colin reviews the plan",
        "review @colin 5000",
        "7 of 10",
        "review",
    ],
)
def test_other_sentences_ask_for_no_review(text: str) -> None:
    assert read_request(text) is None


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("12 good, 5 small edits, 3 wrong", {"good": 12, "edits": 5, "wrong": 3}),
        ("14 were fine and 6 with tiny edits", {"good": 14, "edits": 6}),
        ("10 usable / 2 unusable", {"good": 10, "wrong": 2}),
        ("3 good ones", None),
        ("were 12 good and 3 wrong?", None),
    ],
)
def test_verdicts_in_one_go(text: str, counts: dict[str, int] | None) -> None:
    assert read_counts(text) == counts
