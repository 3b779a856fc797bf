"""Moving through the lifecycle: status, next step, done, evaluation, loops, plan."""

from __future__ import annotations

import re

from dialogs.lifecycle import Substep
from dialogs.people import called
from dialogs.plan.progress import (
    active_substep,
    finish_substep,
    holds,
    progress_words,
    record,
    state_of,
    sync_reminders,
    unmet_criteria,
)
from dialogs.plan.substeps import find_substep, short_name
from dialogs.project import OpenQuestion, Project
from dialogs.projects.naming import about
from dialogs.recommending import card
from dialogs.scoping.hearing import question_choices
from dialogs.sources import source
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import Mrkdwn, compose
from dialogs.speaking.wording import LABELS
from dialogs.turns import Choice, Reply
from dialogs.world import Context


def status(ctx: Context, _: str = "") -> None:
    """Say where the project stands, in five lines at most."""
    project = ctx.require()
    lifecycle = ctx.world.lifecycle
    substep = active_substep(project, lifecycle)
    asked = project.open_question
    question = lifecycle.question(asked.id) if asked and asked.kind == "scope" else None
    ctx.say(
        compose(
            "status",
            name=project.name,
            line=Mrkdwn(progress_words(project, lifecycle)),
            substep=substep,
            due=state_of(project, substep.id).due if substep else None,
            owner=_owner(project, substep),
            unmet=unmet_criteria(project, substep) if substep else [],
            loops=len(project.loops),
            open_question=about(question.ask, project.scope.description) if question else "",
            dispute=LABELS.get(str(asked.context.get("field"))) if asked and asked.kind == "dispute" else "",
            first=card.first_step(ctx) if project.advised_at else "",
            reviews=[
                {"expert": called(project, each.expert), "done": len(each.verdicts), "wanted": each.wanted}
                for each in project.reviews
                if each.ended_at is None
            ],
            today=ctx.today,
            choices=_step_choices(project, substep),
        )
    )


def announce(ctx: Context) -> None:
    """Say in the channel where the project stands; what is said below it belongs to the project."""
    ctx.say(_standing(ctx, "announce"), to="channel", new_thread=True)
    ctx.require().card_ts = ""


def go_on(ctx: Context, why: str) -> None:
    """Say where the project stands after a time in which nothing could be posted, in its thread if it has one.

    `why` is what it was: "archived", "deleted", "removed" or "uninstalled".
    """
    if ctx.require().thread is None:
        announce(ctx)
    else:
        ctx.say(_standing(ctx, "goes_on", why=why), to="thread")


def settle_in(ctx: Context) -> None:
    """Say in a project's new channel where it stands."""
    ctx.say(_standing(ctx, "moved_here", by=who(ctx)), to="channel", new_thread=True)


def _standing(ctx: Context, template: str, *, by: str = "", why: str = "") -> Reply:
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    substep = active_substep(project, lifecycle)
    asked = project.open_question
    question = lifecycle.question(asked.id) if asked and asked.kind == "scope" else None
    return compose(
        template,
        name=project.name,
        line=Mrkdwn(progress_words(project, lifecycle)),
        substep=substep,
        step=short_name(substep) if substep else "",
        due=state_of(project, substep.id).due if substep else None,
        open_question=about(question.ask, project.scope.description) if question else "",
        today=ctx.today,
        choices=question_choices(question) if question else _step_choices(project, substep),
        by=by,
        why=why,
    )


def _owner(project: Project, substep: Substep | None) -> str:
    return (state_of(project, substep.id).owner if substep else "") or project.owner


def _step_choices(project: Project, substep: Substep | None) -> list[Choice]:
    if substep is None or not project.advised_at:
        return []
    return [
        Choice("done", "This step is done", substep.id, "primary"),
        Choice("next", "What's next?", substep.id),
    ]


def next_step(ctx: Context, _: str = "") -> None:
    """Name the next step and what it needs to be finished."""
    project = ctx.require()
    substep = active_substep(project, ctx.world.lifecycle)
    if substep is None:
        ctx.say(compose("all_done", said=project.said, name=project.name))
        return
    ctx.say(
        compose(
            "next",
            said=project.said,
            substep=substep,
            stage=ctx.world.lifecycle.stage_of(substep.id),
            criteria=[(criterion, holds(criterion, project, substep.id)) for criterion in substep.criterion],
            due=state_of(project, substep.id).due,
            today=ctx.today,
            document=source(ctx.world.knowledge, substep.document),
            choices=criterion_choices(project, substep),
        )
    )


def criterion_choices(project: Project, substep: Substep) -> list[Choice]:
    """A button for each open criterion, and one to close the step."""
    buttons = [
        Choice("criterion", f"✓ {_short(criterion.text)}", f"{substep.id}/{criterion.id}")
        for criterion in unmet_criteria(project, substep)[:3]
    ]
    return [*buttons, Choice("done", "This step is done", substep.id, "primary")]


def _short(text: str, most: int = 73) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def check_criterion(ctx: Context, value: str) -> None:
    """Note that an exit criterion holds."""
    project = ctx.require()
    substep_id, _, criterion_id = value.partition("/")
    substep = ctx.world.lifecycle.substep(substep_id)
    criterion = next((entry for entry in substep.criterion if entry.id == criterion_id), None)
    state = state_of(project, substep_id)
    if criterion is None or criterion_id in state.met:
        return
    state.met.append(criterion_id)
    record(project, ctx.now, ctx.turn.person.id, "criterion_met", substep=substep_id, criterion=criterion_id)
    mark(ctx, f"{who(ctx)}: {criterion.text}")
    left = unmet_criteria(project, substep)
    ctx.say(
        compose(
            "criterion_met",
            said=project.said,
            left=left,
            substep=substep,
            choices=criterion_choices(project, substep),
        ),
        to="thread",
    )


def done(ctx: Context, words: str = "") -> None:
    """Close the current step; with a criterion open, ask why first."""
    project = ctx.require()
    lifecycle = ctx.world.lifecycle
    substep = _named(ctx, words) or active_substep(project, lifecycle)
    if substep is None:
        ctx.say(compose("all_done", said=project.said, name=project.name))
        return
    if state_of(project, substep.id).status == "done":
        ctx.say(compose("already_done", said=project.said, substep=substep))
        return
    unmet = unmet_criteria(project, substep)
    if unmet:
        project.open_question = OpenQuestion(
            id=f"unmet:{substep.id}",
            kind="criterion",
            asked_at=ctx.now,
            thread=ctx.turn.place.thread or ctx.turn.message_ts or project.thread,
            context={"substep": substep.id, "person": ctx.turn.person.id},
        )
        ctx.say(
            compose(
                "unmet",
                said=project.said,
                unmet=unmet,
                substep=substep,
                choices=[
                    *criterion_choices(project, substep)[:-1],
                    Choice("done_anyway", "Close it anyway", substep.id, "danger"),
                ],
            ),
            to="thread",
        )
        return
    close(ctx, substep)


def close(ctx: Context, substep: Substep, reason: str = "") -> None:
    """Close a step, tell what comes next, and bring the reminders in line."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    passed = _passed_over(ctx, substep)
    finish_substep(project, substep, ctx.now, ctx.turn.person.id, reason)
    if project.open_question and project.open_question.kind == "criterion":
        project.open_question = None
    card.refresh_dates(ctx)
    sync_reminders(project, lifecycle, ctx.now, ctx.world.zones)
    following = active_substep(project, lifecycle)
    mark(ctx, f"{who(ctx)} closed {substep.title}")
    ctx.say(
        compose(
            "closed",
            said=project.said,
            substep=substep,
            reason=reason,
            passed=passed,
            following=following,
            due=state_of(project, following.id).due if following else None,
            today=ctx.today,
            criteria=following.criterion if following else (),
            name=project.name,
            choices=[Choice("next", "What does it need?", following.id)] if following else [],
        ),
        to="thread",
    )
    card.update(ctx)


def _passed_over(ctx: Context, substep: Substep) -> list[str]:
    """Return the earlier steps that were still open: closing a later one closes them too."""
    order = [entry.id for entry in ctx.world.lifecycle.substeps]
    earlier = order[: order.index(substep.id)]
    return [
        short_name(ctx.world.lifecycle.substep(id))
        for id in earlier
        if state_of(ctx.require(), id).status in {"waiting", "active"}
    ]


def _named(ctx: Context, words: str) -> Substep | None:
    words = re.sub(r"^(with|the)\s+", "", words.strip().lower())
    if not words:
        return None
    return find_substep(ctx.world.lifecycle, words)
