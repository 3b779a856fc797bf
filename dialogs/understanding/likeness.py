"""A second reader for categories: clauses compared with short examples, where no phrase matched.

An example is a handful of words in any order, "(a|b)" a choice among them. A clause is like an example when it
holds most of its words, rare ones counting more; words are compared by their first letters, so that endings
do not matter. Denied and undenied clauses are never alike.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from dialogs.understanding.lexicon import find_all, lexicon
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

FOLDER = Path(__file__).parent / "examples"
LEAST_LIKENESS = {
    "task": 0.7,
    "privacy": 0.65,
    "quality_risk": 0.7,
    "knowledge_changes": 0.7,
    "data.documents": 0.65,
    "data.preference_data": 0.65,
}
"""The share of an example that a clause must hold, by field; set on the "tune" messages."""

LEAST_WORDS = 2
_NOTHING = "nothing"
_LEAST_NOTHING = 0.65
_STEM_LETTERS = 5
_KEEPS_S = 3  # letters: "gas", "bus"
_COMPOUNDING = frozenset(("de", "sv", "nl"))
_LONGEST_CLAUSE_WORDS = 40
_CLAUSE = r"[^.;:!?,\n()]+|(?<=\d)[.,](?=\d)"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_GROUP = re.compile(r"\(([^)]*)\)|(\S+)")


@dataclass(frozen=True)
class Example:
    """Words that belong together, each a group of interchangeable stems with its weight."""

    place: int
    field: str
    value: Any
    groups: tuple[tuple[frozenset[str], float], ...]
    denied: bool


@dataclass(frozen=True)
class Book:
    """The examples of one language, found by stem, and its words that mean little or deny."""

    by_stem: dict[str, tuple[Example, ...]]
    small: frozenset[str]
    denying: frozenset[str]
    compounding: bool


@dataclass(frozen=True)
class Likeness:
    """How much of an example stands in a clause, and where."""

    example: Example
    share: float
    weight: float
    start: int
    end: int

    @property
    def rank(self) -> tuple[bool, float, float]:
        """The graver risk first, then more of an example, then more telling words."""
        return self.example.value == "high", self.share, self.weight


def read_likely(message: Message, fields: Iterable[str]) -> dict[str, Found]:
    """Return values for these fields from the examples that the message's clauses are most like."""
    wanted = set(fields) & set(LEAST_LIKENESS)
    best: dict[str, Likeness] = {}
    for code in message.languages if wanted else ():
        book = examples(code)
        for likeness in _likenesses(message, book) if book else ():
            field = likeness.example.field
            if field in wanted and (field not in best or likeness.rank > best[field].rank):
                best[field] = likeness
    return {
        field: Found(found.example.value, *_words_at(message, found), guessed=True)
        for field, found in best.items()
    }


def _words_at(message: Message, found: Likeness) -> tuple[str, int, int]:
    return " ".join(message.raw[found.start : found.end].split()), found.start, found.end


def _likenesses(message: Message, book: Book) -> Iterator[Likeness]:
    """Yield for each clause the example it is most like, unless it is as much like one that says nothing."""
    for clause in find_all(_CLAUSE, message.text):
        words = _stems(clause[0], book)[:_LONGEST_CLAUSE_WORDS]
        found = [(stem, start, end) for stem, start, end in words if stem in book.by_stem]
        if len(found) < LEAST_WORDS:
            continue
        denied = any(word in book.denying for word in _WORD.findall(clause[0]))
        stems = {stem for stem, _, _ in found}
        candidates = dict.fromkeys(example for stem in stems for example in book.by_stem[stem])
        best: dict[str, Likeness] = {}
        for example in sorted(candidates, key=lambda example: example.place):
            likeness = _likeness(example, found, stems) if example.denied == denied else None
            if likeness and (example.field not in best or likeness.rank > best[example.field].rank):
                best[example.field] = likeness
        nothing = best.pop(_NOTHING, None)
        for likeness in best.values():
            if nothing is None or likeness.rank > nothing.rank:
                yield replace(
                    likeness, start=clause.start() + likeness.start, end=clause.start() + likeness.end
                )


def _likeness(example: Example, found: list[tuple[str, int, int]], stems: set[str]) -> Likeness | None:
    """Return how much of an example stands among a clause's words, or None where it is too little."""
    held = [(group, weight) for group, weight in example.groups if group & stems]
    if len(held) < LEAST_WORDS or not _in_words_of_their_own(held, stems):
        return None
    weight = sum(weight for _, weight in held)
    share = weight / sum(weight for _, weight in example.groups)
    if share < LEAST_LIKENESS.get(example.field, _LEAST_NOTHING):
        return None
    where = [entry for entry in found if any(entry[0] in group for group, _ in held)]
    return Likeness(
        example, share, weight, min(start for _, start, _ in where), max(end for _, _, end in where)
    )


def _in_words_of_their_own(held: list[tuple[frozenset[str], float]], stems: set[str]) -> bool:
    """Say whether no word has to stand for two: "draft" alone is not like "(write|draft) (letter|draft)"."""
    return len(frozenset().union(*(group for group, _ in held)) & stems) >= len(held)


def _stems(text: str, book: Book) -> list[tuple[str, int, int]]:
    """Return the stems of the words that mean something; of a compound, the known words in it too."""
    found = []
    for match in _WORD.finditer(text):
        if match[0] in book.small:
            continue
        word = match[0]
        found.append((stem_of(word), match.start(), match.end()))
        if book.compounding and len(word) >= 2 * _STEM_LETTERS:
            inner = (word[at : at + _STEM_LETTERS] for at in range(3, len(word) - _STEM_LETTERS + 1))
            found += [(part, match.start(), match.end()) for part in inner if part in book.by_stem]
    return found


@lru_cache(maxsize=32_768)
def stem_of(word: str) -> str:
    """Return the first letters of a word: enough to tell words apart, too few to hold an ending."""
    stem = max(re.split(r"['’]", word.lower()), key=len)
    if len(stem) > _STEM_LETTERS:
        return stem[:_STEM_LETTERS]
    return stem.rstrip("s") if len(stem) > _KEEPS_S else stem


@lru_cache(maxsize=16)
def examples(code: str) -> Book | None:
    """Return the examples of a language, or None where there are none."""
    path = FOLDER / f"{code}.toml"
    if not path.exists():
        return None
    table = tomllib.loads(path.read_text("utf-8"))
    grouped = {word for _, _, text in _lines(table) for word in _grouped(text)}
    small = (frozenset(table["small"]) | frozenset(lexicon()[code]["detect"]["words"])) - grouped
    denying = frozenset(table["denying"])
    lines = [
        (field, value, [_alternatives(group, small, denying) for group in _GROUP.findall(text)], text)
        for field, value, text in _lines(table)
    ]
    lines = [
        (field, value, [group for group in groups if group], text) for field, value, groups, text in lines
    ]
    seen = Counter(stem for _, _, groups, _ in lines for stem in frozenset().union(*groups))
    by_stem: dict[str, dict[Example, None]] = {}
    for place, (field, value, groups, text) in enumerate(lines):
        weighed = tuple((group, min(math.log(len(lines) / seen[stem]) for stem in group)) for group in groups)
        denied = any(word in denying for word in _WORD.findall(text.lower()))
        example = Example(place, field, value, weighed, denied)
        for group in groups:
            for stem in group:
                by_stem.setdefault(stem, {})[example] = None
    return Book(
        {stem: tuple(found) for stem, found in by_stem.items()},
        small | denying,
        denying,
        code in _COMPOUNDING,
    )


def _grouped(text: str) -> list[str]:
    return [word for choice, _ in _GROUP.findall(text.lower()) for word in _WORD.findall(choice)]


def _lines(table: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    for text in table[_NOTHING]:
        yield _NOTHING, None, text
    for field in ("task", "privacy", "quality_risk", "knowledge_changes"):
        for value, texts in table.get(field, {}).items():
            for text in texts:
                yield field, value, text
    for name, texts in table.get("data", {}).items():
        for text in texts:
            yield f"data.{name}", True, text


def _alternatives(group: tuple[str, str], small: frozenset[str], denying: frozenset[str]) -> frozenset[str]:
    words = [
        word for part in re.split(r"[|\s]", group[0] or group[1]) for word in _WORD.findall(part.lower())
    ]
    return frozenset(stem_of(word) for word in words if group[0] or word not in small | denying) - {""}
