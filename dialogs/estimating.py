"""Estimates on request: free text in, the figure first, then how it came about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dialogs.estimate_request import EstimateRequest, read_estimate_request
from dialogs.progress import record
from dialogs.speech import compose, escape, figure, number
from dialogs.turns import Choice, Form, FormField, OpenForm, Reply
from dialogs.world import Context
from estimator.cheatsheet import cheat_sheet
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from knowledge.catalog import Catalog

TITLES = {
    "gguf_size": "File size",
    "checkpoint_size": "Checkpoint",
    "kv_cache": "KV cache",
    "infer_memory": "Memory to serve it",
    "train_memory": "Memory to train it",
    "train_flops": "Training compute",
    "pretrain_gpu_hours": "Pre-training",
    "finetune_gpu_hours": "Fine-tuning",
    "pretrain_wall_days": "Pre-training time",
    "train_throughput": "Training speed",
    "train_energy": "Training energy",
    "decode_speed": "Writing speed",
    "prefill_speed": "Reading speed",
    "serve_throughput": "Serving throughput",
    "serve_cost": "Serving cost",
    "schedule": "Calendar time",
    "rag_index": "Index",
    "rag_request": "Tokens added to a request",
    "prompt_cost": "Prompt cost",
    "api_cost": "API cost",
    "compress_gpu_hours": "Compression",
    "effort": "Effort",
}
"""How each kind of estimate is headed."""


def answer(ctx: Context, text: str) -> None:
    """Answer a free-text request for an estimate."""
    words = text.strip()
    if "cheat" in words.lower() and "sheet" in words.lower():
        ctx.say(cheat_sheet_reply())
        return
    ctx.say(estimate_reply(words, ctx.world.knowledge.catalog, hardware=_project_gpu(ctx)))
    if ctx.project:
        record(ctx.project, ctx.now, ctx.turn.person.id, "estimate")


_REQUEST = re.compile(
    r"^\s*(estimate|/estimate)\b|\bhow (big|large|heavy) is\b.*\b(q\d|gguf|model|\d+ ?b)\b|"
    r"\bhow much (memory|vram|ram|gpu|compute|disk)\b|\bkv.?cache\b.*\d|\bwhat fits (in|on)\b|"
    r"\bhow many gpus?\b|\bcheat ?sheet\b|\bserve\b.*\b(q\d|slots|users on)\b",
    re.IGNORECASE,
)


def is_request(text: str) -> bool:
    """Whether a message asks for an estimate."""
    return bool(_REQUEST.search(text)) and len(text) < 300


def open_form(ctx: Context) -> None:
    """Show the form that `/estimate` without words opens."""
    tasks = (
        ("serve", "Serve a model"),
        ("lora", "Fine-tune with LoRA"),
        ("qlora", "Fine-tune with QLoRA"),
        ("full fine-tuning", "Full fine-tuning"),
        ("how big is", "File size"),
        ("kv cache of", "KV cache"),
    )
    ctx.effects.append(
        OpenForm(
            Form(
                id="estimate",
                title="Estimate",
                submit="Estimate",
                fields=(
                    FormField("what", "What", "serve", options=tasks, optional=False),
                    FormField("model", "Model", placeholder="llama 3.1 8b q4_k_m", optional=False),
                    FormField("on", "On which GPU", placeholder="on one rtx 4090"),
                    FormField("size", "How much", placeholder="8k context, 5k examples, 20 users"),
                ),
                context=ctx.project.id if ctx.project else "",
            )
        )
    )


def _project_gpu(ctx: Context) -> str:
    return (ctx.project.scope.hardware or "") if ctx.project else ""


def estimate_reply(text: str, catalog: Catalog, *, hardware: str = "") -> Reply:
    """Return the reply to a free-text request; the terminal's `cairn estimate` uses the same."""
    request = read_estimate_request(text, catalog)
    if request.question or not request.kind:
        return _ask_back(request)
    inputs = dict(request.inputs)
    assumed = []
    if (
        "gpu" not in inputs
        and hardware
        and request.kind in {"decode_speed", "prefill_speed", "serve_throughput"}
    ):
        inputs["gpu"] = hardware
        assumed.append(f"the project's hardware: {hardware}")
    try:
        result = estimate(request.kind, inputs, catalog)
    except EstimateError as error:
        return Reply(body=escape(str(error)), notes=tuple(escape(note) for note in request.understood[:1]))
    return result_reply(result, request.understood, assumed)


def _ask_back(request: EstimateRequest) -> Reply:
    choices = tuple(Choice("estimate", label[:75], label) for label in request.choices[:5])
    return Reply(question=escape(request.question), choices=choices,
                 notes=tuple(escape(" · ".join(request.understood)) for _ in request.understood[:1]))  # fmt: skip


def result_reply(
    result: Estimate, understood: tuple[str, ...] = (), assumed: list[str] | None = None
) -> Reply:
    """Put an estimate into words: the figure with its range first, then the formula, then what was assumed."""
    return compose(
        "estimate",
        title=TITLES.get(result.kind, result.kind),
        value=amount(result.value),
        low=amount(result.low),
        high=amount(result.high),
        exact=result.high <= result.low * 1.02,
        unit=result.unit,
        total=result.extra.get("total"),
        p90=result.extra.get("p90"),
        formula=result.formula,
        parts=[(part.name, amount(part.value)) for part in result.parts],
        understood=" · ".join(understood),
        assumed="; ".join([*(assumed or []), *result.assumptions]),
        sources="; ".join(result.sources),
    )


def amount(value: float) -> str:
    """Write a figure with a sensible number of digits."""
    if value != 0 and (abs(value) >= 1e15 or abs(value) < 1e-3):
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return number(value) if abs(value) >= 1e6 else figure(value)


def cheat_sheet_reply() -> Reply:
    """The lifecycle's cheat sheet, one stage a line."""
    return compose("cheat_sheet", rows=cheat_sheet())


def json_object(result: Estimate, id: object) -> Mapping[str, Any]:
    """Return the public JSON object of an estimate."""
    return {"id": id, **result.as_json()}
