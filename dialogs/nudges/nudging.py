"""Nudges: what a reminder says when it falls due. Three lines: what, when, what waits on it; one question."""

from __future__ import annotations

from datetime import date

from dialogs.nudges import digest, movement
from dialogs.nudges.reminders import decent_instant, is_decent, zone_of
from dialogs.nudges.schedule import following_day, rank, still_holds
from dialogs.nudges.words import say_missed, say_one
from dialogs.people import zone_of_person
from dialogs.plan.progress import record, state_of, sync_reminders
from dialogs.project import Project, Reminder
from dialogs.projects import leaving
from dialogs.speaking.marking import mark, who
from dialogs.world import Context


def nudge(ctx: Context, reminder_id: str) -> None:
    """Say what a due reminder is about; nothing when it has become moot, later when it is no decent hour."""
    project = ctx.project
    if project is None or _told_of_leavers(ctx):
        return
    reminder = next((entry for entry in project.reminders if entry.id == reminder_id), None)
    if reminder is None or reminder.state != "waiting":
        return
    if project.status != "active" or project.nudges_paused or not still_holds(reminder, project):
        reminder.state = "cancelled"
        return
    reminder.zone = zone_of_person(project, reminder.person) or reminder.zone
    if _hold(ctx, project, reminder):
        return
    if reminder.kind == "digest":
        _sent(ctx, reminder)
        digest.say(ctx)
        return
    missed = [
        entry
        for entry in project.reminders
        if entry.state == "waiting"
        and entry.kind != "digest"
        and entry.person == reminder.person
        and entry.due_at <= ctx.now
        and still_holds(entry, project)
    ]
    for entry in missed:
        _sent(ctx, entry)
    first, *others = sorted(_one_a_subject(missed), key=lambda entry: (rank(entry), entry.due_at))
    if others:
        say_missed(ctx, first, others)
    else:
        say_one(ctx, first)


def _told_of_leavers(ctx: Context) -> bool:
    """Say that an owner is gone, where nobody told Cairn before; the question then takes the nudge's place."""
    project = ctx.require()
    told = [person for person in sorted(ctx.world.gone) if leaving.say_left(ctx, person, "gone")]
    for entry in project.reminders:
        if told and entry.state == "waiting" and entry.kind != "digest" and entry.due_at <= ctx.now:
            entry.due_at = following_day(entry.model_copy(update={"due_at": ctx.now}), project.country)
    return bool(told)


def keep_in_line(ctx: Context) -> None:
    """After a turn: plan the nudges anew, and note what the first digest will compare with."""
    project = ctx.project
    if project is None or ctx.forget:
        return
    if project.advised_at is not None and project.digest is None and project.status == "active":
        project.digest = movement.base(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)


def _one_a_subject(reminders: list[Reminder]) -> list[Reminder]:
    """Leave one of several reminders about the same step or question, the most important."""
    found: dict[str, Reminder] = {}
    for entry in sorted(reminders, key=lambda entry: (rank(entry), entry.due_at)):
        found.setdefault(entry.substep or entry.about or entry.id, entry)
    return list(found.values())


def _hold(ctx: Context, project: Project, reminder: Reminder) -> bool:
    """Keep a nudge for later: at an indecent hour, or when the person had one today already."""
    how = {"local_time": reminder.local_time, "zone": reminder.zone, "country": project.country}
    if project.unreachable:
        reminder.due_at = following_day(reminder.model_copy(update={"due_at": ctx.now}), project.country)
        return True
    if not is_decent(ctx.now, **how):
        reminder.due_at = decent_instant(ctx.now, **how)
        return True
    if reminder.kind in {"digest", "snoozed"} or _day(ctx, reminder) not in _days_nudged(project, reminder):
        return False
    reminder.due_at = following_day(reminder.model_copy(update={"due_at": ctx.now}), project.country)
    return True


def _days_nudged(project: Project, reminder: Reminder) -> set[date]:
    zone = zone_of(reminder.zone)
    return {
        entry.sent_at.astimezone(zone).date()
        for entry in project.reminders
        if entry.sent_at is not None and entry.kind != "digest" and entry.person == reminder.person
    }


def _day(ctx: Context, reminder: Reminder) -> date:
    return ctx.now.astimezone(zone_of(reminder.zone)).date()


def _sent(ctx: Context, reminder: Reminder) -> None:
    reminder.state, reminder.sent_at = "sent", ctx.now
    record(
        ctx.require(), ctx.now, "", "nudge",
        reminder=reminder.id, about=reminder.kind, substep=reminder.substep, to=reminder.person,
    )  # fmt: skip


def take_over(ctx: Context, substep_id: str) -> None:
    """Make whoever clicked the owner of a sub-step."""
    project = ctx.require()
    state_of(project, substep_id).owner = ctx.turn.person.id
    record(project, ctx.now, ctx.turn.person.id, "owner", substep=substep_id, owner=ctx.turn.person.id)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    mark(ctx, f"{who(ctx)} takes it")
