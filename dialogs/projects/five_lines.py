"""A project in five lines without abbreviations, for somebody who decides about it and reads nothing else."""

from __future__ import annotations

from datetime import date

from dialogs.lifecycle import Lifecycle
from dialogs.people import name_of
from dialogs.plan.progress import active_stage, active_substep, state_of, unmet_criteria
from dialogs.plan.substeps import short_name
from dialogs.project import Project
from dialogs.results.targets import comparable, counting_runs, reached, score_of, target_of
from dialogs.speaking.speech import day, weekday
from estimator.schedule import Schedule

_NUMBERS = ("none", "one", "two", "three", "four")


def five_lines(project: Project, lifecycle: Lifecycle, schedule: Schedule, today: date) -> str:
    """Return what it is, where it stands, what it achieves, when it is done, and what is needed next."""
    description = " ".join((project.scope.description or "").split()).rstrip(".")
    what = f"{project.name}: {description}." if description else f"{project.name}."
    lines = [
        what,
        _where(project, lifecycle),
        _result(project),
        _when(project, schedule, today),
        _next(project, lifecycle),
    ]
    return "\n".join(lines) + "\n"


def _where(project: Project, lifecycle: Lifecycle) -> str:
    stage, step = active_stage(project, lifecycle), active_substep(project, lifecycle)
    if stage is None or step is None:
        return "Every step is done."
    place = [entry.id for entry in lifecycle.stages].index(stage.id) + 1
    rounds = len(project.loops)
    again = "" if not rounds else f" It has gone back a step {'once' if rounds == 1 else f'{rounds} times'}."
    return f"It is in stage {_NUMBERS[place]} of four, at the {short_name(step)}.{again}"


def _result(project: Project) -> str:
    target = target_of(project)
    runs = counting_runs(project)
    score = score_of(runs[-1], project) if runs else None
    goal = (
        f"The goal is {_share(target.value)}"
        if target and target.value <= 1
        else "The goal is not a number yet"
    )
    if target and target.value > 1:
        goal = f"The goal is {target.text.strip().rstrip('.')}"
    if score is None:
        return f"{goal}; nothing has been measured so far."
    measured = comparable(score, target) if target else score
    shown = _share(measured) if target is None or target.value <= 1 else f"{measured:g}"
    held = {True: "so it is reached", False: "so it is not reached yet", None: "which nobody has judged yet"}
    return f"{goal}; the last test gave {shown}, {held[reached(project)]}."


def _share(value: float) -> str:
    text = f"{value * 100:.1f}".removesuffix(".0")
    return f"{text} of 100 right" if value <= 1 else f"{value:g}"


def _when(project: Project, schedule: Schedule, today: date) -> str:
    likely, late = day(schedule.p50, today), day(schedule.p90, today)
    wish = f" Wanted: {project.scope.deadline.strip().rstrip('.')}." if project.scope.deadline else ""
    return f"It will likely be done by {likely}, and nine times out of ten by {late}.{wish}"


def _next(project: Project, lifecycle: Lifecycle) -> str:
    step = active_substep(project, lifecycle)
    if step is None:
        return "Nothing is needed."
    state = state_of(project, step.id)
    due = f" by {weekday(state.due)}" if state.due else ""
    if not project.accepted and project.advised_at is not None:
        return f"Needed: a yes or a no to the recommendation from {name_of(project, project.owner)}."
    text = next(iter(unmet_criteria(project, step)), step.criterion[0]).text
    return f"Needed{due}: {text[:1].lower()}{text[1:]} ({name_of(project, state.owner or project.owner)})."
