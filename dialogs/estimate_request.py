"""Free text to a request for an estimate: "qlora llama-3.1-8b on one rtx 4090, 5k examples"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dialogs.understanding.estimate_inputs import (
    also_of,
    given_pairs,
    key_values,
    kind_of,
    read_amounts,
    read_format,
    read_method,
    without_pairs,
)
from dialogs.understanding.estimate_words import (
    NamedGpu,
    NamedModel,
    estimate_words,
    example_requests,
    gpu_title,
    name_gpu,
    name_model,
    question,
    suggested_models,
)
from knowledge.catalog import Catalog

NEEDS_MODEL = frozenset(
    (
        "gguf_size", "checkpoint_size", "kv_cache", "infer_memory", "train_memory", "train_flops",
        "pretrain_gpu_hours", "finetune_gpu_hours", "pretrain_wall_days", "train_throughput",
        "decode_speed", "prefill_speed",
        "serve_throughput", "serve_cost", "compress_gpu_hours",
    )
)  # fmt: skip
FITS = "fits"
"""Not an estimate but a look into the catalogue: which models fit into `memory_gb` or onto `gpu`."""


@dataclass(frozen=True)
class EstimateRequest:
    """What was understood of a request.

    `kind` is a public kind of estimate, or "fits"; None where nothing was understood. `inputs` has the public
    keys. `also` names further kinds that the same inputs answer. A `question` with its `choices` stands where
    a name is not in the catalogue or something needed is missing; then the estimate should wait. `unclear`
    are the words that a choice replaces in the text.
    """

    kind: str | None
    inputs: dict[str, Any] = field(default_factory=dict)
    understood: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unclear: str = ""


def read_estimate_request(
    text: str, catalog: Catalog, known: Collection[str] = frozenset()
) -> EstimateRequest:
    """Read what somebody wants estimated. `known` are inputs that stand elsewhere and need not be asked for.

    A name that is not in the catalogue but looks like one comes back as a question with choices; a text in
    which nothing is understood as a question that says what is accepted, with two examples.
    """
    words = " ".join(text.replace("\u00a0", " ").split())
    given = key_values(words)
    if given is not None:
        return EstimateRequest(*given, also=also_of(*given))
    pairs, words = given_pairs(words), without_pairs(words)
    model, gpu = name_model(words, catalog), name_gpu(words, catalog)
    method = read_method(words.lower())
    inputs, understood = _inputs(words, model, gpu, method)
    inputs |= pairs
    has_model = bool(model.card or model.written or model.params or "model" in pairs)
    kind = kind_of(words.lower(), method, inputs, has_model=has_model)
    if kind is None and not inputs:
        return EstimateRequest(None, {}, (), question("nothing"), example_requests())
    if kind == FITS:
        return EstimateRequest(FITS, inputs, understood)
    inputs.pop("memory_gb", None)
    also = also_of(kind, inputs) if kind else ()
    return _asked(EstimateRequest(kind, inputs, understood, also=also), model, gpu, catalog, known)


def _inputs(
    words: str, model: NamedModel, gpu: NamedGpu, method: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    inputs: dict[str, Any] = {}
    understood: list[str] = []
    if method:
        inputs["method"] = method
        understood.append({"qlora": "QLoRA", "lora": "LoRA"}.get(method, method))
    if model.card is not None:
        inputs["model"] = model.card.id
        understood.append(model.card.title)
    elif model.params is not None and not model.written:
        inputs["params"] = model.params
        understood.append(f"{model.params / 1e9:g}B parameters")
    quant = read_format(words.lower(), method)
    if quant:
        inputs["precision" if method and quant in ("bf16", "fp16", "fp32", "fp8") else "quant"] = quant
        understood.append(quant)
    if gpu.card is not None:
        inputs["gpu"] = gpu.card.id
        if gpu.counted or "pretrain" not in method:
            inputs["n_gpus"] = gpu.count
        understood.append(f"{gpu.count}× {gpu_title(gpu.card)}")
    elif gpu.written and not gpu.near:
        inputs["gpu"] = gpu.written
    spans = (model.span, gpu.span)
    for key, value, said in read_amounts(words.lower(), spans, method):
        if key not in inputs:
            inputs[key] = value
            understood.append(said)
    return inputs, tuple(understood)


def _asked(
    request: EstimateRequest, model: NamedModel, gpu: NamedGpu, catalog: Catalog, known: Collection[str]
) -> EstimateRequest:
    """Add the question that has to be answered first, if there is one."""
    ask, unclear = "", ""
    choices: tuple[str, ...] = ()
    if model.card is None and model.written and model.near:
        titles = tuple(card.title for card in model.near)
        key = "one_near_model" if len(titles) == 1 else "near_model"
        ask, choices, unclear = question(key, title=titles[0], name=model.written), titles, model.written
    elif gpu.card is None and gpu.written and gpu.near:
        unclear = gpu.written
        ask, choices = question("near_gpu", name=unclear), tuple(gpu_title(card) for card in gpu.near)
    elif request.kind is None:
        ask, choices = question("nothing"), example_requests()
    elif request.kind in NEEDS_MODEL and not {"model", "params", "layers"} & {*request.inputs, *known}:
        if request.inputs.get("method") == "pretrain":
            ask, choices = question("size"), tuple(estimate_words()["questions"]["size_examples"])
        else:
            ask, choices = question("model"), suggested_models(catalog)
    return EstimateRequest(
        request.kind, request.inputs, request.understood, ask, choices, request.also, unclear
    )
