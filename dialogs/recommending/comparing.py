"""Answers "LoRA or QLoRA?" with this team's model and GPU: up to which length each one fits."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.advice.facts import facts_of
from dialogs.project import Project
from estimator.kinds import estimate
from estimator.result import EstimateError
from knowledge.catalog import Catalog
from knowledge.schema import Gpu, ModelCard

_LENGTHS = (1024, 2048, 3072, 4096, 6144, 8192, 12_288, 16_384, 24_576, 32_768)


@dataclass(frozen=True)
class Comparison:
    """How far LoRA and QLoRA reach on one GPU: the longest input that fits, 0 where none does.

    Memory in GB (1e9 bytes) is at `at_tokens`.
    """

    model: ModelCard
    gpu: Gpu
    at_tokens: int
    lora_gb: float
    qlora_gb: float
    lora_tokens: int
    qlora_tokens: int


def compare_adapters(project: Project, catalog: Catalog) -> Comparison | None:
    """Compare both on the model that was named and the GPU that is there; None where either is unknown."""
    facts = facts_of(project.scope, catalog, project.wishes)
    machine = facts.machine
    card = next((c for c in facts.named_models if c.kind == "decoder"), None)
    if card is None or machine is None or machine.gpu is None or machine.is_cpu:
        return None
    stated = int(project.scope.input_tokens or 0)
    at_tokens = next((length for length in _LENGTHS if length >= stated), _LENGTHS[-1]) if stated else 2048
    try:
        return Comparison(
            model=card,
            gpu=machine.gpu,
            at_tokens=at_tokens,
            lora_gb=_memory_gb("lora", card, machine.gpu, at_tokens, catalog),
            qlora_gb=_memory_gb("qlora", card, machine.gpu, at_tokens, catalog),
            lora_tokens=_reach("lora", card, machine.gpu, catalog),
            qlora_tokens=_reach("qlora", card, machine.gpu, catalog),
        )
    except EstimateError:
        return None


def _memory_gb(method: str, card: ModelCard, gpu: Gpu, tokens: int, catalog: Catalog) -> float:
    inputs = {
        "method": method, "model": card.id, "gpu": gpu.id, "seq": tokens, "batch": 1, "lora_rank": 16,
        "activation_checkpointing": True, "fused_loss": True,
    }  # fmt: skip
    return estimate("train_memory", inputs, catalog).value


def _reach(method: str, card: ModelCard, gpu: Gpu, catalog: Catalog) -> int:
    usable_gb = gpu.memory_gb * gpu.usable_memory_share
    fitting = [n for n in _LENGTHS if _memory_gb(method, card, gpu, n, catalog) <= usable_gb]
    return max(fitting, default=0)
