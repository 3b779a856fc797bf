"""What is known about a run before the way back is chosen: its history, its errors, what was tried."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.plan.progress import state_of
from dialogs.project import EvaluationRun, Project
from dialogs.results.loop_decision import Situation
from dialogs.results.targets import Target, comparable, counted, counting_runs, margin, score_of
from dialogs.speaking.speech import listing

_SEVERAL_PROMPTS = re.compile(
    r"\b(few|one|two|three|\d+)[- ]?shot\b|\bprompts\b|\bexamples in\b", re.IGNORECASE
)
_TRAINED = re.compile(r"\b(q?lora|fine.?tun\w*|sft|adapters?)\b", re.IGNORECASE)


def shown_score(run: EvaluationRun, project: Project, target: Target) -> float:
    """Return the score of a run that counts for the target, as a share where the target is one."""
    score = score_of(run, project)
    assert score is not None, "the run holds a result that counts for the target"
    return comparable(score, target)


def runs_before(run: EvaluationRun, project: Project) -> list[EvaluationRun]:
    """Return the earlier runs that can be compared with this one, oldest first: of the same metric, or unnamed."""
    name = name_of_counted(run, project)
    earlier = [entry for entry in counting_runs(project) if entry.at < run.at]
    return [
        entry
        for entry in earlier
        if "score" in {name, name_of_counted(entry, project)} or name_of_counted(entry, project) == name
    ]


def name_of_counted(run: EvaluationRun, project: Project) -> str:
    """Return the name of the result that counts for the target, "" where none does."""
    found = counted(run, project)
    return found[0] if found else ""


def background(project: Project, run: EvaluationRun, *, score: float, gap: float, error: float) -> Situation:
    """Return what is known beside the score: rounds, errors, data, and what was tried."""
    rounds: dict[str, int] = {}
    for loop in project.loops:
        rounds[loop.target] = rounds.get(loop.target, 0) + 1
    scope = project.scope
    tried = scope.tried or []
    return Situation(
        score=score,
        gap=gap,
        error=error,
        rounds=rounds,
        kind=run.errors,
        worst=run.worst,
        examples=scope.data.labelled_examples,
        documents=bool(scope.data.documents) or scope.knowledge_changes is not None,
        prompted=bool(rounds.get("prompting")) or any(_SEVERAL_PROMPTS.search(entry) for entry in tried),
        tuned=state_of(project, "fine_tuning").passes > 0 or any(_TRAINED.search(entry) for entry in tried),
        tried=_upper(listing([_without_score(entry) for entry in tried])) or "Prompting",
    )


def situation(project: Project, target: Target, run: EvaluationRun) -> Situation:
    """Return what is known about a run that counts; scores are turned so that higher is better."""
    sign = 1 if target.higher_is_better else -1
    score = shown_score(run, project, target)
    known = background(
        project,
        run,
        score=sign * score,
        gap=sign * (target.value - score),
        error=margin(run, project, target),
    )
    earlier = tuple(sign * shown_score(old, project, target) for old in runs_before(run, project))
    return replace(known, earlier=earlier)


def _without_score(text: str) -> str:
    """Return what was tried without how it did: "5-shot gave .81 f1" → "5-shot"."""
    return re.split(r"\s+(?:gave|got|scored|reached|was|is|at|with)\b|\s*[:=(,]", text.strip())[0] or text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
