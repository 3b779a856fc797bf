"""What the project costs: running it each month, and building it."""

from __future__ import annotations

from dialogs.recommending import card
from dialogs.recommending.advising import advised, busy_share
from dialogs.recommending.differences import busy_words
from dialogs.recommending.money import monthly_cost
from dialogs.sources import source
from dialogs.speaking.speech import compose
from dialogs.world import Context


def say_cost(ctx: Context) -> None:
    """Say the month's cost of what is advised, in USD where a dated price says so, and the effort to build it."""
    project, found = ctx.require(), advised(ctx)
    share = busy_share(found)
    ctx.say(
        compose(
            "cost",
            said=project.said,
            cost=monthly_cost(found, found.facts.catalog),
            own=found.scope.privacy == "on_premises",
            busy=busy_words(share) if share is not None else "",
            effort_person_weeks=found.schedule.effort_person_weeks,
            durations=source(ctx.world.knowledge, card.DURATIONS),
        ),
        to="thread",
    )
