"""The weekly digest for the channel: what was done, and what moved dates, memory and cost. Silent if nothing."""

from __future__ import annotations

from dialogs.nudges.movement import base, movement, next_base
from dialogs.people import called
from dialogs.plan.progress import active_substep, state_of
from dialogs.plan.substeps import short_name
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose
from dialogs.turns import Choice
from dialogs.world import Context


def say(ctx: Context) -> None:
    """Say in the channel what moved since the last digest; nothing where nothing did."""
    project = ctx.require()
    before, now = project.digest, base(ctx)
    week = movement(ctx, before, now)
    project.digest = next_base(before, now, moved=bool(week.moved))
    if not week.is_news:
        return
    step = active_substep(project, ctx.world.lifecycle)
    state = state_of(project, step.id) if step else None
    owner = (state.owner if state else "") or project.owner
    ctx.say(
        compose(
            "digest",
            said=project.nudged,
            name=project.name,
            week=week,
            now=now,
            step=short_name(step) if step else "",
            due=state.due if state else None,
            late=bool(state and state.due and state.due < ctx.today),
            owner=called(project, owner),
            today=ctx.today,
            technical=is_technical(project),
            choices=[
                Choice("next", "What's next?", step.id if step else ""),
                Choice("stages", "Show stages", ""),
            ],
        ),
        to="channel",
        new_thread=True,
    )
