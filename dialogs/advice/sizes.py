"""Which size of model to try first, and what fits a machine in training."""

from __future__ import annotations

import math
from functools import lru_cache

from dialogs.advice.facts import Facts, data
from estimator.kinds import estimate
from estimator.result import EstimateError
from knowledge.schema import ModelCard

GB_PER_B_4_BIT = 0.62  # GB a billion parameters takes in Q4_K_M, whole file
_HEADROOM = 0.8  # of the memory; the rest is for KV cache, runtime and other requests
_CPU_CAP_B = 3.5
_PHONE_CAP_B = 2.5
_ROOMY_GB = 70.0
_ROOMY_CAP_B = 60.0
_BYTES_16_BIT = 2.0
_TRAINING_TOKENS = 1024  # of an example, where no length is stated


def target_b(facts: Facts) -> float:
    """Return the size to try first, in billions of parameters of a dense model."""
    scope, signals = facts.scope, facts.signals
    tried = facts.tried_models[0].params_b if facts.tried_models else facts.tried_b
    if tried and tried <= largest_b(facts) and not signals & {"too_slow", "too_dear", "small_device"}:
        return tried
    size = float(data("defaults")["size_b"][facts.task])
    size *= {"high": 1.7, "low": 0.8}.get(scope.quality_risk or "", 1.0)
    size *= 1.5 if scope.breadth == "multi_task" else 1.0
    size *= 2.0 if "hard_reasoning" in signals else 1.0
    if (scope.requests_per_day or 0) >= 100_000:
        size *= 0.6
    if scope.latency_seconds is not None and scope.latency_seconds <= 1:
        size = min(size, 8.0 if scope.latency_seconds > 0.3 else 4.0)
    machine = facts.machine
    if machine and machine.is_cpu:
        size = min(size, _CPU_CAP_B)
    elif (
        machine
        and machine.usable_gb >= _ROOMY_GB
        and not (scope.latency_seconds and scope.latency_seconds <= 1)
    ):
        size = min(size * 1.5, max(size, _ROOMY_CAP_B))
    if "small_device" in signals:
        size = min(size, _PHONE_CAP_B)
    return min(size, largest_b(facts))


def largest_b(facts: Facts) -> float:
    """Return the most billions of parameters that fit the named machine in 4 bits, with room to work."""
    machine = facts.machine
    return machine.usable_gb * _HEADROOM / GB_PER_B_4_BIT if machine else 1e6


def capability_b(card: ModelCard) -> float | None:
    """Return the size of a dense model of like ability: for a mixture, the mean of total and active."""
    if card.params_b is None:
        return None
    return math.sqrt(card.params_b * (card.active_params_b or card.params_b))


def lora_fits(facts: Facts, params_b: float) -> bool:
    """Whether LoRA above 16-bit weights fits one GPU of the machine; true where none is named."""
    return facts.machine is None or lora_gb(facts, params_b) <= facts.machine.each_gb


def lora_gb(facts: Facts, params_b: float) -> float:
    """Return GB that LoRA takes at rank 16, batch 1, with checkpointing and a fused cross-entropy."""
    return _lora_gb(round(params_b, 2), int(facts.scope.input_tokens or _TRAINING_TOKENS))


@lru_cache(maxsize=512)
def _lora_gb(params_b: float, tokens: int) -> float:
    inputs = {"params": params_b * 1e9, "method": "lora", "lora_rank": 16, "seq": tokens, "batch": 1}
    inputs |= {"activation_checkpointing": True, "fused_loss": True}
    try:
        return estimate("train_memory", inputs).value
    except EstimateError:
        return _BYTES_16_BIT * params_b
