"""An owner who is gone: said once, with what they looked after, and one question: who takes it."""

from __future__ import annotations

import json
from typing import Literal

from dialogs.lifecycle import Substep
from dialogs.people import called, is_known, is_there, name_of, stands_in
from dialogs.plan.progress import record, state_of, sync_reminders
from dialogs.plan.substeps import short_name
from dialogs.project import Member, Project
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose, day
from dialogs.turns import Choice
from dialogs.world import Context

How = Literal["gone", "outside", "said"]
"""The account was deactivated; the channel was left; somebody said so."""

_OTHERS = 3  # colleagues offered beside "I'll take it"


def say_left(ctx: Context, person: str, how: How) -> bool:
    """Note that somebody is gone and ask who takes over; returns whether anything was said.

    Known already, or without anything to look after, they go in silence, unless a person told it.
    """
    project = ctx.require()
    member = project.people.setdefault(person, Member())
    if member.left or (how == "outside" and member.outside):
        return False
    if how == "outside":
        member.outside = True
    else:
        member.left = True
    teller = ctx.turn.person.id if how == "said" else ""
    record(project, ctx.now, teller, "outside" if how == "outside" else "left", who=person)
    uncovered = _uncovered(ctx, person)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    has_duties = bool(steps_of(ctx, person)) or project.owner == person or bool(uncovered)
    if how != "said" and (not has_duties or project.status != "active" or project.unreachable):
        return False
    _ask(ctx, person, how, uncovered)
    return True


def ask_again(ctx: Context) -> None:
    """Ask who takes over from those who went while nothing could be said."""
    project = ctx.require()
    for person in _owners(project):
        member = project.people.get(person)
        if member and (member.left or member.outside):
            _ask(ctx, person, "gone" if member.left else "outside", [])


def hand_over(ctx: Context, value: str) -> None:
    """Give what somebody looked after to whoever clicked, or to the colleague whose name was on the button."""
    project, chosen = ctx.require(), json.loads(value)
    person, heir = str(chosen["from"]), str(chosen["to"]) or ctx.turn.person.id
    steps, whole = steps_of(ctx, person), project.owner == person
    if not steps and not whole:
        ctx.say(compose("gone"), to="asker")
        return
    for step in steps:
        state_of(project, step.id).owner = heir
        record(project, ctx.now, ctx.turn.person.id, "owner", substep=step.id, owner=heir)
    if whole:
        project.owner = heir
        record(project, ctx.now, ctx.turn.person.id, "owner", owner=heir)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    mark(
        ctx,
        f"{who(ctx)} takes over" if not chosen["to"] else f"{who(ctx)}: {name_of(project, heir)} takes over",
    )
    ctx.say(
        compose(
            "handed_over",
            said=project.said,
            what=_named(ctx, steps, project.name if whole else ""),
            several=len(steps) + whole > 1,
            heir=called(project, heir),
            yours=heir == ctx.turn.person.id,
        ),
        to="thread",
    )


def leave_as_it_is(ctx: Context) -> None:
    """Keep the owner; the nudges go on to whoever stands in."""
    mark(ctx, f"{who(ctx)} leaves it as it is")


def steps_of(ctx: Context, person: str) -> list[Substep]:
    """Return the open steps that somebody owns."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    open_states = [state for state in project.substeps if state.status not in {"done", "skipped"}]
    return [lifecycle.substep(state.id) for state in open_states if state.owner == person]


def _ask(ctx: Context, person: str, how: How, uncovered: list[str]) -> None:
    project = ctx.require()
    steps, whole = steps_of(ctx, person), project.owner == person
    stand_in = stands_in(project, person, ctx.today)
    ctx.say(
        compose(
            "owner_left",
            said=project.said,
            how=how,
            who=called(project, person),
            steps=_named(ctx, steps, "the project itself" if whole else ""),
            several=len(steps) + whole > 1,
            uncovered=[called(project, each) for each in uncovered],
            stand_in=called(project, stand_in) if stand_in else "",
            example=short_name(steps[0]) if steps else "the project",
            choices=_choices(ctx, person, how) if steps or whole else [],
        ),
        to="thread",
    )


def _choices(ctx: Context, person: str, how: How) -> list[Choice]:
    project = ctx.require()
    speaker = ctx.turn.person.id if ctx.turn.kind not in {"change", "reminder"} else ""
    others = [
        id
        for id, member in project.people.items()
        if id not in {person, speaker}
        and member.name
        and is_known(project, id)
        and is_there(project, id, ctx.today)
    ]
    mine = Choice("hand_over", "I'll take it", json.dumps({"from": person, "to": ""}), "primary")
    named = [
        Choice("hand_over", name_of(project, id)[:75], json.dumps({"from": person, "to": id}))
        for id in others[:_OTHERS]
    ]
    kept = [Choice("leave_owner", "Leave it as it is", person)] if how == "outside" else []
    return [mine, *named, *kept]


def _uncovered(ctx: Context, person: str) -> list[str]:
    """Return those who are away with this deputy; they have none from now on."""
    found = []
    for id, member in ctx.require().people.items():
        if member.deputy == person:
            member.deputy = ""
            if member.away_until is not None and member.away_until > ctx.today:
                found.append(id)
    return found


def _owners(project: Project) -> list[str]:
    steps = [state.owner for state in project.substeps if state.status not in {"done", "skipped"}]
    return list(dict.fromkeys(owner for owner in (*steps, project.owner) if owner))


def _named(ctx: Context, steps: list[Substep], whole: str) -> list[str]:
    """Name steps with their due days, and the project where it is among them."""
    lines = []
    for step in steps:
        due = state_of(ctx.require(), step.id).due
        name = short_name(step)
        lines.append(f"{name} (due {day(due, ctx.today)})" if due else name)
    return [*lines, *([whole] if whole else [])]
