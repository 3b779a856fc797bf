"""`cairn ask`: one question, or a batch of JSON Lines."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Any

import typer

from bot.cli.opening import warm_reading
from bot.cli.shared import Batch, Json, ServeError, batch, required, run, served, show
from bot.needs import with_needs
from bot.printing import as_text
from bot.reading import Reading
from dialogs.answers.asking import work_out_answer
from dialogs.answers.sourced import Answer
from dialogs.speaking.speech import Mrkdwn
from dialogs.turns import Reply

LONGEST_QUESTION = 12_000


async def _ask(parts: Reading, given: dict[str, Any]) -> dict[str, Any]:
    question = given.get("question")
    if not isinstance(question, str) or not question.strip():
        raise ServeError('"question" must be a text that asks something.')
    found, latency_ms = await _answer(parts, question)
    return {
        "answer": found.full_text,
        "refused": found.refused,
        "citations": [
            {"path": entry.path, "heading": entry.heading, "title": entry.title} for entry in found.citations
        ],
        "mode": found.mode,
        "latency_ms": latency_ms,
    }


async def _answer(parts: Reading, question: str) -> tuple[Answer, float]:
    started = time.perf_counter()
    library = parts.library
    found = await with_needs(
        parts.models,
        lambda given: work_out_answer(
            question[:LONGEST_QUESTION], library.index, library.knowledge, (), given
        ),
    )
    return found, round((time.perf_counter() - started) * 1000, 3)


def ask(
    question: Annotated[str | None, typer.Argument(help="The question; - reads standard input.")] = None,
    json: Json = False,
    batch_file: Batch = None,
) -> None:
    """Answer a question from the knowledge folder, with sources."""

    text = (
        ""
        if batch_file
        else required(question, 'Give a question: cairn ask "when does RAG beat fine-tuning?"')
    )

    async def work() -> None:
        async with warm_reading() as parts:
            if batch_file:
                raise typer.Exit(await batch(batch_file, partial(_ask, parts)))
            if json:
                show({"id": 1, **await served(_ask(parts, {"question": text}))})
                return
            found, _ = await _answer(parts, text)
            print(as_text(Reply(body=Mrkdwn(found.full_text), citations=found.citations)))

    run(work())


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("ask")(ask)
