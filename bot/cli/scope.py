"""`cairn scope`: what a team wrote, read into a scope."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from bot.cli.opening import quiet_settings
from bot.cli.shared import Batch, Json, ServeError, batch, required, run, served, show, tell, today
from bot.model.pool import Models
from bot.needs import with_needs
from bot.overlay import folder_in_use
from bot.reading import open_models
from bot.sentences import Sentences
from dialogs.speaking.wording import LABELS, phrase
from dialogs.understanding.nearness import Examples
from dialogs.understanding.reading_prompt import question_about, read_with_chat
from knowledge.loader import Knowledge

MANY_SENTENCES = 100  # to embed, which takes about a second


async def _scope(
    models: Models, knowledge: Knowledge, examples: Examples | None, given: dict[str, Any]
) -> dict[str, Any]:
    messages = given.get("messages", [given["text"]] if "text" in given else None)
    if (
        not isinstance(messages, list)
        or not messages
        or not all(isinstance(entry, str) for entry in messages)
    ):
        raise ServeError('Give "text", or "messages" as a list of texts.')
    day = today()
    reading, mode = await with_needs(
        models,
        lambda needed: read_with_chat(
            messages, today=day, given=needed, knowledge=knowledge, examples=examples
        ),
    )
    return {
        "scope": reading.scope.model_dump(mode="json"),
        "evidence": reading.evidence,
        "questions": [question_about(conflict) for conflict in reading.conflicts],
        "mode": mode,
    }


def scope(
    text: Annotated[str | None, typer.Argument(help="What the team wrote; - reads standard input.")] = None,
    json: Json = False,
    batch_file: Batch = None,
) -> None:
    """Read a project's scope out of free text."""

    async def work() -> None:
        settings = quiet_settings()
        knowledge = folder_in_use(settings)
        async with open_models(settings) as models:
            sentences = Sentences(
                settings.knowledge_cache_dir, models.embed if models.has_embedding else None
            )
            if sentences.missing > MANY_SENTENCES:
                tell(f"Preparing {sentences.missing:,} example sentences, once; it takes a few seconds.")
            await sentences.warm()
            serve = partial(_scope, models, knowledge, sentences.examples)
            if batch_file:
                raise typer.Exit(await batch(batch_file, serve))
            given = required(text, 'Give the team\'s words: cairn scope "we want to …"')
            found = await served(serve({"text": given}))
            if json:
                show({"id": 1, **found})
                return
            held = {name: value for name, value in _flat(found["scope"]).items() if value is not None}
            for name, value in held.items():
                words = found["evidence"].get(name)
                print(
                    f"{LABELS[name]}: {phrase(name, value)}"
                    + (f"  ({words})" if words and name != "description" else "")
                )
            for question in found["questions"]:
                print(question)
            if not held:
                print("Nothing was stated that I can use; say what it should do, and for whom.")

    run(work())


def _flat(scope: dict[str, Any]) -> dict[str, Any]:
    data = scope.pop("data")
    return {**scope, **{f"data.{name}": value for name, value in data.items()}}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("scope")(scope)
