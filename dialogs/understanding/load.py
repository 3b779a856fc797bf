"""Load: requests per day from any period, people × requests, and how many at once."""

from __future__ import annotations

import re
from functools import lru_cache

from dialogs.understanding.lexicon import find, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number
from dialogs.understanding.reading import Found

DAYS = {"week": 7.0, "fortnight": 14.0, "month": 30.0, "quarter": 365.0 / 4, "year": 365.0}
PERIODS = ("second", "minute", "hour", "day", "fortnight", "week", "month", "quarter", "year")
HOURS_PER_DAY = 24.0
_FEW_WORDS = r"(?:(?!\d)[^.;!?\n\d]){0,48}?"
_UNIT_AHEAD = re.compile(
    r"\s*(?:%|°|gb\b|gib\b|tb\b|mb\b|ram\b|(?:b|bn)\b|:\d|-bit|-shot|-page|th\b|st\b|nd\b|rd\b)"
)
_MONEY = re.compile(r"[$€£¥]|\b(?:usd|eur|euros?|dollars?|bucks?|gbp|pounds?|chf|sek|kr|kronor|nok|dkk)\b")
_NINE_TO_FIVE = re.compile(r"\b(?:9|8)(?:\s?am)?\s?(?:-|–|to|bis)\s?(?:5|17|4|16)(?:\s?pm)?\b")
_TIMES = ("second", "minute", "hour")
_PER_NOUN = re.compile(r"\b(?:per|pro|par|por|je|per)\s+([^\W\d_]{3,})")


def read_load(message: Message) -> dict[str, Found]:
    """Read `requests_per_day` and `concurrency`; of a range the upper end counts."""
    found: dict[str, Found] = {}
    rate = _rate(message)
    if rate is not None:
        found["requests_per_day"] = rate
    parallel = _concurrency(message)
    if parallel is not None:
        found["concurrency"] = parallel
    return found


def period_after(message: Message, place: int) -> tuple[str, int] | None:
    """Return the period that belongs to a number ending here, and where its words end."""
    match = _periods(message.languages).match(message.after(place, 80))
    return (str(match.lastgroup), place + match.end()) if match else None


def per_day(message: Message, value: float, period: str) -> float:
    """Convert a load to a day: 24 h, 7 days, 30 days a month, 365 a year, unless hours or days are stated."""
    if period == "day":
        return value
    if period in ("second", "minute", "hour"):
        per_hour = value * {"second": 3600.0, "minute": 60.0, "hour": 1.0}[period]
        return per_hour * _stated(message, "working_hours", HOURS_PER_DAY, "office_hours", 8.0)
    if period == "week":
        return value / _stated(message, "working_days", 7.0, "weekdays", 5.0)
    return value / DAYS[period]


def _rate(message: Message) -> Found | None:
    best: Found | None = None
    for number in message.numbers:
        found = _rate_of(message, number) or _interval(message, number)
        if found is not None and (best is None or _corrected(message, number)):
            best = found
    return best


def _rate_of(message: Message, number: Number) -> Found | None:
    if _disqualified(message, number):
        return None
    period = period_after(message, number.end) or _period_before(message, number)
    if period is None:
        return None
    name, end = period
    between = message.text[number.end : end]
    people = _people(message.languages)
    if _MONEY.search(between) or _MONEY.search(message.before(number.start, 6)):
        return None
    if starts(r"\W*(?:[^\W\d]+\W+)?" + people, between) and not _asking(message, number.end, end):
        return None
    if find(source("unit", "token", message.languages), between) or "working" in message.after(end, 9):
        return None
    if any(starts(r"\s?" + source("unit", unit, message.languages), between) for unit in _TIMES):
        return None
    if find(source("knowledge_changes", "change", message.languages), between):
        return None
    start = number.start
    value = per_day(message, number.high, name)
    count, place = _multiplier(message, number, end)
    if place is None and _is_share(message, number):
        return None
    if place is not None:
        start, end = min(start, place.start), max(end, place.end)
    return message.found(_round(value * count), start, end)


def says_share(message: Message) -> bool:
    """Say whether a message states what each person does, without saying how many persons there are."""
    return any(_is_share(message, number) for number in message.numbers)


def _is_share(message: Message, number: Number) -> bool:
    """ "Each user sends three a day" is no load while nobody said how many users there are."""
    first, last = message.sentence(number.start)
    each = r"\b(?:each|every|per|pro|par|por|je|jeder|chaque|cada|varje)\s+"
    return find(each + _people(message.languages), message.text[first:last]) is not None


def _interval(message: Message, number: Number) -> Found | None:
    """ "One request every 2 seconds" is a rate too."""
    every = source("period", "every", message.languages)
    for other in message.numbers:
        between = message.text[number.end : other.start]
        if not 0 < other.start - number.end < 30 or not find(every + r"\s*$", between) or not other.low:
            continue
        for unit in ("second", "minute", "hour"):
            match = starts(
                r"\s?" + source("unit", unit, message.languages), message.text[other.end : other.end + 12]
            )
            if match:
                value = per_day(message, number.high / other.low, unit)
                return message.found(_round(value), number.start, other.end + match.end())
    return None


def _multiplier(message: Message, number: Number, end: int) -> tuple[float, Number | None]:
    """Return how many people, or branches, each make that many requests; 1 where the load is the whole."""
    first, last = message.sentence(number.start)
    sentence = message.text[first:last]
    noun = next((m[1] for m in _PER_NOUN.finditer(sentence) if not _is_period(message, m[1])), None)
    each = find(source("period", "each", message.languages), sentence)
    people = _people(message.languages)
    for other in message.numbers:
        if other is number or (not first <= other.start < last and not _is_share(message, number)):
            continue
        if other.end <= number.start and starts(
            rf"\W*(?:[^\W\d]+\W+)?{people}\s*[x×*]\s*$", message.text[other.end : number.start]
        ):
            return other.high, other
        ahead = message.text[other.end : other.end + 40]
        stem = re.escape(noun[: max(4, len(noun) - 2)]) if noun else None
        if stem and starts(rf"\W*(?:[^\W\d]+\W+)?{stem}", ahead):
            return other.high, other
        if each and starts(r"\W*(?:[^\W\d]+\W+){0,2}?" + people, ahead):
            return other.high, other
    return 1.0, None


def _concurrency(message: Message) -> Found | None:
    words = source("concurrency", "words", message.languages)
    for number in message.numbers:
        match = starts(r"\s*(?:[^\W\d]+\s+){0,2}?" + words, message.after(number.end, 50))
        if match:
            return message.found(_round(number.high), number.start, number.end + match.end())
        cue = find(source("concurrency", "before", message.languages) + r"\W*$", message.before(number.start))
        if cue:
            return message.found(_round(number.high), number.start, number.end)
    return None


def _disqualified(message: Message, number: Number) -> bool:
    ahead = message.text[number.end : number.end + 12]
    behind = message.before(number.start, 24)
    if _UNIT_AHEAD.match(ahead) or find(r"[$€£]\s?$|\bbudget\w*\W+(?:[^\W\d]+\W+){0,2}$", behind):
        return True
    return starts(r"\s*(?:[-–]\s*)?" + source("unit", "token", message.languages), ahead) is not None


def _period_before(message: Message, number: Number) -> tuple[str, int] | None:
    behind = message.before(number.start, 50).rsplit(",", 1)[-1]
    for name in PERIODS:
        words = source("period", name, message.languages)
        match = find(words + r"(?:\W+[^\W\d]+){0,4}\W+$", behind)
        if (
            match
            and not find(r"\d", behind[: match.start()])
            and not starts(
                r"\s*" + source("unit", "second", message.languages),
                message.text[number.end : number.end + 10],
            )
        ):
            if find(r"chang|updat|änder|edit|cambi|ändra|actuali", behind):
                return None
            return name, number.end
    return None


def _asking(message: Message, start: int, end: int) -> bool:
    return (
        find(r"request|question|quer|ticket|mail|chat|call|anfrag|frage", message.text[start:end]) is not None
    )


def _is_period(message: Message, word: str) -> bool:
    return any(find(source("period", p, message.languages), f"per {word}") for p in PERIODS) or word in (
        "working",
        "business",
        "day",
    )


def _stated(message: Message, number_key: str, default: float, words_key: str, words_value: float) -> float:
    match = find(r"(\d{1,2})\s*" + source("period", number_key, message.languages), message.text)
    if match:
        return float(match[1])
    said = find(r"(?<!\d )" + source("period", words_key, message.languages), message.text)
    return (
        words_value
        if said or (words_key == "office_hours" and _NINE_TO_FIVE.search(message.text))
        else default
    )


def _corrected(message: Message, number: Number) -> bool:
    marks = source("correction", "marks", message.languages)
    return find(marks, message.text[max(0, number.start - 30) : number.start]) is not None


def _round(value: float) -> float:
    return float(round(value, 4))


@lru_cache(maxsize=64)
def _people(languages: tuple[str, ...]) -> str:
    return source("people", "headcount", languages)


@lru_cache(maxsize=64)
def _periods(languages: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(f"(?P<{name}>{source('period', name, languages)})" for name in PERIODS)
    return re.compile(_FEW_WORDS + f"(?:{names})")
