"""Files that are handed over: their content comes from the core, charts are drawn here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.charts import gantt_png
from dialogs.lifecycle import load_lifecycle
from dialogs.nudges.reminders import zone_of
from dialogs.project import Project
from dialogs.projects.exports import as_csv, as_ics, as_json, brief
from dialogs.projects.five_lines import five_lines
from dialogs.recommending.advising import forecast_of
from knowledge.loader import Knowledge


@dataclass(frozen=True)
class File:
    """A file to hand over, with a text for those who cannot see it."""

    name: str
    content: bytes
    alt: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what the outbox keeps."""
        return {
            "filename": self.name,
            "base64": base64.b64encode(self.content).decode("ascii"),
            "title": self.name,
            "alt": self.alt,
        }


def build(format: str, project: Project, now: datetime, knowledge: Knowledge) -> File:
    """Return the project in one of the formats md, five, json, csv, ics, png (the plan) or runs (the scores)."""
    lifecycle, name = load_lifecycle(), f"{project.slug}.{format}"
    match format:
        case "json":
            return File(name, as_json(project).encode())
        case "csv":
            return File(name, as_csv(project).encode())
        case "ics":
            return File(name, as_ics(project, lifecycle, now).encode())
        case "runs":
            from bot.run_chart import runs_alt, runs_png  # brings matplotlib in

            return File(f"{project.slug}-runs.png", runs_png(project), alt=runs_alt(project))
    today = now.astimezone(zone_of(project.zone)).date()
    schedule = forecast_of(project, knowledge, today)
    if format == "png":
        return File(name, gantt_png(schedule, today, project.name), alt=f"Gantt chart of {project.name}")
    if format == "five":
        return File(f"{project.slug}.txt", five_lines(project, lifecycle, schedule, today).encode())
    return File(name, brief(project, lifecycle, schedule).encode())
