"""Targets and results: what a team aims at, what it measured, and how sure a score is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from dialogs.project import EvaluationRun, Project

_OF = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:of|out of|in|/|von|sur|de|av)\s*(\d+)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:%|percent|per cent|prozent)", re.IGNORECASE)
_Z = 1.959964  # two-sided 95 % of the normal distribution
_PLAIN = re.compile(r"(?<![\w.,])(\d*[.,]?\d+)(?![\w.,]*\w)")


@dataclass(frozen=True)
class Target:
    """A number to reach, as a share of one where it is a share; `text` is the team's wording."""

    value: float
    text: str
    higher_is_better: bool = True


def read_target(text: str | None) -> Target | None:
    """Read a target such as "6 of 10", "92 %", ".92" or "under 5"; None where it holds no number."""
    if not text:
        return None
    lower_is_better = bool(
        re.search(r"\b(under|below|at most|less than|max|<|unter|moins de)\b|<", text.lower())
    )
    if match := _OF.search(text):
        whole = float(match[2])
        return Target(_number(match[1]) / whole, text, not lower_is_better) if whole else None
    if match := _PERCENT.search(text):
        return Target(_number(match[1]) / 100, text, not lower_is_better)
    if match := _PLAIN.search(text):
        return Target(_number(match[1]), text, not lower_is_better)
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
    return read_target(scope.success_target) or read_target(scope.success_metric)


def score_of(run: EvaluationRun, project: Project) -> float | None:
    """Return the result of a run that counts for the target: the named metric, else the only or first one."""
    if not run.results:
        return None
    wanted = _key(project.scope.success_metric or "")
    for name, value in run.results.items():
        if _key(name) and (_key(name) in wanted or wanted in _key(name)) and wanted:
            return value
    return next(iter(run.results.values()))


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def comparable(score: float, target: Target) -> float:
    """Bring a score given in percent to a share where the target is a share."""
    return score / 100 if target.value <= 1 < score <= 100 else score


def reached(project: Project) -> bool | None:
    """Whether the last run reaches the target; None without run or target."""
    target = target_of(project)
    score = score_of(project.runs[-1], project) if project.runs else None
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
    return _Z * math.sqrt(share * (1 - share) / cases)


def uses_wilson(share: float, cases: float) -> bool:
    """Whether the normal approximation is too optimistic for so few cases, right ones or wrong ones."""
    return cases < 30 or cases * min(share, 1 - share) < 5


def wilson(share: float, cases: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share measured on independent cases."""
    spread = _Z**2 / cases
    centre = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / cases + spread / (4 * cases)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
