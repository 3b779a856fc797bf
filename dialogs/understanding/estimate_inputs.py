"""Kind, method, format and amounts of an estimate, read from free text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from dialogs.understanding.estimate_words import estimate_words
from dialogs.understanding.lexicon import expression_of, find, find_all, starts
from dialogs.understanding.numbers import find_numbers

FINE_TUNING = ("qlora", "lora", "full", "sft", "dpo", "ppo", "prompt-tuning", "adapter", "distillation")
_KEY_VALUE = re.compile(r"(?<!\S)([a-z_]+)=(\S+)")
_TOKENS = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s?(t|trillion|b|bn|billion|m|million|k)?\s+tokens\b(?!\s*(?:per|a|each|/|in\b|out\b|long|prompt|context))"
)
_TOKEN_SCALES = {
    "t": 1e12,
    "trillion": 1e12,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
    "m": 1e6,
    "million": 1e6,
    "k": 1e3,
}
_MEMORY = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s?(gb|gib|gigs?|g)\b(?!\s*(?:of\s+)?(?:documents|docs|text|manuals))"
)
_USD_GPU_HOUR = re.compile(r"\$\s?(\d+(?:\.\d+)?)\s*(?:/|per|an|a)\s*(?:gpu[\s-]?)?(?:h|hr|hour)\b")
_USD_MILLION = re.compile(
    r"\$\s?(\d+(?:\.\d+)?)\s*(?:/|per)\s*(?:million|1?m\b)\s*(?:tokens\s*)?(input|output|in|out)?"
)
_CACHE = re.compile(r"\b(q8_0|q4_0|fp8|int8|q8|q4|f16|bf16|fp16)\s+(?:kv|cache)\b")
_FITS = re.compile(
    r"\b(?:what|which|was|welche\w*)\b.{0,30}\b(?:fits?|runs?|passt|läuft|laufen|can i run|can we run)\b"
)
LABELS = {"context_tokens": "context", "lora_rank": "rank", "seq": "sequence", "top_k": "top"}
_POWERS = frozenset(2**exponent for exponent in range(0, 11))
_K = 1024
_DEFAULT_METHOD_KINDS = ("train_memory", "finetune_gpu_hours")
_NO_FILES = frozenset(("awq", "gptq", "nf4", "int8", "int4", "fp8", "mxfp4"))  # formats that no GGUF has
_MINUS = re.compile(r"(?:^|\s)[-−]$")
_ODD_NUMBER = re.compile(r"(?<![\w.])([+-]?(?:nan|inf|infinite|infinity|\d+(?:\.\d+)?e[+-]?\d+))\s+(?=[a-z])")


def key_values(words: str) -> tuple[str, dict[str, Any]] | None:
    """Return kind and inputs of "KIND KEY=VALUE …", or None where a text is not of that form."""
    kind = words.split(" ", 1)[0].lower() if words else ""
    rest = words.split()[1:]
    if kind not in all_kinds() or not all(_KEY_VALUE.fullmatch(word) for word in rest):
        return None
    return kind, given_pairs(words)


def given_pairs(words: str) -> dict[str, Any]:
    """Return the "KEY=VALUE" words of a text."""
    return {key: _plain(value) for key, value in _KEY_VALUE.findall(words)}


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


def read_format(text: str, method: str) -> str:
    """Return the weight format that a text names, or ""; "4-bit" in training is nf4."""
    weights = _CACHE.sub(" ", text)
    for name in estimate_words()["formats"]:
        if _says("formats", name, weights):
            return "nf4" if method in ("qlora", "lora") and name in ("int4", "Q4_K_M") else str(name)
    return ""


def kind_of(text: str, method: str, inputs: Mapping[str, Any], *, has_model: bool) -> str | None:
    """Return the kind that is asked for, or None."""
    first = text.split(" ", 1)[0]
    if first in all_kinds():
        return first
    if _FITS.search(text) and not has_model and {"memory_gb", "gpu"} & set(inputs):
        return "fits"
    said = next((kind for kind in estimate_words()["kinds"] if _says("kinds", kind, text)), None)
    if method in ("pretrain", "continued-pretrain") and said in (
        None,
        "infer_memory",
        "gguf_size",
        "pretrain_wall_days",
    ):
        return _pretraining(text, inputs)
    if method in FINE_TUNING and said in (
        None,
        "infer_memory",
        "gguf_size",
        "schedule",
        "pretrain_wall_days",
    ):
        return _fine_tuning(text, inputs)
    if said is None and has_model:
        said = "infer_memory" if {"gpu", "context_tokens"} & set(inputs) else "gguf_size"
    if said == "gguf_size" and inputs.get("quant") in _NO_FILES:
        return "infer_memory"
    return said


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


def read_amounts(
    text: str, spans: tuple[tuple[int, int], ...], method: str
) -> Iterator[tuple[str, Any, str]]:
    """Yield (input key, value, words) for every amount; the places of names in `spans` are left out."""
    free = _blank(text, spans)
    for match in _TOKENS.finditer(free):
        value = float(match[1]) * _TOKEN_SCALES.get(match[2] or "", 1.0)
        key = "tokens" if value >= 1e6 else ("seq" if method else "context_tokens")
        yield key, value if key == "tokens" else int(value), match[0]
        free = _blank(free, (match.span(),))
    for expression, key in ((_USD_GPU_HOUR, "usd_per_gpu_hour"), (_MEMORY, "memory_gb")):
        hit = expression.search(free)
        if hit:
            yield key, float(hit[1]), hit[0].strip()
            free = _blank(free, (hit.span(),))
    for match in _USD_MILLION.finditer(free):
        side = "output" if (match[2] or "").startswith("out") else "input"
        yield f"usd_per_million_{side}_tokens", float(match[1]), match[0].strip()
        free = _blank(free, (match.span(),))
    yield from _counted(free)
    if find(r"\b(?:no|without)\s+(?:activation\s+|gradient\s+)?checkpointing", text):
        yield "activation_checkpointing", False, "no checkpointing"
    if cache := _CACHE.search(text):
        yield "kv_dtype", {"q8": "q8_0", "q4": "q4_0"}.get(cache[1], cache[1]), cache[0]


def _counted(text: str) -> Iterator[tuple[str, Any, str]]:
    for match in _ODD_NUMBER.finditer(text):
        ahead = text[match.end() :]
        if key := "tokens" if ahead.startswith("tokens") else _noun_key(ahead):
            yield key, _plain(match[1]), match[0].strip()
            text = _blank(text, (match.span(),))
    for number in find_numbers(text):
        behind, ahead = text[max(0, number.start - 22) : number.start], text[number.end :]
        key = _noun_key(ahead) or _cue_key(behind.rstrip("-−"))
        if key is None:
            continue
        value = (
            _tokens(number.high, text[number.start : number.end])
            if key in ("context_tokens", "seq")
            else number.high
        )
        if _MINUS.search(behind):
            value = -value
        noun = starts(r"\W*" + expression_of(estimate_words()["nouns"].get(key, ())), ahead)
        end = number.end + (noun.end() if noun else 0)
        said = text[number.start : end].strip()
        yield (
            key,
            int(value) if float(value).is_integer() else value,
            said if noun else f"{LABELS.get(key, key)} {said}",
        )


def _noun_key(ahead: str) -> str | None:
    best: tuple[int, str] | None = None
    for key, nouns in estimate_words()["nouns"].items():
        match = starts(r"[\s-]?(?:[a-z]+\s)??" + expression_of(nouns), ahead)
        if match and (best is None or match.end() > best[0]):
            best = (match.end(), key)
    return best[1] if best else None


def _cue_key(behind: str) -> str | None:
    for key, cues in estimate_words()["before"].items():
        if find(expression_of(cues) + r"\s*(?:=|:|of)?\s*$", behind):
            return str(key)
    return None


def _tokens(value: float, written: str) -> float:
    """In a context "8k" means 8,192 tokens; "6k" means 6,000."""
    thousands = value / 1000
    return thousands * _K if "k" in written and thousands in _POWERS else value


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


def _blank(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _plain(value: str) -> Any:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number
