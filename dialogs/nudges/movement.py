"""What a week did to a project: what was done, what moved in dates, memory and cost, and what moved it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialogs.plan.progress import active_substep, state_of
from dialogs.plan.substeps import short_name
from dialogs.project import DigestBase, Project
from dialogs.recommending import card
from dialogs.recommending.advising import advised
from dialogs.recommending.money import monthly_cost
from dialogs.results.targets import comparable, counting_runs, score_of, target_of
from dialogs.speaking.speech import day, figure, listing, rough
from dialogs.speaking.wording import LABELS, labelled
from dialogs.world import Context

LEAST_DAYS = 3  # a forecast that moved less has not moved
LEAST_LATE_DAYS = 7  # the same for the late date, which moves with every run
LEAST_SHARE = 0.05  # of memory or cost
MOST_CAUSES = 3


@dataclass(frozen=True)
class Movement:
    """A project's week. `moved` is old → new; `because` says what moved it, as far as anybody told."""

    done: tuple[str, ...]
    moved: tuple[str, ...]
    because: tuple[str, ...]
    slipped_days: int  # of the likely finish; negative where it comes sooner

    @property
    def is_news(self) -> bool:
        return bool(self.done or self.moved)


def base(ctx: Context) -> DigestBase:
    """Return what holds now, for the next digest to compare with."""
    now = card.headline(ctx)
    cost = monthly_cost(advised(ctx), ctx.world.knowledge.catalog)
    return DigestBase(
        at=ctx.now,
        p50=now.p50,
        p90=now.p90,
        first=now.first,
        model=now.model,
        memory_gb=now.memory_gb,
        cost_usd_per_month=cost.usd if cost else None,
        price=cost.price if cost else "",
    )


def movement(ctx: Context, before: DigestBase | None, now: DigestBase) -> Movement:
    """Return what happened since `before`; without one, what was done in the last seven days."""
    since = before.at if before else ctx.now - timedelta(days=7)
    moved = changes(before, now, ctx.today) if before else []
    return Movement(
        done=tuple(happened(ctx, since)),
        moved=tuple(moved),
        because=tuple(causes(ctx, before, now)[:MOST_CAUSES]) if before and moved else (),
        slipped_days=(now.p50 - before.p50).days if before else 0,
    )


def next_base(before: DigestBase | None, now: DigestBase, moved: bool) -> DigestBase:
    """Return what the next digest compares with: small steps add up until they are told."""
    if before is None or moved:
        return now
    return before.model_copy(update={"at": now.at})


def happened(ctx: Context, since: datetime) -> list[str]:
    """Return what was done since then, in a few words each."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    lines = []
    if closed := _closed(ctx, since):
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


def changes(before: DigestBase, now: DigestBase, today: date) -> list[str]:
    """Return what the estimates say differently now, old → new."""
    lines = []
    if abs((now.p50 - before.p50).days) >= LEAST_DAYS:
        lines.append(f"likely finish {day(before.p50, today)} → {day(now.p50, today)}")
    elif abs((now.p90 - before.p90).days) >= LEAST_LATE_DAYS:
        lines.append(f"9-in-10 by {day(before.p90, today)} → {day(now.p90, today)}")
    if before.first and before.first != now.first:
        lines.append(f"first {before.first} → {now.first}")
    if before.model and before.model != now.model:
        lines.append(f"model {before.model} → {now.model}")
    lines += _figures("memory", before.memory_gb, now.memory_gb, "GB", figure)
    lines += _figures("cost", before.cost_usd_per_month, now.cost_usd_per_month, "USD a month", rough)
    return lines


def causes(ctx: Context, before: DigestBase, now: DigestBase) -> list[str]:
    """Return what moved the estimates: answers, overrules, loops, closed steps, prices, or the days alone."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    found = list(_answers(project, before.at))
    found += [
        f"{_by(entry.person_name)}{entry.text[:60]}" for entry in project.overrules if entry.at > before.at
    ]
    found += [
        f"back to {short_name(lifecycle.substep(loop.target))}"
        for loop in project.loops
        if loop.at > before.at
    ]
    same_rent = found or before.cost_usd_per_month == now.cost_usd_per_month
    if not same_rent and before.price and now.price and before.price != now.price:
        found.append(f"a newer price ({now.price})")
    if not found and (before.model, before.first) != (now.model, now.first):
        found.append("the knowledge folder changed")
    slipped, closed = (now.p50 - before.p50).days, _closed(ctx, before.at)
    if slipped < 0 and closed:
        found.append(f"{listing(closed)} {'is' if len(closed) == 1 else 'are'} closed")
    if slipped > 0 and not closed:
        found.append(_still_open(ctx))
    return [entry for entry in found if entry]


def _answers(project: Project, since: datetime) -> Iterable[str]:
    """What was answered anew, with who said it; and what is open again."""
    latest = {
        answer.field: answer
        for answer in project.answers
        if answer.state == "current" and answer.at > since and answer.field != "description"
    }
    for name, answer in latest.items():
        by = f" ({answer.person_name})" if answer.person_name else ""
        yield f"{labelled(name, answer.value)}{by}"
    for answer in project.answers:
        if answer.state == "disputed" and answer.ended_at and answer.ended_at > since:
            yield f"{LABELS.get(answer.field, answer.field)} is disputed"


def _still_open(ctx: Context) -> str:
    """Say that time passed over an open step, where nothing else moved the dates."""
    project = ctx.require()
    step = active_substep(project, ctx.world.lifecycle)
    if step is None:
        return ""
    due = state_of(project, step.id).due
    late = (ctx.today - due).days if due else 0
    behind = f", {late} {'day' if late == 1 else 'days'} over its day" if late > 0 else ""
    return f"{short_name(step)} is still open{behind}"


def _closed(ctx: Context, since: datetime) -> list[str]:
    lifecycle = ctx.world.lifecycle
    return [
        short_name(lifecycle.substep(state.id))
        for state in ctx.require().substeps
        if state.status == "done" and state.finished_at and state.finished_at > since
    ]


def _scores(project: Project, since: datetime) -> str:
    target = target_of(project)
    runs = [run for run in counting_runs(project) if run.at > since]
    score = score_of(runs[-1], project) if runs else None
    if score is None:
        return ""
    if target is None or target.value > 1:
        return f"score {figure(score)}"
    return f"score {figure(comparable(score, target) * 100)} % of the {figure(target.value * 100)} % wanted"


def _figures(
    name: str, before: float | None, now: float | None, unit: str, write: Callable[[float], str]
) -> list[str]:
    if before is None and now is None:
        return []
    if before is None or now is None:
        known = write(before if now is None else now)  # type: ignore[arg-type]
        return [f"{name} {known} {unit} → not known"] if now is None else [f"{name} about {known} {unit}"]
    if abs(before - now) <= LEAST_SHARE * before:
        return []
    return [f"{name} {write(before)} → {write(now)} {unit}"]


def _by(name: str) -> str:
    return f"{name}: " if name else ""
