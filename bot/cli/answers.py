"""`ask`, `scope`, `recommend`: single, or a batch of JSON Lines."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from bot.app import Core
from bot.cli.shared import (
    ServeError,
    batch,
    fail,
    quiet_core,
    read_object,
    read_text,
    run,
    show,
    with_needs,
)  # fmt: skip
from bot.terminal import as_text
from dialogs.advice import advise
from dialogs.answers.asking import work_out_answer
from dialogs.answers.sourced import Answer
from dialogs.recommending.choosing import advice_reply
from dialogs.scope import Scope
from dialogs.speaking.speech import Mrkdwn
from dialogs.speaking.wording import LABELS, phrase
from dialogs.turns import Reply
from dialogs.understanding.reading_prompt import question_about, read_with_chat
from knowledge.loader import Knowledge

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Batch = Annotated[str | None, typer.Option("--batch", help="JSON Lines file, or - for standard input.")]
LONGEST_QUESTION = 12_000


def today() -> Any:
    """The day it is."""
    return datetime.now(UTC).astimezone().date()


async def _ask(parts: Core, given: dict[str, Any]) -> dict[str, Any]:
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


async def _answer(parts: Core, question: str) -> tuple[Answer, float]:
    started = time.perf_counter()
    library = parts.library
    found = await with_needs(
        parts,
        lambda given: work_out_answer(
            question[:LONGEST_QUESTION], library.index, library.knowledge, (), given
        ),
    )
    return found, round((time.perf_counter() - started) * 1000, 3)


async def _scope(parts: Core, given: dict[str, Any]) -> dict[str, Any]:
    messages = given.get("messages", [given["text"]] if "text" in given else None)
    if (
        not isinstance(messages, list)
        or not messages
        or not all(isinstance(entry, str) for entry in messages)
    ):
        raise ServeError('Give "text", or "messages" as a list of texts.')
    day, knowledge = today(), parts.library.knowledge
    reading, mode = await with_needs(
        parts, lambda needed: read_with_chat(messages, today=day, given=needed, knowledge=knowledge)
    )
    return {
        "scope": reading.scope.model_dump(mode="json"),
        "evidence": reading.evidence,
        "questions": [question_about(conflict) for conflict in reading.conflicts],
        "mode": mode,
    }


async def _recommend(knowledge: Knowledge, given: dict[str, Any]) -> dict[str, Any]:
    return advise(checked_scope(given.get("scope")), knowledge, today=today()).as_json()


def checked_scope(given: Any) -> Scope:
    """Return a scope from JSON. Raises ServeError naming the first field that does not fit."""
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise ServeError('"scope" must be an object with the fields of a scope.')
    cleaned = {name: value for name, value in given.items() if not (name == "data" and value is None)}
    try:
        return Scope.model_validate(cleaned)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ServeError(
            f"The scope's {where} does not fit: {first['msg'][:1].lower()}{first['msg'][1:]}."
        ) from error


def ask(
    question: Annotated[str | None, typer.Argument(help="The question; - reads standard input.")] = None,
    json: Json = False,
    batch_file: Batch = None,
) -> None:
    """Answer a question from the knowledge folder, with sources."""

    text = (
        ""
        if batch_file
        else _required(question, 'Give a question: cairn ask "when does RAG beat fine-tuning?"')
    )

    async def work() -> None:
        async with quiet_core(warm=True) as parts:
            if batch_file:
                raise typer.Exit(await batch(batch_file, partial(_ask, parts)))
            if json:
                show({"id": 1, **await _served(_ask(parts, {"question": text}))})
                return
            found, _ = await _answer(parts, text)
            print(as_text(Reply(body=Mrkdwn(found.full_text), citations=found.citations)))

    run(work())


def scope(
    text: Annotated[str | None, typer.Argument(help="What the team wrote; - reads standard input.")] = None,
    json: Json = False,
    batch_file: Batch = None,
) -> None:
    """Read a project's scope out of free text."""

    async def work() -> None:
        async with quiet_core() as parts:
            if batch_file:
                raise typer.Exit(await batch(batch_file, partial(_scope, parts)))
            given = _required(text, 'Give the team\'s words: cairn scope "we want to …"')
            found = await _served(_scope(parts, {"text": given}))
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


def recommend(
    scope_file: Annotated[
        str | None, typer.Option("--scope", help="JSON file with a scope; - reads standard input.")
    ] = None,
    json: Json = False,
    batch_file: Batch = None,
) -> None:
    """Recommend techniques and base models for a scope."""

    async def work() -> None:
        async with quiet_core() as parts:
            knowledge = parts.library.knowledge
            if batch_file:
                raise typer.Exit(await batch(batch_file, partial(_recommend, knowledge)))
            if not scope_file:
                fail("Give a scope: cairn recommend --scope FILE", 2)
            given = read_object(scope_file)
            inner = given["scope"] if isinstance(given.get("scope"), dict) else given
            if json:
                show({"id": given.get("id", 1), **await _served(_recommend(knowledge, {"scope": inner}))})
                return
            try:
                checked = checked_scope(inner)
            except ServeError as error:
                fail(str(error), 2)
            print(as_text(advice_reply(advise(checked, knowledge, today=today()), knowledge)))

    run(work())


async def _served(work: Any, *, as_json: bool = True) -> dict[str, Any]:
    """Return what was worked out; what cannot be served is an object too, or a sentence, and exit code 1."""
    try:
        found: dict[str, Any] = await work
    except ServeError as error:
        if as_json:
            show({"id": 1, "error": str(error)})
            raise typer.Exit(1) from None
        fail(str(error))
    return found


def _required(value: str | None, how: str) -> str:
    if value is None or not value.strip():
        fail(how, 2)
    return read_text(value) if value == "-" else value


def _flat(scope: dict[str, Any]) -> dict[str, Any]:
    data = scope.pop("data")
    return {**scope, **{f"data.{name}": value for name, value in data.items()}}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("ask")(ask)
    app.command("scope")(scope)
    app.command("recommend")(recommend)
