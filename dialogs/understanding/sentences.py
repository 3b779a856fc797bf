"""Example sentences for reading by meaning, from `sentences/*.toml`: what people say, by field and value."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "sentences"
SPOKEN = "en"
"""The language of the sentences: the default embedding model knows no other."""

NOTHING = "nothing"


@dataclass(frozen=True)
class Sentence:
    """One thing people say; `field` is None where it says nothing about any field that is read by meaning."""

    text: str
    field: str | None
    value: Any


@cache
def sentences() -> tuple[Sentence, ...]:
    """Return every example sentence, in the order of the file; one may stand there for several fields."""
    table = tomllib.loads((FOLDER / f"{SPOKEN}.toml").read_text("utf-8"))
    found = [Sentence(text, None, None) for text in table.pop(NOTHING)]
    for name, texts in table.pop("data").items():
        found += [Sentence(text, f"data.{name}", True) for text in texts]
    for field, values in table.items():
        found += [Sentence(text, field, value) for value, texts in values.items() for text in texts]
    return tuple(found)


def texts_to_embed() -> tuple[str, ...]:
    """Return the text of every example sentence, each once."""
    return tuple(dict.fromkeys(sentence.text for sentence in sentences()))
