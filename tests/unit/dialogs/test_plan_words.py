"""Changes to the plan as people say them, and the days they name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.lifecycle import load_lifecycle
from dialogs.plan.days import read_day, read_length
from dialogs.plan.words import PlanChange, read_plan_change

MONDAY = date(2026, 11, 23)
LIFECYCLE = load_lifecycle()


def read(text: str) -> PlanChange | None:
    return read_plan_change(text, LIFECYCLE, LIFECYCLE.substep("baseline"), MONDAY)


MOVES = [
    ("move evaluation to friday", "evaluation", date(2026, 11, 27)),
    ("please move the evaluation step to 4 december", "evaluation", date(2026, 12, 4)),
    ("move optimise and deploy for inference to jan 15", "optimise_deploy", date(2027, 1, 15)),
    ("evaluation is due by friday", "evaluation", date(2026, 11, 27)),
    ("postpone data preparation until next week", "prepare_data", date(2026, 11, 30)),
    ("plan move the test set to 2026-12-01", "baseline", date(2026, 12, 1)),
]


@pytest.mark.parametrize(("text", "step", "day"), MOVES)
def test_a_step_is_moved_to_a_day(text: str, step: str, day: date) -> None:
    change = read(text)
    assert change is not None
    assert change.substep is not None
    assert (change.kind, change.substep.id, change.day) == ("move", step, day)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("push evaluation by a week", 7),
        ("delay it by 3 days", 3),
        ("bring evaluation forward by two weeks", -14),
    ],
)
def test_a_step_is_moved_by_a_length(text: str, days: int) -> None:
    change = read(text)
    assert change is not None
    assert change.by == timedelta(days=days)


OWNERS = [
    ("<@U123ABC45> owns fine-tuning", "<@U123ABC45>", "fine_tuning"),
    ("colin owns fine-tuning", "colin", "fine_tuning"),
    ("I own the test set", "I", "baseline"),
    ("assign fine-tuning to @colin", "@colin", "fine_tuning"),
    ("data preparation is owned by colin meyer", "colin meyer", "prepare_data"),
    ("owner of evaluation is petra", "petra", "evaluation"),
]


@pytest.mark.parametrize(("text", "who", "step"), OWNERS)
def test_a_step_gets_an_owner(text: str, who: str, step: str) -> None:
    change = read(text)
    assert change is not None
    assert change.substep is not None
    assert (change.kind, change.who, change.substep.id) == ("own", who, step)


@pytest.mark.parametrize(
    "text", ["we finished prompting", "prompt engineering is done", "done with the prompts"]
)
def test_a_step_is_finished(text: str) -> None:
    change = read(text)
    assert change is not None
    assert change.substep is not None
    assert (change.kind, change.substep.id) == ("finish", "prompting")


def test_somebody_is_away_with_a_deputy() -> None:
    change = read("petra is away until 7 jan, colin stands in")
    assert change is not None
    assert (change.kind, change.who, change.day, change.deputy) == (
        "away",
        "petra",
        date(2027, 1, 7),
        "colin",
    )


NO_PLAN = [
    "it has to be done by february",
    "we need it by friday",
    "we move to the cloud by march",
    "we take llama",
    "reception owns the mails",
    "the answers are done by the model",
    "we use few-shot and data from sap",
    "the model is done",
    "can we move evaluation to friday?",
    "everything is done by friday",
    "we finished",
    "evaluation on 500 leases gave .88",
]


@pytest.mark.parametrize("text", NO_PLAN)
def test_other_sentences_leave_the_plan_alone(text: str) -> None:
    assert read(text) is None


DAYS = [
    ("friday", date(2026, 11, 27)),
    ("monday", date(2026, 11, 30)),  # said on a Monday it is the next one
    ("thu", date(2026, 11, 26)),
    ("today", MONDAY),
    ("tomorrow", date(2026, 11, 24)),
    ("next week", date(2026, 11, 30)),
    ("end of the week", date(2026, 11, 27)),
    ("the 4th", date(2026, 12, 4)),
    ("the 31st", date(2026, 12, 31)),
    ("29 feb 2028", date(2028, 2, 29)),
    ("in two weeks", date(2026, 12, 7)),
    ("soon", None),
    ("", None),
]


@pytest.mark.parametrize(("words", "day"), DAYS)
def test_a_day_is_read_from_words(words: str, day: date | None) -> None:
    assert read_day(words, MONDAY) == day


@given(words=st.sampled_from(["friday", "thu", "the 31st", "next week", "tomorrow", "end of the week", "the 4th"]),
       today=st.dates(date(2020, 1, 1), date(2090, 12, 31)))  # fmt: skip
def test_a_day_in_words_is_never_past(words: str, today: date) -> None:
    day = read_day(words, today)
    assert day is not None
    assert timedelta() <= day - today <= timedelta(days=62)


@given(text=st.text(max_size=100), today=st.dates(date(1999, 1, 1), date(2099, 12, 31)))
def test_any_words_can_be_read(text: str, today: date) -> None:
    read_day(text, today)
    read_length(text)
    read_plan_change(text, LIFECYCLE, None, today)
