"""What one person, machine or branch does, and how many of them there are."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import find, find_all, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number

_TIMES = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_OFTEN = re.compile(r"(?<!\w)(once|twice|thrice)(?=\s+(?:a|an|per|every|each|daily|weekly)(?!\w))")
_STEM_LETTERS = 4
_BEHIND = 60


def frequencies(message: Message) -> tuple[Number, ...]:
    """Return "twice a month" as a number, where it says how often somebody asks."""
    asking = source("load", "acting", message.languages)
    found = []
    for match in _OFTEN.finditer(message.text):
        first, _ = message.sentence(match.start())
        change = source("knowledge_changes", "change", message.languages)
        behind = message.text[max(first, match.start() - _BEHIND) : match.start()]
        if find(asking, behind) and not find(change, behind):
            found.append(Number(_TIMES[match[1]], _TIMES[match[1]], match.start(), match.end(), spoken=True))
    return tuple(found)


def shifts_per_day(message: Message) -> float | None:
    """Return how many shifts a day has, or None where nobody says so."""
    shifts = r"\s*(?:[^\W\d]+\s+)?" + source("unit", "shifts", message.languages)
    return next((n.high for n in message.numbers if starts(shifts, message.text[n.end : n.end + 24])), None)


def says_times(message: Message, start: int, end: int) -> bool:
    """Say whether words only say how often: "3 times a month"."""
    return find(source("load", "times", message.languages), message.text[start:end]) is not None


def one_does(message: Message, number: Number) -> bool:
    """Say whether a number is what each one does: "each fires 20 questions a day"."""
    first, last = message.sentence(number.start)
    return find(_each_acts(message), message.text[first:last]) is not None


def one_each(message: Message, people: Number) -> float:
    """Return what each of these people does: "5k of them use it a day, two questions each"; else one."""
    _, last = message.sentence(people.start)
    each = r"\s+(?:[^\W\d]+\s+){0,2}?" + source("period", "each", message.languages)
    others = (other for other in message.numbers if people.end <= other.start < last)
    return next((o.high for o in others if starts(each, message.text[o.end : o.end + 30])), 1.0)


def how_many(message: Message, number: Number, end: int) -> Number | None:
    """Return how many there are of those that each do `number`; None where nobody says so."""
    return _of_that_noun(message, number) or _of_each(message, number, end)


def _of_that_noun(message: Message, number: Number) -> Number | None:
    """ "4,800 employees. Each employee asks twice": those that "each" names."""
    first, last = message.sentence(number.start)
    for each in find_all(
        r"\b(?:each|every)\s+(?:of\s+(?:the|our)\s+)?([^\W\d_]{4,})", message.text[first:last]
    ):
        noun = each[1]
        if starts(source("unit", "calendar", message.languages), noun):
            continue
        stem = re.escape(noun[: max(_STEM_LETTERS, len(noun) - 2)])
        for other in message.numbers:
            ahead = message.text[other.end : other.end + 40]
            if other is not number and starts(rf"\W*(?:[^\W\d]+\W+){{0,2}}?{stem}", ahead):
                return other
    return None


def _of_each(message: Message, number: Number, end: int) -> Number | None:
    """ "40 terminals, 12 queries a day on each", "50 of them and each fires 20 questions a day"."""
    first, last = message.sentence(number.start)
    after = starts(
        r"\W*(?:on|for|from|at|in|by|per|to)\s+each(?!\s+(?:day|week|month|hour))", message.text[end:last]
    )
    if not after and not find(_each_acts(message), message.text[first : number.start]):
        return None
    unit = rf"\s*(?:{source('unit', 'calendar', message.languages)}|{source('unit', 'token', message.languages)})"
    before = [other for other in message.numbers if other.end <= number.start]
    for other in reversed(before):
        ahead = message.text[other.end : other.end + 24]
        near = other.start >= first or not after
        is_shifts = starts(source("unit", "shifts", message.languages), ahead.lstrip())
        if (
            near
            and not (other.spoken and other.high == 1)
            and not is_shifts
            and starts(r"\s+(?:of\s+(?:them|us|those)|[^\W\d][\w-]+)", ahead)
            and not starts(unit, ahead)
        ):
            return other
    return None


def _each_acts(message: Message) -> str:
    acting = source("load", "acting", message.languages)
    return (
        r"\beach\s+(?:of\s+(?:them|us|those|these)\s+|one\s+)?(?:(?:would|will|can|may|might|probably|maybe|then)\s+){0,2}"
        + acting
    )
