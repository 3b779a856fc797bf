"""Evaluation results: recorded, held against the target, and on a miss the way back that fits the errors."""

from __future__ import annotations

import re

from dialogs.plan.progress import record
from dialogs.plan.substeps import short_name
from dialogs.project import EvaluationRun, OpenQuestion
from dialogs.results import limits, reviewing
from dialogs.results.judging import judge, label_of, loop_choices
from dialogs.results.loop_decision import decide, read_kind
from dialogs.results.metrics import canonical
from dialogs.results.recording import keep
from dialogs.results.scores import read_cases, read_results
from dialogs.results.situation import situation
from dialogs.results.targets import counting_runs, target_of
from dialogs.sources import source
from dialogs.speaking.speech import compose
from dialogs.turns import Choice, Form, FormField, OpenForm
from dialogs.world import Context


def take_aside(ctx: Context, text: str) -> str:
    """Take a review and limits on harm out of a message; returns the words that are left to work on."""
    if reviewing.hear_counts(ctx, text) or reviewing.hear(ctx, text):
        return ""
    return limits.take(ctx, text)


def evaluate(ctx: Context, text: str) -> None:
    """Record results and say what they mean for the target; or begin a review, or note a limit."""
    project = ctx.require()
    rest = take_aside(ctx, text)
    if text and not rest:
        return
    results = {canonical(name): value for name, value in read_results(rest).items()}
    if not results:
        _without_results(ctx)
        return
    known = next((run.cases for run in reversed(project.runs) if run.cases), None)
    run = EvaluationRun(
        at=ctx.now, person=ctx.turn.person.id, results=results, cases=read_cases(rest) or known
    )
    keep(ctx, run)
    judge(ctx, run)


def _without_results(ctx: Context) -> None:
    """Say how a result is told; below it, words or a file answer without a mention."""
    project = ctx.require()
    if project.open_question is None and project.substeps:
        project.open_question = OpenQuestion(
            id="due:evaluation",
            kind="result",
            asked_at=ctx.now,
            thread=ctx.turn.place.thread or project.thread,
            context={"substep": "evaluation", "person": ctx.turn.person.id},
        )
    ctx.say(compose("evaluate_how", said=project.said))


def open_form(ctx: Context, _: str = "") -> None:
    """Show a form with one line for the score; what is typed is read as if it were said."""
    metric = ctx.require().scope.success_metric or "score"
    example = FormField(
        "result", metric[:1].upper() + metric[1:], placeholder="f1 .90 on 500 cases", optional=False,
        hint="The score, and on how many cases it was measured",
    )  # fmt: skip
    form = Form(id="result", title="Evaluation result", fields=(example,), context=ctx.require().id)
    ctx.effects.append(OpenForm(form))


_ABOUT_ERRORS = re.compile(r"\s*(mostly|mainly|only|especially|(the )?errors|(the )?worst)\b", re.IGNORECASE)


def tells_of_errors(text: str) -> bool:
    """Whether a message that nobody addressed to Cairn still says what the errors look like."""
    return len(text.split()) <= 8 and (read_kind(text) != "cases" or bool(_ABOUT_ERRORS.match(text)))


_LEADING_INTO_ERRORS = re.compile(
    r"^\s*(?:(?:(?:the|our|most|all|of)\s+)*(?:errors|mistakes|misses)\s+"
    r"(?:(?:are|is|were|sit|lie|come|look|seem)\s+)?)?"
    r"(?:(?:mostly|mainly|only|especially|just|all|like|from|in|about)\s+)*",
    re.IGNORECASE,
)


def _without_hedge(text: str) -> str:
    """Return what somebody said without "mostly" before it and the full stop behind it."""
    words = _LEADING_INTO_ERRORS.sub("", text)
    return " ".join(words.split())[:80].rstrip(".! ")


def hear_errors(ctx: Context, text: str) -> None:
    """Take what somebody says about the errors, and choose the way back by it."""
    project = ctx.require()
    target = target_of(project)
    if project.open_question and project.open_question.kind == "errors":
        project.open_question = None
    runs = counting_runs(project)
    if target is None or not runs:
        return
    run = runs[-1]
    run.errors, run.worst = read_kind(text), _without_hedge(text)
    record(project, ctx.now, ctx.turn.person.id, "errors", errors=run.errors, words=run.worst)
    way = decide(situation(project, target, run))
    rule = next(r for r in ctx.world.lifecycle.loops_from("evaluation") if r.target == way.target)
    chart = [Choice("export", "Chart of the runs", "runs")] if len(project.runs) > 1 else []
    ctx.say(
        compose(
            "errors_heard",
            said=project.said,
            label=way.label or label_of(ctx, rule),
            way=way,
            because=source(ctx.world.knowledge, way.path, way.heading),
            step=short_name(ctx.world.lifecycle.substep(way.target)),
            choices=[*loop_choices(ctx, way)[:4], *chart],
        ),
        to="thread",
    )
