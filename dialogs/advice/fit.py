"""Whether a model fits a machine, in which quantization, and how fast it answers. The estimator says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dialogs.advice.machine import Machine
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from knowledge.catalog import Catalog
from knowledge.schema import ModelCard

_GB = 1e9
_GIB = 2**30
_ROOMY_GPU_GB = 40.0
_ROOMY_SHARE = 0.7  # 16-bit weights are taken where they use no more of the memory than this
_TINY_B = 2.0  # below this, 4 bits cost too much quality


@dataclass(frozen=True, eq=False)
class Shelf:
    """A catalogue that hashes by the revision of its knowledge folder, so that estimates can be kept."""

    catalog: Catalog
    revision: str

    def __hash__(self) -> int:
        return hash(self.revision)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shelf) and other.revision == self.revision


@dataclass(frozen=True)
class Load:
    """One request: tokens in, tokens out, and the context to reserve."""

    prompt_tokens: int
    output_tokens: int
    context_tokens: int


@dataclass(frozen=True)
class Serving:
    """What an estimate is made for: catalogue ids, the format of the weights, and one request."""

    model: str
    quantization: str
    gpu: str | None
    gpus: int
    load: Load


@dataclass(frozen=True)
class Fit:
    """A model on a machine. Memory is over all GPUs used; speed is for one request alone."""

    quantization: str
    memory_gib: float
    gpus: int
    fits: bool
    decode_tokens_s: float | None = None
    seconds_per_request: float | None = None


def fit(shelf: Shelf, card: ModelCard, machine: Machine | None, load: Load) -> Fit | None:
    """Return how a model is best served, or None where its size is not published."""
    if card.params_b is None:
        return None
    if card.kind != "decoder":
        return _fit_encoder(shelf, card, machine, load)
    found = None
    for quant in _quantizations(card, machine):
        found = _served(shelf, card, machine, quant, load)
        if found is None or (found.fits and _leaves_room(found, machine)):
            break
    return found


def _quantizations(card: ModelCard, machine: Machine | None) -> tuple[str, ...]:
    """Return the formats to try, the finest first: 16 bits on large cards, 8 for tiny models, else 4."""
    assert card.params_b is not None
    small = ("Q8_0",) if card.params_b < _TINY_B else ("Q4_K_M",)
    roomy = machine is not None and not machine.is_cpu and machine.each_gb >= _ROOMY_GPU_GB
    datacenter = roomy and machine is not None and machine.gpu is not None and machine.gpu.kind != "unified"
    return ("bf16", *small) if datacenter else small


def _leaves_room(found: Fit, machine: Machine | None) -> bool:
    if found.quantization != "bf16" or machine is None:
        return True
    return found.memory_gib * _GIB / _GB <= _ROOMY_SHARE * machine.each_gb * found.gpus


def _served(shelf: Shelf, card: ModelCard, machine: Machine | None, quant: str, load: Load) -> Fit | None:
    """Return the fit on the fewest GPUs that hold it, or on all of them where even those do not."""
    gpu = machine.gpu if machine else None
    for count in _counts(machine):
        serving = Serving(card.id, quant, gpu.id if gpu else None, count, load)
        memory = _estimate(shelf, "infer_memory", serving)
        if memory is None:
            return None
        fits = machine is None or memory.value <= machine.each_gb
        if fits or count == (machine.count if machine else 1):
            speed, seconds = _speed(shelf, serving) if fits and gpu else (None, None)
            return Fit(quant, memory.value * count * _GB / _GIB, count, fits, speed, seconds)
    return None


def _counts(machine: Machine | None) -> list[int]:
    if machine is None:
        return [1]
    return sorted({count for count in (1, 2, 4, 8, machine.count) if count <= machine.count})


def _speed(shelf: Shelf, serving: Serving) -> tuple[float | None, float | None]:
    """Return tokens a second, and the seconds of one request alone."""
    decode = _estimate(shelf, "decode_speed", serving)
    prefill = _estimate(shelf, "prefill_speed", serving)
    if decode is None or prefill is None:
        return None, None
    load = serving.load
    return decode.value, load.prompt_tokens / prefill.value + load.output_tokens / decode.value


@lru_cache(maxsize=8192)
def _estimate(shelf: Shelf, kind: str, serving: Serving) -> Estimate | None:
    load = serving.load
    inputs: dict[str, object] = {
        "model": serving.model,
        "quant": serving.quantization,
        "n_gpus": serving.gpus,
        "batch": 1,
    }
    if kind == "infer_memory":
        inputs["context_tokens"] = load.context_tokens
    else:
        inputs |= {"gpu": serving.gpu, "prompt_tokens": load.prompt_tokens, "gen_tokens": load.output_tokens}
    try:
        return estimate(kind, inputs, shelf.catalog)
    except EstimateError:
        return None


def _fit_encoder(shelf: Shelf, card: ModelCard, machine: Machine | None, load: Load) -> Fit:
    """An encoder holds 16-bit weights and one input's activations; it keeps no cache and writes no tokens."""
    assert card.params_b is not None
    tokens = min(load.prompt_tokens, card.context_tokens or 512)
    hidden, layers = card.architecture.hidden or 1024, card.architecture.layers or 24
    activations_gb = 34 * tokens * hidden / _GB + 4 * layers * tokens / _GB
    memory_gb = 2 * card.params_b + activations_gb + 0.5
    fits = machine is None or memory_gb <= machine.usable_gb
    seconds = None
    if machine and machine.gpu:
        flops = 2 * card.params_b * 1e9 * tokens
        seconds = flops / (machine.gpu.tflops_bf16 * 1e12 * 0.3) + 0.005
    return Fit("bf16", memory_gb * _GB / _GIB, 1, fits, None, seconds)
