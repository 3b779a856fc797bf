"""Model states in training: what every parameter costs, how sharding divides it, adapters and side models."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.formats import weight_format
from estimator.inputs import Request, shown
from estimator.numbers import count
from estimator.result import EstimateError
from estimator.shapes import Shape

ADAPTED = frozenset({"lora", "qlora", "adapter", "prompt-tuning"})
SHARDS_WEIGHTS = frozenset({"zero-3", "fsdp", "fsdp-full", "tensor"})
SHARDS_GRADIENTS = SHARDS_WEIGHTS | {"zero-2"}
ADAPTER_BYTES = 16  # 16-bit or fp32 weights and gradients, fp32 moments, of few parameters
_TRAINED_BYTES = 18  # mixed-precision AdamW with fp32 gradients
_VIRTUAL_TOKENS = 20
_OPTIMIZERS: tuple[tuple[str, float, str], ...] = (
    # first match wins: words in the name, bytes of state a parameter, what they are
    ("paged", 0.0, "moments paged to the host"),
    ("8bit", 2.0, "8-bit moments"),
    ("8-bit", 2.0, "8-bit moments"),
    ("adafactor", 0.2, "factored moments"),
    ("lion", 2.0, "one 16-bit moment"),
    ("bf16 states", 4.0, "16-bit moments"),
    ("bf16-states", 4.0, "16-bit moments"),
    ("sgd", 8.0, "fp32 master weights and one moment"),
    ("muon", 8.0, "fp32 master weights and one moment"),
)


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

    def on_one_gpu(self, params: float, sharding: str, n_gpus: int) -> float:
        """Return bytes on one GPU.

        ZeRO-1 shards the optimizer, ZeRO-2 also gradients, ZeRO-3 and FSDP also weights; tensor parallel all.
        """
        weights = self.weights / (n_gpus if sharding in SHARDS_WEIGHTS else 1)
        gradients = self.gradients / (n_gpus if sharding in SHARDS_GRADIENTS else 1)
        return params * (weights + gradients + self.optimizer / (n_gpus if sharding != "none" else 1))


def full_states(request: Request, precision: str, optimizer: str) -> States:
    """Return bytes a parameter of full training.

    fp32 Adam 4+4+8; mixed-precision AdamW 2+2+12, plus the fp32 gradients that DeepSpeed and Megatron keep;
    8-bit or 16-bit moments go without master weights; a step inside the backward pass needs no gradients.
    Raises EstimateError for an unknown optimizer.
    """
    name = optimizer.lower().replace("_", "-")
    gradients = 0.0 if "in-backward" in name or "in backward" in name else 2.0
    if precision == "fp32":
        return States(4, 4, 8, "fp32 weights, gradients, two moments")
    for word, state_bytes, text in _OPTIMIZERS:
        if word in name:
            return States(2, gradients, state_bytes, f"16-bit weights, {text}")
    if "adam" not in name:
        known = "adamw, adamw-8bit, paged-adamw-8bit, adafactor, lion, muon or sgd"
        raise EstimateError(f"optimizer {shown(optimizer)} is unknown; take {known}.")
    fp32_gradients = request.coefficient("training.extra_gradient_bytes")
    return States(2, gradients + fp32_gradients, 12, "16-bit weights, fp32 master weights and two moments")


def trainable_params(request: Request, shape: Shape, method: str) -> float:
    """Return trainable parameters of an adapter: given, or `r*(in+out)` over all linear layers."""
    given = request.get("trainable_params")
    if given:
        return float(given)
    if method == "prompt-tuning":
        request.assume(f"{_VIRTUAL_TOKENS} virtual tokens")
        return float(_VIRTUAL_TOKENS * shape.hidden)
    rank = int(request.get("lora_rank") or 16)
    request.assume(f"rank {rank} on all linear layers")
    return shape.lora_params(rank)


@dataclass(frozen=True)
class FrozenBase:
    """The weights an adapter sits on."""

    size_bytes: float
    text: str
    unpacked: bool  # a bitsandbytes base, whose matrices are unpacked for every use


def frozen_base(request: Request, shape: Shape, method: str) -> FrozenBase:
    """Return the frozen base: 2 B a parameter, or quantised layers with tables in 16 bit."""
    quant = request.get("quant")
    if quant is None and method == "qlora":
        quant = request.default("quant", "nf4")
    fmt = weight_format(quant or "bf16")
    tables = shape.embedding_params + shape.head_params
    size = shape.layer_params * fmt.layer_bytes + tables * fmt.table_bytes
    text = f"{count(shape.params)} × {fmt.layer_bytes:g} B"
    if fmt.layer_bytes != fmt.table_bytes:
        layers = f"{count(shape.layer_params)} × {fmt.layer_bytes:g} B"
        text = f"{layers} + {count(tables)} tables × {fmt.table_bytes:g} B"
    return FrozenBase(size, text, fmt.family == "bnb")


def side_models(request: Request, shape: Shape, method: str) -> tuple[float, str]:
    """Return bytes of the models beside the trained one, and their names.

    DPO: a frozen reference. PPO: reference and reward model frozen, a critic in training. Distillation: the
    teacher, frozen. Frozen models hold 2 B a parameter.
    """
    if method == "dpo":
        return 2 * shape.params, "frozen reference"
    if method == "ppo":
        reward = float(request.default("reward_params", shape.params, "as large as the policy"))
        return 2 * shape.params + (2 + _TRAINED_BYTES) * reward, "reference, reward model, critic in training"
    if method == "distillation":
        teacher = float(request.default("teacher_params", 10 * shape.params, "ten times the student"))
        return 2 * teacher, "frozen teacher"
    return 0.0, ""
