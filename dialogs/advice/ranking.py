"""How well a model suits a team, as one number: size, languages, strengths, licence, age, thinking.

Vendors' benchmarks are not used: they are not comparable across vendors.
"""

from __future__ import annotations

import math
from datetime import date

from dialogs.advice.barriers import names_languages
from dialogs.advice.facts import Facts, data
from dialogs.advice.sizes import capability_b
from knowledge.schema import ModelCard

_SIZE = 1.0  # per factor of two away from the size to try first
_BULK = 0.5  # per factor of two of memory beyond what the ability is worth
_BULKY = 1.5
_STRENGTH = 0.3
_MAIN_STRENGTH = 0.2  # more, for the first strength of the task in defaults.toml
_LISTED_LANGUAGES = 0.15
_FREE_LICENCE = 0.3
_PER_MONTH = 0.02
_UNDATED_MONTHS = 15.0
_OLDEST_MONTHS = 40.0
_NEVER_THINKS = 0.2
_MAY_THINK = 0.2  # where the output is held to a form
_NOTHING_FITS = 0.4
_FOR_SOMETHING_ELSE = 0.8
_FOR_CODE = frozenset({"coding", "code_completion", "fill_in_the_middle", "agentic", "tool_use"})
_ALWAYS_THINKS = 0.6
_UNVERIFIED = 0.15
_TRIED = 1.5  # the team has numbers with it already
_WISHED = 0.5
_NO_SHAPE = 0.15
_READY_FILE = 0.1


def score(card: ModelCard, facts: Facts, size_b: float, today: date) -> float:
    """Return how well an open-weight model suits; comparable within one kind of model only."""
    size = capability_b(card) or size_b
    points = -_SIZE * abs(math.log2(size / max(size_b, 0.02)))
    points -= _BULK * max(0.0, math.log2((card.params_b or size) / (_BULKY * size_b)))
    points += _strengths(card, facts)
    points += _FREE_LICENCE if card.commercial_use == "yes" else 0.0
    points -= _PER_MONTH * min(_age_months(card, today), _OLDEST_MONTHS)
    points += _thinking(card, facts)
    if _speaks_more_than_english(facts) and names_languages(card):
        points += _LISTED_LANGUAGES
    points -= _UNVERIFIED if "everything" in card.unverified else 0.0
    points -= _NO_SHAPE if card.kind == "decoder" and card.architecture.layers is None else 0.0
    points += _READY_FILE if card.gguf_files else 0.0
    points += _TRIED if card in facts.tried_models and "too_slow" not in facts.signals else 0.0
    points += _WISHED if card in facts.wished_models else 0.0
    return points


def _strengths(card: ModelCard, facts: Facts) -> float:
    wanted = list(data("defaults")["strengths"][facts.task])
    if facts.documents:
        wanted.append("rag")
    if facts.live:
        wanted += ["tool_use", "agentic"]
    if facts.modalities & {"image", "video"}:
        wanted += ["vision", "document_understanding", "ocr"]
    if "audio" in facts.modalities:
        wanted += ["audio", "speech_recognition"]
    if _speaks_more_than_english(facts):
        wanted.append("multilingual")
    if "hard_reasoning" in facts.signals:
        wanted.append("reasoning")
    matched = [strength for strength in dict.fromkeys(wanted) if strength in card.strengths]
    points = _STRENGTH * len(matched) if matched else -_NOTHING_FITS
    points += _MAIN_STRENGTH if wanted[0] in card.strengths else 0.0
    if card.strengths and set(card.strengths) <= _FOR_CODE and not (facts.live or _needs_code(facts)):
        points -= _FOR_SOMETHING_ELSE
    return points


def _needs_code(facts: Facts) -> bool:
    return facts.task == "code_generation" or "code" in facts.signals


def _speaks_more_than_english(facts: Facts) -> bool:
    return any(code != "en" for code in facts.scope.languages or [])


def _thinking(card: ModelCard, facts: Facts) -> float:
    """Thinking costs seconds and trips constrained output; it helps where the task is hard."""
    if card.kind != "decoder" or "hard_reasoning" in facts.signals or facts.task == "code_generation":
        return 0.0
    optional = -_MAY_THINK if facts.closed_answers else 0.0
    return {"none": _NEVER_THINKS, "optional": optional, "always": -_ALWAYS_THINKS}.get(
        card.thinking or "", 0.0
    )


def _age_months(card: ModelCard, today: date) -> float:
    if not card.released:
        return _UNDATED_MONTHS
    year, month = card.released.split("-")
    return max(0.0, (today.year - int(year)) * 12 + today.month - int(month))
