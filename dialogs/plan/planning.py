"""The plan: shown with its checklists, and changed by words or in a form. A day that was set stays."""

from __future__ import annotations

from datetime import date

from dialogs.lifecycle import Stage, Substep
from dialogs.nudges.reminders import working_day_on_or_after, working_day_on_or_before
from dialogs.people import called, find_person, is_known
from dialogs.plan import moving
from dialogs.plan.progress import active_substep, holds, record, state_of, sync_reminders
from dialogs.plan.words import PlanChange, read_plan_change
from dialogs.project import Member, Project
from dialogs.projects import leaving
from dialogs.recommending import card
from dialogs.sources import source
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose
from dialogs.turns import Choice
from dialogs.world import Context


def plan(ctx: Context, words: str = "") -> None:
    """Show the stages with their dates, each step's checklist behind "Show more"; or change what is said."""
    if words and hear(ctx, words):
        return
    if words:
        ctx.say(compose("plan_how", said=ctx.require().said))
        return
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    forecast = card.forecast(ctx)
    stages = []
    for stage in lifecycle.stages:
        steps = [
            (
                substep,
                state_of(project, substep.id),
                called(project, state_of(project, substep.id).owner),
                [(criterion, holds(criterion, project, substep.id)) for criterion in substep.criterion],
            )
            for substep in stage.substep
            if state_of(project, substep.id).status != "skipped"
        ]
        if steps:
            stages.append((stage, steps))
    ctx.say(
        compose(
            "plan",
            name=project.name,
            stages=forecast.stages,
            finished={stage.id for stage in ctx.world.lifecycle.stages if _is_finished(project, stage)},
            checklists=stages,
            forecast=forecast,
            today=ctx.today,
            technical=is_technical(project),
            document=source(ctx.world.knowledge, card.DURATIONS),
            choices=[Choice("plan_edit", "Change dates and owners", project.id)],
        )
    )


def _is_finished(project: Project, stage: Stage) -> bool:
    return all(state_of(project, substep.id).status in {"done", "skipped"} for substep in stage.substep)


def owner(ctx: Context, words: str) -> None:
    """Make somebody the owner of a step: "@colin fine-tuning"."""
    if not hear(ctx, f"owner {words}"):
        ctx.say(compose("plan_how", said=ctx.require().said))


def hear(ctx: Context, text: str) -> bool:
    """Change the plan as a message says; False where it says nothing about the plan."""
    project = ctx.project
    if project is None or project.status != "active" or not project.substeps:
        return False
    current = active_substep(project, ctx.world.lifecycle)
    for id, name in sorted(ctx.turn.mentions.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(f"@{name}", f"<@{id}>")
    change = read_plan_change(text, ctx.world.lifecycle, current, ctx.today)
    if change is None:
        return False
    match change.kind:
        case "move":
            _move(ctx, change)
        case "free":
            _free(ctx, change)
        case "own":
            _own(ctx, change)
        case "finish":
            assert change.substep is not None
            moving.done(ctx, change.substep.id)
        case "away" | "back" | "left":
            return _person(ctx, change)
    return True


def _move(ctx: Context, change: PlanChange) -> None:
    project, substep = ctx.require(), change.substep
    assert substep is not None
    state = state_of(project, substep.id)
    day = change.day or ((state.due or ctx.today) + change.by if change.by else None)
    assert day is not None
    if state.status in {"done", "skipped"}:
        ctx.say(compose("already_done", said=project.said, substep=substep), to="thread")
        return
    if day < ctx.today:
        ctx.say(compose("plan_past", said=project.said, day=day, substep=substep), to="thread")
        return
    before = due_days(project)
    asked_for, held = day, set_due(ctx, substep, day)
    follow_up(ctx)
    after = due_days(project)
    order = [entry.id for entry in ctx.world.lifecycle.substeps]
    place = order.index(substep.id)
    later = [id for id in order[place + 1 :] if before.get(id) and before.get(id) != after.get(id)]
    crossed = [id for id in order[:place] if id in after and after[id] > held]
    likely = _likely(ctx, substep)
    ctx.say(
        compose(
            "moved",
            said=project.said,
            substep=substep,
            day=held,
            asked_for=asked_for if asked_for != held else None,
            old=before.get(substep.id),
            later=len(later),
            last=ctx.world.lifecycle.substep(later[-1]) if later else None,
            last_old=before.get(later[-1]) if later else None,
            last_new=after.get(later[-1]) if later else None,
            crossed=ctx.world.lifecycle.substep(crossed[-1]) if crossed else None,
            crossed_due=after[crossed[-1]] if crossed else None,
            likely=likely if likely and likely > held else None,
            today=ctx.today,
        ),
        to="thread",
    )
    card.update(ctx)


def set_due(ctx: Context, substep: Substep, day: date) -> date:
    """Set a step's due day, on the working day up to it (or after it, where that has passed); returns it."""
    project = ctx.require()
    held = working_day_on_or_before(day, project.country)
    if held < ctx.today:
        held = working_day_on_or_after(day, project.country)
    state = state_of(project, substep.id)
    old = state.due
    state.due, state.pinned = held, True
    record(
        project, ctx.now, ctx.turn.person.id, "moved", substep=substep.id,
        old=old.isoformat() if old else None, new=held.isoformat(),
    )  # fmt: skip
    return held


def follow_up(ctx: Context) -> None:
    """Bring later dates and reminders in line after the plan changed."""
    card.refresh_dates(ctx)
    sync_reminders(ctx.require(), ctx.world.lifecycle, ctx.now, ctx.world.zones)


def due_days(project: Project) -> dict[str, date]:
    """Return the due day of every step that is still to be done."""
    return {
        state.id: state.due
        for state in project.substeps
        if state.due is not None and state.status not in {"done", "skipped"}
    }


def _likely(ctx: Context, substep: Substep) -> date | None:
    if not ctx.require().advised_at:
        return None
    return next((row.p50 for row in card.forecast(ctx).substeps if row.id == substep.id), None)


def _free(ctx: Context, change: PlanChange) -> None:
    project, substep = ctx.require(), change.substep
    assert substep is not None
    state_of(project, substep.id).pinned = False
    record(project, ctx.now, ctx.turn.person.id, "freed", substep=substep.id)
    follow_up(ctx)
    ctx.say(
        compose(
            "freed",
            said=project.said,
            substep=substep,
            due=state_of(project, substep.id).due,
            today=ctx.today,
        ),
        to="thread",
    )


def _own(ctx: Context, change: PlanChange) -> None:
    project = ctx.require()
    owner = find_person(project, change.who, ctx.turn.person)
    if change.whole:
        project.owner = owner
        record(project, ctx.now, ctx.turn.person.id, "owner", owner=owner)
    else:
        assert change.substep is not None
        set_owner(ctx, change.substep, owner)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    state = state_of(project, change.substep.id) if change.substep else None
    ctx.say(
        compose(
            "owned",
            said=project.said,
            substep=change.substep,
            name=project.name,
            owner=called(project, owner),
            yours=owner == ctx.turn.person.id,
            known=is_known(project, owner),
            due=state.due if state and state.status not in {"done", "skipped"} else None,
            today=ctx.today,
        ),
        to="thread",
    )


def set_owner(ctx: Context, substep: Substep, owner: str) -> None:
    """Make somebody the owner of a step."""
    project = ctx.require()
    state_of(project, substep.id).owner = owner
    record(project, ctx.now, ctx.turn.person.id, "owner", substep=substep.id, owner=owner)


def _person(ctx: Context, change: PlanChange) -> bool:
    """Note who is away, back or gone; False where nobody of the project is meant."""
    project = ctx.require()
    person = find_person(project, change.who, ctx.turn.person)
    if not is_known(project, person):
        if change.kind == "away":
            ctx.say(compose("who_is_that", said=project.said, name=person), to="thread")
        return change.kind == "away"
    if change.kind == "left":
        return leaving.say_left(ctx, person, "said") or _left_already(ctx, person)
    member = project.people.setdefault(person, Member())
    deputy = find_person(project, change.deputy, ctx.turn.person) if change.deputy else ""
    if change.kind == "away":
        member.away_from, member.away_until = change.since, change.day
        member.deputy = deputy or member.deputy
    else:
        member.away_from = member.away_until = None
        member.left = member.outside = False
    steps = [
        ctx.world.lifecycle.substep(state.id)
        for state in project.substeps
        if state.owner == person and state.status not in {"done", "skipped"}
    ]
    record(project, ctx.now, ctx.turn.person.id, change.kind, who=person, deputy=member.deputy)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    ctx.say(
        compose(
            "people",
            said=project.said,
            kind=change.kind,
            who=called(project, person),
            yours=person == ctx.turn.person.id,
            since=change.since,
            until=change.day,
            deputy=called(project, member.deputy) if member.deputy else "",
            deputy_known=not member.deputy or is_known(project, member.deputy),
            steps=[step.title for step in steps],
            name=project.name,
            today=ctx.today,
        ),
        to="thread",
    )
    return True


def _left_already(ctx: Context, person: str) -> bool:
    project = ctx.require()
    ctx.say(compose("left_already", said=project.said, who=called(project, person)), to="thread")
    return True
