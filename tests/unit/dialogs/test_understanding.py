"""What people write, and what is read from it. Each row is something somebody said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dialogs.understanding import Wish, confirmation, read_message, read_scope
from dialogs.understanding.money import conversion
from knowledge.loader import load_knowledge

TODAY = date(2026, 11, 23)  # a Monday

MANAGER = (
    "ok so we want smth that writes the answers to guest mails for reception?? they drown.. ~1200 mails a day over "
    "all hotels, mostly swedish + english, some finnish. everything is in the house guides (change every week ugh). "
    "boss says fine-tune a llama. has to be there before feb, no clue what it costs"
)
MANAGER_AGAIN = (
    "eu cloud is fine i think? we also have 9k old mails with what reception answered, thats good right"
)
COLLEAGUE = "no, legal said own machines. we have an L4 in stockholm"
ENGINEER = (
    "12k labelled leases (en) → parties, dates, rents as json. on prem, 1x 4090. 3k/d, p95 5s. llama 3.1 8b 5-shot: "
    ".81 field f1, need .92 by mid march. lora or qlora?"
)


def read(text: str, expecting: str | None = None) -> dict[str, Any]:
    reading = read_message(text, today=TODAY, expecting=expecting)
    return {field: found.value for field, found in reading.values.items()}


def test_the_managers_first_message_is_read_whole() -> None:
    assert read(MANAGER) == {
        "description": "writes the answers to guest mails for reception",
        "task": "question_answering",
        "domain": "hotels",
        "languages": ["sv", "en", "fi"],
        "data.documents": True,
        "requests_per_day": 1200,
        "knowledge_changes": "weekly",
        "deadline": "before feb",
        "users": "reception",
    }


def test_the_managers_message_is_read_back_in_one_line() -> None:
    assert confirmation(read_message(MANAGER, today=TODAY), TODAY) == (
        "Writes answers to guest mails for reception · Swedish, English, Finnish · 1,200 a day · "
        "house guides, change weekly · before 1 February"
    )


def test_the_engineers_message_is_read_back_in_its_own_short_form() -> None:
    assert confirmation(read_message(ENGINEER, today=TODAY), TODAY) == (
        "12,000 labels · English · on-premises, 1× RTX 4090 · 3,000/day · p95 5 s · tried 5-shot, .81 · "
        "target .92 by 15 Mar"
    )


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        (MANAGER, [("technique", "fine_tuning"), ("model", "llama")]),
        (ENGINEER, [("model", "llama 3.1 8b"), ("technique", "lora"), ("technique", "qlora")]),
        ("we don't want to fine-tune anything", []),
        (
            "maybe Qwen3 4B or gemma 3 with rag",
            [("model", "Qwen3 4B"), ("model", "gemma 3"), ("technique", "rag")],
        ),
        ("tried few-shot with Mistral 7B", []),
    ],
)
def test_models_and_techniques_named_are_wishes(text: str, wishes: list[tuple[str, str]]) -> None:
    found = read_message(text, today=TODAY).wishes
    assert [(wish.kind, wish.name) for wish in found] == wishes
    assert all(isinstance(wish, Wish) and wish.evidence.lower() in text.lower() for wish in found)


def test_a_colleague_contradicts_and_both_readings_can_be_told_apart() -> None:
    before, after = (read(text, "privacy") for text in (MANAGER_AGAIN, COLLEAGUE))
    assert (before["privacy"], before["data.labelled_examples"]) == ("private_cloud", 9000)
    assert (after["privacy"], after["hardware"], after["region"]) == ("on_premises", "an L4", "stockholm")
    assert "domain" not in after, "legal is a department here, not the field of work"
    assert read_message(COLLEAGUE, today=TODAY).corrects


def test_a_later_message_corrects_an_earlier_one_and_says_so() -> None:
    reading = read_scope([MANAGER, MANAGER_AGAIN, COLLEAGUE], today=TODAY)
    assert reading.scope.privacy == "on_premises"
    assert reading.scope.requests_per_day == 1200
    changed = {correction.field: (correction.before, correction.after) for correction in reading.corrections}
    assert changed["privacy"] == ("private_cloud", "on_premises")


@pytest.mark.parametrize(
    ("expecting", "said", "value"),
    [
        ("data.labelled_examples", "12", 12),
        ("data.labelled_examples", "none", 0),
        ("data.labelled_examples", "about 2-3k", 2000),
        ("data.labelled_examples", "a couple hundred", 200),
        ("data.documents", "yes", True),
        ("data.documents", "nope", False),
        ("data.preference_data", "nein", False),
        ("knowledge_changes", "weekly", "weekly"),
        ("knowledge_changes", "hardly ever", "static"),
        ("knowledge_changes", "jeden Tag", "daily"),
        ("privacy", "own machines", "on_premises"),
        ("privacy", "any", "any"),
        ("privacy", "a cloud we control", "private_cloud"),
        ("deadline", "before feb", "before feb"),
        ("deadline", "when the new season starts", "when the new season starts"),
        ("requests_per_day", "300", 300),
        ("requests_per_day", "300 a week", 300 / 7),
        ("latency_seconds", "800 ms", 0.8),
        ("latency_seconds", "5", 5),
        ("budget_usd_per_month", "2k", 2000),
        ("budget_usd_total", "10k", 10000),
        ("input_tokens", "p95 6k, mean 3k", 6000),
        ("success_target", "6 of 10 w/ tiny edits and i cry happy tears", "6 of 10 w/ tiny edits"),
        ("success_target", "9 from 10 without a change", "9 from 10 without a change"),
        ("tried", "nothing", ["nothing"]),
        ("tried", "a long prompt, 71 % right", ["a long prompt, 71 % right"]),
        ("languages", "en, fi", ["en", "fi"]),
        ("quality_risk", "high", "high"),
        ("hardware", "one old dell", "one old dell"),
        ("users", "the night shift", "the night shift"),
        ("task", "classification", "classification"),
    ],
)
def test_a_bare_answer_is_read_as_what_was_asked_for(expecting: str, said: str, value: object) -> None:
    got = read(said, expecting)[expecting]
    assert got == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize("said", ["not sure", "idk", "skip", "keine Ahnung", "?", "je ne sais pas", "", "🤖"])
@pytest.mark.parametrize(
    "expecting", ["deadline", "data.labelled_examples", "privacy", "success_target", "tried", "hardware"]
)
def test_not_knowing_is_no_answer(said: str, expecting: str) -> None:
    assert expecting not in read(said, expecting)


@pytest.mark.parametrize(
    "said", ["5k", "12", "none", "weekly", "yes", "thanks!", "🤖🤖", "   ", "p95 6k, mean 3k"]
)
def test_without_a_question_a_bare_word_says_nothing(said: str) -> None:
    assert read(said) == {}


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        ("we're 3,000 people in 14 countries", "requests_per_day", "heads are no requests"),
        ("5,000 thumbs up on old answers", "data.labelled_examples", "ratings are preference data"),
        ("extract amounts from 40,000 PDFs", "data.documents", "inputs are not looked up"),
        ("Hallo zusammen, the bot must speak Japanese", "deadline", "a greeting is no date"),
        ("3000 dollars, one-time", "budget_usd_per_month", "one-off money is not monthly"),
        ("we are a french company", "languages", "a nationality is no language"),
        ("can it do 100 tokens per second?", "requests_per_day", "a speed is no load"),
        ("version 2.0 runs on python 3.11", "requests_per_day", "versions are no amounts"),
        ("no need for real time answers", "knowledge_changes", "a denied pace is none"),
        ("not a chatbot, please", "task", "a denied task is none"),
        ("it cost us 40k last year", "budget_usd_total", "past cost is no budget"),
        ("we reached 71 % so far", "success_target", "a score reached is no target"),
        ("We'll get maybe 2k labels by spring", "data.labelled_examples", "hoped-for data is not held"),
        ("a GPU costs $2 per hour", "budget_usd_total", "a price is no budget"),
        ("What's the difference between LoRA and QLoRA?", "task", "a question is no scope"),
    ],
)
def test_look_alikes_are_left_alone(text: str, field: str, why: str) -> None:
    assert field not in read(text), why


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("20k/d", 20_000),
        ("70 mails a week", 10),
        ("3,000 per month", 100),
        ("36,500 requests a year", 100),
        ("10 requests per minute", 14_400),
        ("50 emails per hour, 8 hours a day", 400),
        ("500 a week, 5 days a week", 100),
        ("120 agents each handle 30 tickets a day", 3_600),
        ("between 200 and 300 tickets per day", 300),
        ("1,5 Mio. E-Mails im Monat", 50_000),
        ("vingt mille demandes par mois", 20_000 / 30),
        ("tusen ärenden i veckan", 1_000 / 7),
        ("one request every 2 seconds during business hours", 14_400),
    ],
)
def test_load_is_converted_to_a_day(text: str, per_day: float) -> None:
    assert read(text)["requests_per_day"] == pytest.approx(per_day, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "field", "usd"),
    [
        ("budget $800 a month", "budget_usd_per_month", 800),
        ("budget 12,000 dollars a year", "budget_usd_per_month", 1000),
        ("€1.500/Monat max", "budget_usd_per_month", 1500 * 1.0389),
        ("einmalig 15.000 €", "budget_usd_total", 15_000 * 1.0389),
        ("under 100 bucks a month", "budget_usd_per_month", 100),
        ("£3k pm", "budget_usd_per_month", 3000 * 1.0389 / 0.82918),
        ("500-800 usd per month", "budget_usd_per_month", 500),
    ],
)
def test_money_is_monthly_or_one_off_in_dollars(text: str, field: str, usd: float) -> None:
    values = read(text)
    assert values[field] == pytest.approx(usd, abs=0.01)
    assert len({"budget_usd_per_month", "budget_usd_total"} & values.keys()) == 1


def test_a_converted_currency_is_told_with_the_day_of_its_rate() -> None:
    (note,) = read_message("budget 2.000 Euro im Monat", today=TODAY).notes
    assert note == "2,000 EUR ≈ 2,078 USD (EUR at 1.04, rate of 31 December 2024)"


@pytest.mark.parametrize(
    ("messages", "field", "value"),
    [
        (["We expect 2k requests a day", "actually make it 5k"], "requests_per_day", 5000),
        (["500 labelled tickets", "correction: 650 labels"], "data.labelled_examples", 650),
        (["in English", "also Finnish please"], "languages", ["en", "fi"]),
        (["in English", "no, Finnish"], "languages", ["fi"]),
        (["any cloud is fine", "scratch that, it has to stay on our own hardware"], "privacy", "on_premises"),
        (["must be live before May", "forget the deadline"], "deadline", None),
        (["help desk bot, 500 tickets/day", "sorry, 800"], "requests_per_day", 800),
    ],
)
def test_later_messages_correct_earlier_ones(messages: list[str], field: str, value: object) -> None:
    found = read_scope(messages, today=TODAY).values.get(field)
    assert (found.value if found else None) == value


def test_what_was_taken_back_is_named() -> None:
    reading = read_scope(["must be live before May", "forget the deadline"], today=TODAY)
    assert reading.withdrawn == ("deadline",)


@pytest.mark.parametrize("text", [MANAGER, MANAGER_AGAIN, COLLEAGUE, ENGINEER])
def test_every_value_carries_words_of_the_message(text: str) -> None:
    reading = read_message(text, today=TODAY)
    assert reading.evidence
    for words in reading.evidence.values():
        assert words
        assert words in " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "<p>" * 500,
        "a" * 40_000,
        "9" * 5_000,
        "€" * 300,
        "1-" * 999,
        "🤖" * 900,
        "(" * 999,
        "p95 " * 500,
    ],
)
def test_odd_input_is_read_without_complaint(text: str) -> None:
    reading = read_message(text, today=TODAY)
    assert reading.scope is not None
    assert isinstance(confirmation(reading, TODAY), str)


def test_an_html_message_is_read_like_its_text() -> None:
    assert read("<p>Need <b>bot</b> for FAQ, 200 questions a day</p> &amp; cheap")["requests_per_day"] == 200


def test_a_task_named_only_in_the_knowledge_folder_is_read_with_it() -> None:
    knowledge = load_knowledge()
    task = knowledge.tasks["summarization"].model_copy(update={"phrases": ("nutshell of a hearing",)})
    own = replace(knowledge, tasks={**knowledge.tasks, "summarization": task})
    text = "Give me the nutshell of a hearing"
    assert "task" not in read(text)
    assert read_message(text, today=TODAY, knowledge=own).scope.task == "summarization"


def test_a_load_per_head_is_read_with_the_heads_of_the_message_before() -> None:
    reading = read_scope(["We serve 9k users.", "Each user sends about three messages per day."], today=TODAY)
    assert reading.scope.requests_per_day == 27_000
    assert "requests_per_day" not in read("Each user sends about three messages per day.")


def test_a_teams_own_exchange_rates_are_used_and_said() -> None:
    knowledge = load_knowledge()
    euro = knowledge.currencies["EUR"]
    dollar = knowledge.currencies["USD"].model_copy(update={"per_eur": 2.0, "dated": date(2026, 11, 2)})
    own = replace(knowledge, currencies={"EUR": euro, "USD": dollar})
    reading = read_message("budget 500 EUR a month", today=TODAY, knowledge=own)
    assert reading.scope.budget_usd_per_month == 1000
    assert reading.notes == ("500 EUR ≈ 1,000 USD (EUR at 2, rate of 31 December 2024)",)
    assert conversion("500 EUR a month", own.currencies.values()) == "EUR at 2, rate of 31 December 2024"
    assert conversion("500 USD a month", own.currencies.values()) == ""


def test_every_shipped_currency_is_dated_and_sourced() -> None:
    currencies = load_knowledge().currencies
    assert {"EUR", "USD", "SEK", "GBP"} <= set(currencies)
    assert all(entry.sources and entry.written for entry in currencies.values())
