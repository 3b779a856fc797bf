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
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape, generates, read_shape
from knowledge.schema import Gpu

_FIELDS = ("layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab", "params")
_SOURCES = (
    "roofline: Williams et al. 2009; Pope et al. 2022, arXiv:2211.05102 (inference cost of transformers)",
    "XiongjieDai/GPU-Benchmarks-on-LLM-Inference (llama.cpp, measured)",
    "Qwen2.5 speed benchmark (vLLM, measured)",
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


@dataclass(frozen=True)
class Setting:
    """A model on a machine: what every speed depends on."""

    request: Request
    shape: Shape
    weights: Weights
    machine: Machine

    @property
    def bandwidth(self) -> float:
        """Bytes a second that decoding reaches: `BW × share`."""
        share = self.request.coefficient("decode.bandwidth_share")
        return self.machine.gpu.bandwidth_gb_s * 1e9 * self.machine.speedup * share

    @property
    def prefill_share(self) -> float:
        """Share of the 16-bit peak that prefill reaches under this runtime."""
        if self.machine.runtime != "llama.cpp":
            return self.request.coefficient("prefill.engine_share")
        share = self.request.coefficient(f"prefill.{gpu_class(self.machine.gpu)}_share")
        quantized = self.weights.format.name not in {"F16", "F32", "BF16"}
        return share * (self.request.coefficient("prefill.quantized_factor") if quantized else 1.0)

    @property
    def flops(self) -> float:
        """FLOP a second that prefill reaches: `peak × share`."""
        return self.machine.gpu.tflops_bf16 * 1e12 * self.machine.speedup * self.prefill_share

    @property
    def layer_seconds(self) -> float:
        """Time per layer and step that no bandwidth explains: kernel launches, synchronisation."""
        if self.machine.runtime in {"transformers", "litgpt-eager"}:
            return self.request.coefficient("decode.eager_layer_us") * 1e-6
        return self.request.coefficient(f"decode.{gpu_class(self.machine.gpu)}_layer_us") * 1e-6

    @property
    def overhead_seconds(self) -> float:
        """`L × t_layer` of one pass."""
        return self.shape.layers * self.layer_seconds


def tensor_gain(request: Request, n_gpus: int) -> float:
    """Return the speed-up of a tensor split: a fitted gain per doubling of the GPUs."""
    gain = 2 * request.coefficient("decode.tensor_gain_per_doubling") if n_gpus > 1 else 1.0
    return float(gain ** log2(n_gpus))


def machine_of(request: Request, runtime: str) -> Machine:
    """Return GPU, count and speed-up: a layer split adds time over the GPUs, a tensor split gains."""
    gpu = request.gpu()
    n_gpus = int(request.get("n_gpus") or 1)
    speedup = 1.0
    if n_gpus > 1:
        mode = request.default("split_mode", "layer" if runtime == "llama.cpp" else "tensor")
        speedup = tensor_gain(request, n_gpus) if mode == "tensor" else 1.0
    return Machine(gpu, n_gpus, runtime, speedup)


def gpu_class(gpu: Gpu) -> str:
    """Return which law of the runtimes holds: datacenter, consumer (also workstation) or unified memory."""
    return {"workstation": "consumer", "cpu": "unified"}.get(gpu.kind, gpu.kind)


def touched_share(shape: Shape, batch: float) -> float:
    """Share of a mixture's weights that a batch reads, over one token's: `1 - (1 - active/total)^B`."""
    if not shape.is_moe:
        return 1.0
    share = shape.active / shape.params
    return float(1 - (1 - share) ** batch) / share


def decode_step_seconds(setting: Setting, batch: float, context: float) -> float:
    """Return seconds to give each of `batch` sequences its next token.

    `t = max((W_read + KV_read)/(BW × share), 2*N_active*B/(peak × share)) + L × t_layer`
    """
    shape = setting.shape
    cache = kv_cache_bytes(shape, kv_bytes(setting.request.get("kv_dtype") or "f16"), context, batch)
    moved = setting.weights.read_bytes * touched_share(shape, batch) + cache
    computed = 2 * shape.active * batch
    return max(moved / setting.bandwidth, computed / setting.flops) + setting.overhead_seconds


def prefill_seconds(setting: Setting, prompt: float) -> float:
    """Return seconds to read a prompt: `(2*N_active*P + 2*L*nh*hd*P²)/(peak × share) + L × t_layer`.

    The embedding table takes no arithmetic; attention is causal, hence half of `4*L*nh*hd*P²`.
    """
    shape = setting.shape
    working = shape.active - (0.0 if shape.tied_embeddings else shape.embedding_params)
    flops = 2 * working * prompt + 2 * shape.layers * shape.heads * shape.head_dim * prompt**2
    return flops / setting.flops + setting.overhead_seconds


def setting_of(request: Request) -> Setting:
    """Read model, weights and machine of a speed estimate."""
    fmt = format_of(request)
    shape = read_shape(request, *_FIELDS, typical=True)
    machine = machine_of(request, runtime_of(request, fmt))
    request.cite(*_SOURCES)
    return Setting(request, shape, weights_of(request, shape, fmt), machine)


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
    if not generates(request):
        raise EstimateError(f"{request.get('model')} only reads and writes no tokens; ask for prefill_speed.")
    setting = setting_of(request)
    batch = request.default("batch", 1, "one sequence")
    context = decode_context(request)
    step = decode_step_seconds(setting, batch, context)
    overhead = setting.overhead_seconds
    speed = batch / step
    gpu = setting.machine.gpu
    gain = f" × {number(setting.machine.speedup)}" if setting.machine.speedup > 1 else ""
    formula = (
        f"{batch:,} ÷ ({number(1e3 * (step - overhead))} ms for {fixed(setting.weights.read_bytes / 1e9)} GB"
        f" of weights and {context:,.0f} tokens of cache at {gpu.bandwidth_gb_s:,.0f} GB/s{gain} × "
        f"{number(request.coefficient('decode.bandwidth_share'), 2)} + {setting.shape.layers} layers × "
        f"{number(1e6 * setting.layer_seconds)} µs) = {number(speed)} tokens/s"
    )
    extra = {
        "step_ms": 1e3 * step,
        "moving_ms": 1e3 * (step - overhead),
        "overhead_ms": 1e3 * overhead,
    }
    return answer(request, speed, formula, parts=(Part("tokens/s", speed),), extra=extra)


def estimate_prefill_speed(request: Request) -> Estimate:
    """Prompt tokens a second of one prompt."""
    setting = setting_of(request)
    given = request.get("seq") or request.get("context_tokens")
    prompt = max(
        1,
        int(
            given
            if request.get("prompt_tokens") is None and given
            else request.default("prompt_tokens", _DEFAULT_PROMPT_TOKENS)
        ),
    )
    seconds = prefill_seconds(setting, prompt)
    speed = prompt / seconds
    formula = (
        f"{prompt:,} tokens ÷ ((2 × {count(setting.shape.active)} × {prompt:,} + attention) FLOP ÷ "
        f"({number(setting.machine.gpu.tflops_bf16)} TFLOPS × {number(setting.prefill_share, 2)}) + "
        f"{number(1e3 * setting.overhead_seconds)} ms = {number(1e3 * seconds)} ms)"
        f" = {number(speed)} tokens/s"
    )
    extra = {"seconds": seconds, "share_of_peak": setting.prefill_share}
    return answer(request, speed, formula, parts=(Part("tokens/s", speed),), extra=extra)
