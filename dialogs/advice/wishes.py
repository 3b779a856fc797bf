"""Why not what the team named: models and techniques among its wishes that are not advised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dialogs.advice.barriers import barrier
from dialogs.advice.facts import Facts
from dialogs.advice.fit import Shelf, fit
from dialogs.advice.models import Choice, load_of
from dialogs.advice.result import TechniqueAdvice, WhyNot
from dialogs.advice.sentences import say
from dialogs.advice.sizes import capability_b, target_b
from dialogs.advice.words import words_of
from dialogs.sources import model_source
from dialogs.speaking.speech import figure, seconds
from knowledge.schema import ModelCard, TechniqueId

_GB_TO_GIB = 1e9 / 2**30
_CLEARLY_LARGER = 1.4

_TECHNIQUES: dict[TechniqueId, str] = {
    "continued_pretraining": r"continu\w+ pre-?train",
    "pretraining_from_scratch": r"pre-?train|from scratch|own (model|llm)|foundation model",
    "full_fine_tuning": r"full[ _-]?(fine[ _-]?tun|ft)",
    "qlora": r"qlora",
    "instruction_tuning": r"instruct\w*[ _-]tun",
    "prompt_tuning": r"prompt[ _-]?tun|soft prompt",
    "lora": r"\blora\b|fine[ _-]?tun|adapter|peft",
    "rlhf": r"rlhf|ppo|human feedback",
    "dpo": r"\bdpo\b|preference opt",
    "rag": r"\brag\b|retrieval",
    "tool_use": r"tool|function call|agent",
    "few_shot": r"few[ _-]?shot",
    "prompt_engineering": r"prompt[ _-]?engineer|prompting",
    "distillation": r"distil",
    "quantization": r"quanti[sz]",
    "pruning": r"prun",
    "repurposing": r"repurpos|encoder|\bbert\b",
}


def wished_technique(wish: str) -> TechniqueId | None:
    """Return the technique that a wish names, in whatever words; "fine-tuning" alone means LoRA."""
    plain = wish.casefold()
    return next((id for id, pattern in _TECHNIQUES.items() if re.search(pattern, plain)), None)


def refuse_techniques(wishes: Iterable[str], advised: Sequence[TechniqueAdvice]) -> tuple[WhyNot, ...]:
    """Return why each wished technique is not for now."""
    by_id = {advice.id: advice for advice in advised}
    named = dict.fromkeys(id for id in map(wished_technique, wishes) if id)
    return tuple(
        WhyNot(id, id.replace("_", " "), by_id[id].reasons[0], by_id[id].citations)
        for id in named
        if by_id[id].when != "now" or _follows_another(id, by_id, advised)
    )


def _follows_another(
    id: TechniqueId, by_id: dict[TechniqueId, TechniqueAdvice], advised: Sequence[TechniqueAdvice]
) -> bool:
    return by_id[id].when == "later" and advised[0].id != id


def refuse_models(facts: Facts, chosen: Sequence[Choice], shelf: Shelf) -> tuple[WhyNot, ...]:
    """Return why each model named by the team is not among the first choices."""
    advised = {choice.card.id for choice in chosen}
    first = next((choice for choice in chosen if choice.role == "first"), None)
    meant = [card for card in _families(facts) if not first or card.family != first.card.family]
    named = {card.id: card for card in (*facts.named_models, *meant) if card.id not in advised}
    return tuple(
        WhyNot(
            card.id, card.title, model_objection(card, first, facts, shelf), (model_source(card.path, card),)
        )
        for card in named.values()
    )


def _families(facts: Facts) -> list[ModelCard]:
    """Return one model for each family that a wish names without a size: the one nearest in size."""
    return [card for card in (family_nearest(wish, facts) for wish in facts.wishes) if card]


def family_nearest(name: str, facts: Facts) -> ModelCard | None:
    """Return the current model of a family that is nearest to the size advised; None for an unknown name."""
    name = name.casefold().strip()
    if not re.fullmatch(r"[a-z][a-z\- ]+", name) or facts.catalog.find_model(name) or wished_technique(name):
        return None
    family = [
        card for card in facts.catalog.models if re.match(rf"{re.escape(name)}\b", card.title.casefold())
    ]
    family = [card for card in family if card.params_b and not card.superseded_by]
    size_b = target_b(facts)
    return min(family, key=lambda card: (abs((capability_b(card) or 0) - size_b), card.id), default=None)


def model_objection(card: ModelCard, first: Choice | None, facts: Facts, shelf: Shelf) -> str:
    """Say what speaks against a model beside the first choice."""
    wall = barrier(card, facts)
    if wall:
        return wall.reason(facts)
    words = {**words_of(facts), "ahead": first.card.title if first else "another model"}
    newer = next((other for other in facts.catalog.models if other.id == card.superseded_by), None)
    if newer:
        return say("barrier", "superseded", words, newer=newer.title)
    found = fit(shelf, card, facts.machine, load_of(facts))
    if found and not found.fits and facts.machine:
        usable = figure(facts.machine.usable_gb * _GB_TO_GIB)
        return say("barrier", "too_big", words, memory=figure(found.memory_gib), usable=usable)
    taken = found.seconds_per_request if found else None
    if taken and facts.scope.latency_seconds and taken > facts.scope.latency_seconds:
        return say("barrier", "too_slow", words, seconds=seconds(taken))
    if first and first.card.kind == "api" and card.kind != "api":
        return say("barrier", "needs_machine", words)
    ahead_b = first.card.params_b if first else None
    larger = card.params_b and ahead_b and card.params_b > _CLEARLY_LARGER * ahead_b
    return say("barrier", "larger" if larger else "other", words)
