"""From a chart's name to its picture. A name is "CHART REQUEST", so that it can be drawn whenever it is posted."""

from __future__ import annotations

from datetime import date

from bot.charts.gantt import gantt_png
from bot.charts.memory import MemoryBar, memory_png
from bot.charts.options import Figure80, Panel, options_png
from bot.failures import OperationError
from dialogs.estimates.catalogue import kind_facts
from dialogs.estimates.comparing import Option, compare
from dialogs.estimates.lines import room_gib
from dialogs.estimates.words import GIB_PER_GB, understood
from dialogs.understanding.estimate_inputs import key_values
from dialogs.understanding.estimate_words import gpu_title
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from estimator.schedule import ScheduleInputs, simulate
from knowledge.catalog import Catalog
from knowledge.schema import Gpu

_SIZES = frozenset(("infer_memory", "train_memory"))


def draw(name: str, catalog: Catalog, today: date) -> bytes:
    """Return the PNG of a chart that a reply names. Raises OperationError where the name means nothing."""
    chart, _, request = name.partition(" ")
    try:
        match chart:
            case "memory":
                return _memory(request, catalog)
            case "options":
                along, _, rest = request.partition(" ")
                return _options(along, rest, catalog)
            case "gantt":
                return _gantt(request, today)
    except EstimateError as error:
        raise OperationError(f"The chart {name[:60]!r} cannot be drawn: {error}") from error
    raise OperationError(f"There is no chart {name[:60]!r}.")


def _request(text: str) -> tuple[str, dict[str, object]]:
    found = key_values(text)
    if found is None:
        raise OperationError(f"The chart of {text[:60]!r} cannot be drawn: that is no request.")
    return found


def _memory(text: str, catalog: Catalog) -> bytes:
    kind, inputs = _request(text)
    result = estimate(kind, inputs, catalog)
    gpu = catalog.find_gpu(str(inputs.get("gpu") or ""))
    return memory_png(
        MemoryBar(
            title=" · ".join(understood(kind, inputs, catalog)[:6]),
            parts=tuple((part.name, part.value * GIB_PER_GB) for part in result.parts if part.value),
            low=result.low * GIB_PER_GB,
            high=result.high * GIB_PER_GB,
            gpu=gpu_title(gpu) if gpu is not None else "",
            room=room_gib(gpu) if gpu is not None else 0.0,
        )
    )


def _options(along: str, text: str, catalog: Catalog) -> bytes:
    kind, inputs = _request(text)
    options = compare(kind, inputs, along, catalog)
    if not options:
        raise OperationError(f"The chart of {text[:60]!r} has nothing to show.")
    columns = dict.fromkeys(name for option in options for name in option.results)
    gpu = catalog.find_gpu(str(inputs.get("gpu") or "")) if along != "gpu" else None
    panels = [_panel(name, options, gpu) for name in columns]
    if any(option.money is not None for option in options) and "serve_cost" not in columns:
        panels.append(_costs(options))
    asked = next((option.label for option in options if option.asked), "")
    stated = {key: value for key, value in inputs.items() if key != along}
    title = " · ".join(understood(kind, stated, catalog)[:5])
    return options_png(title, [option.label for option in options], asked, panels[:3])


def _panel(kind: str, options: tuple[Option, ...], gpu: Gpu | None) -> Panel:
    found = [option.results.get(kind) for option in options]
    unit = next(result.unit for result in found if result is not None)
    factor = GIB_PER_GB if kind in _SIZES else 1.0
    title = kind_facts(kind).title
    return Panel(
        f"{title}, {'GiB' if kind in _SIZES else unit}",
        tuple(_figure(result, factor, option) for result, option in zip(found, options, strict=True)),
        limit=room_gib(gpu) if gpu is not None and kind in _SIZES else 0.0,
        limit_words=f"{gpu_title(gpu)}: {room_gib(gpu):,.0f}" if gpu is not None else "",
    )


def _figure(result: Estimate | None, factor: float, option: Option) -> Figure80 | str:
    over = option.fits is False
    if over and (result is None or result.kind not in _SIZES):
        return "does not fit"
    if result is None:
        return "no dated price" if option.unpriced else "not known"
    return Figure80(result.value * factor, result.low * factor, result.high * factor, over)


def _costs(options: tuple[Option, ...]) -> Panel:
    values = tuple(
        "does not fit"
        if option.fits is False
        else Figure80(cost.usd, cost.low, cost.high)
        if (cost := option.money)
        else "no dated price"
        for option in options
    )
    return Panel("Cost of a run, USD", values)


def _gantt(text: str, today: date) -> bytes:
    _, inputs = _request(text)
    return gantt_png(simulate(ScheduleInputs.from_mapping(inputs, today=today)), today, "Schedule")
