"""Days as people name them when they plan: "friday", "the 4th", "next week", "in two weeks"."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from dialogs.understanding import deadline_date

_SHORT_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OF_A_WEEK = re.compile(rf"\b({'|'.join(_SHORT_DAYS)})(?:s|rs|urs|nes|ur)?\b")
_OF_A_MONTH = re.compile(r"(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)")
_LENGTH = re.compile(
    r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six)\s+(?P<unit>working days?|days?|weeks?|months?)"
)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def read_day(words: str, today: date) -> date | None:
    """Return the day that words name, never one before `today` unless they say so; None for no day."""
    text = " ".join(words.lower().strip(" .!,;").split())
    if re.fullmatch(r"(?:by |on )?(?:today|tonight|eod|end of (?:the )?day)", text):
        return today
    if re.search(r"\bend of (?:the |this )?week\b|\beow\b", text):
        return today + timedelta(days=(4 - today.weekday()) % 7)
    if re.fullmatch(r"(?:early |the )?next week", text):
        return today + timedelta(days=7 - today.weekday())
    if match := _OF_A_MONTH.fullmatch(text):
        return _day_of_month(int(match[1]), today)
    try:
        found = deadline_date(text, today)
    except (ValueError, OverflowError):
        return None
    if found is None and (match := _OF_A_WEEK.search(text)):
        return today + timedelta(days=(_SHORT_DAYS.index(match[1]) - today.weekday() - 1) % 7 + 1)
    return found


def _day_of_month(day: int, today: date) -> date | None:
    for ahead in range(13):
        month = today.month - 1 + ahead
        year, month = today.year + month // 12, month % 12 + 1
        if 1 <= day <= monthrange(year, month)[1] and date(year, month, day) >= today:
            return date(year, month, day)
    return None


def read_length(words: str) -> timedelta | None:
    """Return a length such as "a week", "3 days", "two months" (of 30 days); None for no length."""
    match = _LENGTH.search(words.lower())
    if match is None:
        return None
    count = _COUNTS.get(match["count"]) or int(match["count"])
    unit = match["unit"]
    if unit.startswith("month"):
        return timedelta(days=30 * count)
    if unit.startswith("working"):
        return timedelta(days=count + 2 * (count // 5))
    return timedelta(weeks=count) if unit.startswith("week") else timedelta(days=count)
