"""Deadlines: the writer's words, and the day they mean."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

from babel import Locale

from dialogs.understanding.lexicon import either, find, pattern, source, starts, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

_SPOKEN = ("en", "de", "fr", "es", "sv", "it", "pt", "nl")
_PART = (
    r"(?:(?:the\s+|la\s+|o\s+|het\s+|el\s+|a\s+)?(?:mid|early|late|end|start|beginning|ende|mitte|anfang|fin|mi|début|"
    r"finales|final|fim|fine|finais|mediados|meados|metà|medio|halverwege|principios|inicios|inizio|início|começo|"
    r"slutet|mitten|början|eind|einde|begin|la fin|le début)(?:[\s-]+(?:of|de|do|di|av|van|d'))?[\s-]+"
    r"(?:the\s+|dieses\s+|du\s+|mes de\s+|mois de\s+)?)"
)
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "fifteenth": 15, "twentieth": 20, "thirtieth": 30,
    "last day": 31,
}  # fmt: skip
_DAY = rf"(?:\d{{1,2}}(?:\s?(?:st|nd|rd|th|er|\.|:e))?|{'|'.join(_ORDINALS)})"
_NUMBERED = (
    r"\d{1,2}/\d{1,2}(?![\d/])|the\s+\d{1,2}(?:st|nd|rd|th)(?!\w)|(?:mid|early|late)[\s-]20\d\d|"
    r"(?:the\s+)?(?:(?:first|second)\s+half\s+of\s+(?:the\s+|next\s+|this\s+)?(?:year|20\d\d)|h[12](?:\s+20\d\d)?(?!\w))|"
    r"(?:week|kw|cw)\s?\d{1,2}(?!\w)|(?:the\s+)?(?:202[6-9]|20[3-9]\d)(?!\w)"
)
_SEASON = either(words()["seasons"])
_PERIOD = either(words()["durations"])
_WORD_COUNT: dict[str, int] = words()["counts"]
_MID, _EARLY, _LATE = (
    ("mid", "mitte", "mi", "mediados", "mitten", "meados", "metà", "halverwege"),
    (
        "early",
        "start",
        "beginning",
        "anfang",
        "début",
        "principios",
        "början",
        "begin",
        "inicios",
        "inizio",
        "início",
        "começo",
    ),
    ("late", "end", "ende", "fin", "final", "finales", "fim", "fine", "finais", "slutet", "eind", "einde"),
)
_ARTICLES = (
    "the|der|die|das|den|dem|zum|zur|la|le|les|el|los|las|il|lo|gli|o|os|as|het|de|onze|unsere|unserem|unserer|unseren|notre|"
    "nuestra|nuestro|nostra|nossa|vår|our|del|al|do|da|du|des"
)
_WEAK = frozenset(
    (
        *(
            "on",
            "in",
            "within",
            "for",
            "im",
            "am",
            "an",
            "zu",
            "zum",
            "zur",
            "ab",
            "en",
            "dans",
            "pour",
            "i",
            "om",
        ),
        *(
            "inom",
            "på",
            "a",
            "binnen",
            "op",
            "per",
            "voor",
            "over",
            "vanaf",
            "tra",
            "fra",
            "da",
            "dal",
            "per la",
        ),
        *(
            "per il",
            "per l'",
            "consegna",
            "em",
            "pra",
            "para o",
            "para a",
            "a partir de",
            "a partir del",
            "entrega",
        ),
        "dentro de",
    )
)
_BEFORE = re.compile(r"^\W*(?:before|vor|avant|antes d\w*|före|innan|prima d\w+|voor|vóór)\b")


def read_deadline(message: Message) -> dict[str, Found]:
    """Read `deadline` in the writer's words, the preposition kept: "before feb", "by mid march"."""
    for match in message.search("deadline", "whole"):
        if _wanted(message, match.start()):
            return {
                "deadline": message.found(
                    _words(message, match.start(), match.end()), match.start(), match.end()
                )
            }
    for match in _deadline(message.languages).finditer(message.text):
        start, end = match.span()
        preposition = match["preposition"]
        if message.negated(start, end) or _is_hope(message, start):
            continue
        if _weak(preposition) and not _near_event(message, start, end):
            continue
        named = starts(source("deadline", "event", message.languages) + r"[:,]?$", preposition.strip())
        said = match.start("when") if named else start
        return {"deadline": message.found(_words(message, said, end), start, end)}
    return {}


def deadline_date(words: str, today: date) -> date | None:
    """Return the last day that still keeps a deadline, or None where the words name no day.

    "before feb" is 31 January, "by mid march" the 15th, "end of june" the 30th, "in six weeks" counts from
    today; a day without a year is the next one to come.
    """
    text = words.lower().replace("’", "'").strip()
    text = re.sub(
        rf"\b({'|'.join(_ORDINALS)})\s+of\s+(?!the\b|next\b|this\b|20)",
        lambda m: f"{_ORDINALS[m[1]]} of ",
        text,
    )
    day = _exact(text, today) or _relative(text, today) or _month_day(text, today) or _season(text, today)
    if day is None:
        return None
    return day - timedelta(days=1) if _BEFORE.match(text) else day


def _exact(text: str, today: date) -> date | None:
    match = find(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b", text)
    if match:
        return _date(int(match[1]), int(match[2]), int(match[3]))
    match = find(r"\b(\d{1,2})[./](\d{1,2})(?:[./](\d{2,4}))?", text)
    if not match:
        return None
    year = int(match[3]) if match[3] else 0
    year += 2000 if 0 < year < 100 else 0
    day, month = int(match[1]), int(match[2])
    if month > 12:
        day, month = month, day
    return _date(year, month, day) if year else _next(today, month, day)


def _relative(text: str, today: date) -> date | None:
    count = "|".join(sorted(map(re.escape, _WORD_COUNT), key=len, reverse=True))
    match = find(rf"\b(\d{{1,3}}|{count})\s+({_PERIOD})\b", text)
    if match:
        number = int(match[1]) if match[1].isdigit() else _WORD_COUNT[match[1]]
        return _later(today, number, match[2])
    if find(r"\btomorrow|\bmorgen\b|\bdemain|\bmañana|\bimorgon", text):
        return today + timedelta(days=1)
    match = find(
        r"\b(?:next|nächste\w*|prochain\w*|próxim\w*|nästa)\s+(week|month|year|woche|monat|jahr)", text
    )
    if match:
        return _later(today, 1, match[1])
    if find(r"end of (?:the |this )?year|year[\s-]end|jahresende|fin de l'année|fin de año|årsskiftet", text):
        return date(today.year, 12, 31)
    if find(r"end of (?:the |this )?month|monatsende|fin du mois|fin de mes", text):
        return _month_end(today.year, today.month)
    match = find(r"\bq([1-4])\b(?:\s*'?(20\d\d|\d\d))?", text)
    if match:
        return _quarter(text, match, today)
    return _weekday(text, today)


def _quarter(text: str, match: re.Match[str], today: date) -> date:
    month = int(match[1]) * 3
    year = today.year if not match[2] else int(match[2]) + (2000 if len(match[2]) == 2 else 0)
    begins = _BEFORE.match(text) is not None
    day = date(year, month - 2, 1) if begins else _month_end(year, month)
    return day if match[2] or day >= today else day.replace(year=year + 1)


def _weekday(text: str, today: date) -> date | None:
    for word, index in _weekdays().items():
        if find(rf"\b{word}\b", text):
            return today + timedelta(days=(index - today.weekday() - 1) % 7 + 1)
    return None


def _month_day(text: str, today: date) -> date | None:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    match = find(rf"(?<!\w)({names})\.?(?!\w)", text)
    if not match:
        return None
    month = _months()[match[1]]
    around = find(
        rf"(\d{{1,2}})(?:st|nd|rd|th|er|\.|:e)?\s+(?:of\s+|de\s+)?{re.escape(match[1])}"
        rf"|{re.escape(match[1])}\.?\s+(\d{{1,2}})(?!\d)",
        text,
    )
    year = find(r"\b(20\d\d)\b", text)
    in_year = int(year[1]) if year else 0
    behind = text[: match.start()]
    if around:
        day = int(around[1] or around[2])
    elif find(rf"\b(?:{'|'.join(_MID)})\b", behind):
        day = 15
    elif find(rf"\b(?:{'|'.join(_EARLY)})\b", behind):
        day = 10 if "early" in behind else 1
    elif find(rf"\b(?:{'|'.join(_LATE)})\b", behind) or find(
        r"\b(?:in|im|en|i|during|for|para|pour|für|within)\s+$", behind
    ):
        day = 31
    else:
        day = 1
    if in_year:
        return _date(in_year, month, day)
    return _next(today, month, day)


def _season(text: str, today: date) -> date | None:
    if find(r"christmas|xmas|weihnacht|noël|navidad|\bjul(?:en)?\b|kerst|natale|\bnatal\b", text):
        return _next(today, 12, 24)
    if find(r"new year", text):
        return _next(today, 1, 1)
    if find(r"easter|ostern|pâques|påsk|pasqua|páscoa|pasen|semana santa", text):
        day = _easter(today.year)
        return day if day > today else _easter(today.year + 1)
    if find(r"midsommar|midsummer", text):
        return next(d for d in (_midsummer(today.year), _midsummer(today.year + 1)) if d > today)
    seasons = {
        3: r"spring|frühjahr|frühling|printemps|primavera|våren|voorjaar|lente",
        6: r"summer|sommer|été|verano|sommaren|estate|verão|zomer",
        9: r"autumn|\bfall\b|herbst|automne|otoño|autunno|outono|hösten|najaar|herfst",
        12: r"winter|invierno|inverno|hiver|vintern",
    }
    return next((_next(today, month, 1) for month, words in seasons.items() if find(words, text)), None)


def _later(today: date, number: int, unit: str) -> date:
    if starts(r"d|tag|jour|giorn", unit):
        return today + timedelta(days=number)
    if starts(r"w|sem|veck|sett", unit):
        return today + timedelta(weeks=number)
    if starts(r"y|jahr|an|añ|år|jaar|jaren", unit):
        return _date(today.year + number, today.month, today.day) or today
    months = today.year * 12 + today.month - 1 + number
    return _date(months // 12, months % 12 + 1, today.day) or today


def _next(today: date, month: int, day: int) -> date | None:
    this = _date(today.year, month, day)
    return this if this is None or this >= today else _date(today.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    """Return a date, the day cut to the month's last; None where there is no such month."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1 <= year <= 9998):
        return None
    return date(year, month, min(day, monthrange(year, month)[1]))


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _easter(year: int) -> date:
    """Gregorian Easter Sunday, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    return date(year, month, (h + weekday - 7 * m + 33 * month + 19) % 32)


def _midsummer(year: int) -> date:
    """Swedish midsummer's eve: the Friday between 19 and 25 June."""
    return next(d for d in (date(year, 6, day) for day in range(19, 26)) if d.weekday() == 4)


def _words(message: Message, start: int, end: int) -> str:
    return " ".join(message.raw[start:end].split()).strip(" .,;:?!")


def _wanted(message: Message, place: int) -> bool:
    first, last = message.sentence(place)
    return (
        len(message.text[first:last]) < 40
        or _near_event(message, place, place)
        or bool(find(r"\b(?:it|this|need|needed|want\w*|das|es)\b", message.text[first:last]))
    )


def _is_hope(message: Message, place: int) -> bool:
    first, last = message.clause(place)
    clause = re.sub(r"\blater than\b", "", message.text[first:last])
    return pattern("unsure", "clause", message.languages).search(clause) is not None


def _weak(preposition: str) -> bool:
    """A preposition that means a deadline only beside an event: "in March", "zum Sommerfest"."""
    return preposition.strip() in _WEAK


def _near_event(message: Message, start: int, end: int) -> bool:
    first, last = message.sentence(start)
    around = message.text[max(first, start - 45) : start] + " " + message.text[end : min(last, end + 20)]
    return pattern("deadline", "event", message.languages).search(around) is not None


@lru_cache(maxsize=32)
def _deadline(languages: tuple[str, ...]) -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    weekdays = "|".join(_weekdays())
    count = "|".join(sorted(map(re.escape, _WORD_COUNT), key=len, reverse=True))
    events = source("deadline", "events", languages)
    articles = rf"(?:(?:{_ARTICLES})\s+|l'|dell'|all')?(?:[^\W\d]+\s+)?"
    when = (
        rf"(?:20\d\d-\d\d?-\d\d?|\d{{1,2}}[./]\d{{1,2}}[./](?:20)?\d\d|\d{{1,2}}\.\d{{1,2}}\.|"
        rf"(?:the\s+|dem\s+|den\s+|le\s+|el\s+|il\s+|o\s+|l')?{_PART}?(?:{_DAY}\s+(?:of\s+|de\s+)?)?"
        rf"(?:{months})\.?(?:(?<!\.)\s+{_DAY}(?!\d|[ .]\d\d\d))?(?:,?\s+20\d\d)?(?!\w)|"
        rf"{articles}{events}(?:\s+(?:of|on|de|d'|del|van|di|do|da|im|in|i|en)\s*(?:{_DAY}\s+)?(?:{months})(?:\s+{_DAY})?(?!\w))?|"
        rf"{_NUMBERED}|(?:we|they|it|the\s+[\w-]+)\s+(?:[\w'-]+\s+){{1,3}}(?:in|on)\s+(?:{_DAY}\s+)?(?:{months})(?!\w)|"
        rf"{_PART}?(?:the\s+)?q[1-4](?!\w)(?:\s*'?(?:20)?\d\d)?|{_PART}?(?:the\s+)?(?:next\s+|this\s+)?(?:{_SEASON})(?!\w)|"
        rf"{_PART}?(?:the\s+)?(?:next|this|nächste\w*|prochaine?|próxim[oa]|nästa|volgende?|prossim[oa])\s+"
        r"(?:week|month|quarter|year|woche|monat|jahr|vecka|månad|maand|jaar|settimana|mese|anno|semana|mes|mês|año|ano)"
        r"(?!\w)|"
        rf"end of (?:the |this )?(?:year|month|quarter|week)|tomorrow|"
        rf"(?:(?:the\s+)?(?:next|coming)\s+)?(?:\d{{1,3}}|{count})\s+(?:{_PERIOD})(?!\w)|(?:next\s+)?(?:{weekdays})(?!\w)|"
        rf"(?:the\s+)?(?:[\w']+\s+){{1,4}}(?:starts|begins|ends)(?:\s+in\s+(?:{months}))?(?!\w))"
    )
    before = source("deadline", "before", languages) + "|" + source("deadline", "event", languages) + "[:,]?"
    return re.compile(
        rf"(?P<preposition>{before})"
        r"(?:\s+(?:is|would be|will be|should be|is set for|is planned for|set for|planned for))?"
        rf"(?:\s+(?:on|at|the|le|i|in|im|am|on|en|den|el))?\s+(?P<when>{when})|(?P<bare>(?!))"
    )


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    names: dict[str, int] = {"sept": 9, "märz": 3, "mrz": 3, "avr": 4, "déc": 12, "ene": 1}
    for code in _SPOKEN:
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in Locale(code).months[form][width].items():
                    names.setdefault(str(name).lower().rstrip("."), int(month))
    ambiguous = {
        "may",
        "mar",
        "mai",
        "set",
        "out",
        "ago",
        "mag",
        "gen",
        "dic",
        "fev",
        "lug",
        "giu",
    }
    return {name: month for name, month in names.items() if len(name) > 3 or name not in ambiguous} | {
        "may": 5,
        "mai": 5,
        "mar": 3,
    }


@lru_cache(maxsize=1)
def _weekdays() -> dict[str, int]:
    names: dict[str, int] = {}
    for code in _SPOKEN:
        for index, name in Locale(code).days["format"]["wide"].items():
            names.setdefault(str(name).lower(), int(index))
    return names
