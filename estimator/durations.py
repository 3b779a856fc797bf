"""The table of stage durations and what stretches them, read from durations.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

Weeks = tuple[float, float, float]

STAGE_TITLES = {"scope": "Scope", "select": "Select", "adapt": "Adapt and align", "integrate": "Integrate"}
REVIEW = "review"


@dataclass(frozen=True)
class SubstepRow:
    """A sub-step: its three-point duration in working weeks, how many people it binds, whom it needs."""

    id: str
    title: str
    stage: str
    weeks: Weeks
    people: float
    expertise: str


@dataclass(frozen=True)
class Durations:
    """All of durations.toml."""

    substeps: dict[str, SubstepRow]
    techniques: dict[str, tuple[str, Weeks]]  # technique -> sub-step, weeks added
    training_data: Weeks
    review: Weeks
    review_people: float
    integration: Weeks
    delay_median: float
    delay_p90: float
    pass_probability: dict[str, float]
    pilot_bonus: float
    rework: dict[str, float]
    most_loops: int
    effects: dict[str, dict[str, Any]]
    bases: dict[str, str]  # dotted name of a row -> "sourced" or "judgement"


def _weeks(row: dict[str, Any]) -> Weeks:
    low, likely, high = (float(value) for value in row["weeks"])
    return low, likely, high


def _bases(tree: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for group, rows in tree.items():
        if "basis" in rows:
            found[group] = rows["basis"]
        else:
            found |= {f"{group}.{name}": row["basis"] for name, row in rows.items()}
    return found


def load_durations(text: str) -> Durations:
    """Read the text of a durations file."""
    tree = tomllib.loads(text)
    return Durations(
        substeps={
            name: SubstepRow(name, row["title"], row["stage"], _weeks(row), row["people"], row["expertise"])
            for name, row in tree["substep"].items()
        },
        techniques={name: (row["substep"], _weeks(row)) for name, row in tree["technique"].items()},
        training_data=_weeks(tree["training_data"]),
        review=_weeks(tree["review"]),
        review_people=tree["review"]["people"],
        integration=_weeks(tree["integration"]),
        delay_median=tree["delay"]["median"],
        delay_p90=tree["delay"]["p90"],
        pass_probability=tree["evaluation"]["pass_probability"],
        pilot_bonus=tree["evaluation"]["pilot_bonus"],
        rework=tree["evaluation"]["rework"],
        most_loops=tree["evaluation"]["most_loops"],
        effects=tree["effect"],
        bases=_bases(tree),
    )


DURATIONS = load_durations(files("estimator").joinpath("durations.toml").read_text(encoding="utf-8"))
TRAINING_TECHNIQUES = frozenset(
    name
    for name, (substep, _) in DURATIONS.techniques.items()
    if substep in {"fine_tuning", "feedback_alignment"}
)
