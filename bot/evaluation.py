"""Runs an evaluation file against the folder and the models in use: what `cairn evaluate FILE` does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from bot.failures import OperationError
from bot.library import Embed, Library
from dialogs.answers.evaluation import (
    Case,
    CaseError,
    Outcome,
    Share,
    read_cases,
    score_question,
    table,
    tally,
)
from dialogs.answers.sourced import Answer, answer_question, embedding_text

Score = Callable[[Case], Awaitable[Outcome]]
"""Serves one case and scores it."""


async def evaluate_file(
    path: Path,
    library: Library,
    embed: Embed | None,
    scorers: Mapping[str, Score] | None = None,
) -> list[Outcome]:
    """Score every case of a file. `scorers` serve the kinds "text" and "scope".

    Raises OperationError, in one sentence, where the file cannot be read or holds a kind without a scorer.
    """
    outcomes = []
    for case in _read(path):
        if case.kind == "question":
            outcomes.append(score_question(case, await ask(str(case.given), library, embed)))
        elif scorers and case.kind in scorers:
            outcomes.append(await scorers[case.kind](case))
        else:
            raise OperationError(f'{path}: "{case.kind}" cases cannot be scored here; keep questions only.')
    return outcomes


async def ask(question: str, library: Library, embed: Embed | None, history: tuple[str, ...] = ()) -> Answer:
    """Answer one question from the library, with its vector where the embedding model gives one."""
    vectors = await embed([embedding_text(question, history)]) if embed else None
    vector = vectors[0] if vectors else None
    return answer_question(question, library.index, vector, history=history, knowledge=library.knowledge)


def report(outcomes: list[Outcome], with_misses: bool = True) -> str:
    """Write the table of an evaluation, and below it each miss with what was said."""
    lines = [table(tally(outcomes))]
    missed = [outcome for outcome in outcomes if not all(outcome.checks.values())]
    if with_misses and missed:
        lines += ["", f"{len(missed)} missed:"]
        for outcome in missed:
            failed = ", ".join(name for name, passed in outcome.checks.items() if not passed)
            notes = f" ({'; '.join(outcome.notes)})" if outcome.notes else ""
            lines.append(f"{outcome.case.id} [{outcome.case.set}] not {failed}{notes}: {outcome.case.given}")
    return "\n".join(lines)


def as_json(outcomes: list[Outcome]) -> dict[str, Any]:
    """Return an evaluation as plain data: the shares with their intervals, and the misses."""
    return {
        "shares": [_share(share) for share in tally(outcomes)],
        "missed": [
            {"id": o.case.id, "set": o.case.set, "checks": dict(o.checks), "said": o.said, "notes": o.notes}
            for o in outcomes
            if not all(o.checks.values())
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval
    return {
        "set": share.set,
        "group": share.group,
        "check": share.check,
        "passed": share.passed,
        "total": share.total,
        "share": share.passed / share.total,
        "low": low,
        "high": high,
    }


def _read(path: Path) -> list[Case]:
    try:
        with path.open(encoding="utf-8") as lines:
            return read_cases(lines)
    except OSError as error:
        raise OperationError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except (CaseError, UnicodeDecodeError) as error:
        raise OperationError(f"{path}: {error}") from error
