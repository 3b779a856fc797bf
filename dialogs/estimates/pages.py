"""Sources of an estimate: short, readable, and numbered in the order in which they are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.estimates.catalogue import kind_facts
from dialogs.turns import Citation
from knowledge.catalog import Catalog
from knowledge.loader import Knowledge


def model_citation(inputs: Mapping[str, Any], catalog: Catalog) -> Citation | None:
    """Return the catalogue's file of the model that was named."""
    card = catalog.find_model(str(inputs["model"])) if inputs.get("model") else None
    return Citation(card.path, card.id, card.title) if card and card.path else None


def gpu_citation(inputs: Mapping[str, Any], catalog: Catalog) -> Citation | None:
    """Return the hardware table, where a GPU was named."""
    gpu = catalog.find_gpu(str(inputs["gpu"])) if inputs.get("gpu") else None
    return Citation(gpu.path, gpu.id, gpu.title) if gpu and gpu.path else None


def formula_citation(kind: str, knowledge: Knowledge) -> Citation | None:
    """Return the document that explains the formula; None where a folder of one's own lacks it."""
    path, _, heading = kind_facts(kind).document.partition("#")
    for section in knowledge.sections:
        if section.path == path and section.heading == heading:
            return Citation(path, heading, section.title, section.revision)
    return None
