"""The published cases, the error of the estimator on them, and the fitting of its coefficients."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from estimator.coefficients import COEFFICIENTS, Coefficients
from estimator.kinds import estimate
from knowledge.catalog import Catalog
from knowledge.loader import load_knowledge

CASES_FILE = Path(__file__).parents[1] / "evaluation" / "estimates.jsonl"
EXACT_KINDS = ("gguf_size", "kv_cache", "train_flops", "checkpoint_size")

# Which coefficients a kind's cases speak for.
FITTED: Mapping[str, tuple[str, ...]] = {
    "infer_memory": ("inference.gptq_copies", "inference.bnb_table_copies"),
    "train_memory": (
        "training.rmsnorm_bytes",
        "training.layernorm_bytes",
        "training.dequantized_bytes",
        "training.logit_bytes",
        "training.extra_gradient_bytes",
    ),
    "decode_speed": (
        "decode.bandwidth_share",
        "decode.consumer_layer_us",
        "decode.datacenter_layer_us",
        "decode.unified_layer_us",
        "decode.eager_layer_us",
    ),
    "prefill_speed": (
        "prefill.consumer_share",
        "prefill.unified_share",
        "prefill.datacenter_share",
        "prefill.quantized_factor",
    ),
    "train_throughput": (
        "step.share",
        "step.ridge_exponent",
        "step.fp8_share",
        "step.checkpointing_factor",
        "step.qlora_factor",
    ),
    "pretrain_gpu_hours": (
        "run.pretrain_share",
        "run.ridge_exponent",
        "run.gpus_exponent",
        "run.fp16_factor",
    ),
    "finetune_gpu_hours": ("run.finetune_share", "run.ppo_share"),
    "train_energy": ("energy.draw_share",),
    "serve_throughput": ("serving.sequence_us",),
}
_PRIOR_WEIGHT = 0.02  # of a deviation by a factor of e, in units of one case's log error
_STEPS = (1.25, 1.08, 1.02)
_MOST_ROUNDS = 40


@dataclass(frozen=True)
class Case:
    """One published value in the unit of its kind."""

    id: str
    held_out: bool
    family: str
    kind: str
    inputs: dict[str, Any]
    value: float
    bound: str | None
    source: str


@dataclass(frozen=True)
class Score:
    """A case and what the estimator said."""

    case: Case
    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Signed relative error."""
        return self.value / self.case.value - 1

    @property
    def covered(self) -> bool:
        """Whether the interval holds the published value."""
        return self.low <= self.case.value <= self.high


@cache
def load_cases() -> tuple[Case, ...]:
    """Read all published cases."""
    rows = [json.loads(line) for line in CASES_FILE.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Case(
            id=row["id"],
            held_out=row["set"] == "held_out",
            family=row["family"],
            kind=row["kind"],
            inputs=row["inputs"],
            value=row["expect"]["value"],
            bound=row["expect"].get("bound"),
            source=row["source"],
        )
        for row in rows
    )


@cache
def catalog() -> Catalog:
    """Load the shipped catalogue."""
    return load_knowledge().catalog


def cases_of(kind: str) -> list[Case]:
    """Return the cases of a kind that state a value, not a bound."""
    return [case for case in load_cases() if case.kind == kind and case.bound is None]


def score(cases: Iterable[Case], coefficients: Coefficients = COEFFICIENTS) -> list[Score]:
    """Estimate every case."""
    scores = []
    for case in cases:
        made = estimate(case.kind, case.inputs, catalog(), coefficients)
        scores.append(Score(case, made.value, made.low, made.high))
    return scores


def median_error(scores: Sequence[Score]) -> float:
    """Median absolute relative error."""
    return statistics.median(abs(row.error) for row in scores)


def coverage(scores: Sequence[Score]) -> float:
    """Share of published values inside their interval."""
    return sum(row.covered for row in scores) / len(scores)


def width(scores: Sequence[Score]) -> float:
    """Median ratio of the interval's ends."""
    return statistics.median(row.high / row.low for row in scores)


def _loss(values: Mapping[str, float], cases: Sequence[Case]) -> float:
    fitted = COEFFICIENTS.replaced(values)
    misses = [abs(math.log(row.value / row.case.value)) for row in score(cases, fitted)]
    # Beyond a factor of 1.65 a case says no more: it is another recipe, not another coefficient.
    data = sum(min(miss, 0.5) for miss in misses)
    ratios = [value / COEFFICIENTS.table[name].prior for name, value in values.items()]
    pull = sum(math.log(ratio) ** 2 for ratio in ratios)
    return data + _PRIOR_WEIGHT * pull


def fit(kind: str, cases: Sequence[Case]) -> Coefficients:
    """Return coefficients fitted to these cases alone: coordinate descent on log errors, from the priors."""
    values = {name: COEFFICIENTS.table[name].prior for name in FITTED.get(kind, ())}
    if not cases or not values:
        return COEFFICIENTS.replaced(values)
    best = _loss(values, cases)
    for step in _STEPS:
        for _ in range(_MOST_ROUNDS):
            before = best
            for name in FITTED[kind]:
                for factor in (step, 1 / step):
                    tried = {**values, name: values[name] * factor}
                    loss = _loss(tried, cases)
                    if loss < best - 1e-9:
                        values, best = tried, loss
                        break
            if best >= before - 1e-6:
                break
    return COEFFICIENTS.replaced(values)


def left_out(kind: str) -> list[Score]:
    """Score each family with coefficients fitted to the other families."""
    cases = cases_of(kind)
    scores: list[Score] = []
    for family in sorted({case.family for case in cases}):
        others = [case for case in cases if case.family != family]
        scores += score([case for case in cases if case.family == family], fit(kind, others))
    return scores


def set_aside(kind: str) -> tuple[list[Score], list[Score]]:
    """Fit to the tuning families only; return the scores of those, and of the families set aside."""
    cases = cases_of(kind)
    tuning = [case for case in cases if not case.held_out]
    fitted = fit(kind, tuning)
    return score(tuning, fitted), score([case for case in cases if case.held_out], fitted)
