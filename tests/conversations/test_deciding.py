"""What if, and overruling the advice: tried out without a change, decided without an argument, taken back."""

from __future__ import annotations

import re

import pytest
from talk import Talk, advised, faults, shipped

from bot.exporting import build

OPENING = (
    "@Cairn we want a bot that answers guest mails from our house guides, which change weekly. Swedish and English, "
    "1,200 mails a day, own machines with one L4, no labels, a wrong answer is annoying, within 20 s, "
    "6 of 10 used with small edits"
)

KEPT = {"answers", "wishes", "overrules", "decisions", "substeps", "reminders", "open_question", "cuts"}


@pytest.fixture
def talk() -> Talk:
    return advised(OPENING)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what if we had an H100?", "H100"),
        ("what would a 4090 change?", "4090"),
        ("would two L40S help?", "L40S"),
        ("What if we had 20,000 labelled examples?", "20,000 examples"),
        ("suppose the documents never change", "hardly change"),
        ("what if we took Llama 3.1 8B?", "Llama 3.1 8B"),
        ("what would change if any cloud is fine?", "any cloud"),
        ("was wäre, wenn wir eine H100 hätten?", "H100"),
    ],
)
def test_a_supposition_is_tried_out_and_changes_nothing(talk: Talk, text: str, expected: str) -> None:
    before = talk.project.model_dump_json(include=KEPT)
    heard = talk.say("ana", text, mention=True)
    assert expected in heard.text
    assert "Make it so" in heard.labels
    assert talk.project.model_dump_json(include=KEPT) == before
    for reply in heard.replies:
        assert faults(reply) == []
        assert len(reply.quote.splitlines()) <= 5


def test_only_what_changes_is_said_old_then_new(talk: Talk) -> None:
    heard = talk.say("ana", "what if we had an H100?", mention=True)
    quote = heard.replies[0].quote
    assert "Model: Gemma 4 E4B, Q4_K_M → " in quote
    assert "First:" not in quote
    nothing = talk.say("ana", "what if we had 20 labelled examples?", mention=True)
    assert nothing.replies[0].quote == ""
    assert "the advice stays" in nothing.text or "nothing changes" in nothing.text


def test_make_it_so_takes_the_supposition_in(talk: Talk) -> None:
    talk.say("ana", "what if we had an H100?", mention=True)
    heard = talk.click("ben", "Make it so")
    assert "H100" in str(talk.project.scope.hardware)
    assert "H100" in heard.text
    assert not [answer for answer in talk.project.answers if answer.state == "disputed"]


def test_a_what_if_that_says_nothing_readable_is_left_to_others(talk: Talk) -> None:
    heard = talk.say("ana", "what if it rains?", mention=True)
    assert "Make it so" not in heard.labels


def test_a_decision_against_the_advice_is_recorded_planned_and_not_argued(talk: Talk) -> None:
    heard = talk.say("ana", "we take Llama 3.1 8B anyway, our ops team knows it", mention=True)
    assert "Llama 3.1 8B" in heard.text
    assert "Said once: Its card lists eight languages, not Swedish." in heard.text
    decision = talk.project.overrules[-1]
    assert (decision.person, decision.about) == ("ana", "model:llama-3.1-8b-instruct")
    assert "ops team knows it" in decision.text
    card = talk.say("ana", "card", mention=True)
    assert "Model: Llama 3.1 8B" in card.text
    assert "Ana chose it on 23 November" in card.text
    assert "Not Llama" not in card.text


def test_fine_tuning_first_is_planned_when_they_decide_it(talk: Talk) -> None:
    heard = talk.say("ana", "no, we want to fine-tune", mention=True)
    assert "LoRA" in heard.text
    card = talk.say("ana", "card", mention=True)
    assert "First: LoRA" in card.text or "First: QLoRA" in card.text
    assert not [label for label in card.labels if label.startswith("Why not")]


def test_undo_takes_a_decision_back(talk: Talk) -> None:
    first = talk.say("ana", "card", mention=True).text
    talk.say("ana", "no, we want to fine-tune", mention=True)
    assert "Taken back" in talk.say("ana", "undo", mention=True).text
    assert talk.project.overrules == []
    assert talk.say("ana", "card", mention=True).text == first


def test_a_click_below_a_why_not_decides_too(talk: Talk) -> None:
    talk.say("ana", "why not full fine-tuning?", mention=True)
    talk.click("ben", "We do it anyway")
    assert talk.project.overrules[-1].about == "technique:full_fine_tuning"
    assert "full fine-tuning" in talk.say("ana", "card", mention=True).text


@pytest.mark.parametrize(
    "text",
    [
        "should we take Llama anyway?",
        "maybe we use Mistral",
        "we tried to use Llama last year",
        "hello there",
    ],
)
def test_what_is_no_decision_overrules_nothing(talk: Talk, text: str) -> None:
    talk.say("ana", text, mention=True)
    assert talk.project.overrules == []


def test_a_decision_survives_a_later_answer(talk: Talk) -> None:
    talk.say("ana", "no, we want to fine-tune", mention=True)
    talk.say("ana", "actually 5,000 mails a day", mention=True)
    assert "LoRA" in talk.say("ana", "card", mention=True).text


def test_another_currency_is_converted_with_its_dated_rate(talk: Talk) -> None:
    heard = talk.say("ana", "the budget is 500 EUR a month", mention=True)
    assert "519 USD a month" in heard.text
    assert "EUR at 1.04, rate of 31 December 2024" in heard.text


def test_a_deadline_given_late_is_answered_with_its_chance_and_a_way_to_make_it(talk: Talk) -> None:
    heard = talk.say("ana", "it has to be live by 28 February", mention=True)
    assert "By 28 February: 1 in " in heard.text
    assert "Make 28 February" in heard.labels
    later = talk.say("ana", "the deadline moved to 30 June", mention=True)
    assert "By 30 June: " in later.text


def test_a_load_that_one_machine_cannot_carry_is_no_small_change(talk: Talk) -> None:
    heard = talk.say("ana", "what if we had 20,000 mails a day?", mention=True)
    busy = re.search(r"Busy: (\d+) % → (\d+) % of an 8-hour day, too much", heard.replies[0].quote)
    assert busy
    assert int(busy[2]) > 100 > int(busy[1])
    assert "nothing changes" not in heard.text


def test_a_click_on_the_month_they_named_is_recorded_with_that_month(talk: Talk) -> None:
    talk.say("ana", "it has to be live before february", mention=True)
    assert talk.click("ana", "Make February").marks[0].startswith("ana asked how to make February · ")


def test_home_and_the_brief_forecast_what_the_plan_does_after_a_decision_of_the_team(talk: Talk) -> None:
    talk.say("ana", "no, we want to fine-tune", mention=True)
    likely = re.search(r"likely (\d+ \w+)", talk.say("ana", "plan", mention=True).text)
    assert likely
    assert f"Likely done {likely[1]}" in talk.home("ana")
    assert likely[1] in build("five", talk.project, talk.at, shipped()[0]).content.decode()


@pytest.mark.parametrize("text", ["ok go with this", "Ok, go with this", "great, let's go with it"])
def test_a_yes_before_the_words_of_the_button_accepts_too(talk: Talk, text: str) -> None:
    talk.say("ana", text, mention=True)
    assert talk.project.accepted == "ana"
    assert "agreed already" in talk.say("ana", text, mention=True).text
