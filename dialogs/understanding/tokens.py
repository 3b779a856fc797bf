"""Lengths of inputs and outputs, in tokens."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import find, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found


def read_tokens(message: Message) -> dict[str, Found]:
    """Read `input_tokens` and `output_tokens`; speeds and training corpora are no lengths."""
    found: dict[str, Found] = {}
    unit = re.compile(
        r"\s?-?" + source("unit", "token", message.languages) + r"(?:\s+(in|out|input|output))?"
    )
    for number in message.numbers:
        match = unit.match(message.text, number.end)
        if not match or _is_speed(message, number.end):
            continue
        field = _side(message, number.start, match)
        found.setdefault(field, message.found(number.high, number.start, match.end()))
    return found


def _side(message: Message, start: int, match: re.Match[str]) -> str:
    if match[1]:
        return "output_tokens" if match[1].startswith("out") else "input_tokens"
    behind = re.split(r",|\band\b|\bund\b|\bet\b|\by\b|\boch\b", message.before(start, 60))[-1]
    output = source("tokens", "output", message.languages)
    if find(output, behind) or starts(r"\s+" + output, message.text[match.end() : match.end() + 14]):
        return "output_tokens"
    return "input_tokens"


def _is_speed(message: Message, end: int) -> bool:
    ahead = message.text[max(0, end - 1) : end + 24]
    return find(source("tokens", "not_length", message.languages), ahead) is not None
