"""GPU-hours to make a model smaller: quantization, pruning, distillation."""

from __future__ import annotations

from estimator.answer import answer
from estimator.compute import gpu_hours_of
from estimator.formats import weight_format
from estimator.inputs import Request
from estimator.numbers import count, number
from estimator.result import Estimate, EstimateError
from estimator.shapes import read_shape

_HOURS_PER_BILLION = 2.5 / 70  # "a few hours" for a 70B model on one data-centre GPU
_RECOVERY_TOKENS = 1e9
_WAYS = {"quantization", "pruning", "distillation"}
_SOURCE = "Frantar et al. 2022, arXiv:2210.17323 (GPTQ: 175B in about four GPU-hours); Qwen README (AWQ)"


def _way(request: Request) -> str:
    if request.get("method") == "distillation":
        return "distillation"
    techniques = request.get("techniques")
    named = [name for name in techniques if name in _WAYS] if isinstance(techniques, tuple) else []
    if named:
        return str(named[0])
    if techniques:
        raise EstimateError("techniques must name quantization, pruning or distillation here.")
    return "quantization"


def estimate_compress_gpu_hours(request: Request) -> Estimate:
    """GPU-hours of compressing once; the evaluation afterwards is not in it."""
    way = _way(request)
    request.assume(f"by {way}, once; evaluate again afterwards")
    if way == "quantization":
        fmt = weight_format(request.default("quant", "gptq"))
        shape = read_shape(request, "params")
        request.cite(_SOURCE)
        if fmt.family == "gguf":
            formula = "GGUF types are computed on the CPU in minutes: 0 GPU-hours"
            return answer(request, 0.0, formula, bounds=(0.0, 0.1 * shape.params / 1e9 / 70))
        hours = _HOURS_PER_BILLION * shape.params / 1e9
        each = f"{number(_HOURS_PER_BILLION)} GPU-hours a billion"
        formula = f"{count(shape.params)} × {each} = {number(hours)} GPU-hours"
        return answer(request, hours, formula, factors=(0.4, 2.0))
    if request.get("tokens") is None and request.get("samples") is None:
        request.values["tokens"] = request.default("tokens", _RECOVERY_TOKENS)
    method = "distillation" if way == "distillation" else "full"
    hours, _, _, _, formula = gpu_hours_of(request, method)
    return answer(request, hours, formula, factors=request.coefficients.intervals["finetune_gpu_hours"])
