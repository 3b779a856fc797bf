"""`plan`, `export`, `nudges`: what a project's state gives."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import col, select

from bot import exporting
from bot.charts import gantt_png
from bot.cli.answers import checked_scope, today
from bot.cli.shared import ServeError, fail, quiet_core, read_object, run, show
from bot.storage import projects
from bot.storage.tables import ProjectRow, ReminderRow
from dialogs.advice import advise
from dialogs.lifecycle import load_lifecycle
from dialogs.project import Answer, Project
from dialogs.projects.exports import plan_ics
from dialogs.projects.keeping import FORMATS
from dialogs.projects.naming import slug_for
from dialogs.recommending.advising import schedule_of
from dialogs.scope import FIELDS, get_field
from dialogs.speaking.speech import day
from estimator.schedule import Schedule

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

nudges = typer.Typer(help="Scheduled reminders.", no_args_is_help=True)


def plan_json(schedule: Schedule) -> dict[str, Any]:
    """Return the public JSON object of a plan."""
    lifecycle = load_lifecycle()
    criteria: dict[str, list[str]] = {
        stage.id: [criterion.text for substep in stage.substep for criterion in substep.criterion]
        for stage in lifecycle.stages
    }
    return {
        "start": schedule.start.isoformat(),
        "p50": schedule.p50.isoformat(),
        "p90": schedule.p90.isoformat(),
        "effort_person_weeks": schedule.effort_person_weeks,
        "critical_stage": schedule.critical_stage,
        "seed": schedule.inputs.seed,
        "stages": [
            {
                "id": row.id,
                "title": row.title,
                "start": row.start.isoformat(),
                "p50": row.p50.isoformat(),
                "p90": row.p90.isoformat(),
                "effort_person_weeks": row.effort_person_weeks,
                "expertise": row.expertise,
                "exit_criteria": criteria[row.id],
            }
            for row in schedule.stages
        ],
    }


def plan(
    scope_file: Annotated[
        str, typer.Option("--scope", help="JSON file with a scope; - reads standard input.")
    ],
    json: Json = False,
    png: Annotated[Path | None, typer.Option(help="Write a Gantt chart here.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write the stage dates as a calendar here.")] = None,
) -> None:
    """Plan the stages of a scope, with likely and 9-in-10 dates."""

    async def work() -> None:
        given = read_object(scope_file)
        inner = given["scope"] if isinstance(given.get("scope"), dict) else given
        try:
            scope = checked_scope(inner)
        except ServeError as error:
            fail(str(error), 2)
        async with quiet_core() as parts:
            now = datetime.now(UTC)
            advice = advise(scope, parts.library.knowledge, today=today())
            project = Project(
                id="plan", workspace="", channel="", slug="plan", name="Plan", created_at=now, created_by=""
            )
            for name in FIELDS:
                if (value := get_field(scope, name)) is not None:
                    project.answers.append(Answer(field=name, value=value, person="", at=now))
            schedule = schedule_of(project, today(), advice)
        title = " ".join((scope.description or "Plan").split())[:40]
        if png:
            _write(png, gantt_png(schedule, today(), title))
        if ics:
            _write(ics, plan_ics(schedule, slug_for(title), title, now).encode())
        if json:
            show(plan_json(schedule))
            return
        print(f"Likely {day(schedule.p50, today())}, 9-in-10 by {day(schedule.p90, today())}.")
        for row in schedule.stages:
            print(f"{row.title}: likely {day(row.p50, today())}, 9-in-10 by {day(row.p90, today())}")
        print("  Stage ranges × usual delay, 10,000 runs")

    run(work())


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.")
    print(f"Written: {path}", file=sys.stderr)


def export(
    project: Annotated[str, typer.Argument(help="The project's slug or id.")],
    format: Annotated[str, typer.Option("--format", help="md, five, json, csv, ics, png or runs.")] = "md",
    output: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
) -> None:
    """Export a project: its brief, decisions, plan."""
    if format not in FORMATS:
        fail(f"{format!r} is no format; choose {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.", 2)

    async def work() -> None:
        async with quiet_core() as parts:
            async with parts.store.read() as session:
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
            file = exporting.build(format, loaded, datetime.now(UTC), parts.library.knowledge)
        if output is not None:
            _write(output, file.content)
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
        async with quiet_core() as parts, parts.store.read() as session:
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
            print(f"{row.due_at:%Y-%m-%d %H:%M} UTC  {name}: {row.substep}  ({row.person})")
        if not rows:
            print("No reminder waits.")

    run(work())


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("plan")(plan)
    app.command("export")(export)
    app.add_typer(nudges, name="nudges")
