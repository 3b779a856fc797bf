"""Files of predictions and references that people drop into a conversation: scored, recorded, explained."""

from __future__ import annotations

import re
from pathlib import PurePath

from dialogs.project import EvaluationRun
from dialogs.results.judging import judge, titles
from dialogs.results.recording import keep
from dialogs.results.scores import read_results
from dialogs.speaking.speech import compose
from dialogs.steps import Score, Scored
from dialogs.turns import Choice, SharedFile
from dialogs.world import Context, Hold, active

READ = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json"})
SPREADSHEETS = frozenset({".xlsx", ".xls", ".ods", ".numbers", ".parquet"})
_ABOUT_SCORES = re.compile(
    r"\b(evaluat\w*|scor\w+|predict\w*|references?|metrics?|results?|measure\w*|rouge|bleu|test(ed)?|run|f1)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W_]")


def hear(ctx: Context, text: str) -> bool:
    """Score the files of a message and record what they give; False where the message is about something else.

    A file counts when Cairn was addressed, or when it asked for a score. Raises Hold for the metrics.
    """
    asks = _asks_for_a_score(ctx)
    if not (ctx.turn.mentioned or asks):
        return False
    files = [file for file in ctx.turn.files if _suffix(file) in READ]
    sheets = [file for file in ctx.turn.files if _suffix(file) in SPREADSHEETS]
    if not files and not sheets:
        return False
    scored = _score(ctx, files, sheets)
    if not scored.problem:
        _take(ctx, files, scored, text)
        return True
    if asks or not _LETTERS.search(text) or (_ABOUT_SCORES.search(text) and not read_results(text)):
        ctx.say(compose("file_not_read", problem=scored.problem), to="thread")
        return True
    ctx.notes.append(f"Not read: {scored.problem}")
    return False


def _suffix(file: SharedFile) -> str:
    return PurePath(file.name).suffix.lower()


def _asks_for_a_score(ctx: Context) -> bool:
    project = ctx.project
    if project is None or project.status != "active" or project.open_question is None:
        return False
    return project.open_question.kind == "result"


def _score(ctx: Context, files: list[SharedFile], sheets: list[SharedFile]) -> Scored:
    if not files:
        return Scored(problem=f"{sheets[0].name} is a spreadsheet; save it as CSV and drop that.")
    if len(files) > 2:
        return Scored(
            problem=f"Those are {len(files)} files; I score one, or two: predictions and references."
        )
    wanted = Score(tuple(files))
    if wanted not in ctx.given.scores:
        raise Hold(wanted)
    return ctx.given.scores[wanted]


def _take(ctx: Context, files: list[SharedFile], scored: Scored, text: str) -> None:
    """Record the metrics in the project of this place and say what they mean; without one, say them alone."""
    here = active(ctx.world.projects)
    if ctx.project is None and len(here) == 1:
        ctx.project = here[0].model_copy(deep=True)
    run = EvaluationRun(
        at=ctx.now,
        person=ctx.turn.person.id,
        results={metric.name: metric.value for metric in scored.metrics},
        cases=scored.cases,
        intervals={metric.name: (metric.low, metric.high) for metric in scored.metrics},
        source=" and ".join(file.name for file in files),
        note=" · ".join(f"{metric.name}: {metric.how}" for metric in scored.metrics),
    )
    project = ctx.project
    if project is None:
        results = [(metric.name, metric.value, (metric.low, metric.high)) for metric in scored.metrics]
        ctx.say(compose("scored_no_project", run=run, results=results, titles=titles(ctx, run)))
        return
    if project.status != "active":
        ctx.say(compose("is_archived", name=project.name, slug=project.slug))
        return
    keep(ctx, run)
    judge(ctx, run, undo=Choice("take_out", "Not the test cases", run.at.isoformat()))
