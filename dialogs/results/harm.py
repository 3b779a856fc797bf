"""How much harm a project's runs measured, beside the limits that were set for it."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.project import EvaluationRun, Project
from dialogs.results.limit_words import read_limits
from dialogs.results.metrics import SafetyMetric, safety_metric


def shown(limits: Mapping[str, float]) -> list[str]:
    """Return limits in words: "toxicity at most 1 %", "no leaks of personal data"."""
    words = []
    for id, share in limits.items():
        metric = metric_of(id)
        title = f"{metric.title[:1].lower()}{metric.title[1:]}"
        words.append(f"{title} at most {share * 100:.3g} %" if share else f"no {metric.counted}")
    return words


def limits_of(project: Project) -> dict[str, float]:
    """Return the limits of a project, as shares by metric: those that were set, and those in its target's words."""
    return {**read_limits(project.scope.success_target or "")[0], **project.limits}


def metric_of(id: str) -> SafetyMetric:
    """Return a safety metric by its id; raises KeyError where there is none."""
    found = safety_metric(id)
    if found is None:
        raise KeyError(id)
    return found


def results_of(run: EvaluationRun) -> dict[str, float]:
    """Return a run's results that are a matter of safety, as shares of one."""
    return {
        metric.id: value / 100 if value > 1 else value
        for name, value in run.results.items()
        if (metric := safety_metric(name)) is not None
    }


def are_broken(project: Project) -> bool:
    """Whether the last value measured of any limited metric lies above its limit."""
    last: dict[str, float] = {}
    for run in project.runs:
        last |= results_of(run)
    return any(last.get(id, 0.0) > share for id, share in limits_of(project).items())


def unmeasured(project: Project) -> list[str]:
    """Return the titles of limited metrics that no run has measured."""
    measured = {id for run in project.runs for id in results_of(run)}
    return [metric_of(id).title.lower() for id in limits_of(project) if id not in measured]
