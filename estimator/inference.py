"""Memory of a model that serves: weights, KV cache, workspace, runtime."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.answer import answer
from estimator.files import gguf_file_bytes
from estimator.formats import WeightFormat, kv_bytes, weight_format
from estimator.inputs import Request
from estimator.kv import context_of, kv_cache_bytes, kv_formula, needed_for_kv
from estimator.numbers import GB, GIB, count, fixed, gb_and_gib
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape, read_shape

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
    """Return the runtime asked for ("llama.cpp (May 2024)" is llama.cpp); else what the weights' format implies."""
    name = request.get("runtime")
    if name is None:
        chosen = "llama.cpp" if fmt is not None and fmt.family == "gguf" else "vllm"
        request.assume(f"runtime {chosen}")
        return chosen
    plain = name.lower()
    for known, runtime in RUNTIMES.items():
        if plain.startswith(known):
            return runtime
    raise EstimateError(f"runtime {name!r} is unknown; take llama.cpp, vllm, transformers or litgpt.")


def format_of(request: Request) -> WeightFormat:
    """Return how the weights are held; the default is Q4_K_M under llama.cpp, else bf16."""
    runtime = str(request.get("runtime") or "").lower()
    default = "Q4_K_M" if RUNTIMES.get(runtime.split(" (")[0]) == "llama.cpp" else "bf16"
    fmt = weight_format(request.default("quant", default))
    if default == "Q4_K_M" and fmt.name in {"bf16", "fp16", "fp32"}:
        return weight_format({"bf16": "BF16", "fp16": "F16", "fp32": "F32"}[fmt.name])
    return fmt


def weights_of(request: Request, shape: Shape, fmt: WeightFormat) -> Weights:
    """Return the bytes of the weights. A mixture of experts holds all experts, and reads the active ones.

    `params × bytes`: linear layers at the format's size, embedding and output tables at theirs. For a token the
    input table is not read (one row is fetched), the output matrix is.
    """
    share_active = shape.active / shape.params if shape.params else 1.0
    if fmt.family == "gguf":
        total, formula = gguf_file_bytes(request, fmt.name)
        table = shape.embedding_params * fmt.table_bytes
        read = (total - (0.0 if shape.tied_embeddings else table)) * share_active
        return Weights(total, read, formula, fmt)
    tables = shape.embedding_params + shape.head_params
    total = shape.layer_params * fmt.layer_bytes + tables * fmt.table_bytes
    read = shape.layer_params * share_active * fmt.layer_bytes + shape.embedding_params * fmt.table_bytes
    if fmt.layer_bytes == fmt.table_bytes:
        formula = f"{count(shape.params)} × {fmt.layer_bytes:g} B"
    else:
        formula = f"{count(shape.layer_params)} × {fmt.layer_bytes:g} B + {count(tables)} tables × {fmt.table_bytes:g} B"
    return Weights(total, read, f"{formula} = {gb_and_gib(total)}", fmt)


def _torch_workspace_bytes(request: Request, shape: Shape, fmt: WeightFormat, tokens: float) -> float:
    """Live tensors of one block during prefill, `2*P*(3f + 4h)`, plus what quantised kernels unpack.

    GPTQ kernels keep further copies of the prefilled block; bitsandbytes keeps the tables in 16 bit and unpacks one.
    """
    block = 2 * tokens * (3 * shape.ffn + 4 * shape.hidden)
    if fmt.family == "gptq":
        return block * (1 + request.coefficient("inference.gptq_copies"))
    if fmt.family == "bnb":
        tied_copy = shape.embedding_params * 2 if shape.tied_embeddings else 0.0
        return (
            block + tied_copy + request.coefficient("inference.bnb_table_copies") * 2 * shape.embedding_params
        )
    return block


def workspace_and_runtime(
    request: Request, shape: Shape, fmt: WeightFormat, runtime: str, tokens: float, batch: float
) -> tuple[float, float]:
    """Return bytes of activations and logits, and of the runtime itself (CUDA context, graphs), on one GPU."""
    if runtime == "llama.cpp":
        step = min(_LLAMA_CPP_BATCH_TOKENS, tokens)
        workspace = step * (4 * shape.vocab + 2 * (3 * shape.ffn + 4 * shape.hidden))
        return workspace, request.coefficient("inference.llama_cpp_context_gb") * GB
    if runtime == "vllm":
        step = min(_VLLM_BATCH_TOKENS, tokens * batch)
        workspace = _torch_workspace_bytes(request, shape, fmt, step) + 4.0 * shape.vocab * batch
        return workspace, request.coefficient("inference.vllm_context_gb") * GB
    request.assume("peak that torch allocates; the CUDA context of about 0.5 GB comes on top")
    return _torch_workspace_bytes(request, shape, fmt, tokens * batch), 0.0


def _fit_note(request: Request, per_gpu_gb: float) -> dict[str, object]:
    gpu = request.optional_gpu()
    if gpu is None:
        return {}
    usable = gpu.memory_gb * gpu.usable_memory_share
    if gpu.kind != "unified":
        usable *= 1.0237  # data sheets say GB and the cards hold GiB less what the driver keeps
    return {"gpu": gpu.title, "gpu_usable_gb": usable, "fits": per_gpu_gb <= usable}


def estimate_infer_memory(request: Request) -> Estimate:
    """Peak memory of one GPU in GB while serving; `total` is the sum over the GPUs."""
    fmt = format_of(request)
    shape = (
        needed_for_kv(request) if read_shape(request).layers else read_shape(request, "params", typical=True)
    )
    shape = read_shape(
        request, "layers", "hidden", "ffn", "vocab", "params", "kv_heads", "head_dim", typical=True
    )
    runtime = runtime_of(request, fmt)
    tokens, batch = context_of(request, 8192), request.default("batch", 1, "one sequence")
    n_gpus = request.get("n_gpus") or 1
    dtype = request.default("kv_dtype", "f16")
    weights = weights_of(request, shape, fmt)
    cache = kv_cache_bytes(shape, kv_bytes(dtype), tokens, batch)
    prompt = request.get("prompt_tokens") or tokens
    workspace, context = workspace_and_runtime(request, shape, fmt, runtime, prompt, batch)
    request.cite(*_SOURCES)
    per_gpu = (weights.total_bytes + cache) / n_gpus + workspace + context
    total = per_gpu * n_gpus
    parts = (
        Part("weights", weights.total_bytes / n_gpus / GB),
        Part("KV cache", cache / n_gpus / GB),
        Part("workspace", workspace / GB),
        Part("runtime", context / GB),
    )
    shared = f" ÷ {n_gpus} GPUs" if n_gpus > 1 else ""
    formula = (
        f"{fixed(weights.total_bytes / GB)} weights ({weights.formula}){shared} + {fixed(cache / GB)} KV cache "
        f"({kv_formula(shape, kv_bytes(dtype), tokens, batch)}){shared} + {fixed(workspace / GB)} workspace + "
        f"{fixed(context / GB)} runtime = {gb_and_gib(per_gpu)}" + (" a GPU" if n_gpus > 1 else "")
    )
    # Weights and cache are arithmetic; what the runtime adds is what varies.
    low_share, high_share = request.coefficients.intervals["infer_memory"]
    spread = (0.5 * (workspace + context) + 0.2 * GB) / GB if runtime in {"llama.cpp", "vllm"} else 0.0
    value = per_gpu / GB
    bounds = (min(value * low_share, value - spread), max(value * high_share, value + spread))
    extra = {"total": total / GB, "gib": per_gpu / GIB, **_fit_note(request, value)}
    return answer(
        request, value, formula, parts=parts, bounds=(max(bounds[0], value * 0.5), bounds[1]), extra=extra
    )
