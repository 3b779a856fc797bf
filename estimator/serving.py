"""Many requests at once: throughput of one or more GPUs, and what a thousand requests cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log2

from estimator.answer import answer
from estimator.formats import kv_bytes
from estimator.inference import Weights
from estimator.inputs import Request
from estimator.kv import kv_cache_bytes
from estimator.numbers import fixed, number
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape
from estimator.speed import Machine, decode_step_seconds, layer_seconds, prefill_seconds, setting
from knowledge.schema import Gpu

_MEMORY_SHARE = 0.9  # vLLM's gpu_memory_utilization
_MOST_SEQUENCES = 1024
_TOKENS_PER_PASS = 8192
_FAST_FORMATS = {"fp8": 1.0, "fp4": 2.0}  # arithmetic of these formats, in multiples of the fp8 peak


@dataclass(frozen=True)
class Serving:
    """One replica at work: sequences at once, GPUs it spans, seconds a request binds it."""

    batch: float
    gpus_per_replica: int
    replicas: int
    prompt: int
    generated: int
    prefill_s: float
    step_s: float

    @property
    def request_s(self) -> float:
        """Seconds of one replica that one request takes: its prefill and its share of the decode steps."""
        return self.prefill_s + self.generated * self.step_s / self.batch

    @property
    def tokens_per_s(self) -> float:
        """Generated tokens a second over all replicas."""
        return self.replicas * self.generated / self.request_s

    @property
    def latency_s(self) -> float:
        """Seconds one request waits at that load: prefill and all its decode steps."""
        return self.prefill_s + self.generated * self.step_s


def _lengths(request: Request) -> tuple[int, int]:
    if request.get("scenario") == "offline":
        prompt = request.default("prompt_tokens", 300, "MLPerf's Llama 2 set")
        return prompt, request.default("gen_tokens", 300, "MLPerf's Llama 2 set")
    return request.default("prompt_tokens", 512), request.default("gen_tokens", 256)


def _fast_arithmetic(machine: Machine, weights: Weights) -> Machine:
    """Return the machine with the peak of the weights' format, where the GPU has arithmetic for it."""
    gpu: Gpu = machine.gpu
    multiple = _FAST_FORMATS.get(weights.format.name)
    if multiple is None or not gpu.tflops_fp8:
        return machine
    return replace(machine, gpu=gpu.model_copy(update={"tflops_bf16": gpu.tflops_fp8 * multiple}))


def _room(shape: Shape, weights: Weights, machine: Machine, gpus: int, element: float, tokens: float) -> float:
    """Sequences that fit: `(memory × 0.9 − weights) ÷ cache of one sequence`."""
    free = machine.gpu.memory_gb * 1e9 * machine.gpu.usable_memory_share * _MEMORY_SHARE * gpus - weights.total_bytes
    return free / kv_cache_bytes(shape, element, tokens)


def _batched_prefill_seconds(
    request: Request, shape: Shape, weights: Weights, machine: Machine, prompt: int
) -> float:
    """Seconds of one prompt's prefill where engines pack prompts into passes of 8,192 tokens."""
    alone = prefill_seconds(request, shape, weights, machine, prompt)
    overhead = shape.layers * layer_seconds(request, machine)
    return alone - overhead * (1 - min(1.0, prompt / _TOKENS_PER_PASS))


def serving_of(request: Request) -> Serving:
    """Return how a load is served: the smallest replica that holds the model, as many as there are GPUs.

    Raises EstimateError where the model does not fit into the GPUs given.
    """
    shape, weights, machine = setting(request)
    machine = _fast_arithmetic(machine, weights)
    n_gpus = int(request.get("n_gpus") or 1)
    prompt, generated = _lengths(request)
    element = kv_bytes(request.get("kv_dtype") or "f16")
    tokens = float(prompt + generated)
    per_gpu = machine.gpu.memory_gb * 1e9 * machine.gpu.usable_memory_share * _MEMORY_SHARE
    needed = max(1, 2 ** ceil(log2(max(1.0, 1.15 * weights.total_bytes / per_gpu))))
    if needed > n_gpus:
        raise EstimateError(
            f"{fixed(weights.total_bytes / 1e9)} GB of weights do not fit into {n_gpus} × {machine.gpu.title}; "
            f"give n_gpus={needed} or a smaller quant."
        )
    room = _room(shape, weights, machine, needed, element, tokens)
    batch = float(request.get("batch") or max(1.0, min(_MOST_SEQUENCES, room)))
    if not request.get("batch"):
        request.assume(f"{batch:,.0f} sequences at once, as many as fit")
    gain = (2 * request.coefficient("decode.tensor_gain_per_doubling")) ** log2(needed) if needed > 1 else 1.0
    machine = replace(machine, n_gpus=needed, speedup=gain)
    step = decode_step_seconds(request, shape, weights, machine, batch, prompt + generated / 2)
    step += batch * request.coefficient("serving.sequence_us") * 1e-6
    return Serving(
        batch=batch,
        gpus_per_replica=needed,
        replicas=max(1, n_gpus // needed),
        prompt=prompt,
        generated=generated,
        prefill_s=_batched_prefill_seconds(request, shape, weights, machine, max(1, prompt)),
        step_s=step,
    )


def estimate_serve_throughput(request: Request) -> Estimate:
    """Generated tokens a second over all GPUs under full load."""
    serving = serving_of(request)
    formula = (
        f"{serving.replicas} replicas × {serving.generated:,} tokens ÷ ({number(1e3 * serving.prefill_s)} ms prompt + "
        f"{serving.generated:,} × {number(1e3 * serving.step_s)} ms ÷ {serving.batch:,.0f} at once) = "
        f"{number(serving.tokens_per_s)} tokens/s"
    )
    extra = {"batch": serving.batch, "latency_s": serving.latency_s, "requests_per_s": serving.tokens_per_s / serving.generated}
    return answer(request, serving.tokens_per_s, formula, extra=extra)


def price_per_gpu_hour(request: Request) -> tuple[float, str]:
    """Return USD per GPU-hour, given or from the dated hardware table, and how it was found.

    Raises EstimateError naming the key where neither has a price.
    """
    given = request.get("usd_per_gpu_hour")
    if given is not None:
        return float(given), f"{given:g} USD"
    gpu = request.gpu()
    if gpu.usd_per_hour is None:
        raise EstimateError(f"The price table has no row for {gpu.title}; give usd_per_gpu_hour.")
    request.assume(f"{gpu.title} at {gpu.usd_per_hour:g} USD an hour ({gpu.price_source}, {gpu.price_date})")
    return gpu.usd_per_hour, f"{gpu.usd_per_hour:g} USD ({gpu.price_date})"


def estimate_serve_cost(request: Request) -> Estimate:
    """USD per 1,000 requests on own or rented GPUs: `1000 × (t_prefill + out × t_step/B) × USD/s ÷ utilisation`."""
    serving = serving_of(request)
    price, price_text = price_per_gpu_hour(request)
    utilisation = request.default("utilisation", 0.4, "the share of paid time that serves requests")
    per_second = price / 3600 * serving.gpus_per_replica
    value = 1000 * serving.request_s * per_second / utilisation
    formula = (
        f"1,000 × ({number(1e3 * serving.prefill_s)} ms prompt + {serving.generated:,} × {number(1e3 * serving.step_s)} ms ÷ "
        f"{serving.batch:,.0f} at once) × {price_text} ÷ 3,600 × {serving.gpus_per_replica} GPUs ÷ "
        f"{utilisation:.0%} busy = {number(value)} USD"
    )
    parts = (
        Part("prompt", 1000 * serving.prefill_s * per_second / utilisation),
        Part("answer", 1000 * serving.generated * serving.step_s / serving.batch * per_second / utilisation),
    )
    return answer(request, value, formula, parts=parts, extra={"usd_per_gpu_hour": price})
