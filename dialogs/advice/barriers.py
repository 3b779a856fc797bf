"""What rules a model out for a team, as a sentence that repeats the answer it collides with."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.advice.facts import Facts
from dialogs.speech import language_name, listing, number
from knowledge.schema import ModelCard

_MANY_LANGUAGES = 100
_SOME_LANGUAGES = 20
_COMMON = frozenset(
    "ar bg ca cs da de el en es et fi fr ga hi hr hu id it ja ko lt lv mt nl no nb pl pt ro ru sk sl sv th tr uk vi zh".split()
)
_MAJOR = frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pt", "ru", "zh"})
_SMALL_NUMBERS = (
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
    """Why a model is out. `kind` is licence, language, input, context, tools, size or generation."""

    kind: str
    reason: str


def barrier(card: ModelCard, facts: Facts) -> Barrier | None:
    """Return what rules the model out, or None. Whether it fits the machine is asked elsewhere."""
    for check in (_licence, _place, _language, _input, _context, _tools):
        found = check(card, facts)
        if found:
            return found
    return None


def missing_languages(card: ModelCard, facts: Facts) -> list[str]:
    """Return the codes of needed languages that the model's maker does not name, or too few to hope for."""
    needed = [code for code in facts.scope.languages or ["en"] if code]
    if isinstance(card.languages, tuple):
        return [code for code in needed if code not in card.languages]
    if card.kind == "api" or "en" in needed and len(needed) == 1:
        return []
    if card.languages is None:
        return [code for code in needed if code != "en"]
    if card.languages >= _MANY_LANGUAGES:
        return []
    known = _COMMON if card.languages >= _SOME_LANGUAGES else _MAJOR
    return [code for code in needed if code not in known]


def names_languages(card: ModelCard) -> bool:
    """Whether the maker lists the languages, instead of a number of them."""
    return isinstance(card.languages, tuple)


def count_words(count: int) -> str:
    """Write a small number as a word."""
    return _SMALL_NUMBERS[count] if count < len(_SMALL_NUMBERS) else str(count)


def _licence(card: ModelCard, facts: Facts) -> Barrier | None:
    use = "research" if not facts.commercial else "a product"
    if card.hub_id is None and card.kind != "api":
        return Barrier("licence", f"{card.title} was never published, so it cannot be used for {use}.")
    if card.commercial_use == "unknown":
        return Barrier(
            "licence", f"The licence of {card.title} is not known here; read it before you use it for {use}."
        )
    if facts.commercial and card.commercial_use == "no":
        reason = f"Its licence ({card.licence}) rules out commercial use, and you said nothing of research or teaching."
        return Barrier("licence", reason)
    region = (facts.scope.region or "").casefold()
    if (
        "EU-domiciled" in (card.conditions or "")
        and facts.modalities & {"image", "audio"}
        and "eu" in region.split()
    ):
        return Barrier(
            "licence",
            f"Its multimodal models are not licensed to developers in the EU, and you said {facts.scope.region}.",
        )
    return None


def _place(card: ModelCard, facts: Facts) -> Barrier | None:
    if card.kind == "api" and facts.scope.privacy in {"on_premises", "private_cloud"}:
        where = "your own machines" if facts.scope.privacy == "on_premises" else "a cloud you control"
        return Barrier("place", f"It runs at {card.vendor}, and your data may only be processed on {where}.")
    return None


def _language(card: ModelCard, facts: Facts) -> Barrier | None:
    missing = missing_languages(card, facts)
    if not missing:
        return None
    names = listing([language_name(code) for code in missing], "nor" if len(missing) > 1 else "and")
    if isinstance(card.languages, tuple):
        count = count_words(len(card.languages))
        plural = "language" if len(card.languages) == 1 else "languages"
        reason = f"its card lists {count} {plural}, {'neither ' if len(missing) > 1 else 'not '}{names}"
    elif card.languages is None:
        reason = f"its maker does not say whether it knows {names.replace(' nor ', ' or ')}"
    else:
        reason = (
            f"its maker counts {card.languages} languages, too few to expect {names.replace(' nor ', ' or ')}"
        )
    return Barrier("language", f"{reason[0].upper()}{reason[1:]}.")


def _input(card: ModelCard, facts: Facts) -> Barrier | None:
    needed = facts.modalities & {"image", "video"}
    lacking = sorted(needed - set(card.modalities))
    if lacking and card.kind in {"decoder", "api"}:
        return Barrier(
            "input", f"Your input has {listing(lacking)}s, and it reads {listing(card.modalities)} only."
        )
    return None


def _context(card: ModelCard, facts: Facts) -> Barrier | None:
    needed = facts.scope.input_tokens
    if needed and card.context_tokens and needed > card.context_tokens:
        return Barrier(
            "context",
            f"Your inputs reach {number(needed)} tokens, its context ends at {number(card.context_tokens)}.",
        )
    return None


def _tools(card: ModelCard, facts: Facts) -> Barrier | None:
    if facts.live and card.kind == "decoder" and card.function_calling is False:
        return Barrier("tools", "It was not trained to call functions, and your facts stand behind an API.")
    return None
