"""Electric energy of a training run."""

from __future__ import annotations

from estimator.answer import answer
from estimator.compute import gpu_hours_of
from estimator.inputs import Request
from estimator.numbers import number
from estimator.result import Estimate, Part

_PRETRAINING = {"pretrain", "continued-pretrain", "continued-pretrain+sft"}


def estimate_train_energy(request: Request) -> Estimate:
    """Energy in MWh: `GPU-hours × TDP × draw × PUE`; the draw of busy GPUs is fitted."""
    gpu = request.gpu()
    hours = request.get("gpu_hours")
    text = ""
    if hours is None:
        hours, _, _, _, text = gpu_hours_of(request, request.default("method", "pretrain"))
        text = f" ({text})"
    draw = request.coefficient("energy.draw_share")
    pue = request.default("pue", 1.0, "the GPUs alone; a data centre adds 10 to 50 %")
    energy = hours * gpu.tdp_w * draw * pue / 1e6
    power = f"{gpu.tdp_w:,.0f} W × {number(draw, 2)} × PUE {pue:g}"
    formula = f"{number(hours)} GPU-hours{text} × {power} = {number(energy)} MWh"
    low, high = request.coefficients.intervals["train_energy"]
    if text:
        below, above = request.coefficients.intervals["pretrain_gpu_hours"]
        low, high = min(low, below), max(high, above)
    parts = (Part("GPUs", energy / pue), Part("cooling and supply", energy - energy / pue))
    return answer(request, energy, formula, factors=(low, high), parts=parts, extra={"gpu_hours": hours})
