"""`cairn plan`: the stages of a scope, with dates, a chart and a calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.charts import gantt_png
from bot.cli.scope_file import checked_scope
from bot.cli.shared import Json, ServeError, fail, read_object, show, today, write_file
from bot.overlay import folder_in_use
from bot.settings import load_settings
from dialogs.advice import advise
from dialogs.lifecycle import load_lifecycle
from dialogs.project import Answer, Project
from dialogs.projects.exports import plan_ics
from dialogs.projects.naming import slug_for
from dialogs.recommending.advising import schedule_of
from dialogs.scope import FIELDS, Scope, get_field
from dialogs.speaking.speech import day
from estimator.schedule import Schedule


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

    given = read_object(scope_file)
    inner = given["scope"] if isinstance(given.get("scope"), dict) else given
    try:
        scope = checked_scope(inner)
    except ServeError as error:
        fail(str(error), 2)
    now = datetime.now(UTC)
    schedule = _planned(scope, now)
    title = " ".join((scope.description or "Plan").split())[:40]
    if png:
        write_file(png, gantt_png(schedule, today(), title))
    if ics:
        write_file(ics, plan_ics(schedule, slug_for(title), title, now).encode())
    if json:
        show(plan_json(schedule))
        return
    print(f"Likely {day(schedule.p50, today())}, 9-in-10 by {day(schedule.p90, today())}.")
    for row in schedule.stages:
        print(f"{row.title}: likely {day(row.p50, today())}, 9-in-10 by {day(row.p90, today())}")
    print("  Stage ranges × usual delay, 10,000 runs")


def _planned(scope: Scope, now: datetime) -> Schedule:
    advice = advise(scope, folder_in_use(load_settings()), today=today())
    project = Project(
        id="plan", workspace="", channel="", slug="plan", name="Plan", created_at=now, created_by=""
    )
    for name in FIELDS:
        if (value := get_field(scope, name)) is not None:
            project.answers.append(Answer(field=name, value=value, person="", at=now))
    return schedule_of(project, today(), advice)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("plan")(plan)
