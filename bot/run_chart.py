"""The scores of a project's evaluation runs as a chart: what was wanted, what was measured, how sure it is."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from dialogs.project import EvaluationRun, Project
from dialogs.results.targets import Target, comparable, counting_runs, margin, score_of, target_of

_SCORE, _TARGET, _GRID, _SURE = "#3b6ea5", "#2e7d32", "#e5e5e5", "#8c8c8c"
_MOST_METRICS = 5


def runs_png(project: Project) -> bytes:
    """Draw the runs in order; with a target its metric alone, with 95 % intervals, else every metric."""
    target = target_of(project)
    figure = Figure(figsize=(8, 4), dpi=130, layout="constrained")
    axes = figure.subplots()
    if not (project.runs if target is None else counting_runs(project)):
        axes.annotate("No result has been recorded yet", (0.5, 0.5), xycoords="axes fraction", ha="center")
    elif target is None:
        _every_metric(axes, project.runs)
    else:
        _against(axes, project, target)
    shown = project.runs if target is None else counting_runs(project)
    axes.set_xticks(range(len(shown)), [f"{run.at:%-d %b}" for run in shown], fontsize=9)
    axes.set_xlim(-0.5, max(len(shown), 1) - 0.5)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(f"{project.name}: {_heading(project)}", fontsize=11, loc="left")
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white")
    return out.getvalue()


def _heading(project: Project) -> str:
    count = len(project.runs)
    return f"{count} evaluation {'run' if count == 1 else 'runs'}"


def _against(axes: Axes, project: Project, target: Target) -> None:
    scores = _scores(project, target)
    share = target.value <= 1
    errors = [margin(run, project, target) for run in counting_runs(project)]
    places = list(range(len(scores)))
    axes.axhline(target.value, color=_TARGET, linewidth=1.2, linestyle="--")
    axes.annotate("target", (-0.45, target.value), color=_TARGET, fontsize=8, va="bottom")
    axes.errorbar(
        places, scores, yerr=errors, color=_SCORE, ecolor=_SURE, marker="o", linewidth=1.6, capsize=4
    )
    for place, score in zip(places, scores, strict=True):
        label = f"{score * 100:.1f} %".replace(".0 %", " %") if share else f"{score:g}"
        axes.annotate(label, (place, score), xytext=(8, -13), textcoords="offset points", fontsize=9)
    if share:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_ylabel(project.scope.success_metric or "score", fontsize=9)


def _every_metric(axes: Axes, runs: list[EvaluationRun]) -> None:
    names = list(dict.fromkeys(name for run in runs for name in run.results))[:_MOST_METRICS]
    for name in names:
        points = [(place, run.results[name]) for place, run in enumerate(runs) if name in run.results]
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=name)
    axes.legend(fontsize=8, frameon=False)


def _scores(project: Project, target: Target) -> list[float]:
    return [comparable(score_of(run, project) or 0.0, target) for run in counting_runs(project)]


def runs_alt(project: Project) -> str:
    """Return the chart in words, for those who cannot see it."""
    target = target_of(project)
    if not project.runs:
        return f"{project.name}: no result has been recorded yet"
    if target is None:
        return f"{project.name}: {_heading(project)}, no target"
    scores = _scores(project, target)
    shown = [f"{score * 100:.0f} %" if target.value <= 1 else f"{score:g}" for score in scores]
    wanted = f"{target.value * 100:.0f} %" if target.value <= 1 else f"{target.value:g}"
    return f"{project.name}: {', '.join(shown)} against a target of {wanted}"
