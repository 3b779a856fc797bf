"""Another home for a project whose channel is lost: its owner takes it along with `/cairn move`."""

from __future__ import annotations

from dialogs.plan import moving, planning
from dialogs.plan.progress import record
from dialogs.project import Project
from dialogs.projects.naming import slug_for
from dialogs.speaking.speech import compose, escape
from dialogs.turns import Choice
from dialogs.world import Context, active


def move(ctx: Context, words: str) -> None:
    """Bring a stranded project of the speaker's to this channel; "move evaluation to friday" changes the plan."""
    if _is_about_the_plan(ctx, words):
        return
    stranded = ctx.world.stranded
    wanted = slug_for(words) if words.strip() else ""
    found = [project for project in stranded if wanted in {"", project.slug, slug_for(project.name)}]
    if len(found) != 1 or ctx.turn.place.is_direct:
        choices = [Choice("command", project.name[:75], f"move {project.slug}") for project in stranded[:5]]
        direct = ctx.turn.place.is_direct
        ctx.say(compose("move_which", stranded=bool(stranded), direct=direct, wanted=escape(words[:40]),
                        choices=[] if direct else choices))  # fmt: skip
        return
    ctx.project = found[0].model_copy(deep=True)
    _settle_here(ctx, ctx.project)
    moving.settle_in(ctx)


def _is_about_the_plan(ctx: Context, words: str) -> bool:
    here = active(ctx.world.projects)
    if ctx.project is None and len(here) == 1:
        ctx.project = here[0].model_copy(deep=True)
    return planning.hear(ctx, f"move {words}")


def _settle_here(ctx: Context, project: Project) -> None:
    """Put the project into this channel, with a short name that is free here; its old threads stay behind."""
    taken = {other.slug for other in ctx.world.projects}
    base, count = project.slug, 2
    while project.slug in taken:
        project.slug, count = f"{base}-{count}", count + 1
    project.channel, project.thread, project.card_ts = ctx.turn.place.channel, None, ""
    project.unreachable, project.channel_name, project.is_private = "", "", None
    for member in project.people.values():
        member.outside = False
    record(project, ctx.now, ctx.turn.person.id, "moved_channel")
