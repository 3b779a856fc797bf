"""Money: a monthly or a one-off budget in US dollars, other currencies at a dated rate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from dialogs.understanding.lexicon import find, source, starts
from dialogs.understanding.load import period_after
from dialogs.understanding.message import Message, prepare
from dialogs.understanding.numbers import Number
from dialogs.understanding.rates import Rates, rates_of, shipped_rates
from dialogs.understanding.reading import Found
from knowledge.schema import Currency

MONTHS = {"week": 7 / 30, "fortnight": 14 / 30, "month": 1.0, "quarter": 3.0, "year": 12.0, "day": 1 / 30}


def conversion(words: str, currencies: Iterable[Currency]) -> str:
    """Return the rate at which words such as "500 EUR a month" were converted; "" for dollars."""
    rates = rates_of(currencies)
    message = prepare(words, date.min, rates=rates)
    codes = (_currency(message, number) for number in message.numbers)
    return next((rates.said(found[0]) for found in codes if found and found[0] != "USD"), "")


def read_money(message: Message) -> tuple[dict[str, Found], tuple[str, ...]]:
    """Read `budget_usd_per_month` and `budget_usd_total`, with a note for each converted currency."""
    found: dict[str, Found] = {}
    notes: list[str] = []
    for number in message.numbers:
        currency = _currency(message, number)
        if currency is None and not _is_budget(message, number):
            continue
        code, end = currency or ("USD", number.end)
        field, end, factor = _field(message, number, end)
        if not field or _is_other_money(message, number, end):
            continue
        amount = number.low * factor
        if field not in found:
            value = amount * _rates(message).per_usd(code)
            found[field] = message.found(round(value, 2), _start(message, number), end)
            if code != "USD":
                notes.append(_note(message, amount, code, value))
    return found, tuple(notes)


def amount_usd(message: Message, number: Number) -> tuple[float, str]:
    """Return an amount in US dollars and a note where it was converted; no currency means dollars."""
    code = (_currency(message, number) or ("USD", 0))[0]
    value = number.low * _rates(message).per_usd(code)
    return round(value, 2), "" if code == "USD" else _note(message, number.low, code, value)


def _rates(message: Message) -> Rates:
    return message.rates or shipped_rates()


def _note(message: Message, amount: float, code: str, value: float) -> str:
    return f"{amount:,.0f} {code} ≈ {value:,.0f} USD ({_rates(message).said(code)})"


def _currency(message: Message, number: Number) -> tuple[str, int] | None:
    rates = _rates(message)
    behind = find(_names(message) + r"\s?$", message.text[max(0, number.start - 5) : number.start])
    if behind:
        return rates.names[behind[1]], number.end
    ahead = starts(
        r"\s?(?:k\s)?(?:us\s+)?" + _names(message) + r"(?![a-zåäö])",
        message.text[number.end : number.end + 20],
    )
    if not ahead:
        return ("USD", number.end) if message.text[number.start : number.end].endswith("grand") else None
    code = rates.names[ahead[1]]
    return code, number.end + ahead.end()


def _is_budget(message: Message, number: Number) -> bool:
    """A plain number is money only right behind the word budget."""
    behind = message.before(number.start, 28)
    words = (
        r"\b(?:budget\w*|presupuesto|orçamento|bilancio)\W+"
        r"(?:(?:is|of|von|ist|max|about|de|på|är|ca|around)\W+)*$"
    )
    ahead = message.text[number.end : number.end + 10]
    return find(words, behind) is not None and not starts(r"\s?(?:gpu|%|token)", ahead)


def _field(message: Message, number: Number, end: int) -> tuple[str, int, float]:
    ahead = message.text[end : min(end + 45, message.sentence(number.start)[1])]
    once = starts(r"(?:\W+[^\W\d]+){0,2}?\W*" + source("period", "once", message.languages), ahead)
    period = period_after(message, end)
    if once and not (period and period[1] <= end + once.end() and _close(message.text[end : period[1]])):
        return "budget_usd_total", end + once.end(), 1.0
    if period is not None and _close(message.text[end : period[1]]):
        name, stop = period
        if name not in MONTHS:
            return "", end, 1.0
        return "budget_usd_per_month", stop, 1.0 / MONTHS[name]
    behind = message.text[max(0, number.start - 60) : number.start]
    monthly = find(source("period", "month", message.languages), message.before(number.start, 30))
    if monthly:
        return "budget_usd_per_month", end, 1.0
    said = find(source("period", "once", message.languages), behind)
    budget = find(source("money", "budget", message.languages), message.before(number.start, 60) + ahead[:25])
    return ("budget_usd_total" if said or budget else ""), end, 1.0


def _close(between: str) -> bool:
    return len(between.split()) <= 5 and not find(r"[,;]|\b(?:plus|and)\b", between)


def _is_other_money(message: Message, number: Number, end: int) -> bool:
    first, last = message.clause(number.start)
    if find(source("money", "past", message.languages), message.text[first:last]):
        return True
    return (
        starts(
            r"\s*" + source("money", "not_budget", message.languages),
            message.text[number.end : end + 20].lstrip("$€£ "),
        )
        is not None
        or starts(r"\W*" + source("money", "not_budget", message.languages), message.text[end : end + 20])
        is not None
    )


def _start(message: Message, number: Number) -> int:
    behind = find(_names(message) + r"\s?$", message.text[max(0, number.start - 5) : number.start])
    return number.start - len(behind[0]) if behind else number.start


def _names(message: Message) -> str:
    return _either_name(tuple(_rates(message).names))


@lru_cache(maxsize=8)
def _either_name(names: tuple[str, ...]) -> str:
    words = sorted(names, key=len, reverse=True)
    return r"(?<![a-z])(" + "|".join(re.escape(word) for word in words) + ")"
