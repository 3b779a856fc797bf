"""Charts as PNG. matplotlib takes most of a second to import, so it comes in with the first chart."""

from __future__ import annotations

from datetime import date

from estimator.schedule import Schedule
from knowledge.catalog import Catalog


def draw(name: str, catalog: Catalog, today: date) -> bytes:
    """Draw the chart that a request names, such as "memory infer_memory model=…"."""
    from bot.charts.drawing import draw as drawn

    return drawn(name, catalog, today)


def gantt_png(schedule: Schedule, today: date, title: str) -> bytes:
    """Draw a stage plan: bars to the likely end, whiskers to 9 in 10, a line for today."""
    from bot.charts.gantt import gantt_png as drawn

    return drawn(schedule, today, title)


__all__ = ["draw", "gantt_png"]
