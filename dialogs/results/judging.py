"""A run against the project's target: reached, not proven, or missed with the way back that fits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from dialogs.lifecycle import LoopRule
from dialogs.plan.progress import state_of
from dialogs.project import EvaluationRun, OpenQuestion
from dialogs.results.harm import unmeasured
from dialogs.results.limit_verdicts import LimitVerdict, verdicts
from dialogs.results.loop_decision import WayBack, decide
from dialogs.results.situation import name_of_counted, runs_before, shown_score, situation
from dialogs.results.targets import ASSUMED_CASES, Target, counted, target_of, uses_wilson
from dialogs.sources import source
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose
from dialogs.turns import Choice
from dialogs.world import Context

MOST_BUTTONS = 5
SAMPLING = "documents/sampling-error.md"
SAFETY = "documents/responsible-ai.md"

Verdict = Literal["reached", "unproven", "missed"]


def judge(ctx: Context, run: EvaluationRun, *, undo: Choice | None = None) -> None:
    """Say what a recorded run means for the target, where it counts for that, and for each limit on harm.

    With `undo`, which takes the run out again, at most one other button stands beside it.
    """
    target = target_of(ctx.require())
    found = counted(run, ctx.require())
    harm = verdicts(ctx.require(), run)
    if found is not None and target is not None:
        _against_target(ctx, run, target, harm, undo)
    elif harm:
        _against_limits(ctx, run, harm)
    else:
        _recorded(ctx, run, target, undo)


def _against_target(
    ctx: Context, run: EvaluationRun, target: Target, harm: list[LimitVerdict], undo: Choice | None
) -> None:
    project = ctx.require()
    name = name_of_counted(run, project)
    now = situation(project, target, run)
    verdict: Verdict = "reached" if now.gap <= 0 else "unproven" if now.gap <= now.error else "missed"
    run.reached = verdict == "reached"
    over = next((entry for entry in harm if entry.way), None)
    way = decide(now) if verdict == "missed" else None
    if verdict != "reached" and project.open_question is None:
        project.open_question = OpenQuestion(
            id="errors", kind="errors", asked_at=ctx.now, thread=ctx.turn.place.thread or project.thread
        )
    if verdict == "reached" and over:
        way = over.way
    score = shown_score(run, project, target)
    cases = run.cases or ASSUMED_CASES
    earlier = runs_before(run, project)
    ctx.say(
        compose(
            "result",
            said=project.said,
            choices=_choices(
                ctx, verdict if way is None else "missed", way, undo, sure=abs(now.gap) >= now.error
            ),
            verdict=verdict,
            run=run,
            name=name,
            others=_others(run, name),
            titles=titles(ctx, run),
            score=score,
            target=target,
            before=shown_score(earlier[-1], project, target) if earlier else None,
            gap=abs(now.gap),
            error=now.error,
            interval=run.intervals.get(name),
            cases=cases,
            cases_said=run.cases is not None,
            cases_needed=_cases_needed(score, now.gap) if verdict == "unproven" else None,
            wilson=uses_wilson(score, cases),
            share=target.value <= 1,
            loops=len(project.loops),
            way=way,
            because=source(ctx.world.knowledge, way.path, way.heading) if way else None,
            document=source(ctx.world.knowledge, SAMPLING),
            harm=harm,
            unmeasured=unmeasured(project),
            technical=is_technical(project),
        ),
        to="thread",
    )


def _against_limits(ctx: Context, run: EvaluationRun, harm: list[LimitVerdict]) -> None:
    """Say how much harm was measured, the worst against its limit first."""
    project = ctx.require()
    worst = harm[0]
    way = worst.way
    ctx.say(
        compose(
            "limit",
            said=project.said,
            choices=loop_choices(ctx, way)[:MOST_BUTTONS] if way else [],
            run=run,
            worst=worst,
            rest=harm[1:],
            cases_said=run.cases is not None,
            way=way,
            because=source(ctx.world.knowledge, way.path, way.heading) if way else None,
            document=source(ctx.world.knowledge, SAMPLING),
            rule_of_three=source(ctx.world.knowledge, SAFETY, "What must never happen"),
        ),
        to="thread",
    )


def _recorded(ctx: Context, run: EvaluationRun, target: Target | None, undo: Choice | None) -> None:
    """Say what was recorded where there is nothing to hold it against."""
    ctx.say(
        compose(
            "result_no_target",
            said=ctx.require().said,
            choices=[undo] if undo else [],
            run=run,
            results=_others(run, ""),
            titles=titles(ctx, run),
            target=target,
            metric=ctx.require().scope.success_metric,
        ),
        to="thread",
    )


def titles(ctx: Context, run: EvaluationRun) -> dict[str, str]:
    """Return how the metrics of a run are called: by the knowledge folder, else as they were named."""
    known = {metric.id: metric.title for metric in ctx.world.knowledge.metrics.values()}
    return {name: known.get(name, name) for name in run.results}


def _others(run: EvaluationRun, name: str) -> list[tuple[str, float, tuple[float, float] | None]]:
    """Return the other metrics of a computed run, each with its interval; all results where no name is given."""
    if name and not run.intervals:
        return []
    return [(other, value, run.intervals.get(other)) for other, value in run.results.items() if other != name]


def _cases_needed(share: float, gap: float) -> int | None:
    """Return how many cases would tell a gap from chance, rounded up to a hundred; None where none would."""
    if gap <= 0 or not 0 < share < 1:
        return None
    needed = 1.96**2 * share * (1 - share) / gap**2
    return int(-(-needed // 100) * 100) if needed < 20_000 else None


def label_of(ctx: Context, rule: LoopRule) -> str:
    """Return what a way back is called: "Fine-tune" until it was done once, then "Fine-tune again"."""
    begun = state_of(ctx.require(), rule.target).passes > 0
    return rule.label if begun or not rule.first_label else rule.first_label


def loop_choices(ctx: Context, way: WayBack | None) -> list[Choice]:
    """Return the ways back from evaluation, the advised one first."""
    loops = ctx.world.lifecycle.loops_from("evaluation")
    ordered = sorted(loops, key=lambda rule: way is not None and rule.target != way.target)
    return [
        Choice(
            "loop",
            (way.label or label_of(ctx, rule)) if way and rule.target == way.target else label_of(ctx, rule),
            json.dumps([rule.source, rule.target]),
            "primary" if way and rule.target == way.target else "",
        )
        for rule in ordered
    ]


def _choices(
    ctx: Context, verdict: Verdict, way: WayBack | None, undo: Choice | None, *, sure: bool
) -> Sequence[Choice]:
    """Buttons below a result: go on, which is advised only where the result is `sure`, or the ways back."""
    close = Choice("done", "Close evaluation", "evaluation", "primary" if sure else "")
    ways = [close] if verdict == "reached" else loop_choices(ctx, way)
    if undo:
        return [*(ways[:1] if verdict != "unproven" else []), undo]
    chart = [Choice("export", "Chart of the runs", "runs")] if len(ctx.require().runs) > 1 else []
    return [*ways[: MOST_BUTTONS - len(chart)], *chart]
