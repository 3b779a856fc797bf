"""A chat model reads what the rules have read: it adds, it asks once where it differs, and it holds nobody up."""

from __future__ import annotations

import pytest
from talk import Talk, faults

BERTHS = (
    "@Cairn we want an assistant that answers skippers about berths from our harbour guide, in English; "
    "300 calls a day, all data on our own servers, a slip-up means a stranded yacht"
)
RISK = ("quality_risk", "high", "a slip-up means a stranded yacht")


@pytest.fixture
def talk() -> Talk:
    return Talk(has_chat=True)


def told_all(talk: Talk) -> None:
    for _ in range(8):
        if talk.project.advised_at:
            return
        talk.say("ana", "skip", mention=True)


def test_the_first_answer_comes_at_once_and_a_reading_of_the_same_words_is_asked_for(talk: Talk) -> None:
    heard = talk.say("ana", BERTHS)
    assert "300 a day" in heard.text
    assert talk.later is not None
    assert "300 calls a day" in talk.later[1].messages[-1][1]
    assert talk.later[1].schema is not None


def test_without_a_chat_model_nothing_is_asked_for() -> None:
    plain = Talk()
    plain.say("ana", BERTHS)
    assert plain.later is None


def test_what_the_rules_missed_is_said_and_taken_in(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    assert talk.project.scope.quality_risk is None
    heard = talk.read_again(RISK)
    assert "risk of a wrong answer: high" in heard.text
    assert talk.project.scope.quality_risk == "high"
    (answer,) = [entry for entry in talk.project.answers if entry.field == "quality_risk"]
    assert (answer.person, answer.evidence) == ("ana", "a slip-up means a stranded yacht")
    assert [fault for reply in heard.replies for fault in faults(reply)] == []


@pytest.mark.parametrize(
    "stated",
    [
        (),
        (("privacy", "on_premises", "all data on our own servers"),),
        (("requests_per_day", "300", "300 calls a day"), ("languages", "en", "in English")),
        (("quality_risk", "high", "lives are at stake"),),  # words that nobody wrote
        (("budget_usd_per_month", "5000", "300 calls a day"),),  # a number that is no money
        (("requests_per_day", "9000", "300 calls a day"),),  # the quote says 300 whatever the model says
    ],
)
def test_where_it_agrees_or_makes_things_up_nobody_hears_of_it(
    talk: Talk, stated: tuple[tuple[str, str, str], ...]
) -> None:
    talk.say("ana", BERTHS)
    before = talk.project.model_dump_json(include={"answers", "open_question", "wishes"})
    assert talk.read_again(*stated).replies == []
    assert talk.project.model_dump_json(include={"answers", "open_question", "wishes"}) == before


def test_a_difference_is_one_question_with_two_buttons_and_the_rules_value_counts_until_then(
    talk: Talk,
) -> None:
    talk.say("ana", BERTHS)
    heard = talk.read_again(("privacy", "any", "all data"), ("data.documents", "false", "harbour guide"))
    (reply,) = heard.replies
    assert reply.question == "Which one holds?"
    assert [choice.label for choice in reply.choices] == ["Own machines", "Any cloud"]
    assert talk.project.scope.privacy == "on_premises"
    assert faults(reply) == []


def test_a_click_on_the_other_reading_corrects_whoever_clicks(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    talk.read_again(("privacy", "any", "all data"))
    heard = talk.click("ben", "Any cloud")
    assert "ben chose any cloud" in heard.marks[0].casefold()
    assert talk.project.scope.privacy == "any"
    assert not [answer for answer in talk.project.answers if answer.state == "disputed"]


def test_a_click_on_the_first_reading_leaves_everything(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    talk.read_again(("privacy", "any", "all data"))
    heard = talk.click("ana", "Own machines")
    assert "own machines" in heard.marks[0]
    assert heard.replies == []
    assert talk.project.scope.privacy == "on_premises"


def test_a_later_message_that_the_model_reads_against_an_earlier_answer_is_asked_about(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    talk.say("ana", "the harbour board slept over it and Lisbon may hold the numbers after all", mention=True)
    assert talk.project.scope.privacy == "on_premises"
    heard = talk.read_again(("privacy", "any", "Lisbon may hold the numbers"))
    assert heard.replies[0].body.startswith("So far: own machines (where data may go).")
    assert [choice.label for choice in heard.replies[0].choices] == ["Own machines", "Any cloud"]
    talk.click("ana", "Any cloud")
    assert talk.project.scope.privacy == "any"


def test_an_answer_given_meanwhile_wins(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    asked = talk.later
    talk.say("ana", "the data may go to any cloud, and a wrong answer is annoying", mention=True)
    held = talk.project.scope
    talk.later = asked
    assert talk.read_again(("privacy", "private_cloud", "all data"), RISK).replies == []
    assert talk.project.scope == held


def test_a_click_after_a_correction_does_not_undo_it(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    talk.read_again(("privacy", "private_cloud", "all data"))
    talk.say("ana", "actually any cloud is fine", mention=True)
    heard = talk.click("ana", "A cloud you control")
    assert "Answered meanwhile" in heard.marks[0]
    assert talk.project.scope.privacy == "any"


def test_what_was_taken_back_does_not_come_back(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    asked = talk.later
    talk.read_again(RISK)
    talk.say("ana", "undo", mention=True)
    talk.later = asked
    assert talk.read_again(RISK).replies == []
    assert talk.project.scope.quality_risk is None


def test_once_advice_was_given_it_says_what_the_finding_changes(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    told_all(talk)
    talk.say(
        "ana",
        "the harbour office opens at six, and Bertil's old gaming box (4090) is what we would use",
        mention=True,
    )
    talk.project.answers[:] = [answer for answer in talk.project.answers if answer.field != "hardware"]
    heard = talk.read_again(("hardware", "4090", "Bertil's old gaming box (4090)"))
    assert "4090" in heard.text
    assert "Speed: about" in heard.text
    assert talk.project.scope.hardware == "4090"


def test_a_message_that_the_rules_could_not_read_gets_a_second_look(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    told_all(talk)
    heard = talk.say("ana", "if it tells a skipper rubbish the coast guard comes out", mention=True)
    assert talk.project.scope.quality_risk is None
    assert heard.replies
    found = talk.read_again(("quality_risk", "high", "the coast guard comes out"))
    assert "risk of a wrong answer: high" in found.text
    assert talk.project.scope.quality_risk == "high"


@pytest.mark.parametrize("text", ["skip", "status", "300 a day", "thanks!"])
def test_short_answers_and_steering_words_are_not_read_twice(talk: Talk, text: str) -> None:
    talk.say("ana", BERTHS)
    talk.say("ana", text, mention=True)
    assert talk.later is None


def test_a_reading_for_a_project_at_rest_says_nothing(talk: Talk) -> None:
    talk.say("ana", BERTHS)
    asked = talk.later
    talk.command("ana", "/cairn archive")
    talk.later = asked
    assert talk.read_again(RISK).replies == []
