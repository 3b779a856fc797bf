"""The stage plan as a Gantt chart: bars to the likely end, whiskers to 9 in 10, a line for today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from bot.charts.style import (
    ALERT,
    BAR,
    BAR_SOFT,
    INK,
    MUTED,
    WHISKER,
    as_png,
    headline,
    new_figure,
    plain_axes,
)
from estimator.durations import DURATIONS, STAGE_TITLES
from estimator.schedule import Schedule, StageForecast

_STAGE_COLOURS = {"scope": "#56a3a6", "select": "#b98a1f", "adapt": BAR, "integrate": "#7d6aa8"}
_CAP = 0.13


def gantt_png(schedule: Schedule, today: date, title: str) -> bytes:
    """Draw a stage plan; what is done already has no bar."""
    rows = [row for row in schedule.substeps if row.effort_person_weeks > 0] or list(schedule.substeps)
    figure = new_figure(0.4 * len(rows) + 1.7)
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        _bar(axes, place, row)
    _today(axes, today, len(rows))
    if schedule.inputs.deadline:
        _line(axes, schedule.inputs.deadline, len(rows), "deadline", INK)
    axes.set_yticks(range(len(rows)), [row.title for row in reversed(rows)])
    _calendar(axes, schedule, today)
    axes.set_ylim(-0.6, len(rows) + 0.15)
    plain_axes(axes)
    _stages(axes, rows)
    headline(
        figure,
        f"{title}: likely {_day(schedule.p50)}, 9 in 10 by {_day(schedule.p90)}",
        "Bar: start to likely end (P50) · whisker: 9-in-10 end (P90) · calendar time of people, not computing time",
    )
    return as_png(figure)


def _bar(axes: Axes, place: int, row: StageForecast) -> None:
    start, likely, late = (float(date2num(day)) for day in (row.start, row.p50, row.p90))
    end = max(likely, start + 1.0)
    axes.barh(place, end - start, left=start, height=0.56, color=_STAGE_COLOURS.get(_stage(row), BAR))
    if late > end:
        axes.plot([end, late], [place, place], color=WHISKER, linewidth=1.3)
        axes.plot([late, late], [place - _CAP, place + _CAP], color=WHISKER, linewidth=1.3)


def _stage(row: StageForecast) -> str:
    return DURATIONS.substeps[row.id].stage if row.id in DURATIONS.substeps else row.id


def _stages(axes: Axes, rows: Sequence[StageForecast]) -> None:
    """Name the stages at the right, with a light line between them."""
    place = len(rows)
    for stage, inside in groupby(rows, key=_stage):
        count = len(list(inside))
        axes.text(
            1.01, place - 1 - (count - 1) / 2, STAGE_TITLES.get(stage, stage), transform=axes.get_yaxis_transform(),
            va="center", fontsize=9, color=_STAGE_COLOURS.get(stage, MUTED), fontweight="bold",
        )  # fmt: skip
        place -= count
        if place:
            axes.axhline(place - 0.5, color=BAR_SOFT, linewidth=0.8)


def _today(axes: Axes, today: date, rows: int) -> None:
    _line(axes, today, rows, "today", ALERT)


def _line(axes: Axes, day: date, rows: int, words: str, colour: str) -> None:
    where = float(date2num(day))
    axes.axvline(where, color=colour, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.annotate(
        words, (where, rows - 0.42), xytext=(3, 0), textcoords="offset points", color=colour, fontsize=8.5
    )


def _calendar(axes: Axes, schedule: Schedule, today: date) -> None:
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.xaxis.get_offset_text().set_visible(False)
    first = min(schedule.start, today)
    last = max([schedule.p90, *(row.p90 for row in schedule.substeps), today])
    margin = max(timedelta(days=3), (last - first) * 0.02)
    axes.set_xlim(float(date2num(first - margin)), float(date2num(last + margin)))


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
