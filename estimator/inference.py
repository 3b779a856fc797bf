"""Memory of a model that serves: weights, KV cache, workspace, runtime."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.answer import answer
from estimator.files import gguf_file
from estimator.formats import WeightFormat, kv_bytes, weight_format
from estimator.inputs import Request
from estimator.kv import context_of, kv_cache_bytes, kv_formula
from estimator.numbers import GB, GIB, count, fixed, gb_and_gib
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape, generates, read_shape
from knowledge.schema import Gpu

RUNTIMES = {
    "llama.cpp": "llama.cpp",
    "llamacpp": "llama.cpp",
    "ollama": "llama.cpp",
    "lm studio": "llama.cpp",
}
RUNTIMES |= {"vllm": "vllm", "sglang": "vllm", "tensorrt-llm": "vllm", "tgi": "vllm"}
RUNTIMES |= {"transformers": "transformers", "huggingface": "transformers", "hf": "transformers"}
RUNTIMES |= {"litgpt-eager": "litgpt-eager", "litgpt": "litgpt"}
_LLAMA_CPP_BATCH_TOKENS = 512
_VLLM_BATCH_TOKENS = 8192
_GIB_LESS_DRIVER = 1.0237
_FIELDS = ("layers", "hidden", "ffn", "vocab", "params", "kv_heads", "head_dim")
_SOURCES = (
    "llama.cpp documentation (n_ubatch 512, KV cache allocated at load)",
    "Qwen and Qwen1.5/2.5 speed benchmarks; LitGPT resource tables (peak memory)",
)


@dataclass(frozen=True)
class Weights:
    """Weights as they lie in memory: bytes in all, bytes read for one token, and how that was computed."""

    total_bytes: float
    read_bytes: float
    formula: str
    format: WeightFormat


def runtime_of(request: Request, fmt: WeightFormat | None = None) -> str:
    """Return the runtime asked for ("llama.cpp (May 2024)" is llama.cpp), else what the format implies."""
    name = request.get("runtime")
    if name is None:
        chosen = "llama.cpp" if _runs_gguf(request, fmt) else "vllm" if generates(request) else "transformers"
        request.assume(f"runtime {chosen}")
        return chosen
    plain = name.lower()
    for known, runtime in RUNTIMES.items():
        if plain.startswith(known):
            return runtime
    raise EstimateError(f"runtime {name!r} is unknown; take llama.cpp, vllm, transformers or litgpt.")


def _runs_gguf(request: Request, fmt: WeightFormat | None) -> bool:
    """Macs and processors run llama.cpp, but for encoders; elsewhere the format says it."""
    if fmt is not None and fmt.family == "gguf":
        return True
    if not generates(request):
        return False
    gpu = request.optional_gpu()
    return gpu is not None and gpu.kind in {"unified", "cpu"}


def format_of(request: Request) -> WeightFormat:
    """Return how the weights are held; the default is Q4_K_M under llama.cpp, else bf16."""
    runtime = str(request.get("runtime") or "").lower()
    llama_cpp = RUNTIMES.get(runtime.split(" (")[0]) == "llama.cpp" or (
        not runtime and _runs_gguf(request, None)
    )
    default = "Q4_K_M" if llama_cpp else "bf16"
    fmt = weight_format(request.default("quant", default))
    if default == "Q4_K_M" and fmt.name in {"bf16", "fp16", "fp32"}:
        return weight_format({"bf16": "BF16", "fp16": "F16", "fp32": "F32"}[fmt.name])
    return fmt


def weights_of(request: Request, shape: Shape, fmt: WeightFormat) -> Weights:
    """Return the bytes of the weights. A mixture of experts holds all experts, and reads the active ones.

    `params × bytes`: linear layers at the format's size, embedding and output tables at theirs. For a token
    the input table is not read (one row is fetched), the output matrix is.
    """
    share_active = shape.active / shape.params if shape.params else 1.0
    if fmt.family == "gguf":
        file = gguf_file(request, fmt.name)
        total = file.size_bytes
        table = shape.embedding_params * fmt.table_bytes
        read = (total - (0.0 if shape.tied_embeddings else table)) * share_active
        return Weights(total, read, file.short, fmt)
    tables = shape.embedding_params + shape.head_params
    total = shape.layer_params * fmt.layer_bytes + tables * fmt.table_bytes
    read = shape.layer_params * share_active * fmt.layer_bytes + shape.embedding_params * fmt.table_bytes
    if fmt.layer_bytes == fmt.table_bytes:
        formula = f"{count(shape.params)} × {fmt.layer_bytes:g} B"
    else:
        layers = f"{count(shape.layer_params)} × {fmt.layer_bytes:g} B"
        formula = f"{layers} + {count(tables)} tables × {fmt.table_bytes:g} B"
    return Weights(total, read, formula, fmt)


def _block_bytes(shape: Shape, tokens: float) -> float:
    """Live tensors of one block during prefill, `2*P*(3f + 4h)`."""
    return 2 * tokens * (3 * shape.ffn + 4 * shape.hidden)


def _torch_workspace_bytes(request: Request, shape: Shape, fmt: WeightFormat, tokens: float) -> float:
    """Live tensors of one block during prefill, plus what the quantised kernels of transformers unpack.

    Its GPTQ kernels keep further copies of the prefilled block; bitsandbytes keeps the tables in 16 bit and
    unpacks one. vLLM's read packed weights and copy nothing.
    """
    block = _block_bytes(shape, tokens)
    if fmt.family == "gptq":
        return block * (1 + request.coefficient("inference.gptq_copies"))
    if fmt.family == "bnb":
        tied_copy = shape.embedding_params * 2 if shape.tied_embeddings else 0.0
        return (
            block + tied_copy + request.coefficient("inference.bnb_table_copies") * 2 * shape.embedding_params
        )
    return block


@dataclass(frozen=True)
class Load:
    """What is held at once: sequences, tokens of each, and tokens of the prompt."""

    batch: int
    tokens: int
    prompt: int


def workspace_and_runtime(
    request: Request, shape: Shape, fmt: WeightFormat, runtime: str, load: Load
) -> tuple[float, float]:
    """Return bytes of activations and logits, and of the runtime (CUDA context, graphs), on one GPU."""
    if runtime == "llama.cpp":
        step = min(_LLAMA_CPP_BATCH_TOKENS, load.prompt)
        workspace = float(step) * (4 * shape.vocab + 2 * (3 * shape.ffn + 4 * shape.hidden))
        return workspace, request.coefficient("inference.llama_cpp_context_gb") * GB
    prefilled = load.prompt * load.batch
    if runtime == "vllm":
        passed = min(_VLLM_BATCH_TOKENS, prefilled)
        workspace = _block_bytes(shape, passed) + 4.0 * shape.vocab * load.batch
        return workspace, request.coefficient("inference.vllm_context_gb") * GB
    request.assume("peak that torch allocates; the CUDA context of about 0.5 GB comes on top")
    return _torch_workspace_bytes(request, shape, fmt, prefilled), 0.0


def fits(gpu: Gpu, per_gpu_gb: float) -> bool:
    """Whether that many GB fit. Cards hold GiB where data sheets say GB, less what the driver keeps."""
    usable = gpu.memory_gb * gpu.usable_memory_share
    return per_gpu_gb <= usable * (1.0 if gpu.kind == "unified" else _GIB_LESS_DRIVER)


def _interval(request: Request, value: float, varying: float) -> tuple[float, float]:
    """Weights and cache are arithmetic; what the runtime adds (`varying`, in GB) is what varies."""
    below, above = request.coefficients.intervals["infer_memory"]
    spread = 0.5 * varying + 0.2 if varying else 0.0
    return max(0.5 * value, min(value * below, value - spread)), max(value * above, value + spread)


def estimate_infer_memory(request: Request) -> Estimate:
    """Peak memory of one GPU in GB while serving; `total` is the sum over the GPUs."""
    if not generates(request):
        return _encoder_memory(request)
    fmt = format_of(request)
    shape = read_shape(request, *_FIELDS, typical=True)
    runtime = runtime_of(request, fmt)
    tokens, batch = context_of(request, 8192), request.default("batch", 1, "one sequence")
    n_gpus = int(request.get("n_gpus") or 1)
    element = kv_bytes(request.default("kv_dtype", "f16"))
    weights = weights_of(request, shape, fmt)
    cache = kv_cache_bytes(shape, element, tokens, batch)
    load = Load(batch, tokens, int(request.get("prompt_tokens") or tokens))
    workspace, context = workspace_and_runtime(request, shape, fmt, runtime, load)
    request.cite(*_SOURCES)
    per_gpu = (weights.total_bytes + cache) / n_gpus + workspace + context
    parts = (
        Part("weights", weights.total_bytes / n_gpus / GB),
        Part("KV cache", cache / n_gpus / GB),
        Part("workspace", workspace / GB),
        Part("runtime", context / GB),
    )
    shared = f" ÷ {n_gpus} GPUs" if n_gpus > 1 else ""
    cache_text = kv_formula(shape, element, tokens, batch)
    formula = (
        f"{fixed(weights.total_bytes / GB)} weights ({weights.formula}){shared}"
        f" + {fixed(cache / GB)} KV cache ({cache_text}){shared} + {fixed(workspace / GB)} workspace"
        f" + {fixed(context / GB)} runtime = {gb_and_gib(per_gpu)}{' a GPU' if n_gpus > 1 else ''}"
    )
    varying = (workspace + context) / GB if runtime in {"llama.cpp", "vllm"} else 0.0
    extra = _room(request, per_gpu, n_gpus)
    bounds = _interval(request, per_gpu / GB, varying)
    return answer(request, per_gpu / GB, formula, parts=parts, bounds=bounds, extra=extra)


def _encoder_memory(request: Request) -> Estimate:
    """Weights, the live tensors of one block and the runtime: an encoder keeps no cache."""
    shape = read_shape(request, *_FIELDS, typical=True)
    fmt = format_of(request)
    runtime_of(request, fmt)
    tokens, batch = context_of(request, 512), request.default("batch", 1, "one input")
    weights = weights_of(request, shape, fmt)
    workspace = _torch_workspace_bytes(request, shape, fmt, tokens * batch)
    context = request.coefficient("inference.llama_cpp_context_gb") * GB
    request.cite(*_SOURCES)
    total = weights.total_bytes + workspace + context
    parts = (
        Part("weights", weights.total_bytes / GB),
        Part("workspace", workspace / GB),
        Part("runtime", context / GB),
    )
    formula = (
        f"{fixed(weights.total_bytes / GB)} weights ({weights.formula}) + {fixed(workspace / GB)} workspace"
        f" (2 B × {tokens * batch:,} tokens × (3 × {shape.ffn:,} ffn + 4 × {shape.hidden:,} hidden))"
        f" + {fixed(context / GB)} runtime = {gb_and_gib(total)}"
    )
    bounds = _interval(request, total / GB, (workspace + context) / GB)
    extra = _room(request, total, 1)
    return answer(request, total / GB, formula, parts=parts, bounds=bounds, extra=extra)


def _room(request: Request, per_gpu_bytes: float, n_gpus: int) -> dict[str, object]:
    """Return the sum over the GPUs, and whether the GPU that was named holds its share."""
    extra: dict[str, object] = {"total": per_gpu_bytes * n_gpus / GB, "gib": per_gpu_bytes / GIB}
    gpu = request.optional_gpu()
    if gpu is not None:
        extra |= {"gpu": gpu.title, "gpu_memory_gb": gpu.memory_gb, "fits": fits(gpu, per_gpu_bytes / GB)}
    return extra
