"""Languages the product must handle, by name in several languages or by code."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale

from dialogs.understanding.lexicon import either, find, source, starts, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

CODES = [
    "af",
    "am",
    "ar",
    "az",
    "be",
    "bg",
    "bn",
    "bs",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fr",
    "ga",
    "gl",
    "gu",
    "he",
    "hi",
    "hr",
    "hu",
    "hy",
    "id",
    "is",
    "it",
    "ja",
    "ka",
    "kk",
    "km",
    "kn",
    "ko",
    "lo",
    "lt",
    "lv",
    "mk",
    "ml",
    "mn",
    "mr",
    "ms",
    "mt",
    "my",
    "ne",
    "nl",
    "no",
    "pa",
    "pl",
    "ps",
    "pt",
    "ro",
    "ru",
    "si",
    "sk",
    "sl",
    "so",
    "sq",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "tl",
    "tr",
    "uk",
    "ur",
    "uz",
    "vi",
    "yo",
    "zh",
    "zu",
]
RARER: list[str] = words()["rarer_languages"]
"""Languages that people name but whose codes are words of their own: read by name only."""

SPOKEN = ("en", "de", "fr", "es", "sv", "it", "pt", "nl", "fi", "no", "da", "pl")
MORE: dict[str, str] = words()["language_names"]
_COUNTRIES = frozenset(("italia",))  # Finnish for Italian, elsewhere the country
_ENDING = r"(?:en|er|es|em|e|n|s|a|as|os)?"
_CODE_LIST = re.compile(
    r"(?:\(|\b(?:in|languages?|sprachen?|langues?|idiomas?|språk|lang)\b\W{1,3})"
    r"((?:[a-z]{2})(?:\s*(?:,|/|\+|&|\band\b|\bund\b|\bet\b|\by\b|\boch\b)\s*[a-z]{2})*)(?=\)|[\s.,;!?]|$)"
)
_CAPITAL_CODES = re.compile(r"(?<!\w)[A-Z]{2}(?:\s?(?:->|→|/|,|\+|&)\s?[A-Z]{2})+(?!\w)")
_AMBIGUOUS = frozenset(
    ("it", "no", "is", "so", "my", "be", "am", "he", "hi", "or", "id", "as", "us", "et", "la")
)


def read_languages(message: Message) -> dict[str, Found]:
    """Read `languages` in the order named; a nationality, or the message's own language, is none."""
    hits: list[tuple[int, int, str]] = []
    gone = dropped_languages(message)
    for match in _names().finditer(message.text):
        if _code(match[1]) not in gone and _is_product(message, match):
            hits.append((match.start(), match.end(), _code(match[1])))
    for match in _CODE_LIST.finditer(message.text):
        codes = re.findall(r"\b[a-z]{2}\b", match[1])
        codes = [code for code in codes if code in CODES]
        if codes and (len(codes) > 1 or match[0][0] == "(") and not _AMBIGUOUS.issuperset(codes):
            hits.extend((match.start(1) + place, match.end(1), code) for place, code in enumerate(codes))
    for match in _CAPITAL_CODES.finditer(message.raw):
        codes = [code.lower() for code in re.findall(r"[A-Z]{2}", match[0])]
        if set(codes) <= set(CODES):
            hits.extend((match.start() + place, match.end(), code) for place, code in enumerate(codes))
    if not hits:
        return {}
    hits.sort()
    codes = list(dict.fromkeys(code for _, _, code in hits))
    return {"languages": message.found(codes, hits[0][0], max(end for _, end, _ in hits))}


def dropped_languages(message: Message) -> set[str]:
    """Return the languages a message takes out or denies: "Polish is out", "niet naar het Frans"."""
    withdraw = source("correction", "withdraw", message.languages) + r"\s+(?:[^\W\d]+\s+){0,2}$"
    out = r"\s*[,:]?\s*" + source("languages", "out", message.languages)
    return {
        _code(match[1])
        for match in _names().finditer(message.text)
        if message.negated(match.start(), match.end())
        or find(withdraw, message.before(match.start()))
        or starts(out, message.text[match.end() : match.end() + 30])
    }


def language_title(code: str) -> str:
    """Return the English name of a language."""
    return str(Locale("en").languages.get(code, code))


def _is_product(message: Message, match: re.Match[str]) -> bool:
    ahead = message.text[match.end() : match.end() + 24]
    behind = message.text[max(0, match.start() - 12) : match.start()]
    if starts(r"[^\w.,;:!?]+" + source("languages", "not_product", message.languages), ahead):
        return False
    return find(source("languages", "not_before", message.languages) + r"\W+$", behind) is None


def _code(name: str) -> str:
    names = _by_name()
    if name in names:
        return names[name]
    for cut in range(1, 4):
        if name[:-cut] in names:
            return names[name[:-cut]]
    return names[name]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for locale in SPOKEN:
        titles = Locale(locale).languages
        for code in (*CODES, *(RARER if locale == "en" else ())):
            name = str(titles.get(code, "")).lower()
            if len(name) >= 4 and ((" " not in name and name not in _COUNTRIES) or locale == "en"):
                names.setdefault(name, code)
    return {**names, **MORE}


@lru_cache(maxsize=1)
def language_names() -> str:
    """Return the expression of every language's English name, lower-cased."""
    names = (str(Locale("en").languages.get(code, "")).lower() for code in (*CODES, *RARER))
    return rf"(?:{either(name for name in names if name)})(?!\w)"


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    words = sorted(_by_name(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)((?:{'|'.join(map(re.escape, words))}){_ENDING})(?!\w)")
