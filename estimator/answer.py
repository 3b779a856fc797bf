"""From a computed value to an Estimate: unit, interval, formula, what was assumed, where it comes from."""

from __future__ import annotations

from typing import Any

from estimator.inputs import Request
from estimator.result import Estimate, Part

UNITS: dict[str, str] = {
    "gguf_size": "GiB",
    "checkpoint_size": "TB",
    "kv_cache": "GiB",
    "infer_memory": "GB",
    "train_memory": "GB",
    "train_flops": "FLOP",
    "pretrain_gpu_hours": "GPU-hours",
    "finetune_gpu_hours": "GPU-hours",
    "pretrain_wall_days": "days",
    "train_throughput": "tokens/s/GPU",
    "train_energy": "MWh",
    "decode_speed": "tokens/s",
    "prefill_speed": "tokens/s",
    "serve_throughput": "tokens/s",
    "serve_cost": "USD per 1,000 requests",
    "schedule": "weeks",
    "rag_index": "GB",
    "rag_request": "tokens",
    "prompt_cost": "USD per month",
    "api_cost": "USD per month",
    "compress_gpu_hours": "GPU-hours",
    "effort": "person-weeks",
}
"""The unit of every kind, as published in the interfaces."""


def answer(
    request: Request,
    value: float,
    formula: str,
    *,
    parts: tuple[Part, ...] = (),
    factors: tuple[float, float] | None = None,
    bounds: tuple[float, float] | None = None,
    extra: dict[str, Any] | None = None,
) -> Estimate:
    """Return the estimate; the interval is `bounds`, else value × `factors`, else × its kind's factors."""
    low, high = bounds or (0.0, 0.0)
    if bounds is None:
        below, above = factors or request.coefficients.intervals[request.kind]
        low, high = value * below, value * above
    return Estimate(
        kind=request.kind,
        value=value,
        unit=UNITS[request.kind],
        low=low,
        high=high,
        formula=formula,
        assumptions=tuple(request.assumptions),
        sources=tuple(request.sources),
        parts=parts,
        extra=extra or {},
    )
