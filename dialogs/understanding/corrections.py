"""A number that replaces another one without saying what it counts: "sorry, it's 140"."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import find, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number

_INSTEAD = re.compile(r",?\s+(?:and\s+)?not\s+\d")


def says_instead(message: Message) -> bool:
    """Say whether a number is put in place of another: "50 not 5"."""
    return any(_INSTEAD.match(message.text, number.end) for number in message.numbers)


def bare_correction(message: Message) -> Number | None:
    """Return the number that a message only corrects; None where every number says what it counts."""
    cue = rf"(?:{source('correction', 'marks', message.languages)}|{source('correction', 'anew', message.languages)})"
    for number in message.numbers:
        if _INSTEAD.match(message.text, number.end):
            return number
        behind = message.text[max(0, number.start - 40) : number.start]
        plain = starts(
            r"\s*(?:[.,;:!?)]|$|\b(?:and|but|not|then|instead|now|actually)\b)", message.text[number.end :]
        )
        if plain and find(cue + r"\W*(?:[^\W\d]+\W+){0,2}$", behind):
            return number
    return None
