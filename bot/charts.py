"""Charts as PNG, drawn with matplotlib in one quiet style."""

from __future__ import annotations

import io
from datetime import date, timedelta

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from estimator.schedule import Schedule

_BAR, _WHISKER, _TODAY, _GRID = "#3b6ea5", "#8c8c8c", "#c0392b", "#e5e5e5"


def gantt_png(schedule: Schedule, today: date, title: str) -> bytes:
    """Draw a stage plan: bars to the likely end, whiskers to 9 in 10, a line for today."""
    rows = [row for row in schedule.substeps if row.p90 > row.start] or list(schedule.substeps)
    figure = Figure(figsize=(9, 0.45 * len(rows) + 1.6), dpi=130, layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        start, likely, late = date2num(row.start), date2num(row.p50), date2num(row.p90)
        width = max(likely - start, 1.0)
        axes.barh(place, width, left=start, height=0.5, color=_BAR)
        axes.plot([start + width, max(late, start + width)], [place, place], color=_WHISKER, linewidth=1.4)
        axes.plot([max(late, start + width)] * 2, [place - 0.14, place + 0.14], color=_WHISKER, linewidth=1.4)
    axes.axvline(float(date2num(today)), color=_TODAY, linewidth=1.2, linestyle="--")
    axes.annotate("today", (float(date2num(today)), len(rows) - 0.35), color=_TODAY, fontsize=8, ha="left")
    axes.set_yticks(range(len(rows)), [row.title for row in reversed(rows)], fontsize=9)
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlim(float(date2num(min(schedule.start, today) - timedelta(days=3))), None)
    axes.set_ylim(-0.6, len(rows) - 0.1)
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(
        f"{title}: likely {schedule.p50:%-d %B %Y}, 9 in 10 by {schedule.p90:%-d %B %Y}",
        fontsize=11, loc="left",
    )  # fmt: skip
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white")
    return out.getvalue()
