"""Skip, back, undo, why, corrections, contradictions, what-ifs: the conversation can be steered at any time."""

from __future__ import annotations

import pytest
from talk import Talk

OPENING = "@Cairn we want to answer questions of our hotel staff from the handbook, which changes monthly"


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.say("ana", OPENING)
    return talk


def test_it_never_asks_what_was_said() -> None:
    talk = Talk()
    talk.say(
        "ana",
        "@Cairn we need to sort support tickets into 12 queues: 20k labelled, English, 3,000 a day, within 2 s, own "
        "machines with one L4, 90 % right by June, no budget limit, a person checks each, nothing tried yet",
    )
    asked = {talk.project.open_question.id} if talk.project.open_question else set()
    assert not asked & {
        "privacy",
        "hardware",
        "labels",
        "languages",
        "load",
        "latency",
        "success",
        "risk",
        "deadline",
    }


def test_six_questions_at_most() -> None:
    talk = Talk()
    talk.say("ana", "@Cairn we want to build something with AI for our team")
    for _ in range(12):
        if talk.project.advised_at:
            break
        talk.say("ana", "idk", mention=True)
    assert talk.project.advised_at
    assert len(set(talk.project.asked)) <= 6


def test_why_do_you_ask_says_what_the_answer_changes(talk: Talk) -> None:
    heard = talk.say("ana", "why do you ask?")
    assert "changes the model and the cost" in heard.text


def test_undo_brings_back_what_held(talk: Talk) -> None:
    talk.say("ana", "own machines, one L4")
    talk.say("ana", "@Cairn actually any cloud is fine")
    assert talk.project.scope.privacy == "any"
    assert "Taken back" in talk.say("ana", "undo", mention=True).text
    assert talk.project.scope.privacy == "on_premises"


def test_back_asks_the_earlier_question_again(talk: Talk) -> None:
    first = talk.project.open_question
    assert first is not None
    talk.say("ana", "own machines")
    heard = talk.say("ana", "back")
    assert talk.project.open_question is not None
    assert talk.project.open_question.id == first.id
    assert talk.project.scope.privacy is None
    assert "back" in heard.text.lower()


def test_everybodys_words_are_remembered_with_who_and_when(talk: Talk) -> None:
    talk.say("ben", "own machines")
    answer = talk.project.current("privacy")
    assert answer is not None
    assert (answer.person, answer.evidence) == ("ben", "own machines")
    assert answer.at == talk.at


def test_a_contradiction_is_shown_and_either_may_settle_it(talk: Talk) -> None:
    talk.say("ana", "any cloud is fine")
    heard = talk.say("ben", "@Cairn no, only our own machines")
    assert "any cloud (ana), own machines (ben)" in heard.text
    talk.say("ben", "own machines", mention=True)
    assert talk.project.scope.privacy == "on_premises"


def test_a_region_and_what_was_not_tried_are_read_back_as_people_write_them(talk: Talk) -> None:
    heard = talk.say("ana", "eu cloud is fine, nothing tried yet", mention=True)
    assert "region: EU" in heard.text
    assert "tried nothing" not in heard.text


def test_ask_someone_first_leaves_it_open(talk: Talk) -> None:
    talk.say("ana", "any cloud is fine")
    talk.say("ben", "@Cairn no, only our own machines")
    talk.click("ben", "Ask someone first")
    assert talk.project.scope.privacy is None
    assert talk.project.open_question is not None
    assert talk.project.open_question.kind == "scope"
    assert len([answer for answer in talk.project.answers if answer.state == "disputed"]) == 2


def test_a_changed_answer_says_only_what_it_changes(talk: Talk) -> None:
    talk.say("ana", "own machines, one L4")
    talk.say("ana", "8 of 10 right")
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    heard = talk.say("ana", "@Cairn no GPU at all, sorry, cpu only")
    assert "→" in heard.text
    assert "Model:" in heard.text
    assert len(heard.replies[0].quote.splitlines()) <= 5


def test_done_with_an_open_criterion_asks_why_and_records_it(talk: Talk) -> None:
    talk.say("ana", "own machines, one L4")
    talk.say("ana", "8 of 10 right")
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    heard = talk.say("ana", "done", mention=True)
    assert "open point" in heard.text
    closed = talk.say("ana", "our vendor has checked the licences", mention=True)
    assert "with your reason on record" in closed.text
    state = next(state for state in talk.project.substeps if state.reason)
    assert state.reason == "our vendor has checked the licences"
    assert state.unmet


def test_loops_lead_back_from_any_later_step_and_are_counted(talk: Talk) -> None:
    talk.say("ana", "own machines, one L4")
    talk.say("ana", "8 of 10 right")
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    assert "Loop 1" in talk.say("ana", "loop back to prompting", mention=True).text
    assert "Loop 2" in talk.say("ana", "@Cairn loop back to use case").text
    assert [loop.target for loop in talk.project.loops] == ["prompting", "use_case"]


def test_only_the_owner_can_delete_and_is_asked_first(talk: Talk) -> None:
    assert "Only its owner" in talk.say("ben", "@Cairn forget").text
    assert "for good" in talk.say("ana", "@Cairn forget").text
    talk.click("ana", "Delete for good")
    assert talk.projects == {}


def test_home_shows_stage_next_step_and_what_waits(talk: Talk) -> None:
    assert "Waiting for an answer" in talk.home("ana")
    talk.say("ana", "own machines, one L4")
    talk.say("ana", "8 of 10 right")
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    assert "Next:" in talk.home("ana")
    assert "Next nudge" in talk.home("ana")


def test_an_edited_message_corrects_what_was_read_from_it() -> None:
    talk = Talk()
    talk.say("ana", "@Cairn we want to sort 300 support tickets a day into 12 queues")
    heard = talk.edit("ana", 1, "@Cairn we want to sort 500 support tickets a day into 12 queues")
    assert talk.project.scope.requests_per_day == 500
    assert "500 a day" in heard.text
    assert (
        talk.edit("ana", 1, "@Cairn we want to sort 500 support tickets a day into 12 queues, please").effects
        == ()
    )


def test_a_message_shortcut_starts_a_project_below_that_message() -> None:
    talk = Talk()
    heard = talk.shortcut("ana", "we should really answer guest mails from the house guides, 200 a day")
    assert "200 a day" in heard.text
    assert talk.project.thread == "1.0"


def test_a_second_project_of_the_same_name_gets_a_number_that_home_shows() -> None:
    talk = Talk()
    for _ in range(2):
        talk.say("ana", "@Cairn we want to answer guest mails from the house guides, 200 a day", outside=True)
    assert sorted(project.name for project in talk.projects.values()) == ["Guest mails", "Guest mails 2"]
    assert "Guest mails 2 in <#C1>" in talk.home("ana")
