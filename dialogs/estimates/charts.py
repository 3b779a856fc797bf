"""Which chart goes with an estimate: its name, which the edge draws from, and its words for those who cannot see it.

A name is the chart and the request it shows, "memory infer_memory model=… gpu=…", so that it can be drawn anywhere.
"""

from __future__ import annotations

from dialogs.estimates.catalogue import kind_facts
from dialogs.estimates.lines import line_of
from dialogs.estimates.work import Worked
from dialogs.speaking.speech import compose, plain
from dialogs.understanding.estimate_inputs import request_text
from knowledge.catalog import Catalog

_MEMORY = ("infer_memory", "train_memory")


def chart_of(worked: Worked, catalog: Catalog) -> tuple[str, str]:
    """Return the chart's name and its alternative text; both empty where there is nothing to see."""
    match kind_facts(worked.kind).chart:
        case "memory":
            return _memory(worked, catalog)
        case "gantt" if worked.schedule is not None:
            rows = [row for row in worked.schedule.stages if row.p90 > row.start]
            alt = compose("estimate_alt", chart="gantt", rows=rows, today=worked.schedule.start).body
            return f"gantt {worked.text}", plain(alt)
    return "", ""


def _memory(worked: Worked, catalog: Catalog) -> tuple[str, str]:
    memory = next((result for result in worked.results if result.kind in _MEMORY), None)
    if memory is None:
        return "", ""
    inputs = worked.inputs if memory is worked.first else worked.shared
    line = line_of(memory, inputs, catalog)
    alt = compose(
        "estimate_alt", chart="memory", parts=line.parts, total=line.amount, room=line.room, gpu=line.gpu
    )
    return f"memory {request_text(memory.kind, inputs)}", plain(alt.body)
