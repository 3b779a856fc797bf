"""Exchange rates of the knowledge folder, dated and never fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from knowledge.loader import SHIPPED, parse_facts
from knowledge.schema import Currency, Problem

FILE = SHIPPED / "currencies.toml"


@dataclass(frozen=True)
class Rates:
    """Exchange rates by ISO 4217 code, and the code of every way to write a currency."""

    currencies: dict[str, Currency]
    names: dict[str, str]

    def per_usd(self, code: str) -> float:
        """Return how many US dollars one unit of a currency is worth."""
        return self.currencies["USD"].per_eur / self.currencies[code].per_eur

    def said(self, code: str) -> str:
        """Return the rate with its day: "EUR at 1.04, rate of 31 December 2024"."""
        dated = self.currencies[code].dated
        return f"{code} at {self.per_usd(code):.3g}, rate of {dated.day} {dated:%B %Y}"


def rates_of(currencies: Iterable[Currency]) -> Rates:
    """Return the rates of a knowledge folder; the shipped ones where it lacks the dollar."""
    by_code = {currency.id: currency for currency in currencies}
    if "USD" not in by_code:
        return shipped_rates()
    return Rates(by_code, {word: code for code, entry in by_code.items() for word in entry.written})


@lru_cache(maxsize=1)
def shipped_rates() -> Rates:
    """Read the rates that come with Cairn."""
    problems: list[Problem] = []
    facts = parse_facts(FILE.name, FILE.read_text("utf-8"), problems)
    return rates_of(fact for fact in facts if isinstance(fact, Currency))
