"""Files that are handed over: their content comes from the core, charts are drawn here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.charts import gantt_png
from dialogs.advising import schedule_of
from dialogs.exports import as_csv, as_ics, as_json, brief
from dialogs.lifecycle import load_lifecycle
from dialogs.project import Project
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
    """Return the project in one of the formats md, json, csv, ics, png."""
    lifecycle = load_lifecycle()
    name = f"{project.slug}.{format}"
    match format:
        case "json":
            return File(name, as_json(project).encode())
        case "csv":
            return File(name, as_csv(project).encode())
        case "ics":
            return File(name, as_ics(project, lifecycle, now).encode())
        case "png":
            schedule = schedule_of(project, now.date())
            return File(
                name, gantt_png(schedule, now.date(), project.name), alt=f"Gantt chart of {project.name}"
            )
    return File(name, brief(project, lifecycle).encode())
