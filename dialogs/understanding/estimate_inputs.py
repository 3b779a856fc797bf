"""Kind, method, format and runtime of an estimate, read from free text; requests of the form "KIND KEY=VALUE"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from dialogs.understanding.estimate_words import estimate_words, plain_value
from dialogs.understanding.lexicon import expression_of, find, find_all

FINE_TUNING = ("qlora", "lora", "full", "sft", "dpo", "ppo", "prompt-tuning", "adapter", "distillation")
_KEY_VALUE = re.compile(r"(?<!\S)([a-z_]+)=(\S+)")
_FITS = re.compile(
    r"\b(?:what|which|was|welche\w*)\b.{0,30}\b(?:fits?|runs?|passt|läuft|laufen|can i run|can we run)\b"
)
_UNTRAINED = (None, "infer_memory", "gguf_size")
_DEFAULT_METHOD_KINDS = ("train_memory", "finetune_gpu_hours")
_NO_FILES = frozenset(("awq", "gptq", "nf4", "int8", "int4", "fp8", "mxfp4"))  # formats that no GGUF has


def key_values(words: str) -> tuple[str, dict[str, Any]] | None:
    """Return kind and inputs of "KIND KEY=VALUE …", or None where a text is not of that form."""
    kind = _kind_name(words)
    rest = words.split()[1:]
    if kind not in all_kinds() or not all(_KEY_VALUE.fullmatch(word) for word in rest):
        return None
    return kind, given_pairs(words)


def unknown_kind(words: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the first word of "WORD KEY=VALUE …" where no kind is called so, with the kinds that look like it."""
    name, *rest = words.split() or [""]
    if not rest or _KEY_VALUE.fullmatch(name) or not all(_KEY_VALUE.fullmatch(word) for word in rest):
        return None
    return name, tuple(get_close_matches(_kind_name(words), sorted(all_kinds()), n=3, cutoff=0.5))


def _kind_name(words: str) -> str:
    return words.split(" ", 1)[0].lower().replace("-", "_")


def given_pairs(words: str) -> dict[str, Any]:
    """Return the "KEY=VALUE" words of a text."""
    return {key: plain_value(value) for key, value in _KEY_VALUE.findall(words)}


def without_pairs(words: str) -> str:
    """Return a text without its "KEY=VALUE" words."""
    return " ".join(_KEY_VALUE.sub(" ", words).split())


def request_text(kind: str, inputs: Mapping[str, Any]) -> str:
    """Return a request as "KIND KEY=VALUE …", which `key_values` reads back."""
    return " ".join([kind, *(f"{key}={_written(value)}" for key, value in inputs.items())])


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return "-".join(str(value).split())


@lru_cache(maxsize=1)
def all_kinds() -> frozenset[str]:
    """Return every kind that can be asked for."""
    return frozenset((*estimate_words()["kinds"], *_DEFAULT_METHOD_KINDS))


def read_method(text: str) -> str:
    """Return the training method that a text names, or ""."""
    return next((name for name in estimate_words()["methods"] if _says("methods", name, text)), "")


def read_format(text: str, method: str) -> tuple[str, tuple[int, int]]:
    """Return the weight format that a text names and its place, or ""; "4-bit" in training is nf4."""
    for name, phrases in estimate_words()["formats"].items():
        match = find(expression_of(phrases), text)
        if match is None:
            continue
        if method in ("qlora", "lora") and name in ("int4", "Q4_K_M"):
            return "nf4", match.span()
        return str(name), match.span()
    return "", (0, 0)


def read_runtime(text: str) -> tuple[str, tuple[int, int]]:
    """Return the runtime that a text names and its place, or ""."""
    for name, phrases in estimate_words()["runtimes"].items():
        if match := find(expression_of(phrases), text):
            return str(name), match.span()
    return "", (0, 0)


def names_gguf(text: str) -> bool:
    """Whether the files of llama.cpp are meant."""
    return _says("gguf", "words", text) or read_runtime(text)[0] == "llama.cpp"


def gguf_format(name: str) -> str:
    """Return what GGUF calls a format that was given in bits; any other name as it is."""
    return str(estimate_words()["gguf_formats"].get(name, name))


def said_kind(text: str) -> str | None:
    """Return the first kind that a text names, or None."""
    first = text.split(" ", 1)[0]
    if first in all_kinds():
        return first
    if first in estimate_words()["first_words"]:
        return str(estimate_words()["first_words"][first])
    return next((kind for kind in estimate_words()["kinds"] if _says("kinds", kind, text)), None)


def kind_of(
    text: str, method: str, inputs: Mapping[str, Any], *, has_model: bool, hosted: bool = False
) -> str | None:
    """Return the kind that is asked for, or None."""
    said = said_kind(text)
    if said == text.split(" ", 1)[0]:
        return said
    if _FITS.search(text) and not has_model and {"memory_gb", "gpu"} & set(inputs):
        return "fits"
    trained = said in (*_UNTRAINED, "pretrain_wall_days")
    if method in ("pretrain", "continued-pretrain") and trained:
        return _pretraining(text, inputs)
    if method in FINE_TUNING and (trained or said == "schedule"):
        return _fine_tuning(text, inputs)
    if said == "kv_cache" and "kv_dtype" in inputs and _says("serving", "words", text):
        return "infer_memory"
    if hosted and said in _UNTRAINED:
        return "api_cost"
    if said in _UNTRAINED and has_model and not method and _says("training", "hours", text):
        return "pretrain_gpu_hours"
    if said in _UNTRAINED and (cost := _cost(text, inputs, has_model=has_model, hosted=hosted)):
        return cost
    if said is None and has_model:
        said = "infer_memory" if {"gpu", "context_tokens"} & set(inputs) else "gguf_size"
    if said == "gguf_size" and inputs.get("quant") in _NO_FILES:
        return "infer_memory"
    return said


def _cost(text: str, inputs: Mapping[str, Any], *, has_model: bool, hosted: bool) -> str | None:
    """Money without a word on whose machine: an API where one is named or priced, else a GPU of one's own."""
    priced = any(key.startswith("usd_per_million") for key in inputs)
    if not _says("cost", "words", text):
        return "api_cost" if priced else None
    if hosted or priced:
        return "api_cost"
    return "serve_cost" if has_model else None


def also_of(kind: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return further kinds that the same inputs answer, and that whoever asked wants to know too."""
    match kind:
        case "infer_memory" if "gpu" in inputs:
            return ("decode_speed",)
        case "finetune_gpu_hours":
            return ("train_memory",)
        case "train_memory" if {"samples", "tokens"} & set(inputs) and inputs.get("method") in FINE_TUNING:
            return ("finetune_gpu_hours",)
        case "pretrain_wall_days":
            return ("pretrain_gpu_hours", "train_flops")
        case "pretrain_gpu_hours":
            return ("train_flops",)
        case "rag_index":
            return ("rag_request",)
    return ()


def _pretraining(text: str, inputs: Mapping[str, Any]) -> str:
    if _says("training", "memory", text) and "tokens" not in inputs:
        return "train_memory"
    return "pretrain_wall_days" if inputs.get("n_gpus", 1) > 1 else "pretrain_gpu_hours"


def _fine_tuning(text: str, inputs: Mapping[str, Any]) -> str:
    if _says("training", "memory", text):
        return "train_memory"
    sized = bool({"samples", "tokens"} & set(inputs))
    return "finetune_gpu_hours" if sized or _says("training", "time", text) else "train_memory"


def _says(section: str, key: str, text: str) -> bool:
    return next(find_all(expression_of(estimate_words()[section][key]), text), None) is not None
