"""Nudges: what a reminder says when it falls due. Three lines: what, when, what waits on it; one question."""

from __future__ import annotations

import json

from dialogs.marking import mark, who
from dialogs.progress import record, state_of, sync_reminders, unmet_criteria
from dialogs.project import OpenQuestion, Project, Reminder
from dialogs.reminders import is_working_day, nudge_instant, zone_of
from dialogs.speech import compose
from dialogs.turns import Choice
from dialogs.world import Context


def nudge(ctx: Context, reminder_id: str) -> None:
    """Say what a due reminder is about; nothing when it has become moot."""
    project = ctx.project
    if project is None:
        return
    reminder = next((entry for entry in project.reminders if entry.id == reminder_id), None)
    if reminder is None or reminder.state != "waiting":
        return
    if project.status != "active" or project.nudges_paused or not reminder.substep:
        reminder.state = "cancelled"
        return
    substep = ctx.world.lifecycle.substep(reminder.substep)
    state = state_of(project, substep.id)
    unmet = unmet_criteria(project, substep)
    if state.status in {"done", "skipped"} or not unmet:
        reminder.state = "cancelled"
        return
    if not is_working_day(ctx.now.astimezone(zone_of(reminder.zone)).date(), project.country):
        _hold(project, reminder, ctx)
        return
    reminder.state = "sent"
    record(project, ctx.now, "", "nudge", substep=substep.id, reminder=reminder.id)
    wants_score = any(criterion.auto in {"has_run", "target_reached", "improved"} for criterion in unmet[:1])
    project.open_question = OpenQuestion(
        id=f"due:{substep.id}",
        kind="result" if wants_score else "criterion",
        asked_at=ctx.now,
        thread=project.thread,
        context={"substep": substep.id},
    )
    following = next((s for s in project.substeps if s.status == "waiting"), None)
    snoozes = [("Tomorrow", "tomorrow"), ("Next week", "next week")]
    ctx.say(
        compose(
            "nudge",
            said=project.said,
            substep=substep,
            criterion=unmet[0],
            due=state.due,
            today=ctx.today,
            waits=ctx.world.lifecycle.substep(following.id).title if following else "",
            owns=(state.owner or project.owner) == reminder.person,
            stage=ctx.world.lifecycle.stage_of(substep.id).title,
            name=project.name,
            choices=[
                Choice("mine", "I'll do it", substep.id, "primary"),
                Choice("done", "It's done", substep.id),
                *(
                    Choice("snooze", label, json.dumps({"for": length, "reminder": reminder.id}))
                    for label, length in snoozes
                ),
                Choice("pause", "Pause nudges", ""),
            ],
        ),
        to="thread" if project.thread else "direct",
        person=reminder.person,
    )


def _hold(project: Project, reminder: Reminder, ctx: Context) -> None:
    """Keep a nudge that fell on a day off for the next working day."""
    day = ctx.now.astimezone(zone_of(reminder.zone)).date()
    reminder.due_at = nudge_instant(
        day, local_time=reminder.local_time, zone=reminder.zone, country=project.country, not_before=ctx.now
    )


def take_over(ctx: Context, substep_id: str) -> None:
    """Make whoever clicked the owner of a sub-step."""
    project = ctx.require()
    state = state_of(project, substep_id)
    state.owner = ctx.turn.person.id
    record(project, ctx.now, ctx.turn.person.id, "owner", substep=substep_id)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    mark(ctx, f"{who(ctx)} takes it")
