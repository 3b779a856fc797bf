"""What a request says of a project's calendar: start, deadline, languages, country, techniques."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from babel import Locale

from dialogs.understanding.dates import deadline_date, read_deadline
from dialogs.understanding.estimate_amounts import Amount, Reader
from dialogs.understanding.estimate_words import estimate_words
from dialogs.understanding.languages import read_languages
from dialogs.understanding.lexicon import either, expression_of, find
from dialogs.understanding.message import prepare

_ANY_DAY = date(2000, 1, 1)
_SPOKEN = ("en", "de", "es", "fr", "sv")
_CUE = "deadline "
_YEAR = re.compile(r"\b20\d\d\b")
_IDLE = re.compile(r"^\W*deadline\W+(?:(?:on|in|im|am|at|the|el|en|le|is|den)\s+)*")


def is_plan(text: str) -> bool:
    """Whether a schedule is named outright, so that a method is a part of it and not what is asked for."""
    return find(expression_of(estimate_words()["plan"]["words"]), text) is not None


def read_plan(reader: Reader, method: str, today: date | None) -> Iterator[Amount]:
    """Yield the inputs of a schedule; a day without a year needs `today`, or a start, to be one."""
    start = _start(reader, today)
    if start is not None:
        yield Amount("start", start.isoformat(), f"start {start.isoformat()}")
    deadline = _deadline(reader, today, start)
    if deadline is not None:
        yield Amount("deadline", deadline.isoformat(), f"deadline {deadline.isoformat()}")
    if languages := read_languages(prepare(reader.rest, _ANY_DAY)).get("languages"):
        codes = ",".join(str(code) for code in languages.value)
        yield Amount("languages", codes, codes)
    if country := _country(reader.rest):
        yield Amount("country", country, country)
    if technique := estimate_words()["plan_techniques"].get(method):
        also = ("rag",) if find(r"\brag\b", reader.rest) else ()
        yield Amount("techniques", ",".join((*also, technique)), technique.replace("_", " "))


def _start(reader: Reader, today: date | None) -> date | None:
    cues = expression_of(estimate_words()["plan"]["start"])
    for cue in re.finditer(rf"{cues}\W*(?:(?:on|in|at|am|im|el|en|the|is|vom)\s+)*", reader.rest):
        ahead = _CUE + reader.rest[cue.end() :]
        found = read_deadline(prepare(ahead, today or _ANY_DAY)).get("deadline")
        if found is None or found.start > 0:
            continue
        words = ahead[: found.end]
        year = re.match(r"\W*(?:de\s+)?20\d\d\b", ahead[found.end :])
        end = found.end + (year.end() if year else 0)
        day = _day(_IDLE.sub("", ahead[:end] if year else words), today)
        place = (cue.start(), cue.end() + end - len(_CUE))
        if day is None:
            reader.unread.append(reader.rest[slice(*place)].strip())
        reader.blank(place)
        return day
    return None


def _deadline(reader: Reader, today: date | None, start: date | None) -> date | None:
    found = read_deadline(prepare(reader.rest, today or _ANY_DAY)).get("deadline")
    if found is None:
        return None
    year = re.match(r"\W*(?:de\s+)?20\d\d\b", reader.rest[found.end :])
    end = found.end + (year.end() if year else 0)
    words = reader.rest[found.start : end]
    day = _day(words, today or start)
    if day is not None and start is not None and day < start and not _YEAR.search(words):
        day = deadline_date(words, start)
    reader.blank((found.start, end))
    if day is None:
        reader.unread.append(words)
    return day


def _day(words: str, today: date | None) -> date | None:
    if today is None and not _YEAR.search(words):
        return None
    return deadline_date(words, today or _ANY_DAY)


def _country(text: str) -> str:
    match = _places().search(text)
    return _codes()[match[1]] if match else ""


@lru_cache(maxsize=1)
def _places() -> re.Pattern[str]:
    before = either(estimate_words()["plan"]["country"])
    return re.compile(rf"\b(?:{before})\s+(?:the\s+|den\s+|der\s+|la\s+|los\s+)?({either(_codes())})(?!\w)")


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    names: dict[str, str] = dict(estimate_words()["plan"]["names"])
    for language in _SPOKEN:
        for code, title in Locale(language).territories.items():
            if re.fullmatch(r"[A-Z]{2}", str(code)) and len(title) > 3:
                names.setdefault(str(title).lower(), str(code))
    return names
