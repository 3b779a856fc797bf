"""Phrases per language from `phrases/*.toml`, compiled into regular expressions.

A phrase is plain words. "*" at an end of a word stands for any ending (or beginning), ".." skips up to
three words ("..." up to eight), "(a|b)" is a choice, "[x]" may be missing. So a new phrasing is a new line
of data.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "phrases"
UNIVERSAL = frozenset(("period", "unit", "metrics", "techniques", "hardware", "answer"))
NOTHING = r"(?!)"
_TOKEN = re.compile(r"\s*\.{2,3}\s*|\s+|\*|\(|\)|\||\[|\]|\w+|.")
_MARKS = {"(": "(?:", ")": ")", "|": "|", "[": "(?:", "]": ")?", "*": r"[\w'’-]*"}
_GAPS = {
    dots: rf"(?:[^\w.;!?\n]+[\w'’.-]+){{0,{most}}}?[^\w.;!?\n]+" for dots, most in (("..", 3), ("...", 8))
}
_SPACE = r"[\s*_~]{1,3}"
_SHORT_WORD = 4  # letters: "à" is not "a", nor "où" "ou"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, dict[str, Any]]:
    """Return every language's phrases, keyed by ISO 639-1 code."""
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return the tables of words that need no language: counts, cities, units of the calendar."""
    return tomllib.loads((FOLDER.parent / "words.toml").read_text("utf-8"))


def either(texts: Iterable[str]) -> str:
    """Return the expression of plain words, longer ones first."""
    return "|".join(sorted(map(re.escape, texts), key=len, reverse=True))


@lru_cache(maxsize=1)
def all_languages() -> tuple[str, ...]:
    """Return the codes of all languages that have phrases."""
    return tuple(lexicon())


@lru_cache(maxsize=4096)
def phrases(section: str, key: str, languages: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the phrases of a dotted section in these languages, without repetition.

    Units and names ("/Monat", "F1", "LoRA") are the same in whatever language the rest is written.
    """
    found: dict[str, None] = {}
    for code in all_languages() if languages is None or section in UNIVERSAL else languages:
        table: Any = lexicon().get(code, {})
        for part in section.split("."):
            table = table.get(part, {})
        found.update(dict.fromkeys(table.get(key, ())))
    return tuple(found)


def pattern(section: str, key: str, languages: tuple[str, ...] | None = None) -> re.Pattern[str]:
    """Return one compiled expression that matches any phrase of a section's key."""
    return compiled(source(section, key, languages))


def source(section: str, key: str, languages: tuple[str, ...] | None = None) -> str:
    """Return the expression's source, to be built into a larger one; it has no capturing groups."""
    return _source(section, key, None if section in UNIVERSAL else languages)


@lru_cache(maxsize=8192)
def _source(section: str, key: str, languages: tuple[str, ...] | None) -> str:
    return expression_of(phrases(section, key, languages))


def expression_of(texts: Iterable[str]) -> str:
    """Return one expression for many phrases; longer phrases win over shorter ones.

    Phrases are grouped by their first letter, so that a place in the text rules most of them out at once.
    """
    by_letter: dict[str, list[str]] = {}
    others: list[str] = []
    for text in sorted(set(texts), key=len, reverse=True):
        if text[:1].isalnum() and text[1:2] not in ("*", "["):
            letter, rest = _split(_expression(text))
            by_letter.setdefault(letter, []).append(rest)
        elif text:
            others.append(
                ("" if not (text[0].isalnum() or text[0] in "([*") else r"(?<!\w)") + _expression(text)
            )
    groups = [f"{letter}(?:{'|'.join(rest)})" for letter, rest in sorted(by_letter.items())]
    if groups:
        others.append(rf"(?<!\w)(?:{'|'.join(groups)})")
    return "(?:" + "|".join(others) + ")" if others else NOTHING


@lru_cache(maxsize=16_384)
def compiled(expression: str) -> re.Pattern[str]:
    """Compile an expression once; `re` itself keeps only the last 512."""
    return re.compile(expression)


def find(expression: str, text: str) -> re.Match[str] | None:
    """Return the first match of an expression anywhere in a text."""
    return compiled(expression).search(text)


def starts(expression: str, text: str) -> re.Match[str] | None:
    """Return the match of an expression at the start of a text."""
    return compiled(expression).match(text)


def find_all(expression: str, text: str) -> Iterator[re.Match[str]]:
    """Return every match of an expression in a text."""
    return compiled(expression).finditer(text)


def _expression(phrase: str) -> str:
    body = "".join(_piece(token) for token in _TOKEN.findall(phrase.lower()))
    return body + (r"(?!\w)" if phrase[-1].isalnum() or phrase[-1] in ")]" else "")


def _piece(token: str) -> str:
    if token.strip() in _GAPS:
        return _GAPS[token.strip()]
    if token.isspace():
        return _SPACE
    return _MARKS.get(token) or _lenient(token)


def _lenient(word: str) -> str:
    """Return the expression of a word whose accents may be missing: "traducao" for "tradução"."""
    if len(word) < _SHORT_WORD:
        return re.escape(word)
    return "".join(re.escape(c) if plain(c) == c else f"[{c}{plain(c)}]" for c in word)


def _split(expression: str) -> tuple[str, str]:
    """Return the first letter of an expression, with or without its accent, and the rest."""
    end = expression.index("]") + 1 if expression[0] == "[" else 1
    return expression[:end], expression[end:]


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """Return a word without its accents, of the same length."""
    return "".join(unicodedata.normalize("NFD", c)[0] for c in word)
