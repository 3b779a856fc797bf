"""The cheat sheet of the lifecycle: training time, customization, objective and expertise of each way."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NOTE = "These are training times of computers; the schedule's weeks are calendar time of people."


@dataclass(frozen=True)
class CheatSheetRow:
    """One way to a model, in the words of the lifecycle."""

    id: str
    title: str
    training_time: str
    customization: str
    objective: str
    expertise: str  # low, medium, medium-high or high
    source: str


@cache
def cheat_sheet() -> tuple[CheatSheetRow, ...]:
    """Return the rows in the order of the lifecycle."""
    table = tomllib.loads(files("estimator").joinpath("cheatsheet.toml").read_text(encoding="utf-8"))
    return tuple(CheatSheetRow(**row) for row in table["row"])
