"""Evaluation results: recorded, held against the target, and on a miss the way back that fits the errors."""

from __future__ import annotations

import json
import re
from typing import Literal

from dialogs.plan.progress import record, state_of
from dialogs.plan.substeps import short_name
from dialogs.project import EvaluationRun, OpenQuestion, Project
from dialogs.results.loop_decision import Situation, WayBack, decide, read_kind
from dialogs.results.scores import read_cases, read_results
from dialogs.results.targets import Target, comparable, sampling_error, score_of, target_of, uses_wilson
from dialogs.sources import source
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose, listing
from dialogs.turns import Choice, Form, FormField, OpenForm
from dialogs.world import Context

ASSUMED_CASES = 200
_SEVERAL_PROMPTS = re.compile(
    r"\b(few|one|two|three|\d+)[- ]?shot\b|\bprompts\b|\bexamples in\b", re.IGNORECASE
)
_TRAINED = re.compile(r"\b(q?lora|fine.?tun\w*|sft|adapters?)\b", re.IGNORECASE)

Verdict = Literal["reached", "unproven", "missed"]


def evaluate(ctx: Context, text: str) -> None:
    """Record results and say what they mean for the target."""
    project = ctx.require()
    results = read_results(text)
    if not results:
        ctx.say(compose("evaluate_how", said=project.said))
        return
    known = next((run.cases for run in reversed(project.runs) if run.cases), None)
    run = EvaluationRun(
        at=ctx.now, person=ctx.turn.person.id, results=results, cases=read_cases(text) or known
    )
    project.runs.append(run)
    record(project, ctx.now, ctx.turn.person.id, "evaluation", results=results, cases=run.cases)
    if project.open_question and project.open_question.kind in {"result", "errors"}:
        project.open_question = None
    _judge(ctx, run)


def open_form(ctx: Context, _: str = "") -> None:
    """Show a form with one line for the score; what is typed is read as if it were said."""
    metric = ctx.require().scope.success_metric or "score"
    example = FormField(
        "result", metric[:1].upper() + metric[1:], placeholder="f1 .90 on 500 cases", optional=False,
        hint="The score, and on how many cases it was measured",
    )  # fmt: skip
    form = Form(id="result", title="Evaluation result", fields=(example,), context=ctx.require().id)
    ctx.effects.append(OpenForm(form))


def _judge(ctx: Context, run: EvaluationRun) -> None:
    """Compare a run with the target: reached, not proven, or missed with a way back."""
    project = ctx.require()
    target = target_of(project)
    if target is None:
        ctx.say(compose("result_no_target", said=project.said, results=run.results), to="thread")
        return
    now = situation(project, target)
    verdict: Verdict = "reached" if now.gap <= 0 else "unproven" if now.gap <= now.error else "missed"
    run.reached = verdict == "reached"
    way = decide(now) if verdict == "missed" else None
    if verdict == "missed" and project.open_question is None:
        project.open_question = OpenQuestion(
            id="errors", kind="errors", asked_at=ctx.now, thread=ctx.turn.place.thread or project.thread
        )
    score = shown_score(run, project, target)
    cases = run.cases or ASSUMED_CASES
    before = shown_score(project.runs[-2], project, target) if len(project.runs) > 1 else None
    ctx.say(
        compose(
            "result",
            said=project.said,
            choices=_choices(ctx, verdict, way),
            verdict=verdict,
            score=score,
            target=target,
            before=before,
            gap=abs(now.gap),
            error=now.error,
            cases=cases,
            cases_said=run.cases is not None,
            cases_needed=_cases_needed(score, now.gap) if verdict == "unproven" else None,
            wilson=uses_wilson(score, cases),
            share=target.value <= 1,
            loops=len(project.loops),
            way=way,
            because=source(ctx.world.knowledge, way.path, way.heading) if way else None,
            document=source(ctx.world.knowledge, "documents/sampling-error.md"),
            technical=is_technical(project),
        ),
        to="thread",
    )


def _cases_needed(share: float, gap: float) -> int | None:
    """Return how many cases would tell a gap from chance, rounded up to a hundred; None where none would."""
    if gap <= 0 or not 0 < share < 1:
        return None
    needed = 1.96**2 * share * (1 - share) / gap**2
    return int(-(-needed // 100) * 100) if needed < 20_000 else None


def shown_score(run: EvaluationRun, project: Project, target: Target) -> float:
    """Return the score of a run that counts for the target, as a share where the target is one."""
    score = score_of(run, project)
    assert score is not None, "a run holds at least one result"
    return comparable(score, target)


def situation(project: Project, target: Target) -> Situation:
    """Return what is known about the last run; scores are turned so that higher is better."""
    sign = 1 if target.higher_is_better else -1
    run, earlier = project.runs[-1], project.runs[:-1]
    score = shown_score(run, project, target)
    rounds: dict[str, int] = {}
    for loop in project.loops:
        rounds[loop.target] = rounds.get(loop.target, 0) + 1
    scope = project.scope
    tried = scope.tried or []
    return Situation(
        score=sign * score,
        gap=sign * (target.value - score),
        error=sampling_error(score, run.cases or ASSUMED_CASES) if target.value <= 1 else 0.0,
        earlier=tuple(sign * shown_score(old, project, target) for old in earlier),
        rounds=rounds,
        kind=run.errors,
        worst=run.worst,
        examples=scope.data.labelled_examples,
        documents=bool(scope.data.documents) or scope.knowledge_changes is not None,
        prompted=bool(rounds.get("prompting")) or any(_SEVERAL_PROMPTS.search(entry) for entry in tried),
        tuned=state_of(project, "fine_tuning").passes > 0 or any(_TRAINED.search(entry) for entry in tried),
        tried=_upper(listing([_without_score(entry) for entry in tried])) or "Prompting",
    )


def _without_score(text: str) -> str:
    """Return what was tried without how it did: "5-shot gave .81 f1" → "5-shot"."""
    return re.split(r"\s+(?:gave|got|scored|reached|was|is|at|with)\b|\s*[:=(,]", text.strip())[0] or text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _choices(ctx: Context, verdict: Verdict, way: WayBack | None) -> list[Choice]:
    """Buttons below a result: go on, or the ways back with the advised one first."""
    chart = [Choice("export", "Chart of the runs", "runs")] if len(ctx.require().runs) > 1 else []
    if verdict == "reached":
        return [Choice("done", "Close evaluation", "evaluation", "primary"), *chart]
    loops = ctx.world.lifecycle.loops_from("evaluation")
    ordered = sorted(loops, key=lambda rule: way is not None and rule.target != way.target)
    return [
        Choice(
            "loop",
            (way.label or rule.label) if way and rule.target == way.target else rule.label,
            json.dumps([rule.source, rule.target]),
            "primary" if way and rule.target == way.target else "",
        )
        for rule in ordered
    ] + chart


_ABOUT_ERRORS = re.compile(r"\s*(mostly|mainly|only|especially|(the )?errors|(the )?worst)\b", re.IGNORECASE)


def tells_of_errors(text: str) -> bool:
    """Whether a message that nobody addressed to Cairn still says what the errors look like."""
    return len(text.split()) <= 8 and (read_kind(text) != "cases" or bool(_ABOUT_ERRORS.match(text)))


def _without_hedge(text: str) -> str:
    """Return what somebody said without "mostly" before it and the full stop behind it."""
    words = re.sub(r"^\s*(mostly|mainly|only|especially|just|errors in)\s+", "", text, flags=re.IGNORECASE)
    return " ".join(words.split())[:80].rstrip(".! ")


def hear_errors(ctx: Context, text: str) -> None:
    """Take what somebody says about the errors, and choose the way back by it."""
    project = ctx.require()
    target = target_of(project)
    if project.open_question and project.open_question.kind == "errors":
        project.open_question = None
    if target is None or not project.runs:
        return
    run = project.runs[-1]
    run.errors, run.worst = read_kind(text), _without_hedge(text)
    record(project, ctx.now, ctx.turn.person.id, "errors", errors=run.errors, words=run.worst)
    way = decide(situation(project, target))
    rule = next(r for r in ctx.world.lifecycle.loops_from("evaluation") if r.target == way.target)
    ctx.say(
        compose(
            "errors_heard",
            said=project.said,
            label=way.label or rule.label,
            way=way,
            because=source(ctx.world.knowledge, way.path, way.heading),
            step=short_name(ctx.world.lifecycle.substep(way.target)),
            choices=_choices(ctx, "missed", way),
        ),
        to="thread",
    )
