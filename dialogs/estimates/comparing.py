"""The alternatives to what was asked, side by side: methods, weight formats, GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.estimates.catalogue import kind_facts, options
from dialogs.estimates.work import Money, run_cost
from dialogs.understanding.estimate_words import gpu_title
from estimator.inference import fits
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from knowledge.catalog import Catalog

_PRETRAINING = frozenset(("pretrain_gpu_hours", "pretrain_wall_days"))
_TRAINING = frozenset(("train_memory", "finetune_gpu_hours", "train_throughput"))
ALIKE: Mapping[str, Any] = {"activation_checkpointing": True, "fused_loss": True}
"""What training is compared with, where nothing else was asked: else a tight card would seem to need less."""
_ALIKE_METHODS = frozenset((None, "full", "sft", "lora", "qlora"))
_COLUMNS = {
    "train_memory": ("train_memory", "finetune_gpu_hours"),
    "finetune_gpu_hours": ("train_memory", "finetune_gpu_hours"),
    "train_throughput": ("train_memory", "train_throughput"),
    "pretrain_gpu_hours": ("pretrain_gpu_hours",),
    "pretrain_wall_days": ("pretrain_wall_days", "pretrain_gpu_hours"),
    "gguf_size": ("gguf_size",),
    "infer_memory": ("infer_memory", "decode_speed"),
    "decode_speed": ("infer_memory", "decode_speed"),
    "prefill_speed": ("infer_memory", "prefill_speed"),
    "serve_throughput": ("infer_memory", "serve_throughput"),
    "serve_cost": ("infer_memory", "serve_cost"),
}
"""Which estimates are set side by side for each kind."""


@dataclass(frozen=True)
class Option:
    """One alternative with its estimates by kind; `fits` is None where no GPU was named."""

    label: str
    inputs: Mapping[str, Any]
    results: Mapping[str, Estimate]
    columns: frozenset[str] = frozenset()  # the kinds that were asked of it
    money: Money | None = None
    asked: bool = False  # what the request was about

    @property
    def memory(self) -> Estimate | None:
        """Memory of one GPU, in GB."""
        return self.results.get("train_memory") or self.results.get("infer_memory")

    @property
    def unpriced(self) -> bool:
        """Whether what it costs depends on a price that neither the asker nor the table gives."""
        costs = {"serve_cost", "finetune_gpu_hours", "pretrain_gpu_hours"} & self.columns
        return (
            bool(costs)
            and self.money is None
            and "serve_cost" not in self.results
            and bool(self.inputs.get("gpu"))
        )

    @property
    def fits(self) -> bool | None:
        return self.memory.extra.get("fits") if self.memory else None


def compare(kind: str, inputs: Mapping[str, Any], along: str, catalog: Catalog) -> tuple[Option, ...]:
    """Return the alternatives along "method", "quant" or "gpu", what was asked for among them.

    One that cannot be estimated is left out.
    """
    found = []
    for name, changes, asked in _alternatives(kind, inputs, along, catalog):
        changed = {**(ALIKE if kind in _TRAINING else {}), **inputs, **changes}
        results: dict[str, Estimate] = {}
        for column in _COLUMNS.get(kind, (kind,)):
            try:
                results[column] = estimate(column, changed, catalog)
            except EstimateError:
                continue
        if results:
            cost = run_cost(list(results.values()), changed, catalog)
            columns = frozenset(_COLUMNS.get(kind, (kind,)))
            found.append(Option(name, changed, results, columns, cost, asked))
    return tuple(found)


def _alternatives(
    kind: str, inputs: Mapping[str, Any], along: str, catalog: Catalog
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    match along:
        case "method":
            now = {"sft": "full"}.get(str(inputs.get("method")), inputs.get("method") or "lora")
            for method, title in options()["methods"].items():
                yield title, {"method": method}, method == now
        case "quant":
            now = str(inputs.get("quant") or "")
            names = dict(options()["formats"])
            if now and now not in names:
                names = {now: now, **names}
            for quant, title in names.items():
                yield title, {"quant": quant}, quant == now
        case "gpu":
            yield from _gpus(kind, inputs, catalog)


def _gpus(
    kind: str, inputs: Mapping[str, Any], catalog: Catalog
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    table = options()["pretraining_gpus" if kind in _PRETRAINING else "gpus"]
    asked = catalog.find_gpu(str(inputs.get("gpu") or "")) if inputs.get("gpu") else None
    cards = [card for name in table["ids"] if (card := catalog.find_gpu(name))]
    if asked is not None and asked not in cards:
        cards = [asked, *cards][: options()["gpus"]["most"]]
    count = inputs.get("n_gpus") or 1
    for card in cards:
        title = gpu_title(card) if count == 1 else f"{count}× {gpu_title(card)}"
        yield title, {"gpu": card.id}, card == asked


def comparable(kind: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return along what a request can be compared; methods only where LoRA would do the same."""
    along = kind_facts(kind).compare
    if inputs.get("method") not in _ALIKE_METHODS:
        along = tuple(name for name in along if name != "method")
    return along


def changes_that_fit(kind: str, inputs: Mapping[str, Any], catalog: Catalog) -> tuple[str, ...]:
    """Return up to two single changes after which something fits that does not, the smallest of each sort."""
    found: dict[str, str] = {}
    gpu = catalog.find_gpu(str(inputs.get("gpu") or ""))
    for words, changes in _smaller(kind, inputs):
        sort = next(iter(changes))
        if sort in found:
            continue
        try:
            result = estimate(kind, {**inputs, **changes}, catalog)
            if result.extra.get("fits") and (gpu is None or fits(gpu, result.high)):
                found[sort] = words
        except EstimateError:
            continue
    return tuple(found.values())[:2]


def _smaller(kind: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if kind == "train_memory":
        if inputs.get("method") in _ALIKE_METHODS - {"lora", "qlora"}:
            yield "LoRA", {"method": "lora"}
        if inputs.get("method") in _ALIKE_METHODS - {"qlora"}:
            yield "QLoRA", {"method": "qlora"}
        yield "activation checkpointing", {"activation_checkpointing": True}
        seq = _number(inputs.get("seq")) or 2048
        yield f"sequences of {seq // 2:,} tokens", {"seq": max(1, seq // 2)}
    else:
        yield "a q8_0 KV cache", {"kv_dtype": "q8_0"}
        batch = _number(inputs.get("batch")) or 1
        for fewer in (batch * 3 // 4, batch // 2, batch // 4):
            if fewer >= 1:
                yield f"{fewer} at once", {"batch": fewer}
        for quant in ("Q8_0", "Q4_K_M"):
            if str(inputs.get("quant") or "bf16") in {"bf16", "fp16", "fp32", "Q8_0"}:
                yield f"{quant} weights", {"quant": quant}
        context = _number(inputs.get("context_tokens")) or 8192
        yield f"a context of {context // 2:,} tokens", {"context_tokens": max(1, context // 2)}
    count = _number(inputs.get("n_gpus")) or 1
    for more in (2 * count, 4 * count, 8 * count):
        yield f"{more} such GPUs", {"n_gpus": more}


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0
