"""Memory of one GPU while training: model states, adapters, activations, logits."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.answer import answer
from estimator.formats import weight_format
from estimator.inputs import Request
from estimator.numbers import GB, GIB, count, fixed, gb_and_gib, number
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape, read_shape

ADAPTED = {"lora", "qlora", "adapter", "prompt-tuning"}
_OPTIMIZERS: tuple[tuple[str, float, str], ...] = (
    # first match wins: words in the name, bytes of state per parameter, what they are
    ("paged-adamw-8bit", 0.0, "8-bit moments, paged to the host"),
    ("paged", 0.0, "moments, paged to the host"),
    ("8bit", 2.0, "8-bit moments"),
    ("adafactor", 0.2, "factored moments"),
    ("lion", 2.0, "one 16-bit moment"),
    ("bf16 states", 4.0, "16-bit moments"),
)
_SOURCES = (
    "Rajbhandari et al. 2019, arXiv:1910.02054 (ZeRO: 16 bytes a parameter, sharding)",
    "Korthikanti et al. 2022, arXiv:2205.05198 (activations, recomputation)",
    "LitGPT, torchtune and Qwen resource tables (measured peaks)",
)
_FIELDS = ("layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab", "params")
_SMALL_GPU_GB = 24.5
_VIRTUAL_TOKENS = 20
_LARGE_ADAPTER_TABLE = 2.0


@dataclass(frozen=True)
class States:
    """Bytes a parameter of what stays in memory: weights, gradients, optimizer with master weights."""

    weights: float
    gradients: float
    optimizer: float
    text: str

    @property
    def total(self) -> float:
        """Bytes a parameter in all."""
        return self.weights + self.gradients + self.optimizer


def full_states(request: Request, precision: str, optimizer: str) -> States:
    """Return bytes a parameter of full training.

    fp32 Adam 4+4+8; mixed precision AdamW 2+4+12 (fp32 gradients as DeepSpeed and Megatron keep them);
    8-bit or 16-bit moments go without fp32 master weights; a step inside the backward pass needs no gradients.
    """
    name = optimizer.lower().replace("_", "-")
    gradients = 0.0 if "in-backward" in name or "in backward" in name else 2.0
    if precision == "fp32":
        return States(4, 4, 8, "fp32 weights, gradients, two moments")
    for word, state_bytes, text in _OPTIMIZERS:
        if word in name:
            return States(2, gradients, state_bytes, f"16-bit weights, {text}")
    if "sgd" in name or "muon" in name:
        return States(2, gradients, 8, "16-bit weights, fp32 master weights and one moment")
    fp32_gradients = request.coefficient("training.extra_gradient_bytes")
    return States(2, gradients + fp32_gradients, 12, "16-bit weights, fp32 master weights and two moments")


def trainable_of(request: Request, shape: Shape, method: str) -> float:
    """Return trainable parameters of an adapter: given, or `r*(in+out)` over all linear layers."""
    given = request.get("trainable_params")
    if given:
        return float(given)
    if method == "prompt-tuning":
        request.assume(f"{_VIRTUAL_TOKENS} virtual tokens")
        return float(_VIRTUAL_TOKENS * shape.hidden)
    rank = request.default("lora_rank", 16, "on all linear layers")
    if request.get("lora_rank"):
        request.assume(f"rank {rank} on all linear layers")
    return shape.lora_params(rank)


def base_weight_bytes(request: Request, shape: Shape, method: str) -> tuple[float, str]:
    """Return bytes of the frozen base and the formula; a quantised base keeps its tables in 16 bit."""
    quant = request.get("quant")
    if quant is None and method == "qlora":
        quant = request.default("quant", "nf4")
    fmt = weight_format(quant or "bf16")
    tables = shape.embedding_params + shape.head_params
    if fmt.layer_bytes == fmt.table_bytes:
        return shape.params * fmt.layer_bytes, f"{count(shape.params)} × {fmt.layer_bytes:g} B"
    total = shape.layer_params * fmt.layer_bytes + tables * fmt.table_bytes
    return (
        total,
        f"{count(shape.layer_params)} × {fmt.layer_bytes:g} B + {count(tables)} tables × {fmt.table_bytes:g} B",
    )


def layer_activation_bytes(request: Request, shape: Shape, flash: bool, seq: float) -> float:
    """Return bytes per token that one layer keeps for the backward pass, in 16 bit.

    MLP: 4 B × f (GELU: input and output) or 8 B × f (SwiGLU: gate, up, activation, product); attention: q, k, v
    and output, 2 B each; norms and residuals: a fitted number of bytes × h. Without flash attention the scores
    add `5*heads*s` bytes.
    """
    width = shape.ffn
    if shape.experts and shape.experts_per_token:
        width = (shape.experts_per_token + shape.shared_experts) * (shape.moe_ffn or shape.ffn)
    mlp = (8 if shape.mlp_linears == 3 else 4) * width
    attention = 2 * (2 * shape.heads * shape.head_dim + 2 * shape.kv_heads * shape.head_dim)
    name = "training.rmsnorm_bytes" if shape.mlp_linears == 3 else "training.layernorm_bytes"
    scores = 0.0 if flash else 5.0 * shape.heads * seq
    return mlp + attention + request.coefficient(name) * shape.hidden + scores


def activation_bytes(
    request: Request, shape: Shape, tokens: float, seq: float, checkpointing: bool, quantized: bool
) -> tuple[float, str]:
    """Return bytes of activations and the formula: all layers, or inputs of all layers plus one live layer.

    A quantised base unpacks its matrices, which keeps further copies in each live layer.
    """
    flash = bool(request.default("flash_attention", True))
    each = layer_activation_bytes(request, shape, flash, seq)
    copies = request.coefficient("training.dequantized_bytes") * shape.hidden if quantized else 0.0
    if checkpointing:
        total = 2 * shape.hidden * shape.layers * tokens + (each + copies) * tokens
        text = f"2 B × {shape.hidden:,} × {shape.layers} layers × {tokens:,.0f} tokens + one live layer"
        return total, text
    return (
        each + copies
    ) * shape.layers * tokens, f"{number(each + copies)} B × {shape.layers} layers × {tokens:,.0f} tokens"


def sequences_per_step(method: str) -> int:
    """Sequences held at once per sample of the batch: a preference pair has two."""
    return 2 if method == "dpo" else 1


def _sharded(request: Request, n_gpus: int, method: str) -> str:
    given = request.get("sharding")
    if given:
        return str(given)
    if n_gpus == 1:
        return "none"
    return str(request.default("sharding", "none" if method in ADAPTED - {"lora"} else "zero-3"))


def per_gpu_states(states: States, params: float, sharding: str, n_gpus: int) -> float:
    """Return bytes of model states on one GPU.

    ZeRO-1 shards the optimizer, ZeRO-2 also gradients, ZeRO-3 and FSDP also weights; tensor parallel all.
    """
    n = n_gpus
    weights = states.weights / (n if sharding in {"zero-3", "fsdp", "fsdp-full", "tensor"} else 1)
    gradients = states.gradients / (
        n if sharding in {"zero-2", "zero-3", "fsdp", "fsdp-full", "tensor"} else 1
    )
    return params * (weights + gradients + states.optimizer / (n if sharding != "none" else 1))


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


def _checkpointing(request: Request, resident: float, activations: float) -> bool:
    given = request.get("activation_checkpointing")
    if given is not None:
        return bool(given)
    gpu = request.optional_gpu()
    if gpu is not None and (resident + activations) <= 0.9 * gpu.memory_gb * GB:
        request.assume("no activation checkpointing, since everything fits without it")
        return False
    request.assume("activation checkpointing")
    return True


def _extra_models(request: Request, shape: Shape, method: str) -> tuple[float, str]:
    """Bytes of the frozen and trained models beside the policy, for PPO, DPO and distillation."""
    if method == "dpo":
        return 2 * shape.params, "frozen reference"
    if method == "ppo":
        reward = float(request.default("reward_params", shape.params, "as large as the policy"))
        critic = 18 * reward
        return 2 * shape.params + 2 * reward + critic, "reference, reward model, critic in training"
    if method == "distillation":
        teacher = float(request.default("teacher_params", 10 * shape.params, "ten times the student"))
        return 2 * teacher, "frozen teacher"
    return 0.0, ""


def estimate_train_memory(request: Request) -> Estimate:
    """Peak memory of one GPU in GB while training; `total` is the sum over the GPUs."""
    shape = read_shape(request, *_FIELDS, typical=True)
    method = request.default("method", "full")
    precision = str(request.default("precision", "bf16")).removesuffix("-mixed")
    seq = request.default("seq", 2048)
    batch = request.default("batch", 1)
    n_gpus = int(request.get("n_gpus") or 1)
    sharding = _sharded(request, n_gpus, method)
    request.cite(*_SOURCES)
    tokens = float(seq * batch * sequences_per_step(method))
    parts: list[Part] = []
    if method in ADAPTED:
        base, base_text = base_weight_bytes(request, shape, method)
        trainable = trainable_of(request, shape, method)
        adapter = trainable * 16
        shards = n_gpus if sharding in {"zero-3", "fsdp", "fsdp-full", "tensor"} else 1
        resident = (base + adapter) / shards
        texts = [
            f"{fixed(base / shards / GB)} weights ({base_text}{f' ÷ {shards} GPUs' if shards > 1 else ''})"
        ]
        texts.append(f"{fixed(adapter / shards / GB)} adapters ({count(trainable)} × 16 B)")
        parts += [Part("weights", base / shards / GB), Part("adapters", adapter / shards / GB)]
        quantized = weight_format(request.get("quant") or ("nf4" if method == "qlora" else "bf16")).family == "bnb"
    else:
        optimizer = request.default("optimizer", "adamw")
        states = full_states(request, precision, optimizer)
        resident = per_gpu_states(states, shape.params, sharding, n_gpus)
        shown_sharding = f", {sharding} over {n_gpus} GPUs" if n_gpus > 1 else ""
        texts = [
            f"{fixed(resident / GB)} states ({count(shape.params)} × {number(states.total)} B: {states.text}{shown_sharding})"
        ]
        parts.append(Part("states", resident / GB))
        quantized = False
    extra, extra_text = _extra_models(request, shape, method)
    if extra:
        extra /= n_gpus if sharding in {"zero-3", "fsdp", "fsdp-full", "tensor"} else 1
        resident += extra
        texts.append(f"{fixed(extra / GB)} {extra_text}")
        parts.append(Part(extra_text, extra / GB))
    gathered = 0.0
    if n_gpus > 1 and sharding in {"zero-3", "fsdp", "fsdp-full"}:
        each = 2 * 2.0 if method not in ADAPTED else base / shape.params
        gathered = each * shape.layer_params / shape.layers
        texts.append(f"{fixed(gathered / GB)} gathered layers")
        parts.append(Part("gathered layers", gathered / GB))
    logit_bytes = request.coefficient("training.logit_bytes")
    logits = tokens * shape.vocab * (0.0 if _fused_loss(request) else logit_bytes)
    everything, _ = activation_bytes(request, shape, tokens, seq, checkpointing=False, quantized=quantized)
    checkpointing = _checkpointing(request, resident + logits, everything)
    activations, text = activation_bytes(request, shape, tokens, seq, checkpointing, quantized)
    texts.append(f"{fixed(activations / GB)} activations ({text})")
    parts.append(Part("activations", activations / GB))
    if logits:
        texts.append(
            f"{fixed(logits / GB)} logits ({tokens:,.0f} × {shape.vocab:,} × {number(logit_bytes)} B)"
        )
        parts.append(Part("logits", logits / GB))
    context = request.coefficient("training.context_gb") * GB
    texts.append(f"{fixed(context / GB)} CUDA")
    parts.append(Part("CUDA", context / GB))
    per_gpu = resident + gathered + activations + logits + context
    formula = f"{' + '.join(texts)} = {gb_and_gib(per_gpu)}{' a GPU' if n_gpus > 1 else ''}"
    more = {"total": per_gpu * n_gpus / GB, "gib": per_gpu / GIB, "activation_checkpointing": checkpointing}
    gpu = request.optional_gpu()
    if gpu is not None:
        more |= {"gpu": gpu.title, "fits": per_gpu / GB <= gpu.memory_gb * 1.0237}
    return answer(request, per_gpu / GB, formula, parts=tuple(parts), extra=more)
