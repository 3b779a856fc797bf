"""What fits: the models of the catalogue that run within an amount of memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.estimates.catalogue import options
from dialogs.estimates.lines import FREE_SHARE
from dialogs.estimates.words import GIB_PER_GB
from estimator.inference import fits
from estimator.inputs import KEYS, parse_inputs, parse_number
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from knowledge.catalog import Catalog
from knowledge.schema import Gpu, ModelCard

_MEMORY = "a size in GB such as 24"


@dataclass(frozen=True)
class Fitting:
    """A model in the best format that fits, with its memory."""

    card: ModelCard
    quant: str
    memory: Estimate


@dataclass(frozen=True)
class Room:
    """Where a model has to fit: GPUs of the catalogue, or an amount of memory in GB."""

    gpu: Gpu | None
    count: int
    memory_gb: float
    context_tokens: int
    batch: int

    def holds(self, memory: Estimate) -> bool:
        """Whether that much fits; memory without a card counts in GiB, as cards do, with 5 % kept free."""
        if self.gpu is not None:
            return fits(self.gpu, memory.value)
        return memory.value * GIB_PER_GB <= FREE_SHARE * self.memory_gb

    @property
    def inputs(self) -> dict[str, Any]:
        gpu = {"gpu": self.gpu.id, "n_gpus": self.count} if self.gpu else {}
        return {**gpu, "context_tokens": self.context_tokens, "batch": self.batch}


def room_of(inputs: Mapping[str, Any], catalog: Catalog) -> Room:
    """Return where something has to fit. Raises EstimateError where that makes no sense."""
    memory_gb = inputs.get("memory_gb")
    if memory_gb is not None and not 0.1 <= float(memory_gb) <= 100_000:
        raise EstimateError(f"The memory must be {_MEMORY}; {float(memory_gb):g} GB is not.")
    given = parse_inputs({key: value for key, value in inputs.items() if key in KEYS})
    gpu = catalog.find_gpu(str(given["gpu"])) if given.get("gpu") else None
    if gpu is None and memory_gb is None:
        raise EstimateError(
            f"Say where it has to fit: {_MEMORY}, or a GPU of the catalogue such as rtx-4090."
        )
    count = given.get("n_gpus", 1)
    parse_number(KEYS["n_gpus"], count)
    return Room(
        gpu=gpu,
        count=count,
        memory_gb=float(memory_gb) if gpu is None and memory_gb is not None else count * gpu.memory_gb,  # type: ignore[union-attr]
        context_tokens=given.get("context_tokens", options()["fits"]["context_tokens"]),
        batch=given.get("batch", 1),
    )


def what_fits(room: Room, catalog: Catalog) -> tuple[Fitting, ...]:
    """Return the largest models that fit, one of each family, each in its best format."""
    found: dict[str, Fitting] = {}
    for card in sorted(catalog.models, key=lambda card: -(card.params_b or 0.0)):
        if _is_worth_showing(card) and card.family not in found:
            best = _best_format(card, room, catalog)
            if best is not None:
                found[card.family] = best
    return tuple(found.values())[: options()["fits"]["most"]]


def _is_worth_showing(card: ModelCard) -> bool:
    usable = card.kind == "decoder" and card.superseded_by is None and "everything" not in card.unverified
    return bool(usable and card.params_b and card.instruct is not False and card.architecture.layers)


def _best_format(card: ModelCard, room: Room, catalog: Catalog) -> Fitting | None:
    for quant in options()["fits"]["formats"]:
        inputs = {**room.inputs, "model": card.id, "quant": quant, "runtime": "llama.cpp"}
        try:
            memory = estimate("infer_memory", inputs, catalog)
        except EstimateError:
            return None
        if room.holds(memory):
            return Fitting(card, quant, memory)
    return None


def fits_json(inputs: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return what fits as a JSON object. Raises EstimateError where the room makes no sense."""
    room = room_of(inputs, catalog)
    models = [
        {
            "id": found.card.id,
            "title": found.card.title,
            "params_b": found.card.params_b,
            "quant": found.quant,
            "memory_gib": found.memory.value * GIB_PER_GB,
            "low": found.memory.low * GIB_PER_GB,
            "high": found.memory.high * GIB_PER_GB,
        }
        for found in what_fits(room, catalog)
    ]
    return {
        "kind": "fits",
        "unit": "GiB",
        "inputs": {**inputs},
        "models": models,
        "assumptions": assumed(room),
    }


def assumed(room: Room) -> list[str]:
    """Return what was assumed about how a model is run."""
    at_once = "one sequence" if room.batch == 1 else f"{room.batch:,} sequences at once"
    kept = "5 % kept free" if room.gpu is None else "what the driver keeps is left out"
    return [f"{room.context_tokens:,} tokens of context", at_once, "runtime llama.cpp", kept]
