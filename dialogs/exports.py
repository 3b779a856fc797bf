"""A project as a file: a brief in Markdown, everything as JSON, the record as CSV, the dates as ICS."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from dialogs.lifecycle import Lifecycle
from dialogs.progress import holds
from dialogs.project import Project
from dialogs.scope import FIELDS, get_field
from dialogs.wording import LABELS, phrase
from estimator.schedule import Schedule


def brief(project: Project, lifecycle: Lifecycle) -> str:
    """Return the project as Markdown: scope, stages, results, decisions."""
    scope = project.scope
    lines = [f"# {project.name}", ""]
    if scope.description:
        lines += [scope.description, ""]
    lines += ["## Scope", ""]
    for name in FIELDS:
        value = get_field(scope, name)
        if value is None or name == "description":
            continue
        answer = project.current(name)
        by = f" ({answer.person_name or answer.person}, {answer.at:%Y-%m-%d})" if answer else ""
        lines.append(f"- {LABELS[name]}: {phrase(name, value)}{by}")
    lines += ["", "## Stages", ""]
    states = {state.id: state for state in project.substeps}
    for stage in lifecycle.stages:
        lines.append(f"### {stage.title}")
        lines.append("")
        for substep in stage.substep:
            state = states.get(substep.id)
            if state is None:
                continue
            due = f", due {state.due.isoformat()}" if state.due and state.status != "done" else ""
            lines.append(f"- {substep.title}: {state.status}{due}")
            lines += [
                f"  - [{'x' if holds(criterion, project, substep.id) else ' '}] {criterion.text}"
                for criterion in substep.criterion
            ]
            if state.reason:
                lines.append(f"  - closed early: {state.reason}")
        lines.append("")
    if project.runs:
        lines += ["## Results", ""]
        for run in project.runs:
            scores = ", ".join(f"{name} {value:g}" for name, value in run.results.items())
            lines.append(f"- {run.at:%Y-%m-%d}: {scores}")
        lines.append("")
    if project.loops:
        lines += ["## Loops", ""]
        lines += [f"- {loop.at:%Y-%m-%d}: {loop.source} → {loop.target}" for loop in project.loops]
        lines.append("")
    if project.decisions:
        lines += ["## Decisions", ""]
        lines += [
            f"- {entry.at:%Y-%m-%d}, {entry.person_name or entry.person}: {entry.text}"
            for entry in project.decisions
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def as_json(project: Project) -> str:
    """Return the whole project as JSON."""
    plain: dict[str, Any] = project.model_dump(mode="json", exclude={"events", "said", "remarked", "card_ts"})
    plain["scope"] = project.scope.model_dump(mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def as_csv(project: Project) -> str:
    """Return the project's history as CSV: answers, decisions, results and loops, oldest first."""
    rows: list[tuple[datetime, str, str, str, str]] = []
    for answer in project.answers:
        value = phrase(answer.field, answer.value)
        rows.append(
            (answer.at, answer.person_name or answer.person, f"answer ({answer.state})", answer.field, value)
        )
    for entry in project.decisions:
        rows.append((entry.at, entry.person_name or entry.person, "decision", "", entry.text))
    for run in project.runs:
        for name, score in run.results.items():
            rows.append((run.at, run.person, "result", name, f"{score:g}"))
    for loop in project.loops:
        rows.append((loop.at, loop.person, "loop", loop.source, loop.target))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "person", "kind", "what", "value"])
    for at, person, kind, what, value in sorted(rows, key=lambda row: row[0]):
        writer.writerow([at.isoformat(), *(_harmless(cell) for cell in (person, kind, what, value))])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and not cell[1:2].isdigit() else cell


def as_ics(project: Project, lifecycle: Lifecycle, now: datetime) -> str:
    """Return the due dates as a calendar; the UIDs are stable, so a new import moves the old events."""
    calendar = Calendar()
    calendar.add("prodid", "-//Cairn//lifecycle//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", project.name)
    for state in project.substeps:
        if state.due is None or state.status in {"done", "skipped"}:
            continue
        substep = lifecycle.substep(state.id)
        event = Event()
        event.add("uid", f"{project.id}-{state.id}@cairn")
        event.add("dtstamp", now)
        event.add("sequence", project.version)
        event.add("dtstart", state.due)
        event.add("dtend", state.due + timedelta(days=1))
        event.add("summary", f"{project.name}: {substep.title}")
        event.add("description", "\n".join(criterion.text for criterion in substep.criterion))
        calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))


def plan_ics(schedule: Schedule, slug: str, title: str, now: datetime) -> str:
    """Return a plan's stages as a calendar: one event a stage, from its start to its likely end."""
    calendar = Calendar()
    calendar.add("prodid", "-//Cairn//lifecycle//EN")
    calendar.add("version", "2.0")
    for row in schedule.stages:
        event = Event()
        event.add("uid", f"{slug}-{row.id}@cairn")
        event.add("dtstamp", now)
        event.add("dtstart", row.start)
        event.add("dtend", row.p50 + timedelta(days=1))
        event.add("summary", f"{title}: {row.title}")
        event.add("description", f"Likely {row.p50.isoformat()}, 9 in 10 by {row.p90.isoformat()}")
        calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))
