"""What changes around a project: its channel and the people in it. Noticed, said once, with a way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from dialogs.people import is_known, is_there, stands_in
from dialogs.plan import moving
from dialogs.plan.progress import record
from dialogs.project import Project
from dialogs.projects import keeping, leaving
from dialogs.projects.naming import slug_for
from dialogs.recommending import card
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import Mrkdwn, compose, escape
from dialogs.turns import Choice
from dialogs.world import Context

Loss = Literal["archived", "deleted", "removed", "uninstalled"]


def take(ctx: Context) -> None:
    """Take one change; a project that knows it already stays silent."""
    if ctx.project is not None and ctx.project.status != "forgotten":
        CHANGES[ctx.turn.action](ctx)


def hear_from(ctx: Context) -> None:
    """Whoever writes in a project's channel shows that Cairn can hear it: nothing holds the nudges any more."""
    project, place = ctx.project, ctx.turn.place
    if project is not None and ctx.turn.kind == "message" and place.channel == project.channel:
        project.unreachable = ""


def _lost(ctx: Context, why: Loss) -> None:
    """Rest until the channel can be reached again, and tell whoever looks after the project how to go on."""
    project = ctx.require()
    before = project.unreachable
    if before == why:
        return
    project.unreachable = why
    record(project, ctx.now, "", "unreachable", why=why)
    keeper = caretaker(ctx)
    told = keeper == ctx.turn.fields.get("told")
    if before not in {"", "uninstalled"} or why == "uninstalled" or project.status != "active":
        return
    if not keeper or told:
        return
    ctx.say(
        compose(
            "channel_lost",
            why=why,
            begun=bool(project.thread or project.card_ts),
            name=project.name,
            channel=_channel(project, why),
            slug=project.slug,
            choices=[Choice("rest_project", "Archive the project", project.id)],
        ),
        to="direct",
        person=keeper,
        new_thread=True,
    )


def _found(ctx: Context) -> None:
    """Go on where the project stood, in one sentence."""
    project = ctx.require()
    why, project.unreachable = project.unreachable, ""
    if not why:
        return
    record(project, ctx.now, "", "reachable")
    if project.status == "active":
        moving.go_on(ctx, why)
        leaving.ask_again(ctx)


def _renamed(ctx: Context) -> None:
    """Follow the channel's name; where the project bears the old one, offer it the new one."""
    project, name = ctx.require(), ctx.turn.text
    old = ctx.turn.fields.get("old") or project.channel_name
    if not name or name == project.channel_name:
        return
    project.channel_name = name
    bears_it = bool(old) and slug_for(old) == project.slug != slug_for(name)
    if bears_it and project.status == "active" and not project.unreachable:
        better = name.replace("-", " ").replace("_", " ").capitalize()
        ctx.say(
            compose(
                "channel_renamed",
                name=project.name,
                channel=name,
                choices=[
                    Choice("rename_project", f"Call it {better}"[:75], better, "primary"),
                    Choice("keep_name", "Keep the name", ""),
                ],
            ),
            to="thread",
        )


def rename(ctx: Context, name: str) -> None:
    """Give the project its channel's new name."""
    project = ctx.require()
    project.name, slug = name[:80], slug_for(name)
    if slug not in {other.slug for other in ctx.world.projects if other.id != project.id}:
        project.slug = slug
    record(project, ctx.now, ctx.turn.person.id, "renamed")
    mark(ctx, f"{who(ctx)} calls it {project.name}")
    if project.card_ts:
        card.update(ctx)


def keep_name(ctx: Context) -> None:
    """Leave the project's name as it is."""
    mark(ctx, f"{who(ctx)} keeps the name")


def rest(ctx: Context) -> None:
    """Archive a project whose channel is lost, from the direct message that told of it."""
    mark(ctx, f"{who(ctx)} archives {ctx.require().name}")
    keeping.archive(ctx)


def _visible_to(ctx: Context, *, private: bool) -> None:
    """Say who can see the project now: the channel is its fence."""
    project = ctx.require()
    if project.is_private is private:
        return
    project.is_private = private
    record(project, ctx.now, "", "private" if private else "public")
    if project.status == "active" and not project.unreachable:
        ctx.say(
            compose("channel_visibility", private=private, name=project.name, slug=project.slug), to="thread"
        )


def _seen(ctx: Context) -> None:
    """Note the channel's name and kind where they were not known."""
    project = ctx.require()
    project.channel_name = project.channel_name or ctx.turn.text
    if project.is_private is None:
        project.is_private = ctx.turn.fields.get("private") == "yes"


def _back_inside(ctx: Context) -> None:
    member = ctx.require().people.get(ctx.turn.person.id)
    if member is not None:
        member.outside = False


CHANGES: dict[str, Callable[[Context], object]] = {
    "person_left": lambda ctx: leaving.say_left(ctx, ctx.turn.person.id, "gone"),
    "member_left": lambda ctx: leaving.say_left(ctx, ctx.turn.person.id, "outside"),
    "member_joined": _back_inside,
    "channel_archived": lambda ctx: _lost(ctx, "archived"),
    "channel_deleted": lambda ctx: _lost(ctx, "deleted"),
    "cairn_removed": lambda ctx: _lost(ctx, "removed"),
    "cairn_uninstalled": lambda ctx: _lost(ctx, "uninstalled"),
    "channel_found": _found,
    "channel_renamed": _renamed,
    "channel_private": lambda ctx: _visible_to(ctx, private=True),
    "channel_public": lambda ctx: _visible_to(ctx, private=False),
    "channel_seen": _seen,
}
"""What may change, by the `action` of the turn that tells of it."""

WAYS_ON = frozenset({"rest_project"})
"""Buttons that work for a project's owner while nobody can tell who is in its channel."""


def caretaker(ctx: Context) -> str:
    """Return who hears about a project's fate in a direct message: its owner, or who stands in; else ""."""
    project = ctx.require()
    asked = stands_in(project, project.owner, ctx.today)
    others = (state.owner for state in project.substeps)
    return next(
        (
            person
            for person in (asked, project.owner, project.created_by, *others)
            if person
            and is_known(project, person)
            and (person == asked or is_there(project, person, ctx.today))
        ),
        "",
    )


def _channel(project: Project, why: Loss) -> Mrkdwn:
    """Return how the channel is called; a deleted one cannot be linked any more."""
    if why == "deleted":
        return escape(f"#{project.channel_name}" if project.channel_name else "Its channel")
    return Mrkdwn(f"<#{project.channel}>")
