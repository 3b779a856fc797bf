"""What hurried people really write: answers to other questions, restatements, half sentences, no mention."""

from __future__ import annotations

import pytest
from talk import Talk


@pytest.fixture
def invoices() -> Talk:
    """A project started by command; its thread waits for the use case."""
    talk = Talk()
    talk.command("petra", "/cairn start Invoice reader")
    return talk


def test_the_first_words_in_a_started_thread_describe_the_project(invoices: Talk) -> None:
    heard = invoices.say(
        "petra",
        "we get supplier invoices as scans, ~600 a week, want total, VAT and IBAN out of them into SAP",
    )
    assert heard.effects, "the opening says: answer in this thread, in your own words"
    assert invoices.project.scope.description
    assert invoices.project.scope.requests_per_day == pytest.approx(600 / 7, rel=0.02)
    assert "600 a week" in heard.text


def test_facts_from_its_partner_are_taken_whatever_was_asked(invoices: Talk) -> None:
    invoices.say("petra", "pull totals and VAT out of scanned supplier invoices for accounting")
    heard = invoices.say("petra", "300 a day, budget 500 eur a month, has to be live by april")
    assert heard.effects
    assert invoices.project.scope.requests_per_day == 300
    assert invoices.project.scope.deadline


def test_a_second_persons_contradiction_is_heard_without_a_mention(invoices: Talk) -> None:
    invoices.say("petra", "pull totals and VAT out of scanned supplier invoices for accounting")
    while invoices.project.open_question and invoices.project.open_question.id != "privacy":
        invoices.say("petra", "idk")
    invoices.say("petra", "any cloud is fine")
    assert "keep both for now" in invoices.say("colin", "no, legal says only our own machines").text


@pytest.mark.parametrize(
    "said",
    [
        "wait actually its 40 a day not a week",
        "presupuesto 500 euros al mes",
        "Wir haben zwei A100 40GB",
        "we are in a hurry, before may please",
    ],
)
def test_facts_about_something_else_never_become_the_target(said: str) -> None:
    talk = Talk()
    talk.say(
        "ana",
        "@Cairn we want to summarise complaints for our lawyers, own machines, one L4, English, 9k examples",
    )
    for _ in range(6):
        if talk.project.open_question is None or talk.project.open_question.id == "success":
            break
        talk.say("ana", "idk", mention=True)
    assert talk.project.open_question is not None
    talk.say("ana", said, mention=True)
    assert talk.project.scope.success_target is None


def test_having_nothing_is_no_yes_to_documents() -> None:
    talk = Talk()
    talk.say("ana", "@Cairn we want a chatbot that tells bedtime stories to children, any cloud, English")
    for _ in range(6):
        if talk.project.open_question is None or talk.project.open_question.id == "knowledge":
            break
        talk.say("ana", "idk", mention=True)
    talk.say("ana", "we have nothing, no data, no gpu, no ml people", mention=True)
    assert talk.project.scope.data.documents is not True


def test_no_question_is_asked_without_end() -> None:
    talk = Talk()
    talk.say("ana", "@Cairn we want to translate cobol programs into java")
    asked = [reply.question for reply in talk.said]
    for _ in range(8):
        if talk.project.advised_at:
            break
        asked += [
            reply.question for reply in talk.say("ana", "@Cairn hm, the cobol folks would know").replies
        ]
    assert all(asked.count(question) <= 3 for question in asked if question), asked


def test_a_restatement_is_confirmed_instead_of_asked_about_again() -> None:
    talk = Talk()
    talk.say("ana", "@Cairn we want to sort tickets, English, own machines, one L4")
    heard = talk.say("ana", "@Cairn on prem!!!")
    assert "own machines" in heard.text
    assert heard.replies[0].question == ""


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("@Cairn hello, what can you do?", "I walk a team through"),
        ("@Cairn wie ist der Stand?", "Sort"),
        ("@Cairn estado", "Sort"),
        ("@Cairn what now?", ""),
        ("@Cairn what did you assume?", ""),
    ],
)
def test_people_steer_in_their_own_words(said: str, answered: str) -> None:
    talk = Talk()
    talk.command("ana", "/cairn start Sort tickets")
    heard = talk.say("ana", said)
    assert answered.lower() in heard.text.lower()
    assert "outside what I know" not in heard.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("@Cairn wir wollen Kundenmails automatisch beantworten, 200 am Tag, auf Deutsch", "auf Englisch"),
        ("@Cairn queremos clasificar quejas de clientes en español, 300 al día", "en inglés"),
        ("@Cairn we want to sort customer complaints, 300 a day", ""),
    ],
)
def test_who_writes_in_another_language_is_told_once_that_answers_are_english(said: str, told: str) -> None:
    talk = Talk()
    first = talk.say("ana", said).text
    assert told in first if told else "Englisch" not in first
    assert not told or told not in talk.say("ana", "@Cairn 5000 am Tag, auf eigenen Rechnern").text
