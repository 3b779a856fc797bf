"""The `/cairn` commands: one table, used by Slack, by the terminal and by the thread alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz import process

from dialogs.answers import asking
from dialogs.estimates import estimating
from dialogs.nudges import leading
from dialogs.plan import looping, moving, planning
from dialogs.projects import keeping, relocating
from dialogs.recommending import choosing
from dialogs.results import evaluating
from dialogs.speaking.speech import compose, escape
from dialogs.turns import Choice
from dialogs.world import Context, active

Handler = Callable[[Context, str], None]


@dataclass(frozen=True)
class Command:
    """A subcommand: how it is typed, what it does in a few words, and whether it needs a project."""

    name: str
    usage: str
    does: str
    run: Handler
    needs_project: bool = True


def _help(ctx: Context, _: str) -> None:
    ctx.say(
        compose("help", commands=COMMANDS.values(), main=MAIN, has_project=bool(active(ctx.world.projects)))
    )


MAIN = ("start", "status", "next", "recommend", "plan", "ask", "estimate", "evaluate")
"""What the help shows before "Show more"."""

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("start", "start NAME", "opens a project in this channel", keeping.start, needs_project=False),
        Command("status", "status", "where the project stands", moving.status),
        Command("next", "next", "the next step, and what it needs", moving.next_step),
        Command("done", "done", "closes the current step", moving.done),
        Command("ask", "ask QUESTION", "a sourced answer", asking.answer, needs_project=False),
        Command(
            "recommend",
            "recommend · recommend before",
            "technique and models, with reasons; what I said before",
            choosing.recommend,
        ),
        Command("plan", "plan · plan move evaluation to friday", "stages, dates, owners", planning.plan),
        Command("estimate", "estimate …", "memory, speed, time", estimating.answer, needs_project=False),
        Command("evaluate", "evaluate f1=0.83 · review @name 20", "records a result", evaluating.evaluate),
        Command("loop", "loop back to prompting", "goes back a step", looping.loop),
        Command("owner", "owner @name fine-tuning", "who looks after a step", planning.owner),
        Command("decide", "decide TEXT", "records a decision", keeping.decide),
        Command("remind", "remind snooze 2d · pause · resume · at 09:30", "when I nudge", keeping.remind),
        Command(
            "export",
            "export md · five · json · csv · ics · png · runs",
            "the project as a file",
            keeping.export,
        ),
        Command(
            "digest",
            "digest · digest stop",
            "your projects' week, sent to you",
            leading.ask_for,
            needs_project=False,
        ),
        Command("settings", "settings", "owner, nudges, holidays", keeping.settings),
        Command("archive", "archive", "puts the project to rest", keeping.archive),
        Command("reopen", "reopen", "takes it up again", keeping.reopen),
        Command(
            "move",
            "move NAME",
            "brings a project here whose channel is lost",
            relocating.move,
            needs_project=False,
        ),
        Command("forget", "forget", "deletes a project's words for good", keeping.forget),
        Command("help", "help", "this list", _help, needs_project=False),
    )
}
"""Every subcommand of `/cairn`, in the order of the help."""


def split_slug(ctx: Context, text: str) -> tuple[str, str]:
    """Split "guest-mail: status" into the slug of a project here and the rest."""
    match = re.match(r"([\w-]{1,60}):\s*(.*)", text, re.DOTALL)
    if match and any(project.slug == match[1].lower() for project in ctx.world.projects):
        return match[1].lower(), match[2]
    return "", text


def run(ctx: Context, text: str) -> None:
    """Run what stands behind `/cairn`, or a command said in the thread."""
    slug, text = split_slug(ctx, text.strip())
    name, _, rest = text.partition(" ")
    if (name.lower(), *rest.lower().split()[:1]) == ("settings", "lead"):
        name, rest = "digest", rest.partition(" ")[2]
    command = COMMANDS.get(name.lower() or "help")
    if command is None:
        unknown(ctx, name)
        return
    if slug:
        ctx.project = next(p for p in ctx.world.projects if p.slug == slug).model_copy(deep=True)
    if command.name == "reopen" and ctx.project is None:
        resting = [project for project in ctx.world.projects if project.status == "archived"]
        ctx.project = resting[-1].model_copy(deep=True) if len(resting) == 1 else None
    here = active(ctx.world.projects)
    if command.needs_project and ctx.project is None and len(here) == 1:
        ctx.project = here[0].model_copy(deep=True)
    if command.needs_project and ctx.project is None:
        choose_project(ctx, text)
        return
    command.run(ctx, rest.strip())


def choose_project(ctx: Context, text: str) -> None:
    """Ask which of several projects is meant, or how to start the first."""
    here = active(ctx.world.projects)
    choices = [Choice("command", project.name[:75], f"{project.slug}: {text}"[:2000]) for project in here[:5]]
    ctx.say(compose("which_project" if here else "no_project", choices=choices))


def unknown(ctx: Context, name: str) -> None:
    """Answer an unknown subcommand with the nearest one, or with the way to ask freely."""
    near = process.extractOne(name.lower(), list(COMMANDS), score_cutoff=65)
    ctx.say(
        compose(
            "unknown_command",
            name=escape(name[:40]),
            near=COMMANDS[near[0]] if near else None,
            choices=[Choice("command", f"/cairn {near[0]}", near[0])] if near else [],
        )
    )
