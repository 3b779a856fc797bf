"""Sizes of files: GGUF and training checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.answer import answer
from estimator.formats import need_gguf_type
from estimator.gguf import gguf_size
from estimator.inputs import Request
from estimator.numbers import GB, GIB, count, fixed, gb_and_gib, number
from estimator.result import Estimate, Part
from estimator.shapes import Shape, read_shape

_GGUF_SOURCE = "llama.cpp, llama_tensor_get_type (src/llama-quant.cpp) and tools/quantize/README.md"
_CHECKPOINT_SOURCE = "BLOOM, bigscience training log (2.3 TB with optimizer, 329 GB weights for 176B)"
_SHAPE_KEYS = (
    "layers",
    "hidden",
    "heads",
    "head_dim",
    "ffn",
    "vocab",
    "params",
    "kv_heads",
    "tied_embeddings",
)
_FLAT_FACTORS = (0.92, 1.06)
MATRIX_FIELDS = ("layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab")


def published_gguf_bytes(request: Request, file_type: str) -> tuple[str, int] | None:
    """Return name and size of the catalogue's file of that type, where no shape overrules the card."""
    name = request.get("model")
    if name is None or request.catalog is None or any(request.get(key) is not None for key in _SHAPE_KEYS):
        return None
    card = request.catalog.find_model(name)
    for file in card.gguf_files if card else ():
        plain = file.file.upper().replace("-", "_").replace(".", "_")
        if file.size_bytes and f"_{file_type}_" in f"{plain}_":
            request.cite(f"{file.repo}: {file.file}")
            return file.file, file.size_bytes
    return None


def _flat_size(request: Request, shape: Shape, file_type: str) -> tuple[float, float]:
    """Bytes and bits per weight from the mean of a typical shape, where only `params` is known."""
    full = read_shape(request, *MATRIX_FIELDS, typical=True)
    size = gguf_size(full, file_type)
    return shape.params * size.bits_per_weight / 8, size.bits_per_weight


@dataclass(frozen=True)
class GgufFile:
    """Bytes of a GGUF, the whole formula, and a short one to stand inside another."""

    size_bytes: float
    formula: str
    short: str
    how: str  # published, tensors, approximate (parts of unknown shape) or flat


def gguf_file(request: Request, file_type: str) -> GgufFile:
    """Return the GGUF of that type: the published file, else tensor by tensor, else from a typical shape."""
    published = published_gguf_bytes(request, file_type)
    if published is not None:
        name, size = published
        return GgufFile(
            float(size), f"published file {name} = {gb_and_gib(size)}", f"file {name}", "published"
        )
    shape = read_shape(request)
    if not all(getattr(shape, name) for name in MATRIX_FIELDS) and shape.params:
        total, bits = _flat_size(request, shape, file_type)
        short = f"{count(shape.params)} × {number(bits)} bit ÷ 8"
        return GgufFile(total, f"{short} = {gb_and_gib(total)}", short, "flat")
    shape = read_shape(request, *MATRIX_FIELDS)
    size_by_part = gguf_size(shape, file_type)
    tables = size_by_part.embedding_bytes + size_by_part.output_bytes
    rest = size_by_part.rest_bytes + size_by_part.header_bytes
    short = f"{file_type}, {number(size_by_part.bits_per_weight)} bit × {count(size_by_part.weights)} ÷ 8"
    formula = (
        f"{file_type} = {fixed(size_by_part.layer_bytes / GB)} layers + {fixed(tables / GB)} tables"
        f" + {fixed(rest / GB)} norms and header = {gb_and_gib(size_by_part.total_bytes)}"
        f" ({number(size_by_part.bits_per_weight)} bit × {count(size_by_part.weights)} ÷ 8)"
    )
    if size_by_part.unexplained:
        outside = count(size_by_part.unexplained)
        request.assume(f"{outside} parameters outside the published dimensions, taken at the base type")
    how = "approximate" if size_by_part.unexplained else "tensors"
    return GgufFile(size_by_part.total_bytes, formula, short, how)


def estimate_gguf_size(request: Request) -> Estimate:
    """Size of a GGUF file in GiB, from the type of every tensor; exact where the catalogue has the file."""
    file_type = need_gguf_type(request.default("quant", "Q4_K_M"))
    request.cite(_GGUF_SOURCE)
    file = gguf_file(request, file_type)
    factors = {"published": (1.0, 1.0), "flat": _FLAT_FACTORS, "approximate": _FLAT_FACTORS}.get(file.how)
    size = file.size_bytes
    parts = (Part("file", size / GIB),)
    extra = {"bytes": size, "gb": size / GB}
    return answer(request, size / GIB, file.formula, parts=parts, factors=factors, extra=extra)


def estimate_checkpoint_size(request: Request) -> Estimate:
    """Checkpoint in TB: 2 B weights + 12 B master, m and v a parameter; `optimizer=none`: weights only."""
    shape = read_shape(request, "params")
    precision = request.default("precision", "bf16")
    weight_bytes = 4 if precision == "fp32" else 2
    optimizer = str(request.default("optimizer", "adamw", "fp32 master weights and two moments")).lower()
    state_bytes = 0 if optimizer == "none" else 8 if weight_bytes == 4 else 12
    total = shape.params * (weight_bytes + state_bytes)
    request.cite(_CHECKPOINT_SOURCE)
    parts = (
        Part("weights", shape.params * weight_bytes / 1e12),
        Part("optimizer and master weights", shape.params * state_bytes / 1e12),
    )
    formula = (
        f"{count(shape.params)} × ({weight_bytes} B weights + {state_bytes} B optimizer) = "
        f"{fixed(total / 1e12)} TB (1e12) = {fixed(total / 2**40)} TiB"
    )
    extra = {"weights_only_tb": shape.params * weight_bytes / 1e12, "tib": total / 2**40}
    return answer(request, total / 1e12, formula, parts=parts, extra=extra)
