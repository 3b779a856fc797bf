"""Tokens a second: prefill of a prompt, decoding, and how both follow from bandwidth and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from estimator.answer import answer
from estimator.formats import kv_bytes
from estimator.inference import Weights, format_of, runtime_of, weights_of
from estimator.inputs import Request
from estimator.kv import kv_cache_bytes
from estimator.numbers import count, fixed, number
from estimator.result import Estimate, Part
from estimator.shapes import Shape, read_shape
from knowledge.schema import Gpu

_FIELDS = ("layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab", "params")
_SOURCES = (
    "roofline: Williams et al. 2009; Pope et al. 2022, arXiv:2211.05102 (inference cost of transformers)",
    "XiongjieDai/GPU-Benchmarks-on-LLM-Inference (llama.cpp, measured); Qwen2.5 speed benchmark (vLLM, measured)",
)
_DEFAULT_PROMPT_TOKENS = 1024
_DEFAULT_GEN_TOKENS = 256


@dataclass(frozen=True)
class Machine:
    """The hardware of one replica, and how well this runtime uses it."""

    gpu: Gpu
    n_gpus: int
    runtime: str
    speedup: float  # over one GPU; a layer split gives none


def machine_of(request: Request, runtime: str) -> Machine:
    """Return GPU, count and speed-up: a layer split adds time over the GPUs, a tensor split gains per doubling."""
    gpu = request.gpu()
    n_gpus = int(request.get("n_gpus") or 1)
    speedup = 1.0
    if n_gpus > 1:
        mode = request.default("split_mode", "layer" if runtime == "llama.cpp" else "tensor")
        if mode == "tensor":
            speedup = (2 * request.coefficient("decode.tensor_gain_per_doubling")) ** log2(n_gpus)
    return Machine(gpu, n_gpus, runtime, speedup)


def gpu_class(gpu: Gpu) -> str:
    """Return which law of the runtimes holds: datacenter, consumer (also workstation) or unified memory."""
    return {"workstation": "consumer", "cpu": "unified"}.get(gpu.kind, gpu.kind)


def layer_seconds(request: Request, machine: Machine) -> float:
    """Time per layer and step that no bandwidth explains: kernel launches, synchronisation, small operations."""
    if machine.runtime in {"transformers", "litgpt-eager"}:
        return request.coefficient("decode.eager_layer_us") * 1e-6
    return request.coefficient(f"decode.{gpu_class(machine.gpu)}_layer_us") * 1e-6


def touched_share(shape: Shape, batch: float) -> float:
    """Share of a mixture's weights that a batch reads, over one token's: `1 - (1 - active/total)^B`."""
    if not shape.is_moe:
        return 1.0
    share = shape.active / shape.params
    return (1 - (1 - share) ** batch) / share


def decode_step_seconds(
    request: Request, shape: Shape, weights: Weights, machine: Machine, batch: float, context: float
) -> float:
    """Return seconds to give each of `batch` sequences its next token.

    `t = max((W_read + KV_read)/(BW × share), 2*N_active*B/(peak × share)) + L × t_layer`
    """
    bandwidth = (
        machine.gpu.bandwidth_gb_s * 1e9 * machine.speedup * request.coefficient("decode.bandwidth_share")
    )
    cache = kv_cache_bytes(shape, kv_bytes(request.get("kv_dtype") or "f16"), context, batch)
    moved = weights.read_bytes * touched_share(shape, batch) + cache
    computed = (
        2
        * shape.active
        * batch
        / (machine.gpu.tflops_bf16 * 1e12 * machine.speedup * prefill_share(request, weights, machine))
    )
    return max(moved / bandwidth, computed) + shape.layers * layer_seconds(request, machine)


def prefill_share(request: Request, weights: Weights, machine: Machine) -> float:
    """Return the share of the 16-bit peak that prefill reaches under this runtime."""
    if machine.runtime != "llama.cpp":
        return request.coefficient("prefill.engine_share")
    share = request.coefficient(f"prefill.{gpu_class(machine.gpu)}_share")
    quantized = weights.format.name not in {"F16", "F32", "BF16"}
    return share * (request.coefficient("prefill.quantized_factor") if quantized else 1.0)


def prefill_seconds(
    request: Request, shape: Shape, weights: Weights, machine: Machine, prompt: float
) -> float:
    """Return seconds to read a prompt: `(2*N_active*P + 2*L*nh*hd*P²)/(peak × share) + L × t_layer`.

    The embedding table takes no arithmetic; attention is causal, hence half of `4*L*nh*hd*P²`.
    """
    working = shape.active - (0.0 if shape.tied_embeddings else shape.embedding_params)
    flops = 2 * working * prompt + 2 * shape.layers * shape.heads * shape.head_dim * prompt**2
    peak = machine.gpu.tflops_bf16 * 1e12 * machine.speedup
    return flops / (peak * prefill_share(request, weights, machine)) + shape.layers * layer_seconds(
        request, machine
    )


def setting(request: Request) -> tuple[Shape, Weights, Machine]:
    """Read shape, weights and machine of a speed estimate."""
    fmt = format_of(request)
    shape = read_shape(request, *_FIELDS, typical=True)
    machine = machine_of(request, runtime_of(request, fmt))
    request.cite(*_SOURCES)
    return shape, weights_of(request, shape, fmt), machine


def decode_context(request: Request) -> float:
    """Return the mean tokens in the cache while decoding: prompt plus half of what is generated."""
    if request.get("context_tokens"):
        return float(request.get("context_tokens"))
    prompt = request.get("prompt_tokens")
    generated = request.get("gen_tokens")
    if prompt is None and generated is None:
        prompt = request.default("prompt_tokens", _DEFAULT_PROMPT_TOKENS)
        generated = request.default("gen_tokens", _DEFAULT_GEN_TOKENS)
    return float(prompt or 0) + float(generated or 0) / 2


def estimate_decode_speed(request: Request) -> Estimate:
    """Generated tokens a second over all sequences of the batch."""
    shape, weights, machine = setting(request)
    batch = request.default("batch", 1, "one sequence")
    context = decode_context(request)
    step = decode_step_seconds(request, shape, weights, machine, batch, context)
    fixed_time = shape.layers * layer_seconds(request, machine)
    speed = batch / step
    parts = (
        Part("reading weights and cache, ms", 1e3 * (step - fixed_time)),
        Part("per layer, ms", 1e3 * fixed_time),
    )
    formula = (
        f"{batch:,} ÷ ({number(1e3 * (step - fixed_time))} ms for {fixed(weights.read_bytes / 1e9)} GB weights and "
        f"{context:,.0f} tokens of cache at {machine.gpu.bandwidth_gb_s:,.0f} GB/s × "
        f"{number(request.coefficient('decode.bandwidth_share'), 2)} + {shape.layers} layers × "
        f"{number(1e6 * layer_seconds(request, machine))} µs) = {number(speed)} tokens/s"
    )
    return answer(request, speed, formula, extra={"step_ms": 1e3 * step, "parts_unit": "ms"}, parts=parts)


def estimate_prefill_speed(request: Request) -> Estimate:
    """Prompt tokens a second of one prompt."""
    shape, weights, machine = setting(request)
    prompt = request.default(
        "prompt_tokens", request.get("seq") or request.get("context_tokens") or _DEFAULT_PROMPT_TOKENS
    )
    prompt = max(1, prompt)
    seconds = prefill_seconds(request, shape, weights, machine, prompt)
    speed = prompt / seconds
    share = prefill_share(request, weights, machine)
    formula = (
        f"{prompt:,} tokens ÷ (2 × {count(shape.active)} × {prompt:,} FLOP + attention) × "
        f"({number(machine.gpu.tflops_bf16)} TFLOPS × {number(share, 2)}) = {number(speed)} tokens/s"
    )
    return answer(request, speed, formula, extra={"seconds": seconds, "share_of_peak": share})
