"""Short remarks on an answer that are true whatever the advice will be, from remarks.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from dialogs.lifecycle import Record
from dialogs.project import Project
from dialogs.scoping.given import Heard
from dialogs.sources import source
from dialogs.speaking.speech import number
from dialogs.speaking.wording import phrase
from dialogs.turns import Citation
from dialogs.understanding.money import conversion
from knowledge.loader import Knowledge

_BUDGETS = ("budget_usd_per_month", "budget_usd_total")


class Remark(Record):
    """One remark and the answers that it belongs to."""

    field: str
    text: str
    document: str
    at_least: float | None = None
    below: float | None = None
    equals: str | float | None = None

    def fits(self, value: Any) -> bool:
        if self.equals is not None:
            return bool(value == self.equals)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.below is None or value < self.below
        )


@cache
def _remarks() -> tuple[Remark, ...]:
    data = tomllib.loads((resources.files("dialogs.scoping") / "remarks.toml").read_text("utf-8"))
    return tuple(Remark.model_validate(entry) for entry in data["remark"])


def remarks(project: Project, heard: Heard, knowledge: Knowledge) -> list[tuple[str, Citation | None]]:
    """Return the remarks on what was just heard, each with its source; each is made once a project.

    An amount in another currency gets the rate at which it was converted, each time.
    """
    found: list[tuple[str, Citation | None]] = [
        (said, None) for said in _conversions(project, heard, knowledge)
    ]
    for name in heard.changed:
        held = project.current(name)
        for place, remark in enumerate(_remarks()):
            key = f"remark:{place}"
            if held and remark.field == name and remark.fits(held.value) and key not in project.remarked:
                project.remarked.append(key)
                value = number(held.value) if isinstance(held.value, int | float) else str(held.value)
                found.append((remark.text.replace("{value}", value), source(knowledge, remark.document)))
    return found[:2]


def _conversions(project: Project, heard: Heard, knowledge: Knowledge) -> list[str]:
    found = []
    for name in _BUDGETS:
        held = project.current(name) if name in heard.changed else None
        rate = conversion(held.evidence, knowledge.currencies.values()) if held else ""
        if held and rate:
            found.append(f"I read {held.evidence.strip()} as {phrase(name, held.value)} ({rate}).")
    return found
