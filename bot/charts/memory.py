"""Memory of one GPU as one stacked bar, against what the GPU has."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from bot.charts.style import ALERT, INK, MUTED, PARTS, WHISKER, as_png, headline, new_figure, plain_axes

_LABEL_SHARE = 0.09  # of the axis: narrower parts are named in the legend alone


@dataclass(frozen=True)
class MemoryBar:
    """What a bar shows, in GiB: parts, their sum with its 80 % interval, and what the card has (0: unknown)."""

    title: str
    parts: tuple[tuple[str, float], ...]
    low: float
    high: float
    gpu: str = ""
    room: float = 0.0

    @property
    def total(self) -> float:
        return sum(value for _, value in self.parts)


def memory_png(bar: MemoryBar) -> bytes:
    """Draw the parts beside each other; a line stands where the card is full."""
    figure = new_figure(2.7)
    axes = figure.subplots()
    longest = max(bar.high, bar.room) * 1.06
    left = 0.0
    for place, (name, value) in enumerate(bar.parts):
        colour = PARTS[place % len(PARTS)]
        axes.barh(0, value, left=left, height=0.5, color=colour, label=f"{name} {value:,.2f}")
        if value / longest >= _LABEL_SHARE:
            axes.text(
                left + value / 2, 0, f"{value:,.1f}", ha="center", va="center", color="white", fontsize=10
            )
        left += value
    _interval(axes, bar)
    if bar.room:
        _room(axes, bar, longest)
    axes.set_xlim(0, longest)
    axes.set_ylim(-0.5, 0.72)
    axes.set_yticks([])
    axes.set_xlabel("GiB of one GPU", fontsize=9, color=MUTED)
    plain_axes(axes)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=min(5, len(bar.parts)), frameon=False,
        fontsize=9, handlelength=1.0, columnspacing=1.4, labelcolor=INK,
    )  # fmt: skip
    headline(figure, bar.title)
    return as_png(figure)


def _interval(axes: Axes, bar: MemoryBar) -> None:
    axes.plot([bar.low, bar.high], [0.34, 0.34], color=WHISKER, linewidth=1.3)
    for end in (bar.low, bar.high):
        axes.plot([end, end], [0.31, 0.37], color=WHISKER, linewidth=1.3)
    axes.text(bar.total, 0.41, f"{bar.total:,.1f} GiB (80 %: {bar.low:,.1f}–{bar.high:,.1f})",
              ha="center" if bar.total > 0.3 * max(bar.high, bar.room) else "left", fontsize=9, color=INK,
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0}, zorder=4)  # fmt: skip


def _room(axes: Axes, bar: MemoryBar, longest: float) -> None:
    axes.axvline(bar.room, color=ALERT, linewidth=1.6)
    at_right = bar.room > 0.75 * longest
    axes.annotate(
        f"{bar.gpu}: {bar.room:,.0f}", (bar.room, 0.6), xytext=(-5 if at_right else 5, 0),
        textcoords="offset points", ha="right" if at_right else "left", color=ALERT, fontsize=9,
    )  # fmt: skip
