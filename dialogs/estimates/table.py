"""The comparison in words: one line an alternative, and the chart beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialogs.estimates.comparing import ALIKE, Option, comparable, compare
from dialogs.estimates.pages import formula_citation, model_citation
from dialogs.estimates.reply import Asking
from dialogs.estimates.request import EstimateRequest
from dialogs.estimates.words import GIB_PER_GB, machine, said_value, understood
from dialogs.speaking.speech import compose, escape, plain, rough
from dialogs.turns import Choice, Reply
from dialogs.understanding.estimate_inputs import request_text
from estimator.result import Estimate

_OTHER = {"method": "Compare methods", "quant": "Compare weights", "gpu": "Compare GPUs"}
_TITLES = {"method": "Methods", "quant": "Weight formats", "gpu": "GPUs"}
_SAME = "activation checkpointing and fused cross-entropy"


def comparison(request: EstimateRequest, along: str, asking: Asking) -> Reply:
    """Set the alternatives to a request side by side. `along` is "method", "quant" or "gpu"."""
    assert request.kind is not None
    kind, catalog = request.kind, asking.knowledge.catalog
    inputs = dict(request.inputs)
    options = compare(kind, inputs, along, catalog)
    if not options:
        return Reply(body=escape("Nothing can be set beside this; change its inputs instead."))
    rows = [row_of(option, say_unpriced=along == "gpu") for option in options]
    stated = {key: value for key, value in inputs.items() if key != along}
    gpu = catalog.find_gpu(str(inputs["gpu"])) if inputs.get("gpu") and along != "gpu" else None
    alt = compose("estimate_alt", chart="options", rows=rows).body
    return compose(
        "estimate_options",
        title=_TITLES[along],
        rows=rows,
        fitting=[option.label for option in options if option.fits],
        failing=[option.label for option in options if option.fits is False],
        where=f" {machine(gpu, inputs.get('n_gpus') or 1)}" if gpu else "",
        understood=understood(kind, stated, catalog),
        unpriced=any(option.unpriced for option in options),
        alike=_SAME if _made_alike(inputs, options) else "",
        model=model_citation(inputs, catalog),
        document=formula_citation(kind, asking.knowledge),
        choices=_choices(kind, inputs, along, asking),
        image=f"options {along} {request_text(kind, inputs)}",
        image_alt=plain(alt),
    )


def _made_alike(inputs: Mapping[str, Any], options: Sequence[Option]) -> bool:
    return all(key in options[0].inputs and key not in inputs for key in ALIKE)


def row_of(option: Option, *, say_unpriced: bool = True) -> dict[str, Any]:
    """Return what a line of the comparison shows."""
    cells = []
    if option.memory is not None:
        fits = {True: ", fits", False: ", does not fit", None: ""}[option.fits]
        cells.append(f"{said_value(option.memory, GIB_PER_GB)} GiB{fits}")
    count = int(option.inputs.get("n_gpus") or 1)
    cells += [
        _cell(result, count)
        for kind, result in option.results.items()
        if kind not in {"infer_memory", "train_memory"} and option.fits is not False
    ]
    if option.money is not None and option.fits is not False:
        cells.append(f"{rough(option.money.usd, 2)} USD")
    elif option.unpriced and say_unpriced:
        cells.append("no dated price")
    return {"label": option.label, "cells": cells, "asked": option.asked}


def _cell(result: Estimate, count: int) -> str:
    if result.unit == "GPU-hours" and result.kind == "finetune_gpu_hours":
        return f"{said_value(result, 1 / count)} h"
    return f"{said_value(result)} {result.unit}"


def _choices(kind: str, inputs: Mapping[str, Any], along: str, asking: Asking) -> tuple[Choice, ...]:
    value = request_text(kind, inputs)
    id = asking.button("compare")
    others = [name for name in comparable(kind, inputs) if name != along]
    found = [Choice(id, _OTHER[name], f"{name} {value}") for name in others]
    if asking.private:
        found.append(Choice("share", "Share to channel", f"compare {along} {value}"))
    return tuple(found)
