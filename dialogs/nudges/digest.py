"""The weekly digest for the channel: what was done, and what moved dates, memory and model. Silent if nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialogs.people import called
from dialogs.plan.progress import active_substep, state_of
from dialogs.plan.substeps import short_name
from dialogs.project import DigestBase, Project
from dialogs.recommending import card
from dialogs.results.targets import comparable, score_of, target_of
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose, day, figure
from dialogs.turns import Choice
from dialogs.world import Context

LEAST_DAYS = 3  # a forecast that moved less has not moved


def base(ctx: Context) -> DigestBase:
    """Return what holds now, for the next digest to compare with."""
    now = card.headline(ctx)
    return DigestBase(
        at=ctx.now, p50=now.p50, p90=now.p90, first=now.first, model=now.model, memory_gb=now.memory_gb
    )


def say(ctx: Context) -> None:
    """Say in the channel what moved since the last digest; nothing where nothing did."""
    project = ctx.require()
    before, now = project.digest, base(ctx)
    since = before.at if before else ctx.now - timedelta(days=7)
    done, moved = happened(ctx, since), changes(before, now, ctx) if before else []
    project.digest = now
    if not done and not moved:
        return
    step = active_substep(project, ctx.world.lifecycle)
    state = state_of(project, step.id) if step else None
    owner = (state.owner if state else "") or project.owner
    ctx.say(
        compose(
            "digest",
            said=project.nudged,
            name=project.name,
            done=done,
            moved=moved,
            p50=now.p50,
            p90=now.p90,
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


def happened(ctx: Context, since: datetime) -> list[str]:
    """Return what was done since then, in a few words each."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    lines = []
    closed = [
        short_name(lifecycle.substep(state.id))
        for state in project.substeps
        if state.status == "done" and state.finished_at and state.finished_at > since
    ]
    if closed:
        lines.append(f"closed: {', '.join(closed)}")
    if scored := _scores(project, since):
        lines.append(scored)
    loops = [loop for loop in project.loops if loop.at > since]
    if loops:
        lines.append(f"back to {short_name(lifecycle.substep(loops[-1].target))} (loop {len(project.loops)})")
    decided = [decision for decision in project.decisions if decision.at > since]
    if decided:
        lines.append(f"decided: {decided[-1].text[:80]}")
    return lines


def _scores(project: Project, since: datetime) -> str:
    target = target_of(project)
    runs = [run for run in project.runs if run.at > since]
    score = score_of(runs[-1], project) if runs else None
    if score is None:
        return ""
    if target is None or target.value > 1:
        return f"score {figure(score)}"
    return f"score {figure(comparable(score, target) * 100)} % of the {figure(target.value * 100)} % wanted"


def changes(before: DigestBase, now: DigestBase, ctx: Context) -> list[str]:
    """Return what the forecast says differently now, old → new."""
    lines = []
    if abs((now.p50 - before.p50).days) >= LEAST_DAYS:
        lines.append(f"likely finish {day(before.p50, ctx.today)} → {day(now.p50, ctx.today)}")
    if before.first and before.first != now.first:
        lines.append(f"first {before.first} → {now.first}")
    if before.model and before.model != now.model:
        lines.append(f"model {before.model} → {now.model}")
    old, new = before.memory_gb, now.memory_gb
    if old and new and abs(old - new) > 0.05 * old:
        lines.append(f"memory {figure(old)} → {figure(new)} GB")
    return lines
