"""A project as a file: a brief in Markdown, everything as JSON, the record as CSV, the dates as ICS."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from dialogs.lifecycle import Lifecycle
from dialogs.nudges.reminders import zone_of
from dialogs.people import name_of
from dialogs.plan.progress import holds
from dialogs.project import Project
from dialogs.results.targets import REVIEW
from dialogs.scope import FIELDS, get_field
from dialogs.speaking.wording import LABELS, phrase
from estimator.schedule import Schedule

_INTERNAL = {"events", "said", "remarked", "nudged", "digest", "card_ts", "people"}
_FORMULA = re.compile(r"[=+\-@\t\r\n|%]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")


def brief(project: Project, lifecycle: Lifecycle, schedule: Schedule | None = None) -> str:
    """Return the project as Markdown: scope, finish, stages with checklists, results, loops, decisions."""
    scope = project.scope
    lines = [f"# {_line(project.name)}", ""]
    if scope.description:
        lines += [_line(scope.description), ""]
    if schedule is not None:
        lines += [f"Likely finish {schedule.p50.isoformat()}, 9 in 10 by {schedule.p90.isoformat()}.", ""]
    lines += ["## Scope", ""]
    for name in FIELDS:
        value = get_field(scope, name)
        if value is None or name == "description":
            continue
        answer = project.current(name)
        by = f" ({answer.person_name or answer.person}, {answer.at:%Y-%m-%d})" if answer else ""
        lines.append(f"- {LABELS[name]}: {_line(phrase(name, value))}{by}")
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
            owner = f", {name_of(project, state.owner)}" if state.owner else ""
            lines.append(f"- {substep.title}: {state.status}{due}{owner}")
            lines += [
                f"  - [{'x' if holds(criterion, project, substep.id) else ' '}] {criterion.text}"
                for criterion in substep.criterion
            ]
            if state.reason:
                lines.append(f"  - closed early: {_line(state.reason)}")
        lines.append("")
    if project.runs:
        lines += ["## Results", ""]
        for run in project.runs:
            scores = ", ".join(f"{name} {value:g}" for name, value in run.results.items())
            cases = f", on {run.cases:,} cases" if run.cases else ""
            origin = (
                f", {'expert review' if run.source == REVIEW else _line(run.source)}" if run.source else ""
            )
            errors = f", errors: {_line(run.worst)}" if run.worst else ""
            lines.append(
                f"- {run.at:%Y-%m-%d}: {scores}{cases}{origin}{errors} ({name_of(project, run.person)})"
            )
        lines.append("")
    if project.loops:
        lines += ["## Loops", ""]
        titles = {substep.id: substep.title for substep in lifecycle.substeps}
        lines += [
            f"- {loop.at:%Y-%m-%d}: {titles.get(loop.source, loop.source)} → {titles.get(loop.target, loop.target)}"
            for loop in project.loops
        ]
        lines.append("")
    if project.decisions:
        lines += ["## Decisions", ""]
        lines += [
            f"- {entry.at:%Y-%m-%d}, {entry.person_name or entry.person}: {_line(entry.text)}"
            for entry in project.decisions
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _line(text: str) -> str:
    """Put words of people on one line, so that they cannot break the document's structure."""
    return " ".join(text.split()).replace("<", "&lt;")


def _printable(text: str) -> str:
    """Put text on one line without control characters, which calendars refuse."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip() or "Project"


def as_json(project: Project) -> str:
    """Return the whole project as JSON."""
    plain: dict[str, Any] = project.model_dump(mode="json", exclude=_INTERNAL)
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
            rows.append((run.at, name_of(project, run.person), "result", name, f"{score:g}"))
    for loop in project.loops:
        rows.append((loop.at, name_of(project, loop.person), "loop", loop.source, loop.target))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "person", "kind", "what", "value"])
    for at, person, kind, what, value in sorted(rows, key=lambda row: row[0]):
        writer.writerow([at.isoformat(), *(_harmless(cell) for cell in (person, kind, what, value))])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula; plain numbers stay numbers."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def as_ics(project: Project, lifecycle: Lifecycle, now: datetime) -> str:
    """Return the dates as a calendar: what is due, and on which day finished steps were finished.

    The UIDs are stable and SEQUENCE grows with every change of the project, so a new import moves the old
    events; steps that are no longer needed are cancelled.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Cairn//lifecycle//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _printable(project.name))
    zone = zone_of(project.zone)
    for state in project.substeps:
        finished = state.finished_at.astimezone(zone).date() if state.finished_at else None
        on = finished if state.status == "done" else state.due
        if on is None:
            continue
        substep = lifecycle.substep(state.id)
        event = Event()
        event.add("uid", f"{project.id}-{state.id}@cairn")
        event.add("dtstamp", now)
        event.add("sequence", project.version)
        event.add("dtstart", on)
        event.add("dtend", on + timedelta(days=1))
        done = "✓ " if state.status == "done" else ""
        event.add("summary", f"{done}{_printable(project.name)}: {substep.title}")
        event.add("description", "\n".join(criterion.text for criterion in substep.criterion))
        event.add("status", "CANCELLED" if state.status == "skipped" else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
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
        event.add("summary", f"{_printable(title)}: {row.title}")
        event.add("description", f"Likely {row.p50.isoformat()}, 9 in 10 by {row.p90.isoformat()}")
        calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))
