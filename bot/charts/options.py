"""Alternatives side by side: memory, time or speed, and cost, one panel each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

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
from dialogs.speaking.speech import rough


@dataclass(frozen=True)
class Figure80:
    """A value with its 80 % interval; `over` where it does not fit."""

    value: float
    low: float
    high: float
    over: bool = False


@dataclass(frozen=True)
class Panel:
    """One axis: a title with its unit, and for each alternative a value, or why there is none."""

    title: str
    values: tuple[Figure80 | str, ...]
    limit: float = 0.0  # what the GPU has, where it is the same for all
    limit_words: str = ""


def options_png(title: str, labels: Sequence[str], asked: str, panels: Sequence[Panel]) -> bytes:
    """Draw one row an alternative and one panel a measure; what was asked for stands out."""
    figure = new_figure(0.42 * len(labels) + 1.5)
    all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(all_axes, panels, strict=True):
        _draw(axes, panel, labels, asked)
    all_axes[0].set_yticks(range(len(labels)), labels)
    for tick in all_axes[0].get_yticklabels():
        tick.set_fontweight("bold" if tick.get_text() == asked else "normal")
    headline(figure, title, "Whisker: 80 % interval · dark bar: what was asked · red: does not fit")
    return as_png(figure)


def _draw(axes: Axes, panel: Panel, labels: Sequence[str], asked: str) -> None:
    plain_axes(axes)
    known = [each for each in panel.values if isinstance(each, Figure80)]
    longest = max([each.high for each in known] + [panel.limit, 1e-12])
    for place, each in enumerate(panel.values):
        if isinstance(each, str):
            axes.text(0.02 * longest, place, each, va="center", fontsize=8.5, color=MUTED, style="italic")
            continue
        colour = ALERT if each.over else BAR if labels[place] == asked else BAR_SOFT
        axes.barh(place, each.value, height=0.55, color=colour, alpha=0.75 if each.over else 1.0)
        axes.plot([each.low, each.high], [place, place], color=WHISKER, linewidth=1.2)
        axes.text(each.high + 0.02 * longest, place, rough(each.value, 2), va="center", fontsize=9, color=INK)
    if panel.limit:
        axes.axvline(panel.limit, color=ALERT, linewidth=1.3)
        axes.annotate(panel.limit_words, (panel.limit, 0), xytext=(3, -3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", va="top", ha="center", color=ALERT, fontsize=8)  # fmt: skip
    axes.set_xlim(0, 1.32 * longest)
    axes.set_title(panel.title, fontsize=9.5, color=MUTED, loc="left")
    axes.set_xticks([])
    axes.set_ylim(len(labels) - 0.4, -0.6)
