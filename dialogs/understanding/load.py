"""Load: requests per day from any period, people × requests, and how many at once."""

from __future__ import annotations

import re
from functools import lru_cache

from dialogs.understanding.lexicon import expression_of, find, phrases, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number
from dialogs.understanding.reading import Found
from dialogs.understanding.shares import frequencies, how_many, one_does, one_each, shifts_per_day

DAYS = {"week": 7.0, "fortnight": 14.0, "month": 30.0, "quarter": 365.0 / 4, "year": 365.0}
PERIODS = ("second", "minute", "hour", "shift", "day", "fortnight", "week", "month", "quarter", "year")
HOURS_PER_DAY = 24.0
_FEW_WORDS = r"(?:(?!\d)[^.;!?\n\d]){0,48}?"
_UNIT_AHEAD = re.compile(
    r"\s*(?:%|°|gb\b|gib\b|tb\b|mb\b|ram\b|(?:b|bn)\b|:\d|-bit|-shot|-page|th\b|st\b|nd\b|rd\b)"
)
_MONEY = re.compile(r"[$€£¥]|\b(?:usd|eur|euros?|dollars?|bucks?|gbp|pounds?|chf|sek|kr|kronor|nok|dkk)\b")
_OPENING_HOURS = re.compile(
    r"(?<![\w.,])(\d{1,2})(?:\s?(?:am|h|uhr|u|uur))?\s?(?:-|–|to|till|til|bis|à|a|as|às|alle|tot)\s?(\d{1,2})"
    r"(?:\s?(?:pm|h|uhr|u|uur))?(?![\w%.,]*\d|\s?[$€£%])(?!\w)"
)
_NOUN_FIRST = frozenset(("es", "fr", "it", "pt"))  # "avis clients" counts opinions, not customers
_OPENS, _CLOSES = range(5, 13), range(13, 24)
_FEW_BETWEEN = r"(?:\s+(?:us|them|him|about|some|around|over|up to|at least))*\s+$"
_TIMES = ("second", "minute", "hour")
_LENGTH_AHEAD = re.compile(r"\s+(?:lines|sentences|bullets?|paragraphs|words)\b")
_OF_THEM = re.compile(r"\s+of\s+(?:them|those|these)\s+(?:a|an|per|every|each|daily|weekly|monthly)\b")
_OFTEN = {"twice": 2.0, "thrice": 3.0, "two times": 2.0, "three times": 3.0, "four times": 4.0}
_PER_NOUN = re.compile(r"\b(?:per|pro|par|por|je)\s+([^\W\d_]{3,})")


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
    if period in ("day", "shift"):
        return value * (shifts_per_day(message) or 1.0 if period == "shift" else 1.0)
    if period in ("second", "minute", "hour"):
        per_hour = value * {"second": 3600.0, "minute": 60.0, "hour": 1.0}[period]
        return per_hour * _stated(message, "working_hours", HOURS_PER_DAY, "office_hours", 8.0)
    if period == "week":
        return value / _stated(message, "working_days", 7.0, "weekdays", 5.0)
    if period in ("month", "year"):
        stated = find(
            r"(\d{2,3})\s*" + source("period", f"working_days_{period}", message.languages), message.text
        )
        if stated:
            return value / float(stated[1])
    return value / DAYS[period]


def _rate(message: Message) -> Found | None:
    best: Found | None = None
    best_asks = False
    numbers = sorted((*message.numbers, *frequencies(message)), key=lambda number: number.start)
    for number in sorted(numbers, key=lambda number: _is_article(message, number)):
        if best is not None and _is_article(message, number):
            break
        found = _rate_of(message, number) or _interval(message, number)
        if found is None:
            continue
        asks = _asking(message, number.end, found.end)
        elsewhere = best is not None and found.start >= message.sentence(best.start)[1]
        if best is None or _corrected(message, number) or (asks and not best_asks and elsewhere):
            best, best_asks = found, asks
    return best


def _is_article(message: Message, number: Number) -> bool:
    """ "Een stuk of 35" is no one: an article counts only where no other number gives a rate."""
    words = message.text[number.start : number.end]
    article = source("period", "article", message.languages)
    return number.spoken and number.high == 1 and find(article + "$", words) is not None


def _is_peak(message: Message, number: Number) -> bool:
    period = period_after(message, number.end)
    if period is None or period[0] not in _TIMES:
        return False
    if starts(source("period", "season", message.languages), message.text[period[1] :].lstrip(" ,(")):
        return False
    peak = source("period", "peak", message.languages)
    behind, ahead = (
        message.before(number.start, 24).rsplit(",", 1)[-1],
        message.text[period[1] : period[1] + 24],
    )
    return (
        find(peak + r"(?:\W+[^\W\d]+){0,3}\W*$", behind) is not None
        or starts(r"\W*(?:[^\W\d]+\W+){0,2}?" + peak, ahead) is not None
    )


def _rate_of(message: Message, number: Number) -> Found | None:
    if _disqualified(message, number):
        return None
    period = _period_of(message, number)
    if period is None:
        return None
    name, end = period
    between = message.text[number.end : end]
    people = _people(message.languages)
    if _MONEY.search(between or message.after(number.end, 8)) or _MONEY.search(
        message.before(number.start, 6)
    ):
        return None
    adjective = "" if _NOUN_FIRST.intersection(message.own_languages) else r"(?:[^\W\d]+\W+)?"
    is_people = starts(r"\W*" + adjective + people, between) and not _OF_THEM.match(between)
    if is_people and not _asks(message, number.end, end):
        return None
    if find(source("unit", "token", message.languages), between) or starts(
        r"\s*working", message.after(end, 9)
    ):
        return None
    if any(starts(r"\s?" + source("unit", unit, message.languages), between) for unit in _TIMES):
        return None
    if ")" in between and "(" not in between:
        return None
    if _is_no_asking(message, number, between):
        return None
    if name == "shift" and not shifts_per_day(message):
        return None
    if (name in _TIMES and _is_peak(message, number)) or _is_money_again(message, number, between):
        return None
    start = number.start
    value = per_day(message, number.high, name) * _times_in(between)
    counts_people = starts(r"\W*(?:[^\W\d]+\W+)?" + people, between) is not None
    count, place = (one_each(message, number), None) if counts_people else _multiplier(message, number, end)
    if place is None and _is_share(message, number):
        return None
    if place is not None:
        start, end = min(start, place.start), max(end, place.end)
    return message.found(_round(value * count), start, end)


def _times_in(between: str) -> float:
    """ "Each of our 1,100 cows, twice a year": how often the period's words say it happens."""
    return next((times for words, times in _OFTEN.items() if find(rf"\b{words}\b", between)), 1.0)


def _is_no_asking(message: Message, number: Number, between: str) -> bool:
    """What is changed, lost or worked in a period is no load: "costs 50k an hour", "six days a week"."""
    changes = find(source("knowledge_changes", "change", message.languages), between)
    if changes and not find(source("load", "incoming", message.languages), between):
        return True
    if find(source("load", "losing", message.languages) + _FEW_BETWEEN, message.before(number.start, 24)):
        return True
    spans = r"\s*" + source("unit", "spans", message.languages)
    return starts(spans, message.text[number.end : number.end + 12]) is not None


def _is_money_again(message: Message, number: Number, between: str) -> bool:
    """ "60k$ a year, so 5k a month" repeats the money, which no noun between denies."""
    first, _ = message.sentence(number.start)
    if not _MONEY.search(message.text[first : number.start]) or len(between.split()) > 2:
        return False
    again = source("money", "again", message.languages)
    return find(again + r"\W*(?:[^\W\d]+\W+){0,2}$", message.before(number.start, 24)) is not None


def _period_of(message: Message, number: Number) -> tuple[str, int] | None:
    return period_after(message, number.end) or _period_before(message, number)


def says_share(message: Message) -> bool:
    """Say whether a message states what each person does, without saying how many persons there are."""
    return any(_is_share(message, number) for number in message.numbers)


def how_many_share(message: Message) -> float | None:
    """Return how many people, or branches, a message says share its load; None where it is no share."""
    for number in (*message.numbers, *frequencies(message)):
        period = _period_of(message, number)
        if period is not None and _is_share(message, number):
            count, place = _multiplier(message, number, period[1])
            if place is not None:
                return count
    return None


def _is_share(message: Message, number: Number) -> bool:
    """ "Each user sends three a day" is no load while nobody said how many users there are."""
    first, last = message.sentence(number.start)
    each = r"\b(?:each|every|per|pro|par|por|je|jeder|chaque|cada|varje|elke|ieder|iedere|ogni)\s+"
    if find(each + _people(message.languages), message.text[first:last]) or one_does(message, number):
        return True
    return how_many(message, number, number.end) is not None


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
    many = how_many(message, number, end)
    if many is not None:
        return many.high, many
    first, last = message.sentence(number.start)
    sentence = message.text[first:last]
    noun = next((m[1] for m in _PER_NOUN.finditer(sentence) if not _is_period(message, m[1])), None)
    each = find(source("period", "each", message.languages), sentence)
    people = _people(message.languages)
    shared = _is_share(message, number)
    nearest = sorted(message.numbers, key=lambda other: (other.start > number.start, -other.start))
    for other in nearest:
        if other is number or (not first <= other.start < last and not shared):
            continue
        if other.end <= number.start and starts(
            rf"\W*(?:[^\W\d]+\W+)?{people}\s*(?:[x×*à]|mal|times|veces|fois|keer|volte|vezes|gånger)\s*$",
            message.text[other.end : number.start],
        ):
            return other.high, other
        ahead = message.text[other.end : other.end + 40]
        stem = re.escape(noun[: max(4, len(noun) - 2)]) if noun else None
        if stem and starts(rf"\W*(?:[^\W\d]+\W+)?{stem}", ahead):
            return other.high, other
        if each and starts(r"\W*(?:[^\W\d]+\W+){0,2}?" + people, ahead):
            return other.high, other
        counted = source("people", "counted", message.languages) + r"\W+$"
        if each and other.end <= number.start and find(counted, message.before(other.start, 16)):
            return other.high, other
    return 1.0, None


def _concurrency(message: Message) -> Found | None:
    words = source("concurrency", "words", message.languages)
    for number in message.numbers:
        people = source("concurrency", "people", message.languages)
        several = (
            rf"\s*(?:(?:of\s+the\s+\d[\d.,]*|{people})(?:\s+[^\W_]+){{0,5}}?\s+|(?:[^\W\d]+\s+){{0,2}}?)"
        )
        match = starts(several + words, message.after(number.end, 70))
        if match:
            return message.found(_round(number.high), number.start, number.end + match.end())
        cue = find(source("concurrency", "before", message.languages) + r"\W*$", message.before(number.start))
        if cue:
            return message.found(_round(number.high), number.start, number.end)
    return None


def _disqualified(message: Message, number: Number) -> bool:
    ahead = message.text[number.end : number.end + 12]
    behind = message.before(number.start, 24)
    if message.text[number.start : number.end].endswith("grand") or _is_length(behind, ahead):
        return True
    if _UNIT_AHEAD.match(ahead) or find(r"[$€£]\s?$|\bbudget\w*\W+(?:[^\W\d]+\W+){0,2}$", behind):
        return True
    return starts(r"\s*(?:[-–]\s*)?" + source("unit", "token", message.languages), ahead) is not None


def _is_length(behind: str, ahead: str) -> bool:
    """ "To ten lines" is how long an answer is, "ten lines a day" a load."""
    return _LENGTH_AHEAD.match(ahead) is not None and find(r"\b(?:to|into|in|of)\s+$", behind) is not None


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
            if find(source("knowledge_changes", "change", message.languages), behind):
                return None
            return name, number.end
    return None


def _asking(message: Message, start: int, end: int) -> bool:
    return find(source("load", "asking", message.languages), message.text[start:end]) is not None


def _asks(message: Message, start: int, end: int) -> bool:
    """People are a load where they ask: "5k of them would use it on a given day"."""
    acting = source("load", "acting", message.languages) + r"\s+(?:it|this|us|one|something)(?!\w)"
    return _asking(message, start, end) or find(acting, message.text[start:end]) is not None


def _is_period(message: Message, word: str) -> bool:
    said = " ".join(f"{per} {word}" for per in ("per", "pro", "par", "por", "je"))
    return any(find(source("period", p, message.languages), said) for p in PERIODS) or word in (
        "working",
        "business",
        "day",
    )


def _stated(message: Message, number_key: str, default: float, words_key: str, words_value: float) -> float:
    match = find(r"(\d{1,2})\s*" + source("period", number_key, message.languages), message.text)
    if match:
        return float(match[1])
    opening = _OPENING_HOURS.search(message.text) if words_key == "office_hours" else None
    if opening:
        opens, closes = int(opening[1]), int(opening[2])
        closes += 12 if closes < opens else 0
        if opens in _OPENS and closes in _CLOSES:
            return float(closes - opens)
    said = find(r"(?<!\d )" + source("period", words_key, message.languages), message.text)
    return words_value if said else default


def _corrected(message: Message, number: Number) -> bool:
    marks = source("correction", "marks", message.languages)
    return find(marks, message.text[max(0, number.start - 30) : number.start]) is not None


def _round(value: float) -> float:
    return float(round(value, 4))


@lru_cache(maxsize=64)
def _people(languages: tuple[str, ...]) -> str:
    """Whoever can use it can be counted."""
    counted = (*phrases("people", "headcount", languages), *phrases("people", "users", languages))
    return rf"(?!lists?\b){expression_of(counted)}"


@lru_cache(maxsize=64)
def _periods(languages: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(f"(?P<{name}>{source('period', name, languages)})" for name in PERIODS)
    return re.compile(_FEW_WORDS + f"(?:{names})")
