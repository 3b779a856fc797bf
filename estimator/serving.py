"""Many requests at once: throughput of one or more GPUs, and what a thousand requests cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, log2

from estimator.answer import answer
from estimator.formats import kv_bytes
from estimator.inputs import Request
from estimator.kv import kv_cache_bytes
from estimator.numbers import fixed, number, plural
from estimator.result import Estimate, EstimateError, Part
from estimator.speed import Setting, decode_step_seconds, prefill_seconds, setting_of, tensor_gain
from knowledge.schema import Gpu

_MEMORY_SHARE = 0.9  # vLLM's gpu_memory_utilization
_MOST_SEQUENCES = 1024
_TOKENS_PER_PASS = 8192
_ROOM_FOR_CACHE = 1.15  # of the weights, so that some sequences fit as well
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


def _with_fast_arithmetic(setting: Setting) -> Setting:
    """Return the setting with the peak of the weights' format, where the GPU has arithmetic for it."""
    gpu = setting.machine.gpu
    multiple = _FAST_FORMATS.get(setting.weights.format.name)
    if multiple is None or not gpu.tflops_fp8:
        return setting
    faster = gpu.model_copy(update={"tflops_bf16": gpu.tflops_fp8 * multiple})
    return replace(setting, machine=replace(setting.machine, gpu=faster))


def _memory_bytes(gpu: Gpu) -> float:
    """Bytes of one GPU that an engine may fill."""
    return gpu.memory_gb * 1e9 * gpu.usable_memory_share * _MEMORY_SHARE


def _gpus_for_weights(setting: Setting, n_gpus: int) -> int:
    """Return GPUs of the smallest replica, a power of two. Raises EstimateError where there are too few."""
    gpu, weights = setting.machine.gpu, setting.weights.total_bytes
    needed = int(2 ** ceil(log2(max(1.0, _ROOM_FOR_CACHE * weights / _memory_bytes(gpu)))))
    if needed > n_gpus:
        raise EstimateError(
            f"{fixed(weights / 1e9)} GB of weights do not fit into {n_gpus} × {gpu.title}; "
            f"give n_gpus={needed} or a smaller quant."
        )
    return needed


def _packed_prefill_seconds(setting: Setting, prompt: int) -> float:
    """Seconds of one prompt's prefill where engines pack prompts into passes of 8,192 tokens."""
    return prefill_seconds(setting, prompt) - setting.overhead_seconds * (
        1 - min(1.0, prompt / _TOKENS_PER_PASS)
    )


def serving_of(request: Request) -> Serving:
    """Return how a load is served: the smallest replica that holds the model, as many as there are GPUs.

    Sequences at once: `(memory × 0.9 − weights) ÷ cache of one sequence`, where no batch is given.
    Raises EstimateError where the model does not fit into the GPUs given.
    """
    setting = _with_fast_arithmetic(setting_of(request))
    n_gpus = int(request.get("n_gpus") or 1)
    prompt, generated = _lengths(request)
    needed = _gpus_for_weights(setting, n_gpus)
    element = kv_bytes(request.get("kv_dtype") or "f16")
    free = _memory_bytes(setting.machine.gpu) * needed - setting.weights.total_bytes
    room = free / kv_cache_bytes(setting.shape, element, prompt + generated)
    batch = float(request.get("batch") or max(1.0, min(_MOST_SEQUENCES, floor(room))))
    if not request.get("batch"):
        request.assume(f"{plural(batch, 'sequence')} at once, as many as fit")
    machine = replace(setting.machine, n_gpus=needed, speedup=tensor_gain(request, needed))
    setting = replace(setting, machine=machine)
    step = decode_step_seconds(setting, batch, prompt + generated / 2)
    return Serving(
        batch=batch,
        gpus_per_replica=needed,
        replicas=max(1, n_gpus // needed),
        prompt=prompt,
        generated=generated,
        prefill_s=_packed_prefill_seconds(setting, max(1, prompt)),
        step_s=step + batch * request.coefficient("serving.sequence_us") * 1e-6,
    )


def estimate_serve_throughput(request: Request) -> Estimate:
    """Generated tokens a second over all GPUs under full load."""
    serving = serving_of(request)
    formula = (
        f"{plural(serving.replicas, 'replica')} × {serving.generated:,} tokens ÷ "
        f"({number(1e3 * serving.prefill_s)} ms prompt + {serving.generated:,} × "
        f"{number(1e3 * serving.step_s)} ms ÷ {serving.batch:,.0f} at once) = "
        f"{number(serving.tokens_per_s)} tokens/s"
    )
    extra = {
        "batch": serving.batch,
        "latency_s": serving.latency_s,
        "requests_per_s": serving.tokens_per_s / serving.generated,
    }
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
    """USD per 1,000 requests on GPUs: `1000 × (t_prefill + out × t_step/B) × USD/s ÷ utilisation`."""
    serving = serving_of(request)
    price, price_text = price_per_gpu_hour(request)
    utilisation = request.default("utilisation", 0.4, "the share of paid time that serves requests")
    per_second = price / 3600 * serving.gpus_per_replica
    value = 1000 * serving.request_s * per_second / utilisation
    formula = (
        f"1,000 × ({number(1e3 * serving.prefill_s)} ms prompt + {serving.generated:,} × "
        f"{number(1e3 * serving.step_s)} ms ÷ {serving.batch:,.0f} at once) × {price_text} ÷ 3,600 × "
        f"{plural(serving.gpus_per_replica, 'GPU')} ÷ {utilisation:.0%} busy = {number(value)} USD"
    )
    parts = (
        Part("prompt", 1000 * serving.prefill_s * per_second / utilisation),
        Part("answer", 1000 * serving.generated * serving.step_s / serving.batch * per_second / utilisation),
    )
    return answer(request, value, formula, parts=parts, extra={"usd_per_gpu_hour": price})
