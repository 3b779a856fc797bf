"""What a project costs a month: on the card, in what-ifs and in corrections, old and new, only at dated prices."""

from __future__ import annotations

import re

import pytest
from talk import Talk, advised, faults

SHOP = (
    "@Cairn we want a bot that answers our customers' questions from the help centre, in English. No GPU, any cloud is "
    "fine, 200 requests a day, no labels, 8 of 10 answers right"
)
RENTED = (
    "@Cairn we want a bot that answers guest mails from our house guides, which change weekly. English, 1,200 mails a "
    "day, in our own AWS account with one H100, no labels, a wrong answer is annoying, 6 of 10 used with small edits"
)


def project(opening: str) -> Talk:
    return advised(opening)


def test_the_card_of_a_hosted_model_shows_the_sum_and_the_load_where_own_pays() -> None:
    card = project(SHOP).say("ana", "card", mention=True)
    assert "Model: OpenAI GPT-5.4 mini (API)" in card.text
    assert "Cost: 200 requests × 30 days" in card.text
    assert "a GPU of your own pays from about" in card.text
    assert [fault for reply in card.replies for fault in faults(reply)] == []


def test_a_rented_gpu_costs_its_hours_at_the_dated_price() -> None:
    talk = project(RENTED)
    assert (
        "Cost: 1 × 2.99 USD an hour × 720 hours = 2,150 USD a month"
        in talk.say("ana", "card", mention=True).text
    )
    formulas = talk.say("ana", "show formulas", mention=True).text
    assert "Lambda on-demand list price" in formulas
    assert "2026-08-22" in formulas


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("what if we had 2,000 requests a day?", "Cost: about 14.4 → 144 USD a month"),
        (
            "what if it must stay on our own machines?",
            "Cost: about 14.4 USD a month → no rent, your own machine",
        ),
        ("what if we had an H100?", "Cost: about 14.4 → 2,150 USD a month"),
        ("what if we had an M2 Ultra?", "Cost: about 14.4 USD a month → no dated price"),
    ],
)
def test_a_supposition_says_the_cost_old_then_new(text: str, line: str) -> None:
    heard = project(SHOP).say("ana", text, mention=True)
    assert line in heard.replies[0].quote.splitlines()
    assert len(heard.replies[0].quote.splitlines()) <= 5
    assert [fault for reply in heard.replies for fault in faults(reply)] == []


def test_a_supposition_shows_the_formula_and_the_source_of_its_price() -> None:
    notes = " ".join(
        project(SHOP).say("ana", "what if we had 2,000 requests a day?", mention=True).replies[0].notes
    )
    assert "2,000 requests × 30 days" in notes
    assert "2026-11-21" in notes


def test_a_load_beyond_the_break_even_says_that_own_pays() -> None:
    heard = project(SHOP).say("ana", "what if we had 100,000 requests a day?", mention=True)
    assert "so rent one once it works" in heard.text


def test_what_does_not_move_the_cost_says_nothing_of_it() -> None:
    heard = project(SHOP).say("ana", "what if we had 5,000 labelled examples?", mention=True)
    assert "Cost:" not in heard.text


def test_a_correction_says_the_new_cost() -> None:
    heard = project(SHOP).say("ana", "actually 2,000 requests a day", mention=True)
    assert "Cost: about 14.4 → 144 USD a month" in heard.text


def test_a_machine_of_ones_own_costs_no_rent() -> None:
    talk = project(RENTED.replace("in our own AWS account with one H100", "own machines with one H100"))
    assert "Cost:" not in talk.say("ana", "card", mention=True).text


def test_what_it_costs_is_answered_for_the_project_not_in_general() -> None:
    rented = project(RENTED).say("ana", "how much will it cost?", mention=True)
    assert "Running it: about 2,150 USD a month. 1 × 2.99 USD an hour × 720 hours" in rented.text
    assert "Lambda on-demand list price" in rented.text
    assert re.search(r"Building it: about \d+ person-weeks from here \[1\]", rented.text), (
        "whole weeks, no false precision"
    )
    assert [fault for reply in rented.replies for fault in faults(reply)] == []


def test_a_machine_of_the_team_costs_no_rent_and_says_how_busy_it_is() -> None:
    own = project(RENTED.replace("in our own AWS account with one H100", "on our own machines with one L4"))
    heard = own.say("ana", "how much will it cost?", mention=True)
    assert "Running it: no rent, the machine is yours." in heard.text
    assert "% busy in an 8-hour day" in heard.text


def test_who_does_what_shows_the_plan_with_its_owners() -> None:
    talk = project(RENTED)
    talk.say("ana", "how much will it cost?", mention=True)
    talk.say("ana", "@Cairn ana owns evaluation")
    heard = talk.say("ana", "who does what?", mention=True)
    assert "Evaluate against the target, due" in heard.replies[0].more
    assert "ana" in heard.replies[0].more
