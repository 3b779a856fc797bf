"""Charts as PNG, drawn with matplotlib."""

from bot.charts.drawing import draw
from bot.charts.gantt import gantt_png

__all__ = ["draw", "gantt_png"]
