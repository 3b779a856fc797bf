"""`cairn recommend`: techniques and base models for a scope."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from bot.cli.scope_file import checked_scope
from bot.cli.shared import Batch, Json, ServeError, batch, fail, read_object, run, served, show, today
from bot.overlay import folder_in_use
from bot.printing import as_text
from bot.settings import load_settings
from dialogs.advice import advise
from dialogs.recommending.choosing import advice_reply
from knowledge.loader import Knowledge


async def _recommend(knowledge: Knowledge, given: dict[str, Any]) -> dict[str, Any]:
    return advise(checked_scope(given.get("scope")), knowledge, today=today()).as_json()


def recommend(
    scope_file: Annotated[
        str | None, typer.Option("--scope", help="JSON file with a scope; - reads standard input.")
    ] = None,
    json: Json = False,
    batch_file: Batch = None,
) -> None:
    """Recommend techniques and base models for a scope."""

    async def work() -> None:
        knowledge = folder_in_use(load_settings())
        if batch_file:
            raise typer.Exit(await batch(batch_file, partial(_recommend, knowledge)))
        if not scope_file:
            fail("Give a scope: cairn recommend --scope FILE", 2)
        given = read_object(scope_file)
        inner = given["scope"] if isinstance(given.get("scope"), dict) else given
        if json:
            show({"id": given.get("id", 1), **await served(_recommend(knowledge, {"scope": inner}))})
            return
        try:
            checked = checked_scope(inner)
        except ServeError as error:
            fail(str(error), 2)
        print(as_text(advice_reply(advise(checked, knowledge, today=today()), knowledge)))

    run(work())


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("recommend")(recommend)
