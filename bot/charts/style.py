"""One quiet style for every chart: colours that colour-blind people tell apart, few lines, large type."""

from __future__ import annotations

import io
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, MUTED, GRID = "#2b2f36", "#6b7280", "#e5e7eb"
BAR, BAR_SOFT, WHISKER, ALERT = "#3b6ea5", "#c3d3e6", "#4b5563", "#c0392b"
PARTS = ("#3b6ea5", "#e69f00", "#56a3a6", "#8f77a8", "#8c8c8c", "#d1795b")
"""Colours of the parts of a bar, in their order."""

_DPI = 150
_WIDTH_INCHES = 7.4
_TITLE_CHARACTERS = 74


def new_figure(height_inches: float) -> Figure:
    """Return an empty figure of the usual width."""
    return Figure(figsize=(_WIDTH_INCHES, height_inches), dpi=_DPI, layout="constrained")


def plain_axes(axes: Axes) -> None:
    """Take away frames and ticks that say nothing."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(axis="both", length=0, labelsize=9, labelcolor=INK)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def headline(figure: Figure, title: str, subtitle: str = "") -> None:
    """Put what the chart shows above it, at the left."""
    words = fill(title[:1].upper() + title[1:], _TITLE_CHARACTERS)
    figure.suptitle(words, x=0.012, ha="left", fontsize=11, fontweight="bold", color=INK)
    if subtitle:
        figure.supxlabel(subtitle, x=0.012, ha="left", fontsize=8.5, color=MUTED)


def as_png(figure: Figure) -> bytes:
    """Return the figure as a PNG."""
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white")
    return out.getvalue()
