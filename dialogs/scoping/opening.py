"""How a project begins: whether words without a project tell of one, ask something, or do both; and its start."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from dialogs.answers.asking import looks_like_question
from dialogs.projects import keeping
from dialogs.projects.naming import name_from
from dialogs.results import limits
from dialogs.scoping import hearing, listening
from dialogs.speaking.marking import mark, who
from dialogs.understanding import Reading
from dialogs.world import Context

Meaning = Literal["project", "question", "both", "unclear"]
"""`both`: somebody tells of their work and asks about it; who answers the question offers to start a project."""

_TELLING_WORDS = 5
_SENTENCE = re.compile(r"[^.!?？。\n]+[.!?？。]*")
_ARROW = re.compile(r"→|->")


def meaning_of(text: str, reading: Reading) -> Meaning:
    """Tell what words mean where no project is open."""
    asks = looks_like_question(text)
    if _tells_of_a_project(text, reading, asks=asks):
        return "project"
    tells = any(_is_telling(sentence) for sentence in _SENTENCE.findall(text))
    if asks:
        if _says("could_it", text) and (tells or _says("first_person", text)):
            return "project"
        return "both" if tells else "question"
    return "project" if tells or _facts(reading) else "unclear"


def _tells_of_a_project(text: str, reading: Reading, *, asks: bool) -> bool:
    wants = _says("wants", text) or bool(_ARROW.search(text))
    return (
        (wants and bool(reading.values))
        or len(_facts(reading)) >= 2
        or ("task" in reading.values and not asks)
        or (bool(reading.wishes) and not asks and _says("first_person", text))
    )


def _facts(reading: Reading) -> list[str]:
    return [name for name in reading.values if name not in {"description", "languages", "task"}]


def _is_telling(sentence: str) -> bool:
    """Whether a sentence tells of somebody's own work, and asks nothing."""
    return (
        not looks_like_question(sentence)
        and len(sentence.split()) >= _TELLING_WORDS
        and _says("first_person", sentence)
    )


def question_in(text: str) -> str:
    """Return the sentences that ask, without those that tell."""
    asking = [sentence.strip() for sentence in _SENTENCE.findall(text) if looks_like_question(sentence)]
    return " ".join(asking) or text


def open_project(ctx: Context, text: str, reading: Reading | None = None) -> None:
    """Start a project with what was said."""
    reading = reading or listening.read(ctx, text)
    ctx.project = keeping.begin(ctx, name_from(reading.scope.description or text))
    limits.take(ctx, text)
    if "description" not in reading.values:
        hearing.describe(ctx, text)
    hearing.hear(ctx, reading, first=True)


def click(ctx: Context, text: str) -> None:
    """Start a project with the words that a question came with."""
    mark(ctx, f"{who(ctx)} started a project")
    open_project(ctx, text)


def _says(section: str, text: str) -> bool:
    return bool(_pattern(section).search(text))


@cache
def _pattern(section: str) -> re.Pattern[str]:
    source = (resources.files("dialogs.scoping") / "opening.toml").read_text("utf-8")
    patterns = [pattern for group in tomllib.loads(source)[section].values() for pattern in group]
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)
