"""Memory of one GPU while training: model states, adapters, activations, logits."""

from __future__ import annotations

from dataclasses import dataclass, field

from estimator.answer import answer
from estimator.inference import fits
from estimator.inputs import Request
from estimator.numbers import GB, GIB, count, fixed, gb_and_gib, number
from estimator.result import Estimate, Part
from estimator.shapes import Shape, read_shape
from estimator.training_states import (
    ADAPTED,
    ADAPTER_BYTES,
    SHARDS_WEIGHTS,
    frozen_base,
    full_states,
    side_models,
    trainable_params,
)

_SOURCES = (
    "Rajbhandari et al. 2019, arXiv:1910.02054 (ZeRO: 16 bytes a parameter, sharding)",
    "Korthikanti et al. 2022, arXiv:2205.05198 (activations, recomputation)",
    "LitGPT, torchtune and Qwen resource tables (measured peaks)",
)
_FIELDS = ("layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab", "params")
_SMALL_GPU_GB = 24.5
_COMFORTABLE_SHARE = 0.9


@dataclass
class Ledger:
    """The addends of a memory estimate, in the order they are said."""

    parts: list[Part] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, name: str, size_bytes: float, text: str = "") -> None:
        """Add an amount; nothing is said of one that is zero."""
        if size_bytes > 0:
            self.parts.append(Part(name, size_bytes / GB))
            self.texts.append(f"{fixed(size_bytes / GB)} {name}{f' ({text})' if text else ''}")

    @property
    def total_bytes(self) -> float:
        """Sum of all addends."""
        return sum(part.value for part in self.parts) * GB


@dataclass(frozen=True)
class Step:
    """One forward and backward pass on one GPU."""

    tokens: float
    seq: float
    flash: bool
    unpacked: bool  # a quantised base is unpacked layer by layer


def layer_bytes_per_token(request: Request, shape: Shape, step: Step) -> float:
    """Return bytes per token that one layer keeps for the backward pass, in 16 bit.

    MLP: 4 B × f (GELU: input and output) or 8 B × f (SwiGLU: gate, up, activation, product). Attention:
    q, k, v and output, 2 B each. Norms and residuals: a fitted number of bytes × h. Without flash attention
    the scores add `5*heads*s`; an unpacked base keeps copies of its inputs, also × h.
    """
    width = shape.ffn
    if shape.experts and shape.experts_per_token:
        width = (shape.experts_per_token + shape.shared_experts) * (shape.moe_ffn or shape.ffn)
    swiglu = shape.mlp_linears == 3
    mlp = (8 if swiglu else 4) * width
    attention = 4 * (shape.heads + shape.kv_heads) * shape.head_dim
    norms = request.coefficient("training.rmsnorm_bytes" if swiglu else "training.layernorm_bytes")
    copies = request.coefficient("training.dequantized_bytes") if step.unpacked else 0.0
    scores = 0.0 if step.flash else 5.0 * shape.heads * step.seq
    return mlp + attention + (norms + copies) * shape.hidden + scores


def activation_bytes(request: Request, shape: Shape, step: Step, checkpointing: bool) -> tuple[float, str]:
    """Return bytes of activations and the formula.

    All layers; with checkpointing `2 B × h` a layer and token, plus one layer that is live.
    """
    each = layer_bytes_per_token(request, shape, step)
    tokens = f"{step.tokens:,.0f} tokens"
    if checkpointing:
        total = (2 * shape.hidden * shape.layers + each) * step.tokens
        return total, f"2 B × {shape.hidden:,} × {shape.layers} layers × {tokens} + one live layer"
    return each * shape.layers * step.tokens, f"{number(each)} B × {shape.layers} layers × {tokens}"


def _sharding(request: Request, n_gpus: int, method: str) -> str:
    given = request.get("sharding")
    if given:
        return str(given)
    if n_gpus == 1:
        return "none"
    return str(request.default("sharding", "zero-3" if method not in ADAPTED or method == "lora" else "none"))


def _fused_loss(request: Request) -> bool:
    given = request.get("fused_loss")
    if given is not None:
        return bool(given)
    gpu = request.optional_gpu()
    small = gpu is not None and gpu.memory_gb <= _SMALL_GPU_GB and gpu.kind in {"consumer", "workstation"}
    if small:
        request.assume("fused cross-entropy, as recipes for cards of 24 GB and less have it")
    else:
        request.assume("plain cross-entropy; a fused one (fused_loss=true) saves most of the logits")
    return small


def _checkpointing(request: Request, without_bytes: float) -> bool:
    """Whether activations are recomputed: as given, else only where everything does not fit without it."""
    given = request.get("activation_checkpointing")
    if given is not None:
        return bool(given)
    gpu = request.optional_gpu()
    if gpu is not None and without_bytes <= _COMFORTABLE_SHARE * gpu.memory_gb * GB:
        request.assume("no activation checkpointing, since everything fits without it")
        return False
    request.assume("activation checkpointing")
    return True


def _add_states(ledger: Ledger, request: Request, shape: Shape, method: str, n_gpus: int) -> bool:
    """Add weights, gradients, optimizer, side models; return whether the base is unpacked for use."""
    sharding = _sharding(request, n_gpus, method)
    shards = n_gpus if sharding in SHARDS_WEIGHTS else 1
    divided = f" ÷ {n_gpus} GPUs" if shards > 1 else ""
    unpacked = False
    gathered_bytes_each = 4.0  # 16-bit weights of the layer in use and of the next
    if method in ADAPTED:
        base = frozen_base(request, shape, method)
        unpacked = base.unpacked
        gathered_bytes_each = base.size_bytes / shape.params
        trainable = trainable_params(request, shape, method)
        ledger.add("weights", base.size_bytes / shards, base.text + divided)
        ledger.add(
            "adapters", trainable * ADAPTER_BYTES / shards, f"{count(trainable)} × {ADAPTER_BYTES} B{divided}"
        )
    else:
        precision = str(request.default("precision", "bf16")).removesuffix("-mixed")
        states = full_states(request, precision, request.default("optimizer", "adamw"))
        over = f", {sharding} over {n_gpus} GPUs" if n_gpus > 1 else ""
        text = f"{count(shape.params)} × {number(states.total)} B: {states.text}{over}"
        ledger.add("states", states.on_one_gpu(shape.params, sharding, n_gpus), text)
    beside, names = side_models(request, shape, method)
    ledger.add(names, beside / shards, "2 B a frozen parameter" + divided)
    if shards > 1 and sharding != "tensor":
        ledger.add("gathered layers", gathered_bytes_each * shape.layer_params / shape.layers)
    return unpacked


def estimate_train_memory(request: Request) -> Estimate:
    """Peak memory of one GPU in GB while training; `total` is the sum over the GPUs."""
    shape = read_shape(request, *_FIELDS, typical=True)
    method = request.default("method", "full")
    n_gpus = int(request.get("n_gpus") or 1)
    seq, batch = request.default("seq", 2048), request.default("batch", 1)
    request.cite(*_SOURCES)
    ledger = Ledger()
    unpacked = _add_states(ledger, request, shape, method, n_gpus)
    tokens = float(seq * batch * (2 if method == "dpo" else 1))
    logit_bytes = request.coefficient("training.logit_bytes")
    logits = 0.0 if _fused_loss(request) else tokens * shape.vocab * logit_bytes
    step = Step(tokens, seq, bool(request.default("flash_attention", True)), unpacked)
    everything, _ = activation_bytes(request, shape, step, checkpointing=False)
    checkpointing = _checkpointing(request, ledger.total_bytes + logits + everything)
    ledger.add("activations", *activation_bytes(request, shape, step, checkpointing))
    ledger.add("logits", logits, f"{tokens:,.0f} tokens × {shape.vocab:,} × {number(logit_bytes)} B")
    ledger.add("CUDA", request.coefficient("training.context_gb") * GB)
    per_gpu = ledger.total_bytes
    formula = f"{' + '.join(ledger.texts)} = {gb_and_gib(per_gpu)}{' a GPU' if n_gpus > 1 else ''}"
    extra: dict[str, object] = {
        "total": per_gpu * n_gpus / GB,
        "gib": per_gpu / GIB,
        "activation_checkpointing": checkpointing,
    }
    gpu = request.optional_gpu()
    if gpu is not None:
        extra |= {"gpu": gpu.title, "gpu_memory_gb": gpu.memory_gb, "fits": fits(gpu, per_gpu / GB)}
    return answer(request, per_gpu / GB, formula, parts=tuple(ledger.parts), extra=extra)
