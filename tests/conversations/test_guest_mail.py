"""A messy product manager: from a rambling mention to a card, a pilot and a nudge."""

from __future__ import annotations

import pytest
from talk import MONDAY, Talk, faults

PM, COL = "petra", "colin"

OPENING = (
    "@Cairn ok so we want smth that writes the answers to guest mails for reception?? they drown.. ~1200 mails "
    "a day over all hotels, mostly swedish + english, some finnish. everything is in the house guides (change "
    "every week ugh). boss says fine-tune a llama. has to be there before feb, no clue what it costs"
)


@pytest.fixture
def talk() -> Talk:
    return Talk(at=MONDAY)


def test_guest_mail_from_first_mention_to_pilot(talk: Talk) -> None:
    first = talk.say(PM, OPENING)
    assert "writes the answers to guest mails for reception" in first.text
    for read in ("1,200 a day", "Swedish, English and Finnish", "documents change weekly", "before feb"):
        assert read in first.text
    assert "noted as ideas, not as decisions" in first.text
    assert "Where may the guest mails be processed?" in first.text
    assert first.labels == ["Only our own machines", "A cloud we control", "Any cloud", "Not sure"]

    second = talk.say(
        PM,
        "eu cloud is fine i think? we also have 9k old mails with what reception answered, thats good right",
    )
    assert "9,000 examples" in second.text
    assert "200 become your test" in second.text

    dispute = talk.say(COL, "@petra no, legal said own machines. we have an L4 in stockholm")
    assert "Two answers, and I keep both for now" in dispute.text
    assert "petra" in dispute.text
    assert "colin" in dispute.text
    assert talk.project.scope.privacy is None, "a contradiction is never settled silently"

    settled = talk.click(PM, "Own machines")
    assert settled.marks[0].startswith("petra chose own machines · ")
    assert "What number would tell you that it works?" in settled.text

    card = talk.say(PM, "6 of 10 w/ tiny edits and i cry happy tears")
    for part in (
        "Scope done → Select → Adapt → Integrate",
        "Target: 6 of 10",
        "own machines · 1× L4",
        "First: retrieval (RAG) with a good prompt, no training yet.",
        "change weekly",
        "Model: Gemma 4 E4B, Q4_K_M.",
        "Qwen3 4B Instruct",
        "Not Llama 3.1 8B",
        "neither Swedish nor Finnish",
        "of the L4's 24",
        "tokens/s",
        "likely",
        "9-in-10 by",
        "By 31 January:",
    ):
        assert part in card.text, part
    assert len(card.replies[0].citations) >= 4
    assert talk.project.scope.hardware
    assert {"Go with this", "Why not fine-tune?", "Make February", "Show formulas"} <= set(card.labels)

    pilot = talk.click(PM, "Make February")
    assert "Start smaller" in pilot.text
    assert "instead of" in pilot.text
    taken = talk.click(PM, "Yes, the smaller scope first")
    assert "The due dates have moved" in taken.text
    assert talk.project.decisions[-1].person == PM


def test_every_reply_keeps_the_house_rules_and_nothing_repeats(talk: Talk) -> None:
    talk.say(PM, OPENING)
    for text in (
        "skip",
        "why do you ask?",
        "eu cloud",
        "undo",
        "own machines, one L4",
        "back",
        "own machines",
        "idk",
    ):
        talk.say(PM, text, mention=True)
    for text in (
        "status",
        "next",
        "plan",
        "what is RAG?",
        "make it 2000 a day",
        "why not fine-tune?",
        "thanks",
    ):
        talk.say(PM, text, mention=True)
    for reply in talk.said:
        assert not faults(reply), faults(reply)
    bodies = [reply.body for reply in talk.said[-20:] if reply.body]
    assert len(bodies) == len(set(bodies)), "the same words came twice"


def test_a_nudge_says_what_when_and_what_waits_and_asks_one_thing(talk: Talk) -> None:
    talk.say(PM, OPENING)
    talk.say(PM, "own machines, one L4", mention=True)
    talk.say(PM, "6 of 10 with small edits", mention=True)
    talk.click(PM, "Go with this")
    nudge = talk.due()
    reply = nudge.replies[0]
    assert len(reply.body.splitlines()) <= 3
    assert "waits on it" in reply.body
    assert reply.question.count("?") == 1
    assert "pause" in " ".join(reply.notes).lower()
    snoozed = talk.click(PM, "Tomorrow")
    assert "snoozed" in snoozed.marks[0]
    assert any(
        reminder.kind == "snoozed" and reminder.state == "waiting" for reminder in talk.project.reminders
    )
