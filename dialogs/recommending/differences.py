"""What a change does to the advice: old → new, in at most five lines, only what changed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

from dialogs.recommending.advising import Advised, busy_share
from dialogs.recommending.money import MonthlyCost, monthly_cost
from dialogs.speaking.speech import chance, day, figure, listing, rough

MOST_LINES = 5
_NOTABLE_SHARE = 0.05
_NOTABLE_DAYS = 3
_NOTABLE_CHANCE = 0.05
_ACRONYMS = {"rag", "rlhf", "dpo"}
_NAMES = {"lora": "LoRA", "qlora": "QLoRA", "repurposing": "a small encoder"}


@cache
def headlines() -> dict[str, str]:
    """Return what each technique is called as a thing to do."""
    return tomllib.loads((resources.files("dialogs.recommending") / "headlines.toml").read_text("utf-8"))


def technique_name(id: str) -> str:
    """Return a technique's name in the middle of a sentence."""
    return _NAMES.get(id) or (id.upper() if id in _ACRONYMS else id.replace("_", " "))


@dataclass(frozen=True)
class Headline:
    """What a change of answers may change. Memory is in GB, durations in seconds for one request alone.

    `pays` says how running the model is paid for; only rents and hosted models have a cost in USD a month.
    """

    first: str
    planned: tuple[str, ...]  # every technique for now or next, the first among them
    model: str
    memory_gb: float | None
    seconds: float | None
    cost: MonthlyCost | None
    pays: Literal["own", "hosted", "unknown"]
    p50: date
    p90: date
    busy: float | None = None  # share of an 8-hour day, one request after another
    deadline: date | None = None
    deadline_chance: float | None = None


def headline_of(found: Advised) -> Headline:
    """Return the headline of an advice."""
    model, first = found.model, found.advice.first_technique
    quantization = f", {model.quantization}" if model and model.quantization else ""
    return Headline(
        first=headlines()[first],
        planned=tuple(
            technique_name(entry.id) for entry in found.advice.techniques if entry.when in {"now", "next"}
        ),
        model=f"{model.title}{quantization}" if model else "none fits",
        memory_gb=found.memory.value if found.memory else None,
        seconds=found.duration.seconds if found.duration else None,
        cost=monthly_cost(found, found.facts.catalog),
        pays=_pays(found),
        p50=found.schedule.p50,
        p90=found.schedule.p90,
        busy=busy_share(found),
        deadline=found.deadline,
        deadline_chance=found.deadline_chance,
    )


def _pays(found: Advised) -> Literal["own", "hosted", "unknown"]:
    if found.model is not None and found.model.params_b is None:
        return "hosted"
    return "own" if found.scope.privacy == "on_premises" else "unknown"


def differences(before: Headline, after: Headline, today: date) -> list[str]:
    """Return what changes from one headline to the other, a line each, the weightiest first."""
    lines = []
    if before.first != after.first:
        lines.append(f"First: {before.first} → {after.first}")
    if before.model != after.model:
        lines.append(f"Model: {before.model} → {after.model}")
    lines += _cost(before, after)
    if abs((before.p50 - after.p50).days) >= _NOTABLE_DAYS:
        lines.append(f"Likely finish: {day(before.p50, today)} → {day(after.p50, today)}")
    lines += _deadline(before, after, today)
    lines += _plan(before, after)
    if after.pays != "hosted":
        machine = _figures("Memory", before.memory_gb, after.memory_gb, "GB")
        machine += _figures("Speed", before.seconds, after.seconds, "s a request")
        machine += _busy(before.busy, after.busy)
        lines += [" · ".join(machine)] if machine else []
    return lines[:MOST_LINES]


def busy_words(share: float) -> str:
    """Write how busy a load keeps a machine: "69 %"; at most "999 %"."""
    return f"{min(share, 9.99):.0%}".replace("%", " %")


def _busy(before: float | None, after: float | None) -> list[str]:
    """Return how busy the load keeps the machine; above a whole day, one request after another is too slow."""
    if after is None or (before is not None and abs(before - after) <= _NOTABLE_SHARE * before):
        return []
    old = f"{busy_words(before)} → " if before is not None else ""
    return [
        f"Busy: {old}{busy_words(after)} of an 8-hour day"
        + (", too much for one request after another" if after > 1 else "")
    ]


def _cost(before: Headline, after: Headline) -> list[str]:
    """Return what a month costs, where a dated price says so; without one, only that the old figure is gone."""
    old, new = before.cost, after.cost
    if old and new:
        if abs(old.usd - new.usd) <= _NOTABLE_SHARE * old.usd:
            return []
        return [f"Cost: about {rough(old.usd)} → {rough(new.usd)} USD a month"]
    if new:
        rent = "your own machine" if before.pays == "own" else "not known"
        return [f"Cost: {rent} → about {rough(new.usd)} USD a month"]
    if old:
        left = "no rent, your own machine" if after.pays == "own" else "no dated price"
        return [f"Cost: about {rough(old.usd)} USD a month → {left}"]
    return []


def _deadline(before: Headline, after: Headline, today: date) -> list[str]:
    """Return how likely the deadline holds, where it is new, another one, or notably more or less likely."""
    if after.deadline is None or after.deadline_chance is None:
        return []
    by = f"By {day(after.deadline, today)}"
    if before.deadline != after.deadline or before.deadline_chance is None:
        return [f"{by}: {chance(after.deadline_chance)}"]
    old, new = chance(before.deadline_chance), chance(after.deadline_chance)
    moved = abs(before.deadline_chance - after.deadline_chance) >= _NOTABLE_CHANCE
    return [f"{by}: {old} → {new}"] if moved and old != new else []


def _plan(before: Headline, after: Headline) -> list[str]:
    gone = [name for name in before.planned if name not in after.planned]
    new = [name for name in after.planned if name not in before.planned]
    parts = [f"No longer in the plan: {listing(gone)}"] if gone else []
    parts += [f"{'new' if gone else 'New in the plan'}: {listing(new)}"] if new else []
    return [" · ".join(parts)] if parts else []


def _figures(name: str, before: float | None, after: float | None, unit: str) -> list[str]:
    if before is None and after is None:
        return []
    if before is None or after is None:
        known = figure(before if before is not None else after or 0.0)
        return [f"{name}: {known} {unit} → not known" if after is None else f"{name}: about {known} {unit}"]
    if abs(before - after) <= _NOTABLE_SHARE * before:
        return []
    return [f"{name}: {figure(before)} → {figure(after)} {unit}"]
