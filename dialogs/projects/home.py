"""App Home: every project a person may see, its stage, its next step and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialogs.nudges.reminders import zone_of
from dialogs.plan.progress import active_stage, active_substep, state_of, unmet_criteria
from dialogs.project import Project
from dialogs.projects.naming import about
from dialogs.recommending.advising import forecast_of
from dialogs.speaking.speech import Mrkdwn, compose
from dialogs.turns import Reply
from dialogs.world import World


def home_page(
    projects: Sequence[Project], person: str, now: datetime, world: World, *, more: int = 0
) -> tuple[Reply, ...]:
    """Return the page: one entry a project, the person's own first, then by due date; `more` are not shown."""
    if not projects:
        return (compose("home_empty"),)
    ordered = sorted(projects, key=lambda project: _order(project, person))
    page = tuple(_entry(project, person, now, world) for project in ordered)
    return (*page, compose("home_more", more=more)) if more else page


def _order(project: Project, person: str) -> tuple[bool, str, str]:
    dues = sorted(
        state.due.isoformat() for state in project.substeps if state.due and state.status == "active"
    )
    return project.owner != person, (dues or ["9999"])[0], project.slug


def _entry(project: Project, person: str, now: datetime, world: World) -> Reply:
    substep = active_substep(project, world.lifecycle)
    stage = active_stage(project, world.lifecycle)
    state = state_of(project, substep.id) if substep else None
    upcoming = sorted(
        (reminder for reminder in project.reminders if reminder.state == "waiting" and reminder.due_at > now),
        key=lambda reminder: reminder.due_at,
    )
    asked = project.open_question
    question = world.lifecycle.question(asked.id).ask if asked and asked.kind == "scope" else ""
    today = now.astimezone(zone_of(project.zone)).date()
    return compose(
        "home_project",
        where=Mrkdwn(f"<#{project.channel}>"),
        finish=forecast_of(project, world.knowledge, today) if project.advised_at else None,
        name=project.name,
        stage=stage.title if stage else "done",
        substep=substep,
        due=state.due if state else None,
        today=today,
        unmet=unmet_criteria(project, substep) if substep else [],
        question=about(question, project.scope.description),
        nudge=upcoming[0].due_at.astimezone(zone_of(upcoming[0].zone)) if upcoming else None,
        mine=project.owner == person,
        loops=len(project.loops),
        unreachable=project.unreachable,
    )
