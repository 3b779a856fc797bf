"""A bare answer to the question that was just asked: "12", "none", "weekly", "before feb"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dialogs.understanding.categories import RISKS, TASKS
from dialogs.understanding.hardware import read_hardware
from dialogs.understanding.lexicon import find, pattern, source, starts
from dialogs.understanding.load import DAYS, PERIODS, per_day, period_after
from dialogs.understanding.message import Message
from dialogs.understanding.money import MONTHS, amount_usd
from dialogs.understanding.numbers import Number
from dialogs.understanding.reading import Found

_SECONDS = {"ms": 0.001, "min": 60.0, "minute": 60.0, "minutes": 60.0}
MAX_WORDS = 25
_MACHINE_WORDS = 4


def read_bare(message: Message, field: str) -> Found | None:
    """Return the value of the field that was asked for, read from a bare answer, or None."""
    text = message.text.strip(" .!\n")
    if not text or re.fullmatch(r"\W*" + source("unsure", "whole", message.languages) + r"\W*", text):
        return None
    reader = _READERS.get(field)
    return reader(message) if reader else None


def _whole(message: Message, value: Any) -> Found:
    return message.found(value, 0, len(message.raw))


def _says(message: Message, key: str) -> bool:
    return starts(r"\W*" + source("answer", key, None), message.text) is not None


def _labels(message: Message) -> Found | None:
    number = _number(message)
    if number is not None:
        return message.found(int(number.low), number.start, number.end)
    return _whole(message, 0) if _says(message, "none") else None


def _yes_no(message: Message) -> Found | None:
    if _says(message, "no") or _says(message, "none"):
        return _whole(message, False)
    return _whole(message, True) if _says(message, "yes") else None


def _documents(message: Message) -> Found | None:
    noun = pattern("documents", "nouns", message.languages).search(message.text)
    answer = _yes_no(message)
    if answer is not None and (answer.value or not noun):
        return answer
    return _whole(message, True) if noun and not message.negated(noun.start(), noun.end()) else answer


def _load(message: Message) -> Found | None:
    number = _number(message)
    if number is None:
        return None
    period = period_after(message, number.end)
    value = (
        per_day(message, number.high, period[0])
        if period and (period[0] in DAYS or period[0] in PERIODS)
        else number.high
    )
    return message.found(value, number.start, period[1] if period else number.end)


def _seconds(message: Message) -> Found | None:
    number = _number(message)
    if number is None:
        return None
    unit = starts(r"\s*([a-z]+)", message.text[number.end :])
    factor = _SECONDS.get(unit[1], 1.0) if unit else 1.0
    return message.found(number.low * factor, number.start, number.end)


def _money(message: Message, *, monthly: bool) -> Found | None:
    number = _number(message)
    if number is None:
        return None
    amount, _ = amount_usd(message, number)
    period = period_after(message, number.end)
    months = MONTHS.get(period[0], 1.0) if period and monthly else 1.0
    return message.found(
        round(amount / months, 2), number.start, period[1] if period else len(message.raw.rstrip())
    )


def _tokens(message: Message) -> Found | None:
    """Of several lengths the 95th percentile counts, else the largest."""
    if not message.numbers:
        return None
    marked = [
        n for n in message.numbers if find(r"p9[059]\W*$|max\w*\W*$|up to\W*$", message.before(n.start, 8))
    ]
    number = marked[0] if marked else max(message.numbers, key=lambda n: n.high)
    start = number.start - (4 if marked and "p9" in message.before(number.start, 5) else 0)
    return message.found(number.high, start, number.end)


def _plain(message: Message) -> Found | None:
    number = _number(message)
    return message.found(number.high, number.start, number.end) if number else None


def _words(message: Message) -> Found | None:
    words = " ".join(message.raw.split()).strip(" .!")
    if not words or len(words.split()) > MAX_WORDS or words.endswith("?") or not find(r"\w", words):
        return None
    if re.fullmatch(r"\W*" + source("answer", "none", None) + r"\W*", message.text):
        return None
    return _whole(message, words)


def _deadline(message: Message) -> Found | None:
    return None if pattern("deadline", "none", message.languages).search(message.text) else _words(message)


def _target(message: Message) -> Found | None:
    return _words(message) if message.numbers else None


def _tried(message: Message) -> Found | None:
    if _says(message, "none") or _says(message, "no"):
        return _whole(message, ["nothing"])
    found = _words(message)
    return _whole(message, [found.value]) if found else None


def _category(values: tuple[str, ...], section: str = "") -> Callable[[Message], Found | None]:
    def read(message: Message) -> Found | None:
        for value in values:
            if find(rf"\b{value.replace('_', '[ _-]')}\b", message.text):
                return _whole(message, value)
            match = pattern(section, value, None).search(message.text) if section else None
            if match:
                return message.found(value, match.start(), match.end())
        return None

    return read


def _changes(message: Message) -> Found | None:
    for value in ("static", "realtime", "daily", "weekly"):
        if value == "static":
            match = pattern("knowledge_changes", "bare_static", None).search(message.text)
        else:
            match = pattern("knowledge_changes", f"frequency_{value}", None).search(message.text)
        if match or find(rf"\b{value}\b", message.text):
            return _whole(message, value)
    match = pattern("knowledge_changes", "frequency_static", None).search(message.text)
    return _whole(message, "static") if match else None


def _privacy(message: Message) -> Found | None:
    found = _category(("on_premises", "private_cloud"), "privacy")(message)
    if found is not None:
        return found
    if starts(r"\W*(?:any|anywhere|all|egal|överallt|n'importe|cualquier)", message.text):
        return _whole(message, "any")
    return None


def _languages(message: Message) -> Found | None:
    codes = re.fullmatch(r"\W*[a-z]{2}(?:\W+(?:and\W+)?[a-z]{2})*\W*", message.text)
    return _whole(message, re.findall(r"\b(?!an?d?\b)[a-z]{2}\b", message.text)) if codes else None


def _modality(message: Message) -> Found | None:
    return _whole(message, ["text"]) if find(r"\btexte?\b|\btexto\b", message.text) else None


def _number(message: Message) -> Number | None:
    return (
        message.numbers[-1] if message.numbers and _corrects(message) else next(iter(message.numbers), None)
    )


def _corrects(message: Message) -> bool:
    return pattern("correction", "marks", message.languages).search(message.text) is not None


def _machine(message: Message) -> Found | None:
    """A machine in a few words, or in more words that name one: "12,000 files of 20 pages" is none."""
    if len(message.text.split()) <= _MACHINE_WORDS:
        return _words(message)
    return read_hardware(message).get("hardware")


_READERS: dict[str, Callable[[Message], Found | None]] = {
    "task": _category(TASKS),
    "breadth": _category(("single_task", "multi_task"), "breadth"),
    "quality_risk": _category(RISKS, "risk"),
    "data.labelled_examples": _labels,
    "data.documents": _documents,
    "data.preference_data": _yes_no,
    "requests_per_day": _load,
    "latency_seconds": _seconds,
    "budget_usd_per_month": lambda message: _money(message, monthly=True),
    "budget_usd_total": lambda message: _money(message, monthly=False),
    "input_tokens": _tokens,
    "output_tokens": _tokens,
    "concurrency": _plain,
    "privacy": _privacy,
    "knowledge_changes": _changes,
    "languages": _languages,
    "input_modality": _modality,
    "deadline": _deadline,
    "success_target": _target,
    "tried": _tried,
    **dict.fromkeys(
        ("description", "domain", "region", "users", "success_metric", "output_format", "team"),
        _words,
    ),
    "hardware": _machine,
}
