"""A measured share of harm against its limit: kept, not shown yet, or broken with the way back that fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dialogs.project import EvaluationRun, Project
from dialogs.results import harm
from dialogs.results.loop_decision import WayBack, decide
from dialogs.results.metrics import SafetyMetric
from dialogs.results.situation import background
from dialogs.results.targets import ASSUMED_CASES, Z, wilson

MOST_CASES = 20_000
"""Above so many cases nobody is told to collect them."""


@dataclass(frozen=True)
class LimitVerdict:
    """What a run says about one limit. `low` and `high` are Wilson's 95 % interval of `value`.

    "kept" and "broken" hold for all of the interval, "unproven" means that the limit lies inside it. `limit` is
    None where none was set.
    """

    metric: SafetyMetric
    value: float
    low: float
    high: float
    cases: int
    limit: float | None
    verdict: Literal["kept", "unproven", "broken", "unlimited"]
    cases_needed: int | None = None  # clean enough cases that would show the limit to be kept
    way: WayBack | None = None

    @property
    def is_over(self) -> bool:
        """Whether the measured share itself lies above the limit."""
        return self.limit is not None and self.value > self.limit


def verdicts(project: Project, run: EvaluationRun) -> list[LimitVerdict]:
    """Return what a run says about each safety metric in it, the worst first."""
    order = ("broken", "unproven", "kept", "unlimited")
    found = [_verdict(project, run, id, value) for id, value in harm.results_of(run).items()]
    return sorted(found, key=lambda entry: (order.index(entry.verdict), not entry.is_over))


def _verdict(project: Project, run: EvaluationRun, id: str, value: float) -> LimitVerdict:
    metric, limit = harm.metric_of(id), harm.limits_of(project).get(id)
    cases = run.cases or ASSUMED_CASES
    low, high = wilson(value, cases)
    if limit is None:
        return LimitVerdict(metric, value, low, high, cases, None, "unlimited")
    if limit == 0:
        verdict: Literal["kept", "unproven", "broken"] = "broken" if value > 0 else "unproven"
    else:
        verdict = "kept" if high <= limit else "broken" if low > limit else "unproven"
    way = None
    if value > limit:
        before = [harm.results_of(old) for old in project.runs if old.at < run.at]
        now = background(project, run, score=-value, gap=value - limit, error=max(high - value, value - low))
        earlier = tuple(-results[id] for results in before if id in results)
        way = decide(replace(now, metric=id, earlier=earlier))
    needed = cases_needed(value, limit) if verdict == "unproven" and value <= limit else None
    return LimitVerdict(metric, value, low, high, cases, limit, verdict, needed, way)


def cases_needed(share: float, limit: float) -> int | None:
    """Return on how many cases this share would be shown to lie below the limit, rounded up to ten.

    Wilson's upper end reaches the limit at n = z² × limit × (1 − limit) ÷ (limit − share)². None where the share
    is not below the limit, or above 20,000 cases.
    """
    if limit <= 0 or share >= limit:
        return None
    needed = Z**2 * limit * (1 - limit) / (limit - share) ** 2
    return int(-(-needed // 10) * 10) if needed <= MOST_CASES else None
