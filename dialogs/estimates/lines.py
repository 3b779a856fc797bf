"""An estimate as what its sentence needs: figures already written, units beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dialogs.estimates.catalogue import kind_facts
from dialogs.estimates.words import GIB_PER_GB, digits_of, machine, said_value, spread
from dialogs.speaking.speech import rough
from dialogs.understanding.estimate_words import gpu_title
from estimator.inference import fits
from estimator.numbers import fixed
from estimator.result import Estimate
from knowledge.catalog import Catalog
from knowledge.schema import Gpu

FREE_SHARE = 0.95
"""Of a card that is known by its size only: cards hold GiB where sheets say GB, and drivers keep some."""

_MEMORY = frozenset(("infer_memory", "train_memory"))
_FILES = frozenset(("gguf_size", "kv_cache"))
_SPEED = frozenset(("decode_speed",))
Verdict = Literal["", "yes", "tight", "unlikely", "no"]


@dataclass(frozen=True)
class Line:
    """One estimate, ready for its sentence. `amount` and `spread` are in `unit`; `gb` only for sizes."""

    kind: str
    title: str
    amount: str
    unit: str
    spread: str
    parts: tuple[tuple[str, str], ...] = ()
    gb: str = ""
    total: str = ""
    verdict: Verdict = ""
    gpu: str = ""
    on: str = ""
    room: str = ""
    hours: str = ""
    hours_spread: str = ""
    each: str = ""
    at_once: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def line_of(result: Estimate, inputs: Mapping[str, Any], catalog: Catalog) -> Line:
    """Return what the sentence of one estimate needs."""
    gpu = catalog.find_gpu(str(inputs["gpu"])) if inputs.get("gpu") else None
    count = _count(inputs.get("n_gpus"))
    in_gib = result.kind in _MEMORY
    card_gb = float(inputs.get("memory_gb") or 0.0) if in_gib and gpu is None else 0.0
    factor = GIB_PER_GB if in_gib else 1.0
    return Line(
        kind=result.kind,
        title=kind_facts(result.kind).title,
        amount=said_value(result, factor),
        unit="GiB" if in_gib else result.unit,
        spread=spread(result, factor),
        parts=tuple((part.name, fixed(part.value * factor)) for part in result.parts if part.value),
        gb=_gb(result),
        total=rough(result.value * factor * count, digits_of(result)) if in_gib and count > 1 else "",
        verdict=_verdict(result, gpu, card_gb) if in_gib else "",
        gpu=gpu_title(gpu) if gpu else ("card" if card_gb else ""),
        on=machine(gpu, count) if gpu else "",
        room=rough(room_gib(gpu) if gpu else card_gb) if in_gib and (gpu or card_gb) else "",
        **_hours(result, count),
        **_shared(result, _count(inputs.get("batch"))),
        more=result.extra,
    )


def _count(value: Any) -> int:
    try:
        return max(1, int(value))
    except (TypeError, ValueError):
        return 1


def _gb(result: Estimate) -> str:
    if result.kind in _MEMORY:
        return rough(result.value)
    return rough(result.value / GIB_PER_GB) if result.kind in _FILES else ""


def _verdict(result: Estimate, gpu: Gpu | None, card_gb: float) -> Verdict:
    """Whether it fits: by the value, and by both ends of its interval; "" where no card is known."""
    if gpu is None and not card_gb:
        return ""
    if _holds(result.value, gpu, card_gb):
        return "yes" if _holds(result.high, gpu, card_gb) else "tight"
    return "unlikely" if _holds(result.low, gpu, card_gb) else "no"


def _holds(value_gb: float, gpu: Gpu | None, card_gb: float) -> bool:
    return fits(gpu, value_gb) if gpu else value_gb * GIB_PER_GB <= FREE_SHARE * card_gb


def room_gib(gpu: Gpu) -> float:
    """Return the memory a card has: its GiB as sold; what a shared memory leaves a GPU where it is shared."""
    if gpu.kind == "unified":
        return gpu.memory_gb * gpu.usable_memory_share * GIB_PER_GB
    return gpu.memory_gb


def _hours(result: Estimate, count: int) -> dict[str, str]:
    """Return the hours a run takes on all GPUs together."""
    if result.unit != "GPU-hours":
        return {}
    return {"hours": said_value(result, 1 / count), "hours_spread": spread(result, 1 / count)}


def _shared(result: Estimate, batch: int) -> dict[str, str]:
    if result.kind not in _SPEED or batch < 2:
        return {}
    return {"each": rough(result.value / batch), "at_once": f"{batch:,}"}
