"""A message made ready for reading: lower-cased at equal length, masked, its language and numbers known."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from dialogs.understanding.lexicon import all_languages, lexicon, pattern, source
from dialogs.understanding.numbers import Number, find_numbers
from dialogs.understanding.rates import Rates
from dialogs.understanding.reading import Found

_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,80}>")
_MASKED = re.compile(
    r"https?://\S+|\S+@\S+\.\w+"  # addresses
    r"|(?<!\w)0\d[\d /-]{5,}\d"  # telephone numbers
    r"|(?<![\w.])(?:[01]?\d|2[0-3]):[0-5]\d(?!\w)|24/7"  # times of day
    r"|\b(?:version|v|python|java|node|release)\s?(?!\d{3})\d+(?:\.\d+)*"  # versions; "v100" is a card
    r"|\b(?:1[5-9]|20)\d0s\b"  # decades and centuries
)
_SHORTENED = (
    "incl",
    "excl",
    "inkl",
    "approx",
    "appr",
    "ca",
    "circa",
    "e.g",
    "i.e",
    "vs",
    "dr",
    "st",
    "resp",
    "avg",
    "dept",
)
_FULL_STOP = "".join(rf"(?<!\b{re.escape(word)})" for word in _SHORTENED) + r"\.(?=\s|$)"
_CLAUSE_END = re.compile(rf"[;!?\n]+|{_FULL_STOP}|\s[–—-]\s")
_SENTENCE_END = re.compile(rf"[!?\n]+|{_FULL_STOP}")
_WORD = re.compile(r"[^\W\d_]+")
_ANSWERED_NO = re.compile(r"\s?\?+\s*(?:nah|nope|no|not|nein|non|nej|nee)\b(?!\s+(?:problem|idea|worries))")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "\u00a0": " ", "\u202f": " ", "\t": " "})
_MOST_LIKELY = 2  # languages besides English; twice as many where they tie
MAX_LENGTH = 40_000


@dataclass(frozen=True)
class Message:
    """`raw` as written; `text` is its lower case of the same length, so that places agree."""

    raw: str
    text: str
    languages: tuple[str, ...]
    today: date
    expecting: str | None = None
    rates: Rates | None = None  # those of the knowledge folder at hand; the shipped ones without

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Every number of the message, from left to right."""
        return find_numbers(self.text, self.languages)

    @cached_property
    def own_languages(self) -> tuple[str, ...]:
        """The languages the message is surely written in: English only where no other fits better."""
        scores = _scores(self.text)
        own = tuple(code for code in self.languages if scores[code] > scores["en"])
        return own or self.languages

    @cached_property
    def _clause_ends(self) -> tuple[int, ...]:
        return (*(m.start() for m in _CLAUSE_END.finditer(self.text)), len(self.text))

    @cached_property
    def _sentence_ends(self) -> tuple[int, ...]:
        return (*(m.start() for m in _SENTENCE_END.finditer(self.text)), len(self.text))

    def clause(self, place: int) -> tuple[int, int]:
        """Return start and end of the clause around a place."""
        return _between(self._clause_ends, place)

    def sentence(self, place: int) -> tuple[int, int]:
        """Return start and end of the sentence around a place."""
        return _between(self._sentence_ends, place)

    def before(self, place: int, length: int = 40) -> str:
        """Return the words of the same clause that stand before a place."""
        return self.text[max(self.clause(place)[0], place - length) : place]

    def after(self, place: int, length: int = 60) -> str:
        """Return the words of the same clause that stand from a place on."""
        return self.text[place : min(self.clause(place)[1], place + length)]

    def search(self, section: str, key: str) -> list[re.Match[str]]:
        """Return where phrases of a section stand, those that are negated left out."""
        found = pattern(section, key, self.languages).finditer(self.text)
        return [match for match in found if not self.negated(match.start(), match.end())]

    def negated(self, start: int, end: int) -> bool:
        """Say whether words at this place are denied: "not a chatbot", "translation isn't needed"."""
        before = self.before(start, 30).rsplit(",", 1)[-1]
        if _denies(self.languages).search(before):
            return True
        if _ANSWERED_NO.match(self.text, end):
            return True
        return bool(_denied(self.languages).match(self.after(end, 30)))

    def asked(self, end: int) -> bool:
        """Say whether words that end here are a question of their own: "GDPR? Only machine data"."""
        return self.text[end : end + 2].lstrip().startswith("?")

    def found(self, value: object, start: int, end: int) -> Found:
        """Return a value with the words that stand at a place."""
        return Found(value, " ".join(self.raw[start:end].split()), start, end)


@lru_cache(maxsize=64)
def _denies(languages: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(source("negation", "before", languages) + r"\W+(?:[\w'-]+\W+){0,2}$")


@lru_cache(maxsize=64)
def _denied(languages: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\W*" + source("negation", "after", languages))


def prepare(text: str, today: date, expecting: str | None = None, *, rates: Rates | None = None) -> Message:
    """Return a message ready for reading. Markup and look-alikes of numbers become spaces."""
    raw = html.unescape(text)[:MAX_LENGTH] if "&" in text else text[:MAX_LENGTH]
    raw = _TAG.sub(lambda m: " " * len(m.group()), raw)
    lower = "".join(c if len(c) == 1 else o for o, c in ((o, o.lower()) for o in raw))
    lower = _MASKED.sub(lambda m: " " * len(m.group()), lower.translate(_QUOTES))
    return Message(raw, lower, languages_of(lower), today, expecting, rates)


def languages_of(text: str) -> tuple[str, ...]:
    """Return the languages a message may be written in, English always among them, in a fixed order."""
    scores = _scores(text)
    best = max(scores.values(), default=0.0)
    if best == 0:
        return all_languages()
    likely = sorted(
        (code for code in scores if code != "en" and scores[code] * 8 >= best * 7),
        key=lambda code: -scores[code],
    )
    doubtful = len(likely) > _MOST_LIKELY and scores[likely[_MOST_LIKELY]] == best
    return tuple(sorted({"en", *likely[: 2 * _MOST_LIKELY if doubtful else _MOST_LIKELY]}))


def _scores(text: str) -> dict[str, float]:
    words = _WORD.findall(text)[:200]
    return {code: sum(known.get(word, 0.0) for word in words) for code, known in _function_words().items()}


def is_mostly(code: str, text: str) -> bool:
    """Say whether a lower-cased text holds small words of a language, and of no other language more."""
    scores = _scores(text)
    return 0 < scores[code] == max(scores.values())


@lru_cache(maxsize=1)
def _function_words() -> dict[str, dict[str, float]]:
    """Return each language's small words; one that several languages share says less."""
    words = {code: {*table["detect"]["words"]} for code, table in lexicon().items()}
    shared = Counter(word for known in words.values() for word in known)
    return {code: {word: 1 / shared[word] for word in known} for code, known in words.items()}


def _between(ends: tuple[int, ...], place: int) -> tuple[int, int]:
    index = min(bisect_left(ends, place), len(ends) - 1)
    return (ends[index - 1] + 1 if index else 0), ends[index]
