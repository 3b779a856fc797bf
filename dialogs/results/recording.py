"""Runs into a project and out of it again."""

from __future__ import annotations

from datetime import datetime

from dialogs.plan.progress import record
from dialogs.project import EvaluationRun
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.world import Context


def keep(ctx: Context, run: EvaluationRun) -> None:
    """Add a run to the project and to its record; a question for a score is answered by it."""
    project = ctx.require()
    project.runs.append(run)
    record(
        project, ctx.now, run.person, "evaluation", results=run.results, cases=run.cases, source=run.source
    )
    if project.open_question and project.open_question.kind in {"result", "errors"}:
        project.open_question = None


def take_out(ctx: Context, value: str) -> None:
    """Take a run back out: it was not measured on the test cases."""
    project = ctx.require()
    at = datetime.fromisoformat(value)
    taken = [run for run in project.runs if run.at == at]
    if not taken:
        ctx.say(compose("gone"), to="asker")
        return
    project.runs = [run for run in project.runs if run.at != at]
    if project.open_question and project.open_question.kind == "errors":
        project.open_question = None
    record(project, ctx.now, ctx.turn.person.id, "evaluation_undone", source=taken[0].source)
    mark(ctx, f"{who(ctx)} took it out again: not the test cases")
