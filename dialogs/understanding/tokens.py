"""Lengths of inputs and outputs, in tokens."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import find, find_all, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found


def read_tokens(message: Message) -> dict[str, Found]:
    """Read `input_tokens` and `output_tokens`; speeds and training corpora are no lengths."""
    found: dict[str, Found] = {}
    token = source("unit", "token", message.languages)
    unit = re.compile(
        rf"\s?-?(?:(?:of\s+)?(?P<before>input|output|prompt|completion|context)\s+)?{token}(?:\s+(?P<after>in|out|input|output))?"
        + (r"|\s+(?P<alone>in|out)(?=\W|$)" if find(token, message.text) else "")
    )
    several = [number for number in message.numbers if unit.match(message.text, number.end)]
    for number in several:
        match = unit.match(message.text, number.end)
        if not match or _is_speed(message, number.end):
            continue
        field = _side(message, number.start, match)
        if field in found and len(several) > 1:
            field = "output_tokens" if "output_tokens" not in found else field
        found.setdefault(field, message.found(number.high, number.start, match.end()))
    return found


def _side(message: Message, start: int, match: re.Match[str]) -> str:
    """The cue right behind a length tells its side, else the cue that stands nearest before it."""
    named = match["before"] or match["after"] or match.groupdict().get("alone")
    if named:
        return "output_tokens" if named.startswith(("out", "compl")) else "input_tokens"
    sides = (("output_tokens", "output"), ("input_tokens", "input"))
    ahead = message.text[match.end() : match.end() + 14]
    for field, key in sides:
        if starts(
            r"\s+(?:of\s+|per\s+|for\s+(?:the\s+)?)?" + source("tokens", key, message.languages), ahead
        ):
            return field
    behind = re.split(r"[,:]|\band\b|\bund\b|\bet\b|\by\b|\boch\b", message.before(start, 60))[-1]
    ends = {
        field: max((m.end() for m in find_all(source("tokens", key, message.languages), behind)), default=-1)
        for field, key in sides
    }
    return "output_tokens" if ends["output_tokens"] > ends["input_tokens"] else "input_tokens"


def _is_speed(message: Message, end: int) -> bool:
    ahead = message.text[max(0, end - 1) : end + 24]
    return find(source("tokens", "not_length", message.languages), ahead) is not None
