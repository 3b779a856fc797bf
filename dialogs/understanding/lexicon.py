"""Phrases per language from `phrases/*.toml`, compiled into regular expressions.

A phrase is plain words. "*" at an end of a word stands for any ending (or beginning), ".." skips up to
three words, "(a|b)" is a choice, "[x]" may be missing. So a new phrasing is a new line of data.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "phrases"
NOTHING = re.compile(r"(?!)")
_TOKEN = re.compile(r"\s*\.\.\s*|\s+|\*|\(|\)|\||\[|\]|.")
_MARKS = {"(": "(?:", ")": ")", "|": "|", "[": "(?:", "]": ")?", "*": r"[\w'’-]*"}
_GAP = r"(?:[^\w.;!?\n]+[\w'’.-]+){0,3}?[^\w.;!?\n]+"
_SPACE = r"[\s*_~]{1,3}"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, dict[str, Any]]:
    """Return every language's phrases, keyed by ISO 639-1 code."""
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


@lru_cache(maxsize=1)
def all_languages() -> tuple[str, ...]:
    """Return the codes of all languages that have phrases."""
    return tuple(lexicon())


@lru_cache(maxsize=512)
def phrases(section: str, key: str, languages: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the phrases of a dotted section in these languages, without repetition."""
    found: dict[str, None] = {}
    for code in languages or all_languages():
        table: Any = lexicon().get(code, {})
        for part in section.split("."):
            table = table.get(part, {})
        found.update(dict.fromkeys(table.get(key, ())))
    return tuple(found)


@lru_cache(maxsize=1024)
def pattern(section: str, key: str, languages: tuple[str, ...] | None = None) -> re.Pattern[str]:
    """Return one compiled expression that matches any phrase of a section's key."""
    return compile_phrases(phrases(section, key, languages))


@lru_cache(maxsize=1024)
def source(section: str, key: str, languages: tuple[str, ...] | None = None) -> str:
    """Return the expression's source, to be built into a larger one; it has no capturing groups."""
    return pattern(section, key, languages).pattern


def compile_phrases(texts: Iterable[str]) -> re.Pattern[str]:
    """Compile phrases into one expression; longer phrases win over shorter ones."""
    parts = [_expression(text) for text in sorted(set(texts), key=len, reverse=True) if text]
    return re.compile("(?:" + "|".join(parts) + ")") if parts else NOTHING


def _expression(phrase: str) -> str:
    body = "".join(_piece(token) for token in _TOKEN.findall(phrase.lower()))
    start = r"(?<!\w)" if phrase[0].isalnum() or phrase[0] in "([" else ""
    end = r"(?!\w)" if phrase[-1].isalnum() or phrase[-1] in ")]" else ""
    if phrase[0] == "*":
        start = r"(?<![\w'])"
    return f"{start}{body}{end}"


def _piece(token: str) -> str:
    if token.strip() == "..":
        return _GAP
    if token.isspace():
        return _SPACE
    return _MARKS.get(token) or re.escape(token)
