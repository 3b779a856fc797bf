"""The forms of estimates: the empty one, and the one that is filled with what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.estimates.catalogue import kind_facts, label
from dialogs.estimates.request import EstimateRequest
from dialogs.turns import Form, FormField
from dialogs.understanding.estimate_inputs import key_values, request_text
from estimator.inputs import KEYS
from knowledge.catalog import Catalog

FORM = "estimate"
_TASKS = (
    ("serve", "Serve a model"),
    ("lora", "Fine-tune with LoRA"),
    ("qlora", "Fine-tune with QLoRA"),
    ("full fine-tuning", "Full fine-tuning"),
    ("how big is", "File size"),
    ("kv cache of", "KV cache"),
)


def empty_form(context: str = "") -> Form:
    """Return the form that `/estimate` without words opens."""
    return Form(
        id=FORM,
        title="Estimate",
        submit="Estimate",
        fields=(
            FormField("what", "What", "serve", options=_TASKS, optional=False),
            FormField("model", "Model", placeholder="llama 3.1 8b q4_k_m", optional=False),
            FormField("on", "On which GPU", placeholder="on one rtx 4090"),
            FormField("size", "How much", placeholder="8k context, 5k examples, 20 users"),
        ),
        context=context,
    )


def filled_form(kind: str, inputs: Mapping[str, Any], catalog: Catalog) -> Form:
    """Return the form that changes a request; what it does not show travels in its context."""
    facts = kind_facts(kind)
    fields = tuple(_field(key, inputs.get(key), catalog) for key in facts.fields)
    return Form(
        id=FORM,
        title=facts.title[:24],
        submit="Estimate again",
        fields=fields,
        context=request_text(kind, {key: inputs[key] for key in inputs if key not in facts.fields}),
    )


def _field(key: str, value: Any, catalog: Catalog) -> FormField:
    known = KEYS[key]
    if known.type in {"choice", "flag"}:
        names = known.choices or ("true", "false")
        chosen = str(value).lower() if value is not None else ""
        return FormField(key, label(key), chosen, options=tuple((name, name) for name in names))
    return FormField(key, label(key), _shown(key, value, catalog), hint=_hint(known.says))


def _hint(says: str) -> str:
    """Return what a key accepts as a sentence of its own; names such as "f16" keep their case."""
    return says[:1].upper() + says[1:] if says.split(maxsplit=1)[0].isalpha() else says


def _shown(key: str, value: Any, catalog: Catalog) -> str:
    if value is None:
        return ""
    record = {"model": catalog.find_model, "gpu": catalog.find_gpu}.get(key)
    found = record(str(value)) if record else None
    if found is not None:
        return found.title
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e15 else str(value)


def submitted(context: str, fields: Mapping[str, str]) -> EstimateRequest | None:
    """Return the request that a filled form makes; None where it was the empty form."""
    hidden = key_values(context)
    if hidden is None:
        return None
    kind, inputs = hidden
    given = {key: value.strip() for key, value in fields.items() if key in KEYS and value.strip()}
    return EstimateRequest(kind, {**inputs, **given})
