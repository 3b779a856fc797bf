"""The rules of the lifecycle, read from rules.toml, and how they decide about each technique."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, field_validator

from dialogs.advice.conditions import CONDITIONS
from dialogs.advice.facts import Facts, data
from dialogs.advice.result import When
from knowledge.schema import TechniqueId

_ORDER: tuple[When, ...] = ("now", "next", "later", "not_advised")
_MOST_REASONS = 2


class Rule(BaseModel):
    """One rule: where all it `holds` is true, a technique is advised `when`, and `says` is the reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    technique: TechniqueId
    when: When
    weight: float
    document: str  # id of the section that states it, "path#slug"
    holds: tuple[str, ...] = ()
    says: str
    adds: bool = False

    @field_validator("holds")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name.removeprefix("not ") not in CONDITIONS]
        if unknown:
            raise ValueError(f"no such condition: {', '.join(unknown)}")
        return names

    def is_met(self, facts: Facts) -> bool:
        """Whether all its conditions are as it wants them."""
        return all(
            CONDITIONS[name.removeprefix("not ")](facts) != name.startswith("not ") for name in self.holds
        )


@dataclass(frozen=True)
class Verdict:
    """What the rules decided about one technique; the first rule decided."""

    technique: TechniqueId
    rules: tuple[Rule, ...]

    @property
    def when(self) -> When:
        """When to try the technique."""
        return self.rules[0].when

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts verdicts: now, next, later, not advised; within them by weight."""
        return (_ORDER.index(self.when), -self.rules[0].weight)


@cache
def load_rules() -> tuple[Rule, ...]:
    """Read rules.toml. Raises pydantic.ValidationError where a rule is wrong."""
    return tuple(Rule.model_validate(row) for row in data("rules")["rule"])


def judge(facts: Facts, rules: Iterable[Rule]) -> list[Verdict]:
    """Return one verdict per technique, the first to do first. A technique's last rule must hold always."""
    by_technique: dict[TechniqueId, list[Rule]] = {}
    for rule in rules:
        by_technique.setdefault(rule.technique, []).append(rule)
    verdicts = []
    for technique, own in by_technique.items():
        place = next(place for place, rule in enumerate(own) if rule.is_met(facts))
        deciding, later = own[place], own[place + 1 :]
        agreed = [r for r in later if r.adds and r.when == deciding.when and r.is_met(facts)]
        verdicts.append(Verdict(technique, (deciding, *agreed)[:_MOST_REASONS]))
    return sorted(verdicts, key=lambda verdict: verdict.rank)
