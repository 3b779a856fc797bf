"""Scope in, advice out: techniques in order, models that fit, and why, each with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dialogs.advice.facts import Facts, facts_of
from dialogs.advice.fit import Shelf
from dialogs.advice.gaps import assumptions_of, needs_of, open_questions
from dialogs.advice.model_words import Case, reasons
from dialogs.advice.models import Choice, choose, load_of
from dialogs.advice.overrules import (
    Overrule,
    decided_model,
    decided_technique,
    models_as_decided,
    techniques_as_decided,
)
from dialogs.advice.result import Advice, ModelAdvice, size_class
from dialogs.advice.rules import judge, load_rules
from dialogs.advice.techniques import advise_techniques
from dialogs.advice.wishes import refuse_models, refuse_techniques
from dialogs.advice.words import words_of
from dialogs.scope import Scope
from dialogs.sources import model_source
from knowledge.loader import Knowledge


@dataclass(frozen=True)
class Glance:
    """The part of an advice that decides whether a question is worth asking."""

    first_technique: str
    first_size_class: str


def advise(
    scope: Scope,
    knowledge: Knowledge,
    *,
    wishes: Sequence[str] = (),
    overrules: Sequence[Overrule] = (),
    today: date,
) -> Advice:
    """Return what to do first, with which models, and why.

    `wishes` are models and techniques that the team named, in its words; `overrules` what it decided against
    the advice, which then comes first. `today` dates the models' ages.
    Never raises: an empty scope is answered too, with what was assumed.
    """
    facts = facts_of(scope, knowledge.catalog, wishes)
    shelf = Shelf(knowledge.catalog, knowledge.revision)
    first = decided_technique(overrules)
    chosen, decided = models_as_decided(choose(facts, shelf, today, first), overrules, facts, shelf)
    words = words_of(facts)
    techniques = techniques_as_decided(advise_techniques(facts, knowledge), overrules, facts)

    def ask() -> tuple[str, ...]:
        def tried(scope: Scope) -> Glance:
            return glance(scope, knowledge, wishes=wishes, overrules=overrules, today=today)

        return open_questions(facts, tried)

    return Advice(
        techniques=techniques,
        models=tuple(
            _model(choice, chosen[0], facts, words, decided if choice is chosen[0] else "")
            for choice in chosen
        ),
        not_models=refuse_models(facts, chosen, shelf),
        why_not=refuse_techniques(wishes, techniques),
        pretrain_from_scratch=any(t.id == "pretraining_from_scratch" and t.when == "now" for t in techniques),
        needs_commercial_licence=facts.commercial,
        needs=needs_of(facts),
        assumptions=assumptions_of(facts),
        rules=tuple(advice.rule for advice in techniques),
        knowledge_revision=knowledge.revision,
        _ask=ask,
    )


def glance(
    scope: Scope,
    knowledge: Knowledge,
    *,
    wishes: Sequence[str] = (),
    overrules: Sequence[Overrule] = (),
    today: date,
) -> Glance:
    """Return the first technique and the first model's size class, without putting anything into words.

    What the team decided stands, whatever the scope says: no answer changes it.
    """
    facts = facts_of(scope, knowledge.catalog, wishes)
    first = decided_technique(overrules)
    card = decided_model(overrules, knowledge.catalog)
    if card is None:
        chosen = choose(facts, Shelf(knowledge.catalog, knowledge.revision), today, first)
        card = chosen[0].card if chosen else None
    return Glance(
        first or judge(facts, load_rules())[0].technique, size_class(card.params_b) if card else "none"
    )


def _model(
    choice: Choice, first: Choice, facts: Facts, words: dict[str, str], decided: str = ""
) -> ModelAdvice:
    card, found = choice.card, choice.fit
    return ModelAdvice(
        id=card.id,
        hub_id=card.hub_id,
        title=card.title,
        params_b=card.params_b,
        quantization=found.quantization if found else "",
        memory_gib=round(found.memory_gib, 2) if found else None,
        reasons=(decided,) * bool(decided) + reasons(Case(choice, first, facts, load_of(facts), words)),
        citations=(model_source(card.path, card),),
        role=choice.role,
        decode_tokens_s=found.decode_tokens_s if found else None,
        seconds_per_request=found.seconds_per_request if found else None,
    )
