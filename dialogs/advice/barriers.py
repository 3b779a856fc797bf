"""What rules a model out for a team, as a sentence that repeats the answer it collides with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dialogs.advice.facts import Facts, data
from dialogs.advice.sentences import say
from dialogs.advice.words import words_of
from dialogs.speaking.speech import language_name, listing, number
from knowledge.schema import ModelCard

_MANY_LANGUAGES = 100
_SOME_LANGUAGES = 20
_SMALL = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


@dataclass(frozen=True)
class Barrier:
    """Why a model is out: the name of a sentence, and the words that only this model adds to it."""

    name: str
    more: tuple[tuple[str, str], ...] = ()

    def reason(self, facts: Facts) -> str:
        """Return the sentence for this team."""
        return say("barrier", self.name, words_of(facts), **dict(self.more))


def barrier(card: ModelCard, facts: Facts) -> Barrier | None:
    """Return what rules the model out, or None. Whether it fits the machine is asked elsewhere."""
    checks: tuple[Callable[[ModelCard, Facts], Barrier | None], ...]
    checks = (_licence, _place, _language, _input, _context, _tools)
    return next((found for check in checks if (found := check(card, facts))), None)


def missing_languages(card: ModelCard, facts: Facts) -> list[str]:
    """Return the codes of needed languages that the maker does not name, or names too few to hope for."""
    needed = facts.scope.languages or ["en"]
    if isinstance(card.languages, tuple):
        return [code for code in needed if code not in card.languages]
    if card.kind == "api" or needed == ["en"]:
        return []
    if card.languages is None:
        return [code for code in needed if code != "en"]
    if card.languages >= _MANY_LANGUAGES:
        return []
    known = data("defaults")["languages"]["common" if card.languages >= _SOME_LANGUAGES else "major"]
    return [code for code in needed if code not in known]


def in_europe(region: str | None) -> bool:
    """Whether a region's name means the European Union or a part of it."""
    words = set(re.findall(r"[^\W\d_]+", (region or "").casefold()))
    return not words.isdisjoint(data("defaults")["regions"]["european"])


def names_languages(card: ModelCard) -> bool:
    """Whether the maker lists the languages, instead of a number of them."""
    return isinstance(card.languages, tuple)


def _licence(card: ModelCard, facts: Facts) -> Barrier | None:
    if card.hub_id is None and card.kind != "api":
        return Barrier("unpublished", (("title", card.title),))
    if card.commercial_use == "unknown":
        return Barrier("unknown_licence", (("title", card.title),))
    if facts.commercial and card.commercial_use == "no":
        return Barrier("no_commerce", (("licence", card.licence or "not stated"),))
    region = facts.scope.region
    if in_europe(region) and "EU-domiciled" in (card.conditions or "") and len(card.modalities) > 1:
        return Barrier("eu", (("region", f"“{region}”"),))
    return None


def _place(card: ModelCard, facts: Facts) -> Barrier | None:
    privacy, region = facts.scope.privacy, facts.scope.region
    sold_there = privacy == "private_cloud" and in_europe(region) and "eu_hosting" in card.strengths
    kept = privacy in {"on_premises", "private_cloud"} and not sold_there
    return Barrier("place", (("vendor", card.vendor),)) if card.kind == "api" and kept else None


def _language(card: ModelCard, facts: Facts) -> Barrier | None:
    names = [language_name(code) for code in missing_languages(card, facts)]
    if not names:
        return None
    if isinstance(card.languages, tuple):
        known = len(card.languages)
        count = f"{_SMALL[known] if known < len(_SMALL) else known} language{'' if known == 1 else 's'}"
        missing = f"neither {listing(names, 'nor')}" if len(names) > 1 else f"not {names[0]}"
        return Barrier("language_listed", (("count", count), ("missing", missing)))
    missing = listing(names, "or")
    if card.languages is None:
        return Barrier("language_unknown", (("missing", missing),))
    return Barrier("language_counted", (("count", str(card.languages)), ("missing", missing)))


def _input(card: ModelCard, facts: Facts) -> Barrier | None:
    needed = facts.modalities & {"image", "video"}
    lacks = needed - set(card.modalities) and card.kind in {"decoder", "api"}
    return Barrier("input", (("reads", listing(card.modalities)),)) if lacks else None


def _context(card: ModelCard, facts: Facts) -> Barrier | None:
    needed, held = facts.scope.input_tokens, card.context_tokens
    return Barrier("context", (("context", number(held)),)) if needed and held and needed > held else None


def _tools(card: ModelCard, facts: Facts) -> Barrier | None:
    untrained = card.kind == "decoder" and card.function_calling is False
    return Barrier("tools") if facts.live and untrained else None
