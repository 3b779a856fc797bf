"""What a rule of the lifecycle is, and how the rules decide about each technique."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dialogs.advice.facts import Facts
from dialogs.advice.result import When
from knowledge.schema import TechniqueId

_ORDER: tuple[When, ...] = ("now", "next", "later", "not_advised")
_MOST_REASONS = 2


@dataclass(frozen=True)
class Rule:
    """One rule: where it `holds`, a technique is advised `when`, and `says` is the reason.

    `says` is a format string over `words_of`. The first rule that holds decides about its technique; a later one
    that `adds` and agrees gives a second reason. Among techniques of one verdict the higher `weight` comes first.
    `document` is the id of the section that gives the rule: a path, or "path#slug".
    """

    id: str
    technique: TechniqueId
    when: When
    weight: float
    document: str
    holds: Callable[[Facts], bool]
    says: str
    adds: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the rules decided about one technique."""

    technique: TechniqueId
    rules: tuple[Rule, ...]

    @property
    def when(self) -> When:
        return self.rules[0].when

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts verdicts: now, next, later, not advised; within them by weight."""
        return (_ORDER.index(self.when), -self.rules[0].weight)


def judge(facts: Facts, rules: Iterable[Rule]) -> list[Verdict]:
    """Return one verdict per technique, the first to do first. The last rule of a technique must always hold."""
    by_technique: dict[TechniqueId, list[Rule]] = {}
    for rule in rules:
        by_technique.setdefault(rule.technique, []).append(rule)
    verdicts = []
    for technique, own in by_technique.items():
        holding = [rule for rule in own if rule.holds(facts)]
        agreed = [rule for rule in holding[1:] if rule.adds and rule.when == holding[0].when]
        verdicts.append(Verdict(technique, (holding[0], *agreed)[:_MOST_REASONS]))
    return sorted(verdicts, key=lambda verdict: verdict.rank)


def always(_: Facts) -> bool:
    """Holds for every project: the last rule of a technique."""
    return True
