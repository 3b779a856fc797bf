"""What a team decides against the advice comes first, once, with its price; everything else stays."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.advice import Advice, Overrule, advise, glance
from dialogs.advice.facts import facts_of
from dialogs.advice.overrules import meant_model, meant_technique
from dialogs.lifecycle import load_lifecycle
from dialogs.scope import Scope, ScopeData
from dialogs.scoping.questions import Impact, impact
from knowledge.loader import load_knowledge

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)
SCOPE = Scope(
    description="answers guest mails from our house guides",
    task="question_answering",
    languages=["sv", "en"],
    data=ScopeData(documents=True, labelled_examples=0),
    knowledge_changes="weekly",
    hardware="one L4",
    privacy="on_premises",
)


def advised(*overrules: Overrule, scope: Scope = SCOPE) -> Advice:
    return advise(scope, KNOWLEDGE, overrules=overrules, today=TODAY)


@pytest.mark.parametrize("id", ["lora", "full_fine_tuning", "prompt_engineering", "pretraining_from_scratch"])
def test_the_technique_decided_on_comes_first_with_its_price_and_a_source(id: str) -> None:
    advice = advised(Overrule("technique", id, "Ana", TODAY))
    first = advice.techniques[0]
    assert (first.id, first.when) == (id, "now")
    assert first.reasons[0].startswith("Ana decided this on 23 November. What it costs: ")
    assert first.how
    assert first.citations
    assert sorted(entry.id for entry in advice.techniques) == sorted(e.id for e in advised().techniques)


def test_the_model_decided_on_comes_first_and_is_no_longer_refused() -> None:
    advice = advise(
        SCOPE,
        KNOWLEDGE,
        wishes=["Llama 3.1 8B"],
        overrules=[Overrule("model", "llama-3.1-8b-instruct", "Ana", TODAY)],
        today=TODAY,
    )
    assert advice.models[0].id == "llama-3.1-8b-instruct"
    assert (
        "What speaks against it: Its card lists eight languages, not Swedish." in advice.models[0].reasons[0]
    )
    assert not [why for why in advice.not_models if why.id == "llama-3.1-8b-instruct"]
    assert [model.role for model in advice.models].count("first") == 1


def test_a_decision_for_what_is_advised_anyway_changes_nothing() -> None:
    plain = advised()
    same = advised(
        Overrule("technique", plain.first_technique, "Ana", TODAY),
        Overrule("model", plain.models[0].id, "Ana", TODAY),
    )
    open_questions = {"open_questions": ()}  # a decision settles them; the advice itself stays
    assert same.as_json() | open_questions == plain.as_json() | open_questions


def test_a_model_that_left_the_catalogue_is_passed_over() -> None:
    assert advised(Overrule("model", "gone", "Ana", TODAY)).as_json() == advised().as_json()


def test_names_are_understood_as_people_write_them() -> None:
    facts = facts_of(SCOPE, KNOWLEDGE.catalog)
    assert meant_technique("fine_tuning", advised().techniques) in {"lora", "qlora"}
    assert meant_technique("full fine-tuning", advised().techniques) == "full_fine_tuning"
    llama = meant_model("Llama", facts)
    assert llama is not None
    assert llama.title.startswith("Llama")
    assert meant_model("no such model", facts) is None


OPEN = Scope(description="answers guest mails", task="chatbot", privacy="any")
LORA, LLAMA = (
    Overrule("technique", "lora", "Ana", TODAY),
    Overrule("model", "llama-3.1-8b-instruct", "Ana", TODAY),
)


def weighed(id: str, *overrules: Overrule) -> Impact:
    def advise_on(scope: Scope) -> object:
        return glance(scope, KNOWLEDGE, overrules=overrules, today=TODAY)

    return impact(load_lifecycle().question(id), OPEN, advise_on)  # type: ignore[arg-type]


@pytest.mark.parametrize("id", ["knowledge", "knowledge_changes"])
def test_what_would_only_change_a_technique_that_is_decided_is_not_worth_asking(id: str) -> None:
    assert len(weighed(id).techniques) > 1
    assert weighed(id, LORA).techniques == ("lora",)


def test_what_would_only_change_a_model_that_is_decided_is_not_worth_asking() -> None:
    assert weighed("load").weight > 0
    assert weighed("load", LLAMA).weight == 0


def test_what_changes_the_technique_is_still_asked_when_only_the_model_is_decided() -> None:
    assert weighed("knowledge", LLAMA).weight > 0


def test_the_open_questions_of_an_advice_leave_out_what_decisions_settled() -> None:
    plain = advised(scope=OPEN).open_questions
    decided = advised(LORA, LLAMA, scope=OPEN).open_questions
    assert len(decided) < len(plain)
    asked = {q.ask: q for q in load_lifecycle().questions}
    left = [
        q
        for text in decided
        for ask, q in asked.items()
        if text.startswith(ask.split("{")[0]) and ask.split("{")[0]
    ]
    assert all(question.required or question.stakes for question in left)


def test_a_glance_agrees_with_the_decided_advice() -> None:
    for overrules in ((LORA,), (LLAMA,), (LORA, LLAMA)):
        full, quick = (
            advised(*overrules, scope=OPEN),
            glance(OPEN, KNOWLEDGE, overrules=overrules, today=TODAY),
        )
        assert (full.first_technique, full.first_size_class) == (
            quick.first_technique,
            quick.first_size_class,
        )
