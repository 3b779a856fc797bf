"""Checks what a chat model wrote against the passages it was given, sentence by sentence.

A sentence is released only if one passage holds all its numbers with their units, all its names, most of its
words, and does not say the opposite. The citation it gets is that passage, whatever the model claimed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from dialogs.answers.sentences import mrkdwn, split_sentences
from knowledge.schema import Section
from knowledge.words import index_terms, load_lexicon, plain, split_words, stem

_NEEDED_WORDS = 0.6
_SAME_CLAIM = 0.75
_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_BULLET = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])\s+")
_NAME = re.compile(r"[^\W\d_][\w.+-]*")


@dataclass(frozen=True)
class CheckedSentence:
    """A finished sentence. `passage` counts from 0; `problem` says why it was not released, "" if it was."""

    text: str
    passage: int | None
    problem: str = ""

    @property
    def released(self) -> bool:
        return self.passage is not None


def checked_sentences(
    text_so_far: str, passages: Sequence[Section], *, finished: bool = False
) -> list[CheckedSentence]:
    """Check every finished sentence of a text that may still be growing.

    The last sentence counts only when `finished`, or when more text follows it. Call it again with the
    longer text: what it said about earlier sentences stays the same.
    """
    held = tuple(passages)
    return [_check(sentence, held) for sentence in _finished_sentences(text_so_far, finished)]


def whole_sentences(text: str) -> str:
    """Return a text that was cut off without the sentence that it was cut in."""
    return "\n".join(_finished_sentences(text, finished=False))


def _finished_sentences(text: str, finished: bool) -> list[str]:
    sentences: list[str] = []
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        ended = line.endswith("\n") or finished
        found = split_sentences(_attached(_BULLET.sub("", line.strip())))
        sentences += found if ended or number < len(lines) - 1 else found[:-1]
    return [sentence for sentence in sentences if _MARKER.sub("", sentence).strip()]


def _attached(line: str) -> str:
    """Move a marker that follows the full stop in front of it: "So. [1] Then" becomes "So [1]. Then"."""
    return re.sub(r"([.!?])((?:\s*\[\d+\])+)", r"\2\1", line)


@lru_cache(maxsize=256)  # a growing text is checked again with every piece
def _check(sentence: str, passages: tuple[Section, ...]) -> CheckedSentence:
    bare = _MARKER.sub("", sentence).strip()
    problems: list[tuple[float, str]] = []
    best: tuple[float, int] | None = None
    for at, passage in enumerate(passages):
        share, problem = _support(bare, _words_of(passage))
        if problem:
            problems.append((share, problem))
        elif best is None or share > best[0]:
            best = (share, at)
    if best is not None:
        return CheckedSentence(mrkdwn(bare), best[1])
    return CheckedSentence(mrkdwn(bare), None, max(problems)[1] if problems else "There is no passage.")


@dataclass(frozen=True)
class _Words:
    """What a passage holds, ready for checking."""

    plain_text: str
    terms: frozenset[str]
    numbers: frozenset[str]
    measures: frozenset[tuple[str, str]]  # (number, stem of its unit)
    claims: tuple[tuple[frozenset[str], bool], ...]  # (terms, negated) of each sentence


@lru_cache(maxsize=64)
def _words_of(passage: Section) -> _Words:
    text = f"{passage.title}. {passage.heading}. {passage.text}"
    words = _number_words(text)
    lexicon = load_lexicon()
    return _Words(
        plain_text=plain(text),
        terms=frozenset(index_terms(text, lexicon)),
        numbers=frozenset(word for word in words if word[0].isdigit()),
        measures=frozenset(_measures(words)),
        claims=tuple(
            (frozenset(index_terms(sentence, lexicon)), _negated(sentence))
            for sentence in split_sentences(" ".join(text.split()))
        ),
    )


def _support(sentence: str, passage: _Words) -> tuple[float, str]:
    """Return the share of the sentence's words that the passage holds, and what it lacks ("" if nothing)."""
    terms = frozenset(index_terms(sentence, load_lexicon()))
    share = len(terms & passage.terms) / len(terms) if terms else 0.0
    words = _number_words(sentence)
    for number in (word for word in words if word[0].isdigit()):
        if number not in passage.numbers:
            return share, f"The number {number} is not in the passage."
    for number, unit in _measures(words):
        if (number, unit) not in passage.measures:
            return share, f"The passage gives {number} with another unit."
    for name in _names(sentence):
        if plain(name) not in passage.plain_text:
            return share, f"The name {name} is not in the passage."
    if share < _NEEDED_WORDS:
        return share, "The passage does not say this."
    closest = max(passage.claims, key=lambda claim: len(terms & claim[0]), default=None)
    if closest and len(terms & closest[0]) / len(terms) >= _SAME_CLAIM and closest[1] != _negated(sentence):
        return share, "The passage says the opposite."
    return share, ""


@dataclass(frozen=True)
class _Vocabulary:
    negations: frozenset[str]
    units: frozenset[str]
    numbers: dict[str, str]


@cache
def _vocabulary() -> _Vocabulary:
    table = tomllib.loads((files("dialogs.answers") / "citations.toml").read_text(encoding="utf-8"))
    units = frozenset(stem(word) for word in table["units"].split())
    return _Vocabulary(frozenset(table["negations"].split()), units, table["numbers"])


def _number_words(text: str) -> list[str]:
    spaced = re.sub(r"(?<=\d)(?=[^\W\d_])|%", lambda found: " percent" if found[0] else " ", text)
    return [_vocabulary().numbers.get(word, word) for word in split_words(spaced)]


def _measures(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return each number with the unit that follows it within two words."""
    found = []
    for at, word in enumerate(words):
        if not word[0].isdigit():
            continue
        unit = next((stem(w) for w in words[at + 1 : at + 3] if stem(w) in _vocabulary().units), None)
        if unit:
            found.append((word, unit))
    return found


def _names(sentence: str) -> list[str]:
    """Return words written like names: capitals inside the sentence, or mixed case and digits anywhere."""
    names = []
    for found in _NAME.finditer(sentence):
        word = found[0].strip(".-+")
        first = not sentence[: found.start()].strip("\"'“‘([*_ ")
        mixed = any(char.isupper() for char in word[1:])
        if len(word) > 1 and (mixed or (word[0].isupper() and not first)):
            names.append(word)
    return names


def _negated(sentence: str) -> bool:
    words = plain(sentence).replace("'", "").replace("’", "").split()
    return any(word.strip(".,;:!?()") in _vocabulary().negations for word in words)
