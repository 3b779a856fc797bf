"""`export` and `nudges`: what the stored projects give."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import col, select

from bot import exporting
from bot.cli.opening import quiet_settings
from bot.cli.shared import Json, fail, run, show, write_file
from bot.core import open_store
from bot.overlay import folder_in_use
from bot.storage import projects
from bot.storage.tables import ProjectRow, ReminderRow
from dialogs.projects.keeping import FORMATS

nudges = typer.Typer(help="Scheduled reminders.", no_args_is_help=True)


def export(
    project: Annotated[str, typer.Argument(help="The project's slug or id.")],
    format: Annotated[str, typer.Option("--format", help="md, five, json, csv, ics, png or runs.")] = "md",
    output: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
) -> None:
    """Export a project: its brief, decisions, plan."""
    if format not in FORMATS:
        fail(f"{format!r} is no format; choose {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.", 2)

    async def work() -> None:
        settings = quiet_settings()
        async with open_store(settings) as store:
            async with store.read() as session:
                everything = (
                    await session.exec(select(ProjectRow.id, ProjectRow.slug, ProjectRow.name))
                ).all()
                wanted = project.strip().casefold()
                found = [id for id, slug, name in everything if wanted in {id, slug, name.casefold()}]
                loaded = await projects.load(session, found[0]) if len(found) == 1 else None
            if len(found) > 1:
                fail(
                    f"{len(found)} projects are called {project!r}; give one of the ids {', '.join(found[:5])}."
                )
            if loaded is None:
                known = ", ".join(f"{slug} ({name})" for _, slug, name in everything[:8])
                there = f"there are {known}" if known else "this data directory holds none yet"
                fail(f"There is no project {project!r}; {there}.")
            file = exporting.build(format, loaded, datetime.now(UTC), folder_in_use(settings))
        if output is not None:
            write_file(output, file.content)
        else:
            sys.stdout.buffer.write(file.content)

    run(work())


@nudges.command("list")
def list_nudges(
    due: Annotated[bool, typer.Option("--due", help="Only those that are due now.")] = False,
    json: Json = False,
) -> None:
    """List the reminders that wait."""

    async def work() -> None:
        async with open_store(quiet_settings()) as store, store.read() as session:
            statement = select(ReminderRow, ProjectRow.name).where(
                col(ReminderRow.project_id) == col(ProjectRow.id), col(ReminderRow.state) == "waiting"
            )
            if due:
                statement = statement.where(col(ReminderRow.due_at) <= datetime.now(UTC))
            rows = (await session.exec(statement.order_by(col(ReminderRow.due_at)))).all()
        if json:
            show({"nudges": [
                {"id": row.id, "project": name, "kind": row.kind, "substep": row.substep,
                 "due_at": row.due_at.isoformat(), "person": row.person} for row, name in rows
            ]})  # fmt: skip
            return
        for row, name in rows:
            what = " ".join(word for word in (row.kind, row.substep) if word).replace("_", " ")
            print(f"{row.due_at:%Y-%m-%d %H:%M} UTC  {name}: {what}  ({row.person})")
        if not rows:
            print("No reminder waits.")

    run(work())


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("export")(export)
    app.add_typer(nudges, name="nudges")
