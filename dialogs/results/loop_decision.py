"""After a missed target: which way back first, by a decision table, with its reason and source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

PLATEAU_ROUNDS = 3
PLATEAU_GAIN = 0.01


@dataclass(frozen=True)
class Situation:
    """What is known when a target was missed. Scores, gap and error are shares of one."""

    score: float
    gap: float
    error: float = 0.0
    earlier: tuple[float, ...] = ()  # scores of the runs before, oldest first, higher is better
    rounds: Mapping[str, int] = field(default_factory=dict)  # sub-step → how often it was gone back to
    kind: str = ""  # of the errors; a key of [kinds], or ""
    worst: str = ""  # the team's words about the errors
    examples: int | None = None
    documents: bool = False
    prompted: bool = False
    tuned: bool = False
    tried: str = "The prompt"
    metric: str = ""  # a safety metric whose limit is broken; "" for the project's target

    @property
    def trend(self) -> str:
        """Return "first", "up", "down" or "flat": less than the sampling error is no movement."""
        if not self.earlier:
            return "first"
        rise = self.score - self.earlier[-1]
        if abs(rise) <= self.error:
            return "flat"
        return "up" if rise > 0 else "down"

    @property
    def plateau(self) -> bool:
        """Whether the last rounds together brought less than a point."""
        if len(self.earlier) < PLATEAU_ROUNDS:
            return False
        return max(self.score, *self.earlier[-PLATEAU_ROUNDS + 1 :]) - self.earlier[-PLATEAU_ROUNDS] < (
            PLATEAU_GAIN
        )


class Rule(BaseModel):
    """A row of the table: its conditions, the way back, why, and the passage it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    target: str
    because: str
    path: str
    heading: str = ""
    label: str = ""
    metric: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    trend: tuple[str, ...] = ()
    plateau: bool | None = None
    gap_at_least: float = 0.0
    gap_below: float = float("inf")
    rounds_of: dict[str, int] = {}
    examples_at_least: int = 0
    examples_below: float = float("inf")
    documents: bool | None = None
    prompted: bool | None = None
    tuned: bool | None = None

    def holds(self, now: Situation) -> bool:
        """Whether every condition is met."""
        examples = now.examples or 0
        return (
            (now.metric in self.metric if now.metric else not self.metric)
            and (not self.kind or now.kind in self.kind)
            and (not self.trend or now.trend in self.trend)
            and self.gap_at_least <= now.gap < self.gap_below
            and self.examples_at_least <= examples < self.examples_below
            and all(now.rounds.get(step, 0) >= least for step, least in self.rounds_of.items())
            and all(
                wanted is None or wanted is actual
                for wanted, actual in (
                    (self.plateau, now.plateau),
                    (self.documents, now.documents),
                    (self.prompted, now.prompted),
                    (self.tuned, now.tuned),
                )
            )
        )


@dataclass(frozen=True)
class WayBack:
    """The way back to take first. `label` is empty where the lifecycle's own fits."""

    target: str
    because: str
    path: str
    heading: str
    label: str
    rule: str


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: tuple[Rule, ...]
    kinds: dict[str, tuple[str, ...]]


@cache
def table() -> _Table:
    """Return the table as shipped. Raises pydantic.ValidationError where the file is wrong."""
    text = (resources.files("dialogs.results") / "loop_decision.toml").read_text("utf-8")
    return _Table.model_validate(tomllib.loads(text))


def decide(now: Situation) -> WayBack:
    """Return the way back that the first matching rule names."""
    rule = next(rule for rule in table().rule if rule.holds(now))
    rounds = max((now.rounds.get(step, 0) for step in rule.rounds_of), default=0)
    rise = abs(now.score - now.earlier[-1]) if now.earlier else 0.0
    because = rule.because.format(
        gap=points(now.gap),
        score=points(abs(now.score)),
        rise=points(rise),
        worst=now.worst or "the errors",
        examples=f"{now.examples or 0:,}",
        rounds={1: "one", 2: "two", 3: "three"}.get(rounds, str(rounds)),
        tried=now.tried,
    )
    return WayBack(rule.target, because, rule.path, rule.heading, rule.label, rule.id)


def points(share: float) -> str:
    """Write a distance between shares: "6 points", "half a point"."""
    value = share * 100
    if value < 0.75:
        return "half a point" if value >= 0.25 else "a fraction of a point"
    text = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
    return "1 point" if text == "1" else f"{text} points"


def read_kind(text: str) -> str:
    """Return what kind of errors a person describes; "cases" where they name none of the known kinds."""
    words = " ".join(["", *re.findall(r"[\w'-]+", text.lower().replace("’", "'")), ""])
    found = [
        (len(phrase), kind)
        for kind, phrases in table().kinds.items()
        for phrase in phrases
        if f" {phrase} " in words
    ]
    return max(found)[1] if found else "cases"
