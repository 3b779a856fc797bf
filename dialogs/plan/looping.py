"""Going back in the lifecycle: along one of its loops, counted and with the dates that follow."""

from __future__ import annotations

import json
import re

from dialogs.plan.progress import active_substep, state_of, sync_reminders, take_loop
from dialogs.plan.substeps import find_substep
from dialogs.recommending import card
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.turns import Choice
from dialogs.world import Context


def loop(ctx: Context, words: str) -> None:
    """Go back to an earlier step: by a loop of the lifecycle, or to any step that is named."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    target = find_substep(lifecycle, re.sub(r"^(back\s+)?(to\s+)?", "", words.strip().lower()))
    current = active_substep(project, lifecycle)
    rules = [rule for rule in lifecycle.loops if target and rule.target == target.id]
    rule = next((r for r in rules if current and r.source == current.id), rules[0] if rules else None)
    if rule is None:
        ctx.say(
            compose(
                "loop_where",
                said=project.said,
                choices=[
                    Choice("loop", entry.label, json.dumps([entry.source, entry.target]))
                    for entry in lifecycle.loops_from("evaluation")
                ],
            )
        )
        return
    go_back(ctx, rule.source, rule.target)


def go_back(ctx: Context, source_id: str, target_id: str) -> None:
    """Take a loop that was chosen, count it, and say what it asks for."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    rule = next(r for r in lifecycle.loops if (r.source, r.target) == (source_id, target_id))
    before = card.forecast(ctx).p50 if project.advised_at else None
    count = take_loop(project, rule, lifecycle, ctx.now, ctx.turn.person.id)
    card.refresh_dates(ctx)
    sync_reminders(project, lifecycle, ctx.now, ctx.world.zones)
    if project.open_question and project.open_question.kind in {"errors", "result"}:
        project.open_question = None
    mark(ctx, f"{who(ctx)} chose {rule.label.lower()}")
    target = lifecycle.substep(target_id)
    after = card.forecast(ctx).p50 if project.advised_at else None
    ctx.say(
        compose(
            "looped",
            said=project.said,
            count=count,
            rule=rule,
            target=target,
            before=before,
            after=after,
            moved=before is not None and before != after,
            due=state_of(project, target_id).due,
            today=ctx.today,
            choices=[Choice("next", "What does it need?", target_id)],
        ),
        to="thread",
    )
    card.update(ctx)
