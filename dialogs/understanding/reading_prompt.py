"""Reading with a chat model beside the rules: what it may say, and what of it is believed.

The rules read first and their values stand. A chat model may fill what they left open: its quote must stand in
the message, its numbers are read from that quote again, its categories must be ones the scope knows. Where
both read a field differently, the rules' value is kept and the difference becomes a question.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from pydantic import ValidationError

from dialogs.answers.prompt import break_special_tokens
from dialogs.scope import KnowledgeChanges, Scope, with_fields
from dialogs.speaking.wording import LABELS, phrase
from dialogs.steps import Complete, Embed, Given
from dialogs.understanding import Found, Reading, read_message, read_scope
from dialogs.understanding.nearness import Examples, Near
from dialogs.understanding.reading import Conflict
from dialogs.world import Hold
from knowledge.loader import Knowledge
from knowledge.schema import TaskId

MAX_TOKENS = 600
DEADLINE_SECONDS = 30.0
MAX_CHARACTERS = 4_000
MAX_ENTRIES = 20
_CHOICES: dict[str, tuple[str, ...]] = {
    "task": get_args(TaskId),
    "privacy": ("on_premises", "private_cloud", "any"),
    "quality_risk": ("low", "medium", "high"),
    "knowledge_changes": get_args(KnowledgeChanges),
}
_TRUTHS = {"true": True, "false": False}
_YES_OR_NO = ("data.documents", "data.preference_data")
_MEASURED = (
    "requests_per_day", "latency_seconds", "budget_usd_per_month", "budget_usd_total", "data.labelled_examples",
    "languages",
)  # fmt: skip
"""Fields that the rules read again from the model's quote; what they cannot find there is not believed."""

_MONEY = ("budget_usd_per_month", "budget_usd_total")
_OWN_WORDS = (
    "domain", "users", "region", "hardware", "deadline", "success_metric", "success_target", "output_format", "team",
)  # fmt: skip


@cache
def _texts() -> Mapping[str, Any]:
    return tomllib.loads((files("dialogs.understanding") / "reading_prompt.toml").read_text(encoding="utf-8"))


@cache
def reading_schema() -> dict[str, Any]:
    """Return the JSON schema of a reading: a list of fields, each with its value and the words it stands in."""
    entry = {
        "type": "object",
        "properties": {
            "field": {"enum": list(_texts()["fields"])},
            "value": {"type": "string", "maxLength": 120},
            "quote": {"type": "string", "maxLength": 200},
        },
        "required": ["field", "value", "quote"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"stated": {"type": "array", "items": entry, "maxItems": MAX_ENTRIES}},
        "required": ["stated"],
        "additionalProperties": False,
    }


def reading_prompt(text: str) -> Complete:
    """Return the completion that reads a message; the constant part comes first."""
    lines = [f"- {name}: {meaning}{_values(name)}" for name, meaning in _texts()["fields"].items()]
    system = f"{_texts()['system'].strip()}\n\nFields:\n" + "\n".join(lines)
    message = break_special_tokens(text[:MAX_CHARACTERS])
    return Complete(
        task="read",
        messages=(("system", system), ("user", f"Message:\n{message}")),
        schema=reading_schema(),
        max_tokens=MAX_TOKENS,
        deadline_seconds=DEADLINE_SECONDS,
    )


def _values(name: str) -> str:
    return f" ({' | '.join(_CHOICES[name])})" if name in _CHOICES else ""


def read_with_chat(
    messages: Sequence[str],
    *,
    today: date,
    given: Given,
    knowledge: Knowledge | None = None,
    examples: Examples | None = None,
) -> tuple[Reading, str]:
    """Read a conversation with rules, `examples` and, where there is one, a chat model.

    Returns the reading and its mode: "rules" without a chat model, or where it fails. Raises Hold for the
    vectors and the completion it needs.
    """
    near = Near(examples, given.vectors) if examples and given.has_embedding else None
    reading = read_scope(messages, today=today, knowledge=knowledge, near=near)
    if reading.wanted:
        raise Hold(Embed(reading.wanted))
    if not given.has_chat:
        return reading, "rules"
    text = "\n".join(messages)
    request = reading_prompt(text)
    if request not in given.completions:
        raise Hold(request)
    said = given.completions[request]
    return (merged(reading, text, said, today), "chat") if said else (reading, "rules")


def merged(reading: Reading, text: str, said: str, today: date) -> Reading:
    """Return a reading with what a completion adds to it, and a question for each difference."""
    values, conflicts, notes = dict(reading.values), list(reading.conflicts), list(reading.notes)
    for field, found in believed(said, text, today):
        if field in reading.withdrawn:
            continue
        held = values.get(field)
        if held is None or (held.guessed and held.value != found.value):
            values[field] = found
        elif held.value != found.value and field not in _OWN_WORDS:
            conflicts.append(Conflict(field, held.value, found.value, found.evidence))
            notes.append(question_about(conflicts[-1]))
    return replace(reading, values=values, conflicts=tuple(conflicts), notes=tuple(notes))


def believed(said: str, text: str, today: date) -> list[tuple[str, Found]]:
    """Return (field, value) for what is believed: the quote stands in the text, and the value in the quote."""
    found = [(str(entry.get("field")), _believed(entry, text, today)) for entry in _entries(said)]
    return [(field, value) for field, value in found if value is not None]


def is_own_words(field: str) -> bool:
    """Whether a field keeps the writer's words, so that two readings of it are no contradiction."""
    return field in _OWN_WORDS


def question_about(conflict: Conflict) -> str:
    """Return the question that a difference between two readings becomes."""
    one, other = phrase(conflict.field, conflict.kept), phrase(conflict.field, conflict.other)
    label = LABELS[conflict.field]
    return (
        f"I read two things for the {label}: {one}, and from “{conflict.evidence}” {other}. Which one holds?"
    )


def _entries(said: str) -> list[dict[str, Any]]:
    """Return the entries of a completion; none where it is not what the schema asks for."""
    try:
        stated = json.loads(said)["stated"]
    except (ValueError, TypeError, KeyError):
        return []
    return [entry for entry in stated if isinstance(entry, dict)] if isinstance(stated, list) else []


def _believed(entry: Mapping[str, Any], text: str, today: date) -> Found | None:
    """Return what an entry says where its quote stands in the message and its value in the quote, else None."""
    field, value = str(entry.get("field", "")), str(entry.get("value", "")).strip()
    place = _place_of(str(entry.get("quote", "")), text)
    if place is None or field not in _texts()["fields"]:
        return None
    start, end = place
    quote = text[start:end]
    meant = _meaning(field, value, quote, today)
    if meant is None:
        return None
    try:
        with_fields(Scope(), {field: meant})
    except ValidationError:
        return None
    return Found(meant, " ".join(quote.split()), start, end, guessed=field not in _MEASURED)


def _meaning(field: str, value: str, quote: str, today: date) -> Any:
    if field in _MEASURED:
        plainly = read_message(quote, today=today).values
        if field not in plainly and (field in _MONEY or not plainly.keys().isdisjoint(_MEASURED)):
            return None  # its numbers say something else
        found = plainly.get(field) or read_message(quote, today=today, expecting=field).values.get(field)
        return found.value if found else None
    if field in _CHOICES:
        return value if value in _CHOICES[field] else None
    if field in _YES_OR_NO:
        return _TRUTHS.get(value.lower())
    stands = _place_of(value, quote)
    return quote[stands[0] : stands[1]] if stands else None


def _place_of(words: str, text: str) -> tuple[int, int] | None:
    """Return where words stand in a text, whatever their case and the spaces between them."""
    pieces = [re.escape(piece) for piece in words.split()]
    match = re.search(r"\s+".join(pieces), text, re.IGNORECASE) if pieces else None
    return match.span() if match else None
