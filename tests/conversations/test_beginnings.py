"""How people who have never met Cairn begin: with their trouble, with a hope, with a question that is both."""

from __future__ import annotations

import pytest
from talk import Talk


@pytest.mark.parametrize(
    "said",
    [
        "hey we're a small museum, we get loads of questions by email about opening hours. can AI do that?",
        "We lose a day a week copying numbers out of supplier PDFs into the ERP.",
        "could a bot answer our tenants' repair questions?",
        "Wir bekommen täglich 300 Anfragen zu Müllterminen, könnte eine KI das beantworten?",
    ],
)
def test_who_tells_of_their_work_has_started_a_project(said: str) -> None:
    talk = Talk()
    heard = talk.say("petra", f"@Cairn {said}")
    assert talk.project.open_question is not None
    assert "What I read" in heard.text


def test_a_question_that_tells_of_work_is_answered_and_may_start_a_project() -> None:
    talk = Talk()
    heard = talk.say("petra", "@Cairn Our desk is flooded with tickets. How many examples does LoRA need?")
    assert heard.replies[0].citations
    assert not talk.projects
    talk.click("petra", "Start a project from this")
    assert talk.project.scope.description


@pytest.mark.parametrize("said", ["what is LoRA?", "do we need rag?", "can an LLM do arithmetic reliably?"])
def test_a_plain_question_starts_nothing(said: str) -> None:
    talk = Talk()
    assert talk.say("petra", f"@Cairn {said}").replies
    assert not talk.projects


def museum() -> Talk:
    """A conversation up to the card, by somebody who knows nothing of models."""
    talk = Talk()
    for said in (
        "@Cairn we're a small museum and answer visitors' mails about school visits, 60 a day, can AI do that?",
        "any cloud is fine",
        "the website and a word doc, they change weekly",
        "8 of 10 answers need no change",
    ):
        talk.say("petra", said, mention=True)
    while talk.project.open_question:
        talk.say("petra", "skip", mention=True)
    assert talk.project.advised_at
    return talk


def test_money_said_while_a_target_is_asked_for_is_money() -> None:
    talk = Talk()
    talk.say("petra", "@Cairn we want a bot that answers visitors' mails, 60 a day, any cloud is fine")
    while talk.project.open_question and talk.project.open_question.id != "success":
        talk.say("petra", "skip", mention=True)
    talk.say("petra", "no budget really, maybe 50 dollars a month", mention=True)
    assert talk.project.scope.budget_usd_per_month == 50
    assert talk.project.scope.success_target is None


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("what happens if we get 10 times more mails?", "600 a day"),
        ("what if traffic doubles", "120 a day"),
        ("what if we only get half the questions?", "30 a day"),
    ],
)
def test_a_multiple_of_the_load_is_a_supposition(said: str, read: str) -> None:
    talk = museum()
    assert f"If {read}" in talk.say("petra", said, mention=True).text
    assert talk.project.scope.requests_per_day == 60


@pytest.mark.parametrize("said", ["go with this", "ok let's do that", "Let's go!", "machen wir so"])
def test_the_recommendation_is_taken_in_words(said: str) -> None:
    talk = museum()
    heard = talk.say("petra", said, mention=True)
    if said == "machen wir so":
        assert not talk.project.accepted, "only whole phrases that are listed count"
        return
    assert talk.project.accepted == "petra"
    assert "On record" in heard.text


def test_a_question_is_no_answer_though_it_names_a_field() -> None:
    talk = Talk()
    talk.say("petra", "@Cairn we want a bot that answers visitors' mails, 60 a day")
    assert talk.project.open_question.id == "privacy"
    heard = talk.say("petra", "is that allowed under gdpr?", mention=True)
    assert talk.project.scope.privacy is None
    assert "Still open: " in heard.text
    assert not talk.say("petra", "can we use our own machines at all?").effects, "it asks somebody else"
    talk.say("petra", "EU cloud i think?", mention=True)
    assert talk.project.scope.privacy == "private_cloud"


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("should we do rag?", "Yes, it comes first."),
        ("do we need RLHF?", "comparisons"),
        ("would pruning be worth it?", "prun"),
    ],
)
def test_whether_we_should_is_answered_for_this_project(said: str, answered: str) -> None:
    talk = museum()
    heard = talk.say("petra", said, mention=True)
    assert answered.lower() in heard.text.lower()
    assert talk.project.accepted == ""


def test_a_mere_yes_after_the_card_asks_whether_it_was_meant() -> None:
    talk = museum()
    heard = talk.say("petra", "ok", mention=True)
    assert "Shall I note that you go with it" in heard.text
    talk.click("petra", "Go with this")
    assert talk.project.accepted == "petra"


def test_a_model_is_compared_with_the_advice() -> None:
    heard = museum().say("petra", "compare with qwen3 8b", mention=True)
    assert "If Qwen3 8B" in heard.text
    assert "chose" not in heard.text


@pytest.mark.parametrize("said", ["make it cheaper", "too slow"])
def test_a_short_wish_is_answered_from_the_folder(said: str) -> None:
    assert museum().say("petra", said, mention=True).replies[0].citations
