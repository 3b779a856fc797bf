"""How long an answer may take, in seconds."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import find, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number
from dialogs.understanding.reading import Found

UNIT_SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0}
_IN_WORDS = {"quarter_second": 0.25, "half_minute": 30.0, "one_minute": 60.0}
_CARD = re.compile(r"[2345]0[5-9]0s(?!\w)")  # "two 4090s"
_PERCENTILE = re.compile(r"p(?:50|90|95|99)\b\W*$")


def read_latency(message: Message) -> dict[str, Found]:
    """Read `latency_seconds`; of a range the lower end counts, and "sub-second" is 1."""
    for match in message.search("latency", "sub_second"):
        return {"latency_seconds": message.found(1.0, match.start(), match.end())}
    for match in message.search("latency", "half_second"):
        return {"latency_seconds": message.found(0.5, match.start(), match.end())}
    for key, value in _IN_WORDS.items():
        for match in message.search("latency", key):
            return {"latency_seconds": message.found(value, match.start(), match.end())}
    for number in message.numbers:
        seconds = unit_after(message, number)
        if seconds is None or not _is_latency(message, number, seconds[0]):
            continue
        factor, end = seconds
        start = number.start
        percentile = _PERCENTILE.search(message.text[max(0, start - 6) : start])
        if percentile:
            start -= len(percentile[0])
        return {"latency_seconds": message.found(round(number.low * factor, 6), start, end)}
    return {}


def unit_after(message: Message, number: Number) -> tuple[float, int] | None:
    """Return the seconds of the time unit after a number, and where that unit ends."""
    ahead = message.text[number.end : number.end + 16]
    for unit, factor in UNIT_SECONDS.items():
        match = starts(r"\s?-?" + source("unit", unit, message.languages), ahead)
        if match:
            return factor, number.end + match.end()
    return None


def _is_latency(message: Message, number: Number, factor: float) -> bool:
    first, last = message.sentence(number.start)
    behind, ahead = message.text[first : number.start], message.text[number.end : last]
    if find(source("negation", "before", message.languages) + r"\W*$", behind):
        return False
    if find(source("period", "every", message.languages) + r"\W*$", behind):
        return False
    if find(source("latency", "not_latency", message.languages), ahead[:40]):
        return False
    if _CARD.match(message.text, number.start):
        return False
    if factor < UNIT_SECONDS["minute"]:
        return True
    return find(source("latency", "cue", message.languages), behind[-50:] + ahead[:30]) is not None
