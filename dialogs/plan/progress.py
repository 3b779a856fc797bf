"""How a project moves through the lifecycle: sub-steps, exit criteria, loops and due dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from dialogs.lifecycle import Criterion, Lifecycle, LoopRule, Stage, Substep
from dialogs.nudges.reminders import working_day_on_or_after, working_day_on_or_before
from dialogs.nudges.schedule import plan_reminders
from dialogs.people import zone_of_person
from dialogs.project import Event, Loop, Project, SubstepState
from dialogs.results.harm import are_broken
from dialogs.results.targets import best_result, reached
from dialogs.scope import get_field


def open_substeps(project: Project, lifecycle: Lifecycle) -> None:
    """Give the project a state for every sub-step; the first that waits becomes active."""
    known = {state.id for state in project.substeps}
    for substep in lifecycle.substeps:
        if substep.id not in known:
            project.substeps.append(SubstepState(id=substep.id))
    order = {substep.id: place for place, substep in enumerate(lifecycle.substeps)}
    project.substeps.sort(key=lambda state: order.get(state.id, len(order)))
    activate_next(project)


def activate_next(project: Project) -> None:
    if not any(state.status == "active" for state in project.substeps):
        waiting = next((state for state in project.substeps if state.status == "waiting"), None)
        if waiting:
            waiting.status = "active"
            waiting.passes += 1


def active_substep(project: Project, lifecycle: Lifecycle) -> Substep | None:
    """Return the sub-step that the project is at, or None when all are done."""
    state = next((state for state in project.substeps if state.status == "active"), None)
    return lifecycle.substep(state.id) if state else None


def active_stage(project: Project, lifecycle: Lifecycle) -> Stage | None:
    substep = active_substep(project, lifecycle)
    return lifecycle.stage_of(substep.id) if substep else None


def progress_words(project: Project, lifecycle: Lifecycle) -> str:
    """Return where a project stands as mrkdwn: "Scope done → *Select* → Adapt → Integrate"."""
    current = active_stage(project, lifecycle)
    words = []
    for stage in lifecycle.stages:
        states = [state_of(project, substep.id) for substep in stage.substep]
        if current and stage.id == current.id:
            words.append(f"*{stage.title}*")
        elif all(state.status in {"done", "skipped"} for state in states):
            words.append(f"{stage.title} done")
        else:
            words.append(stage.title)
    return " → ".join(words)


def state_of(project: Project, substep_id: str) -> SubstepState:
    """Return the state; raises KeyError where the project has no such sub-step."""
    return {state.id: state for state in project.substeps}[substep_id]


def holds(criterion: Criterion, project: Project, substep_id: str) -> bool:
    """Whether an exit criterion holds: by what Cairn knows, or because somebody said so."""
    return criterion.id in state_of(project, substep_id).met or _auto(criterion.auto, project)


def _auto(check: str, project: Project) -> bool:
    if check.startswith("answered:"):
        scope, name = project.scope, check.removeprefix("answered:")
        return get_field(scope, name) is not None or (name == "task" and bool(scope.description))
    if check == "has_run":
        return bool(project.runs)
    if check == "target_reached":
        return bool(project.runs) and reached(project) is True and not are_broken(project)
    if check == "reviewed":
        return any(review.ended_at for review in project.reviews)
    if check == "improved":
        return len(project.runs) > 1 and best_result(project) == project.runs[-1]
    return False


def unmet_criteria(project: Project, substep: Substep) -> list[Criterion]:
    """Return the exit criteria of a sub-step that do not hold yet."""
    return [criterion for criterion in substep.criterion if not holds(criterion, project, substep.id)]


def finish_substep(project: Project, substep: Substep, now: datetime, person: str, reason: str = "") -> None:
    """Mark a sub-step done and make the next one active; open criteria are recorded with the reason."""
    state = state_of(project, substep.id)
    unmet = unmet_criteria(project, substep)
    state.status, state.finished_at = "done", now
    state.unmet, state.reason = [criterion.id for criterion in unmet], reason
    record(project, now, person, "substep_done", substep=substep.id, unmet=state.unmet, reason=reason)
    for earlier in project.substeps:
        if earlier.id == substep.id:
            break
        if earlier.status in {"waiting", "active"}:
            earlier.status, earlier.finished_at = "done", now
    activate_next(project)


def take_loop(project: Project, rule: LoopRule, lifecycle: Lifecycle, now: datetime, person: str) -> int:
    """Go back along a loop; returns how often this project has looped now."""
    order = [substep.id for substep in lifecycle.substeps]
    start = order.index(rule.target)
    for state in project.substeps:
        if order.index(state.id) < start and state.status in {"waiting", "active"}:
            state.status, state.finished_at = "done", now
        elif order.index(state.id) >= start and state.status != "skipped":
            state.status, state.finished_at = "waiting", None
            state.met, state.unmet, state.reason = [], [], ""
            state.pinned = state.pinned and state.due is not None and state.due > now.date()
    target = state_of(project, rule.target)
    target.status = "active"
    target.passes += 1
    project.loops.append(
        Loop(source=rule.source, target=rule.target, at=now, person=person, reason=rule.when)
    )
    record(project, now, person, "loop", source=rule.source, target=rule.target)
    return len(project.loops)


def skip_unneeded(project: Project, lifecycle: Lifecycle, techniques: Collection[str]) -> None:
    """Skip the sub-steps that none of the advised techniques needs; bring them back when one does."""
    for substep in lifecycle.substeps:
        if not substep.skipped_without:
            continue
        state = state_of(project, substep.id)
        needed = any(technique in techniques for technique in substep.skipped_without)
        if not needed and state.status == "waiting":
            state.status = "skipped"
        elif needed and state.status == "skipped":
            state.status = "waiting"


def set_due_dates(
    project: Project, dates: Mapping[str, date], lifecycle: Lifecycle, today: date | None = None
) -> None:
    """Give every sub-step that is not done its due day: the last working day up to its likely finish.

    A day that somebody set stays, and the steps after it keep their distance to it; once it has passed,
    they keep their distance to `today`.
    """
    latest: date | None = None
    shift = timedelta()
    for substep in lifecycle.substeps:
        state = state_of(project, substep.id)
        if state.status in {"done", "skipped"} or substep.id not in dates:
            continue
        if state.pinned and state.due is not None:
            shift = (max(state.due, today) if today else state.due) - dates[substep.id]
            latest = state.due if latest is None else max(latest, state.due)
            continue
        due = working_day_on_or_before(dates[substep.id] + shift, project.country)
        if today is not None and due < today:
            due = working_day_on_or_after(today, project.country)
        state.due = latest = due if latest is None else max(due, latest)


def sync_reminders(
    project: Project, lifecycle: Lifecycle, now: datetime, zones: Mapping[str, str] | None = None
) -> None:
    """Bring the project's reminders in line with its due dates."""
    known = zones or {}
    project.reminders = plan_reminders(
        project,
        lifecycle,
        now=now,
        country=project.country,
        zone_for=lambda person: known.get(person, "") or zone_of_person(project, person),
    )


def record(project: Project, now: datetime, person: str, kind: str, **detail: Any) -> None:
    """Add a line to the append-only record."""
    project.events.append(Event(at=now, person=person, kind=kind, detail=detail))
