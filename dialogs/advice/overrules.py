"""What a team decided against the advice: put first, with what it costs, and not argued again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, cast, get_args

from dialogs.advice.facts import Facts
from dialogs.advice.fit import Shelf, fit
from dialogs.advice.models import Choice, load_of
from dialogs.advice.result import TechniqueAdvice
from dialogs.advice.sentences import say
from dialogs.advice.techniques import how_to
from dialogs.advice.wishes import family_nearest, model_objection, wished_technique
from dialogs.advice.words import words_of
from dialogs.speaking.speech import day
from knowledge.catalog import Catalog
from knowledge.schema import ModelCard, TechniqueId

_ADAPTERS: tuple[TechniqueId, ...] = ("lora", "qlora")


@dataclass(frozen=True)
class Overrule:
    """A decision of the team: a model's or technique's id, and who took it when."""

    kind: Literal["model", "technique"]
    id: str
    by: str
    on: date


def meant_technique(name: str, advised: Sequence[TechniqueAdvice]) -> TechniqueId | None:
    """Return the technique that words name; of fine-tuning, the adapter that stands first in the advice."""
    named = wished_technique(name.replace("_", " "))
    if named == "lora" and "lora" not in name.casefold():
        return next((entry.id for entry in advised if entry.id in _ADAPTERS), named)
    return named


def meant_model(name: str, facts: Facts) -> ModelCard | None:
    """Return the model that words name; of a family, the current one nearest to the size advised."""
    return facts.catalog.find_model(name) or family_nearest(name, facts)


def decided_technique(overrules: Sequence[Overrule]) -> TechniqueId | None:
    """Return the technique that the team does first by its own decision, the newest; None for none."""
    return next(
        (
            cast(TechniqueId, entry.id)
            for entry in reversed(overrules)
            if entry.kind == "technique" and entry.id in get_args(TechniqueId)
        ),
        None,
    )


def decided_model(overrules: Sequence[Overrule], catalog: Catalog) -> ModelCard | None:
    """Return the model that the team takes by its own decision, the newest; None for none or an unknown one."""
    decided = [entry.id for entry in overrules if entry.kind == "model"]
    return next((card for card in catalog.models if decided and card.id == decided[-1]), None)


def techniques_as_decided(
    advised: Sequence[TechniqueAdvice], overrules: Sequence[Overrule], facts: Facts
) -> tuple[TechniqueAdvice, ...]:
    """Put the techniques that the team decided on first; what spoke against each becomes what it costs."""
    ordered = list(advised)
    words = words_of(facts)
    for overrule in (entry for entry in overrules if entry.kind == "technique"):
        place = next((n for n, entry in enumerate(ordered) if entry.id == overrule.id), None)
        if place is None or (place == 0 and ordered[0].when == "now"):
            continue
        entry = ordered.pop(place)
        costs = entry.reasons[0] if entry.when != "now" else ordered[0].reasons[0]
        reason = say("overrule", "technique", words, by=overrule.by, on=day(overrule.on), costs=costs)
        how = entry.how or how_to(entry.id, facts, words)
        ordered.insert(
            0, replace(entry, when="now", reasons=(reason,), how=how, rule=f"decided: {entry.rule}")
        )
    return tuple(ordered)


def models_as_decided(
    chosen: Sequence[Choice], overrules: Sequence[Overrule], facts: Facts, shelf: Shelf
) -> tuple[list[Choice], str]:
    """Put the model that the team decided on first; returns the choices and what the decision costs."""
    card = decided_model(overrules, facts.catalog)
    if card is None:
        return list(chosen), ""
    overrule = next(entry for entry in reversed(overrules) if entry.id == card.id)
    if chosen and chosen[0].card.id == card.id:
        return list(chosen), ""
    ahead = next((choice for choice in chosen if choice.role == "first"), None)
    found = fit(shelf, card, facts.machine, load_of(facts)) if card.params_b else None
    costs = model_objection(card, ahead, facts, shelf)
    reason = say("overrule", "model", words_of(facts), by=overrule.by, on=day(overrule.on), costs=costs)
    rest = [
        replace(choice, role="alternative") if choice.role == "first" else choice
        for choice in chosen
        if choice.card.id != card.id
    ]
    return [Choice(card, found, "first"), *rest], reason
