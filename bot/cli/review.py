"""`evaluate` and `feedback`: how well Cairn answers, and what it could not answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.opening import quiet_settings, warm_reading
from bot.cli.scoring import scorers
from bot.cli.shared import Json, run, show
from bot.core import open_store
from bot.evaluation import as_json, evaluate_file
from bot.evaluation import report as evaluation_report
from bot.failures import ConfigurationError
from bot.storage import feedback as kept


def evaluate(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines with questions, texts or scopes and what is expected.")
    ],
    json: Json = False,
) -> None:
    """Score questions, scopes or recommendations against their expected values."""

    async def work() -> None:
        async with warm_reading() as parts:
            embed = parts.models.embed if parts.models.has_embedding else None
            library, models = parts.library, parts.models
            scored = scorers(library.knowledge, models, library.examples)
            outcomes = await evaluate_file(file, library, embed, scored)
        if not outcomes:
            raise ConfigurationError(f"{file} holds no case.")
        if json:
            show(as_json(outcomes))
        else:
            print(evaluation_report(outcomes))

    run(work())


def feedback(json: Json = False) -> None:
    """Questions that found no answer or were marked down, newest first."""

    async def work() -> None:
        async with open_store(quiet_settings()) as store, store.read() as session:
            rows = await kept.to_review(session)
        if json:
            show({"feedback": [{"at": row.at.isoformat(), "verdict": row.verdict, "question": row.question,
                                "passages": row.citations, "mode": row.answer} for row in rows]})  # fmt: skip
            return
        for row in rows:
            print(
                f"{row.at:%Y-%m-%d}  {'no answer' if row.verdict == 'unanswered' else 'marked down'}: {row.question}"
            )
        if not rows:
            print("Nothing to review: every question found an answer, and none was marked down.")

    run(work())


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("evaluate")(evaluate)
    app.command("feedback")(feedback)
