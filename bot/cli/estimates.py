"""`cairn estimate`: free text or KIND KEY=VALUE, as text, JSON, a batch, or a chart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.charts import draw
from bot.cli.shared import (
    Batch,
    Json,
    ServeError,
    batch,
    fail,
    read_text,
    run,
    served,
    show,
    today,
    write_file,
)
from bot.failures import OperationError
from bot.overlay import folder_in_use
from bot.printing import as_text
from bot.settings import load_settings
from dialogs.estimates.filling import Filling
from dialogs.estimates.fitting import fits_json
from dialogs.estimates.reply import (
    Asking,
    answer_request,
    cheat_sheet_json,
    is_cheat_sheet,
    not_used,
    reply_to,
)
from dialogs.estimates.request import FITS, EstimateRequest, read_estimate_request
from dialogs.estimates.work import work_out
from estimator.kinds import KINDS, estimate
from estimator.result import EstimateError
from knowledge.loader import Knowledge

_HOW = "Give a request: cairn estimate kv cache of llama 3.1 8b at 8k"


async def serve(knowledge: Knowledge, given: dict[str, Any]) -> dict[str, Any]:
    """Serve one object: `{"kind", "inputs"}`, or `{"text"}` in free words."""
    if isinstance(given.get("text"), str) and "kind" not in given:
        return _of_text(knowledge, given["text"])
    kind, inputs = given.get("kind"), given.get("inputs", {})
    if not isinstance(kind, str):
        raise ServeError(f'"kind" must be one of {", ".join(KINDS)}.')
    if not isinstance(inputs, dict):
        raise ServeError('"inputs" must be an object such as {"model": "llama-3.1-8b"}.')
    try:
        return estimate(kind, inputs, knowledge.catalog).as_json()
    except EstimateError as error:
        raise ServeError(str(error)) from error


def _of_text(knowledge: Knowledge, text: str) -> dict[str, Any]:
    if is_cheat_sheet(text):
        return cheat_sheet_json()
    request = read_estimate_request(text, knowledge.catalog, today=today())
    if request.question or request.kind is None:
        choices = f" ({' · '.join(request.choices)})" if request.choices else ""
        raise ServeError(f"{request.question}{choices}")
    try:
        if request.kind == FITS:
            return fits_json(request.inputs, knowledge.catalog)
        return work_out(request, knowledge.catalog, Filling(today=today())).as_json()
    except EstimateError as error:
        raise ServeError(str(error)) from error


def estimate_command(
    words: Annotated[list[str] | None, typer.Argument(help="Free text, or KIND KEY=VALUE …")] = None,
    json: Json = False,
    batch_file: Batch = None,
    png: Annotated[Path | None, typer.Option(help="Write the estimate's chart here.")] = None,
) -> None:
    """Estimate memory, compute, speed, money or calendar time."""
    text = read_text(" ".join(words or []).strip())
    if not text.strip() and not batch_file:
        fail(_HOW, 2)

    async def work() -> None:
        knowledge = folder_in_use(load_settings())
        if batch_file:
            raise typer.Exit(await batch(batch_file, partial(serve, knowledge)))
        given = _key_values(words or [])
        if png:
            _write_chart(knowledge, text, given, png)
        if json:
            asked = {"kind": given.kind, "inputs": given.inputs} if given else {"text": text}
            show({"id": 1, **await served(serve(knowledge, asked))})
        else:
            _say(knowledge, text, given)

    run(work())


def _say(knowledge: Knowledge, text: str, given: EstimateRequest | None) -> None:
    asking = Asking(knowledge, Filling(today=today()), today())
    request = given or read_estimate_request(text, knowledge.catalog, today=today())
    if is_cheat_sheet(text) or request.question or request.kind is None:
        reply = reply_to(text, asking)
        print(as_text(reply))
        if reply.question:
            raise typer.Exit(1)
        return
    try:
        reply = answer_request(request, asking)
        print(as_text(replace(reply, notes=(*reply.notes, *not_used(request)), choices=(), more="")))
    except EstimateError as error:
        fail(str(error))


def _write_chart(knowledge: Knowledge, text: str, given: EstimateRequest | None, path: Path) -> None:
    asking = Asking(knowledge, Filling(today=today()), today())
    try:
        reply = answer_request(given, asking) if given else reply_to(text, asking)
        if not reply.image:
            fail("This estimate has no chart; memory, fine-tuning and schedules have one.")
        write_file(path, draw(reply.image, knowledge.catalog, today()))
    except (EstimateError, OperationError) as error:
        fail(str(error))


def _key_values(words: list[str]) -> EstimateRequest | None:
    """Read KIND KEY=VALUE …; None where the words are free text."""
    kind = words[0].lower().replace("-", "_") if words else ""
    rest = words[1:]
    if kind not in KINDS or not all("=" in word for word in rest):
        return None
    return EstimateRequest(kind, dict(word.split("=", 1) for word in rest))


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("estimate")(estimate_command)
