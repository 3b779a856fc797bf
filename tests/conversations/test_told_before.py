"""What was recommended before can be shown later with why, whatever has changed since: answers or knowledge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from talk import Talk, advised, faults, shipped

from dialogs.advice import advise
from dialogs.steps import Told

OPENING = (
    "@Cairn we want a bot that answers guest mails from our house guides, which change weekly. Swedish and English, "
    "1,200 mails a day, own machines with one L4, no labels, a wrong answer is annoying, within 20 s, "
    "6 of 10 used with small edits"
)


@pytest.fixture
def talk() -> Talk:
    return advised(OPENING)


def test_what_was_said_before_an_answer_changed_is_shown_with_its_reasons_and_answers(talk: Talk) -> None:
    first = talk.told[-1]
    talk.wait(days=2)
    talk.say("ana", "we have an H100 now", mention=True)
    heard = talk.command("ana", "/cairn recommend before")
    reply = heard.replies[0]
    assert "On 23 November" in heard.text
    assert first.advice["techniques"][0]["reasons"][0] in heard.text
    assert first.advice["models"][0]["title"] in heard.text
    assert "1× L4" in reply.quote
    assert "hardware 1× L4 → 1× H100" in reply.after
    assert f"→ {talk.told[0].advice['models'][0]['title']}" in reply.after
    assert [citation.path for citation in reply.citations]
    assert faults(reply) == []


def test_the_reason_of_then_stands_after_the_knowledge_has_changed(talk: Talk) -> None:
    knowledge, _ = shipped()
    named = talk.told[-1].advice["models"][0]
    left = tuple(card for card in knowledge.catalog.models if card.id != named["id"])
    talk.knowledge = replace(knowledge, catalog=replace(knowledge.catalog, models=left), revision="another")
    heard = talk.command("ana", "/cairn recommend before")
    assert named["title"] in heard.text
    assert named["reasons"][0] in heard.text
    assert "My knowledge folder has changed since" in heard.text
    assert f"Model: {named['title']} → " in heard.text


def test_a_recommendation_offers_what_was_said_before_only_where_it_differs(talk: Talk) -> None:
    assert "What I said before" not in talk.say("ana", "/cairn recommend", mention=True).labels
    assert "What I said before" not in talk.command("ana", "/cairn recommend").labels
    talk.say("ana", "we have an H100 now", mention=True)
    assert "What I said before" in talk.command("ana", "/cairn recommend").labels
    assert "1× L4" in talk.click("ana", "What I said before").text


def test_a_day_or_the_first_one_can_be_named(talk: Talk) -> None:
    talk.wait(days=2)
    talk.say("ana", "we have an H100 now", mention=True)
    talk.wait(days=2)
    talk.say("ana", "now it is two RTX 4090", mention=True)
    assert "1× H100" in talk.command("ana", "/cairn recommend 25 November").replies[0].quote
    assert "1× L4" in talk.command("ana", "/cairn recommend first").replies[0].quote
    assert "1× L4" in talk.command("ana", "/cairn recommend 2026-11-23").replies[0].quote
    assert "1× H100" in talk.command("ana", "/cairn recommend before").replies[0].quote


def test_a_decision_against_the_advice_is_among_what_changed(talk: Talk) -> None:
    talk.say("ana", "no, we want to fine-tune", mention=True)
    heard = talk.command("ana", "/cairn recommend first")
    assert "Decided since: " in heard.text
    assert "lora" in heard.text


def test_where_nothing_else_was_said_that_is_said(talk: Talk) -> None:
    assert "nothing else before" in talk.command("ana", "/cairn recommend before").text


def test_every_change_of_the_advice_is_kept_with_inputs_rules_and_revision(talk: Talk) -> None:
    knowledge, _ = shipped()
    talk.say("ana", "we have an H100 now", mention=True)
    newest: Told = talk.told[0]
    assert newest.knowledge_revision == knowledge.revision
    assert newest.inputs["scope"]["hardware"] == talk.project.scope.hardware
    again = advise(talk.project.scope, knowledge, wishes=talk.project.wishes, today=talk.at.date())
    assert newest.rules == again.rules
    assert newest.advice == again.as_record()
