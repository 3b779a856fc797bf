"""Targets and results: what a team aims at, what it measured, and how sure a score is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.project import EvaluationRun, Project
from dialogs.results.limit_words import read_limits
from dialogs.results.metrics import facts, is_named, is_of_a_hundred, key, lower_is_better, safety_metric

ASSUMED_CASES = 200
REVIEW = "review"
"""The `source` of a run that an expert's verdicts gave."""

_OF = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:of|out of|in|/|von|sur|de|av)\s*(\d+)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:%|percent|per cent|prozent)", re.IGNORECASE)
Z = 1.959964  # two-sided 95 % of the normal distribution
_PLAIN = re.compile(r"(?<![\w.,])(\d*[.,]?\d+)(?![\w.,]*\w)")


@dataclass(frozen=True)
class Target:
    """A number to reach, as a share of one where it is a share; `text` is the team's wording."""

    value: float
    text: str
    higher_is_better: bool = True


_AT_MOST = re.compile(
    r"\b(?:under|below|at most|less than|fewer than|lower than|no more than|not more than|up to|maximum|max|unter|"
    r"höchstens|moins de)\b|[<≤]",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(r"\b(?:over|above|at least|more than|min|minimum|mindestens)\b|[>≥]", re.IGNORECASE)


def read_target(text: str | None) -> Target | None:
    """Read a target such as "6 of 10", "92 %", ".92" or "under 5"; None where it holds no number.

    Less is better where the words say so, or where the metric they name is of that kind.
    """
    if not text:
        return None
    at_most = bool(_AT_MOST.search(text)) or (lower_is_better(text) and not _AT_LEAST.search(text))
    if match := _OF.search(text):
        whole = float(match[2])
        return Target(_number(match[1]) / whole, text, not at_most) if whole else None
    if match := _PERCENT.search(text):
        return Target(_number(match[1]) / 100, text, not at_most)
    if match := _PLAIN.search(text):
        return Target(_number(match[1]), text, not at_most)
    return None


def is_share(text: str) -> bool:
    """Whether words hold a share such as "8 of 10" or "80 %", and say what it is a share of."""
    return len(text.split()) >= 3 and bool(_OF.search(text) or _PERCENT.search(text))


def read_result(text: str) -> float | None:
    """Read a score that somebody reports: ".90", "83%", "7 of 10", "0,41"; None where there is none."""
    target = read_target(text)
    return target.value if target else None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def target_of(project: Project) -> Target | None:
    """Return the project's target, or None where it has none that is a number."""
    scope = project.scope
    beside_limits = read_limits(scope.success_target or "")[1]
    target = read_target(beside_limits) or read_target(scope.success_metric)
    if target is None:
        return None
    names = f"{scope.success_metric or ''} {target.text}"
    if lower_is_better(names) and not _AT_LEAST.search(target.text):
        target = replace(target, higher_is_better=False)
    if 1 < target.value <= 100 and is_of_a_hundred(names):
        target = replace(target, value=target.value / 100)
    return target


def counted(run: EvaluationRun, project: Project) -> tuple[str, float] | None:
    """Return name and value of the result of a run that is held against the target, or None.

    It is the metric that the target names, else the only or first one. Safety metrics have limits of their own
    and stand in for no target; nor do computed scores where the target speaks of something else.
    """
    scope = project.scope
    wanted = f"{scope.success_metric or ''} {scope.success_target or ''}"
    results = {name: value for name, value in run.results.items() if safety_metric(name) is None}
    for name in _named_in(scope.success_metric or "", results) or _named_in(wanted, results):
        return name, results[name]
    if not results:
        return None
    if run.source and run.source != REVIEW:
        if _speaks_of_something(wanted):
            return None
        usual = facts().of_task.get(scope.task or "", "")
        name = usual if usual in results else next(iter(results))
        return name, results[name]
    if run.source == REVIEW and _names_a_metric(wanted):
        return None
    return next(iter(results.items()))


def _named_in(wanted: str, results: Mapping[str, float]) -> list[str]:
    """Return the results that words name, the most exact name first."""
    words = key(wanted)
    also = [name for short, name in facts().same_as.items() if is_named(short, wanted)]
    found = [name for name in results if is_named(name, wanted) or (words and words in key(name))]
    return sorted(found, key=len, reverse=True) or [name for name in also if name in results]


_NUMBERS = re.compile(r"[\d.,%<>=≤≥/]+")


def _speaks_of_something(wanted: str) -> bool:
    """Whether a target says what is measured: "6 of 10 drafts sent" does, "at least 90 %" does not."""
    words = re.findall(r"[^\W\d_]+", _NUMBERS.sub(" ", wanted.lower()))
    return bool(set(words) - set(facts().says_nothing))


def _names_a_metric(wanted: str) -> bool:
    return is_of_a_hundred(wanted) or lower_is_better(wanted)


def score_of(run: EvaluationRun, project: Project) -> float | None:
    """Return the result of a run that counts for the target, or None where the run says nothing about it."""
    found = counted(run, project)
    return found[1] if found else None


def counting_runs(project: Project) -> list[EvaluationRun]:
    """Return the runs with a result that counts for the target, oldest first."""
    return [run for run in project.runs if counted(run, project) is not None]


def margin(run: EvaluationRun, project: Project, target: Target) -> float:
    """Return how far the run's score may be off: half of its 95 % interval, the wider side.

    The computed interval where there is one, else the sampling error of a share; 0 where it is no share.
    """
    found = counted(run, project)
    if found is None or target.value > 1:
        return 0.0
    name, value = found
    if name in run.intervals:
        low, high = run.intervals[name]
        return max(value - low, high - value)
    return sampling_error(comparable(value, target), run.cases or ASSUMED_CASES)


def comparable(score: float, target: Target) -> float:
    """Bring a score given in percent to a share where the target is a share."""
    return score / 100 if target.value <= 1 < score <= 100 else score


def reached(project: Project) -> bool | None:
    """Whether the last run that counts reaches the target; None without run or target."""
    target, runs = target_of(project), counting_runs(project)
    score = score_of(runs[-1], project) if runs else None
    if target is None or score is None:
        return None
    score = comparable(score, target)
    return score >= target.value if target.higher_is_better else score <= target.value


def best_result(project: Project) -> EvaluationRun | None:
    """Return the run with the best score; the latest of equals."""
    target = target_of(project)
    sign = 1 if target is None or target.higher_is_better else -1
    scored = [(score_of(run, project), place, run) for place, run in enumerate(project.runs)]
    usable = [(sign * score, place, run) for score, place, run in scored if score is not None]
    return max(usable, key=lambda entry: entry[:2])[2] if usable else None


def sampling_error(share: float, cases: float) -> float:
    """Half-width of the 95 % interval of a share measured on independent cases.

    Normal approximation, 1.96 × √(p(1−p)/n). Below 30 cases, or with fewer than 5 right or wrong, it is
    too optimistic: the wider side of Wilson's interval stands in (Wilson 1927). Raises ValueError where
    `cases` is not positive.
    """
    if cases <= 0:
        raise ValueError("a sampling error needs at least one case")
    share = min(max(share, 0.0), 1.0)
    if uses_wilson(share, cases):
        low, high = wilson(share, cases)
        return max(share - low, high - share)
    return Z * math.sqrt(share * (1 - share) / cases)


def uses_wilson(share: float, cases: float) -> bool:
    """Whether the normal approximation is too optimistic for so few cases, right ones or wrong ones."""
    return cases < 30 or cases * min(share, 1 - share) < 5


def wilson(share: float, cases: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share measured on independent cases."""
    spread = Z**2 / cases
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / cases + spread / (4 * cases)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
