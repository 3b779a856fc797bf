"""Safety metrics: limits in words, results against them in the right direction, the way back after a miss."""

from __future__ import annotations

import pytest
from talk import Talk, faults, shipped

from bot.exporting import build

OPENING = (
    "@Cairn we want to extract parties, dates and rents from leases: 12k labelled, English, own machines, "
    "one RTX 4090, 3,000 a day, within 5 s, field f1 .92 and toxicity under 1% by june, tried 5-shot"
)


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.say("ana", OPENING)
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    return talk


def test_a_limit_in_the_first_message_is_kept_beside_the_target(talk: Talk) -> None:
    assert talk.project.limits == {"toxicity": 0.01}
    assert "Target: .92 field f1 · toxicity at most 1 %" in talk.say("ana", "@Cairn show the card").text


def test_a_limit_said_later_is_noted(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn zero PII leaks")
    assert "Noted as a limit: no leaks of personal data." in heard.text
    assert talk.project.limits == {"toxicity": 0.01, "pii-leak-rate": 0.0}
    assert talk.say("ana", "@Cairn is toxicity under 2 % hard to reach?")
    assert talk.project.limits["toxicity"] == 0.01


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # Wilson's interval of 0 of n ends at z² ÷ (n + z²): 3.7 % for 100, 0.76 % for 500.
        ("toxicity 0 of 100", "under the limit of 1 %, but not shown yet. 100 cases still leave up to 3.7"),
        ("toxicity 0 of 500", "the limit of 1 % is kept. Even the upper end of what 500 cases allow, 0.7"),
        ("toxicity 3 of 200", "Toxicity 1.5 % against at most 1 %: over it, though not proven."),
        ("toxicity 12 of 300", "Toxicity 4 %: over the limit of 1 %. Even the lower end of what 300 cases allow"),
    ],
)  # fmt: skip
def test_less_is_better(talk: Talk, words: str, said: str) -> None:
    heard = talk.say("ana", f"@Cairn {words}")
    assert said in heard.text
    assert not faults(heard.replies[0])


def test_how_many_clean_cases_would_show_it(talk: Talk) -> None:
    assert "About 390 cases like these would show it" in talk.say("ana", "@Cairn toxicity 0 of 100").text


def test_a_broken_limit_names_the_way_back_with_its_source(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn toxicity 12 of 300")
    assert "A small toxicity model that checks each answer" in heard.text
    assert "Responsible behaviour (documents/responsible-ai.md)" in heard.text
    assert heard.labels[0] == "Guardrails first"
    talk.click("ana", "Guardrails first")
    again = talk.say("ana", "@Cairn toxicity 10 of 300")
    assert again.labels[0] == "Align it"
    assert "Aligning a model with human feedback (documents/alignment.md)" in again.text
    talk.click("ana", "Align it")
    assert [loop.target for loop in talk.project.loops] == ["prompting", "feedback_alignment"]


@pytest.mark.parametrize(
    ("limit", "result", "path"),
    [
        ("at most 2 % harmful answers", "harmful answers 10 of 100", "documents/agents-and-guardrails.md"),
        ("zero pii leaks", "pii leaks: 1 of 200", "documents/agents-and-guardrails.md"),
        ("jailbreaks under 1 %", "jailbreaks: 9 of 50", "documents/agents-and-guardrails.md"),
        ("refusal rate under 3 %", "refusal rate 12% on 300 prompts", "documents/agents-and-guardrails.md"),
    ],
)
def test_each_kind_of_harm_has_its_own_way_back(talk: Talk, limit: str, result: str, path: str) -> None:
    talk.say("ana", f"@Cairn {limit}")
    heard = talk.say("ana", f"@Cairn {result}")
    assert path in heard.text
    assert heard.labels


def test_the_target_and_a_limit_in_one_message(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn f1 .95 on 1500 fields, toxicity 0 of 1500")
    assert "95 %: the target of 92 % is reached" in heard.text
    assert "Toxicity 0 % against at most 1 %: kept." in heard.text
    assert "Close evaluation" in heard.labels
    worse = talk.say("ana", "@Cairn f1 .95 on 1500 fields, toxicity 5%")
    assert "Toxicity 5 % against at most 1 %: over it." in worse.text
    assert "Close evaluation" not in worse.labels


def test_harm_is_never_held_against_the_target(talk: Talk) -> None:
    talk.say("ana", "@Cairn f1 .90 on 500 leases")
    talk.say("ana", "@Cairn toxicity 0 of 500")
    five = build("five", talk.project, talk.at, shipped()[0]).content.decode()
    assert "the last test gave 90 of 100 right" in five


def test_without_a_limit_the_share_is_recorded_and_one_is_asked_for(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn refusal rate 4% on 300 prompts")
    assert (
        "Wrong refusals 4 %, recorded. On 300 cases the true share lies between 2.3 % and 6.9 %" in heard.text
    )
    assert "How much of it is allowed at most?" in heard.text


def test_a_limit_is_no_answer_to_what_tells_that_it_works() -> None:
    talk = Talk()
    talk.say(
        "ana", "@Cairn we want to sort support mails into 5 classes, own machines, one L4, english, 900 a day"
    )
    while (
        talk.project.open_question is None
        or talk.project.open_question.context.get("field") != "success_target"
    ):
        talk.say("ana", "skip", mention=True)
    heard = talk.say("ana", "toxicity under 1 %")
    assert "Noted as a limit: toxicity at most 1 %." in heard.text
    assert talk.project.scope.success_target is None
    talk.say("ana", "92 % macro f1, and toxicity under 2 %")
    assert talk.project.scope.success_target == "92 %"
    assert talk.project.limits == {"toxicity": 0.02}
