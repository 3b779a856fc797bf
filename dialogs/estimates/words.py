"""Figures and inputs of estimates in words: no number without its unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dialogs.speaking.speech import rough
from dialogs.understanding.estimate_words import gpu_title
from estimator.inputs import parse_inputs, read_back
from estimator.result import Estimate, EstimateError
from knowledge.catalog import Catalog
from knowledge.schema import Gpu

GIB_PER_GB = 1e9 / 2**30
_EXACT = 1.02  # high ÷ low below which an interval is not worth saying
_WIDE = 1.35  # high ÷ low above which a third digit says nothing
_METHODS = {"lora": "LoRA", "qlora": "QLoRA", "dpo": "DPO", "ppo": "PPO (RLHF)", "sft": "full fine-tuning"}
_METHODS |= {"full": "full fine-tuning", "pretrain": "pre-training", "adapter": "adapters"}
_METHODS |= {"continued-pretrain": "continued pre-training", "prompt-tuning": "prompt tuning"}
_SERVING = frozenset(("infer_memory", "decode_speed", "prefill_speed", "serve_throughput", "serve_cost"))
_HIDDEN = frozenset(("n_gpus", "seed", "scope", "country", "done"))


def digits_of(result: Estimate) -> int:
    """Return the significant digits that an interval leaves: two where it is wide, else three."""
    return 2 if result.high > result.low * _WIDE else 3


def spread(result: Estimate, factor: float = 1.0) -> str:
    """Return the 80 % interval, "12.8–14.3", or "" where it is narrower than the rounding."""
    if result.high <= result.low * _EXACT:
        return ""
    digits = digits_of(result)
    low, high = rough(result.low * factor, digits), rough(result.high * factor, digits)
    return "" if low == high else f"{low}–{high}"


def said_value(result: Estimate, factor: float = 1.0) -> str:
    """Return an estimate's value with the digits that it deserves."""
    return rough(result.value * factor, digits_of(result))


def machine(gpu: Gpu, count: int) -> str:
    """Return "one RTX 4090" or "8 H100"."""
    return f"one {gpu_title(gpu)}" if count == 1 else f"{count:,} × {gpu_title(gpu)}"


def understood(kind: str, inputs: Mapping[str, Any], catalog: Catalog) -> tuple[str, ...]:
    """Return what was understood, input by input, in the words of the field."""
    said = []
    for key, value in inputs.items():
        if key not in _HIDDEN:
            said.append(_input(kind, key, _checked(key, value), inputs, catalog))
    return tuple(word for word in said if word)


def _checked(key: str, value: Any) -> Any:
    """Return a value as the estimator reads it ("8k" is 8,192 tokens); one that makes no sense as it stands."""
    try:
        return parse_inputs({key: value}).get(key, value)
    except EstimateError:
        return value


def _input(kind: str, key: str, value: Any, inputs: Mapping[str, Any], catalog: Catalog) -> str:
    text = str(value)
    match key:
        case "model":
            card = catalog.find_model(text)
            return card.title if card else text
        case "gpu":
            gpu = catalog.find_gpu(text)
            name = gpu_title(gpu) if gpu else text
            return f"{inputs['n_gpus']}× {name}" if inputs.get("n_gpus") else name
        case "method":
            return _METHODS.get(text, text)
        case "quant":
            return text
        case "batch" if kind in _SERVING:
            return f"{_plain(value)} at once"
        case "start" | "deadline":
            return f"{key} {_day(value)}"
        case "techniques":
            names = value if isinstance(value, tuple | list) else text.split(",")
            return ", ".join(str(name).replace("_", " ") for name in names)
        case "data_state":
            return f"data {text}"
        case "breadth":
            return text.replace("_", " ")
    return read_back(key, value)


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _day(value: Any) -> str:
    """Write a day with its year: what was read must show which January was understood."""
    try:
        read = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{read.day} {read:%B %Y}"
