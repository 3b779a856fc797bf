"""How weights and KV caches are stored: GGUF types, 16-bit, GPTQ, AWQ, NF4; read from formats.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files

from estimator.inputs import shown
from estimator.result import EstimateError

_TABLES = tomllib.loads(files("estimator").joinpath("formats.toml").read_text(encoding="utf-8"))
BLOCK_BITS: dict[str, float] = _TABLES["block_bits"]
WIDE_BLOCKS: frozenset[str] = frozenset(_TABLES["wide_blocks"]["types"])
WIDE_COLUMNS: int = _TABLES["wide_blocks"]["columns"]
FALLBACK: dict[str, str] = _TABLES["fallback"]
_BASE: dict[str, str] = _TABLES["base"]
_ONLY_BLOCKS = {
    "Q6_K",
    "Q8_0",
    "Q5_1",
    "Q5_0",
    "Q4_1",
    "Q4_0",
    "Q2_K",
    "IQ4_NL",
    "IQ4_XS",
    "IQ3_S",
    "IQ3_XXS",
}
_ONLY_BLOCKS |= {"IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S", "TQ1_0", "TQ2_0", "F32", "F16", "BF16"}
GGUF_TYPES: tuple[str, ...] = tuple(sorted(_ONLY_BLOCKS | set(_BASE)))
_OTHER: dict[str, dict[str, object]] = _TABLES["other"]
_ALIASES: dict[str, str] = _TABLES["other_aliases"]
KV_BYTES: dict[str, float] = _TABLES["kv_bytes"]
_KV_ALIASES = {
    "fp16": "f16",
    "float16": "f16",
    "bfloat16": "bf16",
    "fp32": "f32",
    "f8": "fp8",
    "q8": "q8_0",
    "q4": "q4_0",
}


@dataclass(frozen=True)
class WeightFormat:
    """A way to hold weights. `layer_bytes` is per linear parameter, `table_bytes` per embedding parameter."""

    name: str
    layer_bytes: float
    table_bytes: float
    family: str  # plain, gptq, bnb or gguf


def gguf_type(name: str) -> str | None:
    """Return the canonical GGUF file type of a name in any spelling ("q4 k m", "q5"), or None."""
    plain = name.strip().upper().replace("-", "_").replace(" ", "_").removeprefix("GGUF_")
    short = {
        "FP16": None,
        "FP32": None,
        "Q8": "Q8_0",
        "Q6": "Q6_K",
        "Q5": "Q5_K_M",
        "Q4": "Q4_K_M",
        "Q3": "Q3_K_M",
    }
    short |= {"Q2": "Q2_K", "Q4_K": "Q4_K_M", "MXFP4": "MXFP4_MOE", "Q5_K": "Q5_K_M", "Q3_K": "Q3_K_M"}
    plain = short.get(plain, plain) or plain
    return plain if plain in GGUF_TYPES else None


def base_type(file_type: str) -> str:
    """Return the block type of most tensors in a file of that type."""
    return _BASE.get(file_type, file_type)


def need_gguf_type(name: str) -> str:
    """Return the canonical GGUF type. Raises EstimateError with near names."""
    plain = {"bf16": "BF16", "fp16": "F16", "fp32": "F32"}.get(name.strip().lower()) or gguf_type(name)
    if plain is None:
        near = get_close_matches(name.upper().replace("-", "_"), GGUF_TYPES, n=3, cutoff=0.5)
        hint = " or ".join(near) if near else "Q4_K_M, Q5_K_M, Q6_K, Q8_0 or F16"
        raise EstimateError(f"quant {shown(name)} is not a GGUF type; take {hint}.")
    return plain


def weight_format(name: str) -> WeightFormat:
    """Return how weights of that quantisation are stored. Raises EstimateError for an unknown one."""
    word = name.strip().lower().replace("_", "-").replace(" ", "-")
    word = _ALIASES.get(word, word)
    row = _OTHER.get(word)
    if row is not None:
        layer_bytes = float(str(row["bytes"]))
        return WeightFormat(
            word, layer_bytes, layer_bytes if row.get("everywhere") else 2.0, str(row["family"])
        )
    file_type = gguf_type(name)
    if file_type is None:
        names = [*_OTHER, *_ALIASES, *(known.lower() for known in GGUF_TYPES)]
        near = get_close_matches(name.strip().lower(), names, n=3, cutoff=0.6)
        hint = (
            " or ".join(near)
            if near
            else "a GGUF type such as Q4_K_M, or bf16, int8, int4, gptq, awq, nf4, fp8"
        )
        raise EstimateError(f"quant {shown(name)} is unknown; take {hint}.")
    bytes_each = BLOCK_BITS[base_type(file_type)] / 8
    return WeightFormat(file_type, bytes_each, bytes_each, "gguf")


def kv_bytes(name: str) -> float:
    """Return bytes an element of the KV cache. Raises EstimateError for an unknown type."""
    word = name.strip().lower().replace("-", "_")
    word = _KV_ALIASES.get(word, word)
    if word not in KV_BYTES:
        raise EstimateError(f"kv_dtype {shown(name)} is unknown; take {', '.join(KV_BYTES)}.")
    return KV_BYTES[word]
