"""Size of a GGUF file, tensor by tensor, after the type rules of llama.cpp's quantizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from estimator.formats import BLOCK_BITS, FALLBACK, WIDE_BLOCKS, WIDE_COLUMNS, base_type
from estimator.shapes import Shape

METADATA_BYTES_PER_TOKEN = 40  # tokenizer strings, scores and types in the header, per vocabulary entry
_NARROW_COLUMNS = 32
_TINY = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M"}
_UNQUANTIZED = {"F32", "F16", "BF16"}
_EIGHT_EXPERTS = 8
_LAYERS_OF_THE_70B_CLASS = 80
_LARGEST_TOWER = (
    0.35  # vision and speech towers have files of their own; larger extras are per-layer embeddings
)
_ROUNDING_SHARE = 0.005  # a rest up to this may come from a rounded parameter count
_MOST_NORMS = 3.0  # norms and biases together, in multiples of two norms a layer


@dataclass(frozen=True)
class Tensor:
    """A matrix of the file: its role, its layer, how many values it has and how many a row."""

    role: str
    layer: int
    values: float
    columns: int


def tensors(shape: Shape) -> Iterator[Tensor]:
    """Yield every matrix of a decoder; norms and biases are the rest up to `shape.params`."""
    hidden, wide, narrow = shape.hidden, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    yield Tensor("token_embd", 0, shape.embedding_params, hidden)
    if not shape.tied_embeddings:
        yield Tensor("output", 0, shape.head_params, hidden)
    width = (shape.moe_ffn or shape.ffn) if shape.experts else shape.ffn
    copies = shape.experts or 1
    for layer in range(shape.layers):
        yield Tensor("attn_q", layer, hidden * wide, hidden)
        yield Tensor("attn_k", layer, hidden * narrow, hidden)
        yield Tensor("attn_v", layer, hidden * narrow, hidden)
        yield Tensor("attn_output", layer, hidden * wide, wide)
        if shape.mlp_linears == 3:
            yield Tensor("ffn_gate", layer, copies * hidden * width, hidden)
        yield Tensor("ffn_up", layer, copies * hidden * width, hidden)
        yield Tensor("ffn_down", layer, copies * hidden * width, width)


def _more_bits(layer: int, layers: int) -> bool:
    """Whether llama.cpp's `use_more_bits` gives this layer a better type."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def _output_type(file_type: str, base: str) -> str:
    if file_type in _UNQUANTIZED or base == "Q8_0":
        return base
    return "Q5_K" if file_type in _TINY | {"IQ3_XXS"} else "Q6_K"


def _embedding_type(file_type: str, base: str) -> str:
    if file_type in {"IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M"}:
        return "Q2_K"
    if file_type in {"IQ2_S", "IQ2_M", "IQ3_XXS"}:
        return "IQ3_S"
    return "Q4_K" if file_type in {"TQ1_0", "TQ2_0"} else base


def _tiny_type(tensor: Tensor, file_type: str, base: str, shape: Shape) -> str:
    """The rules of the file types of 1 and 2 bits."""
    better = "IQ3_S" if file_type in {"IQ2_S", "IQ2_M"} else "Q2_K"
    eight = shape.experts == _EIGHT_EXPERTS
    if tensor.role == "attn_v":
        return "Q4_K" if shape.heads >= 4 * shape.kv_heads or shape.experts >= 4 else better
    if tensor.role == "attn_k" and eight:
        return "Q4_K"
    if tensor.role == "ffn_down" and tensor.layer < shape.layers // 8:
        return better
    if tensor.role == "attn_output":
        small = {"IQ1_S": "IQ2_XXS", "IQ1_M": "IQ2_XXS", "IQ2_S": "IQ3_S", "IQ2_M": "IQ3_S"}
        return "Q5_K" if eight else small.get(file_type, base)
    return base


def _value_type(tensor: Tensor, file_type: str, base: str, shape: Shape) -> str:
    grouped = shape.heads >= 4 * shape.kv_heads
    rules = {
        "Q2_K": "Q4_K" if grouped else "Q3_K",
        "Q2_K_S": "Q4_K" if grouped else base,
        "IQ3_XXS": "Q4_K" if grouped else base,
        "IQ3_XS": "Q4_K" if grouped else base,
        "IQ3_S": "Q4_K" if grouped else base,
        "IQ3_M": "Q4_K",
        "Q3_K_M": "Q5_K" if tensor.layer < 2 else "Q4_K",
        "Q3_K_L": "Q5_K",
        "IQ4_NL": "Q5_K" if grouped else base,
        "IQ4_XS": "Q5_K" if grouped else base,
        "Q4_K_S": "Q5_K" if tensor.layer < 4 else base,
    }
    chosen = rules.get(file_type, base)
    if file_type in {"Q4_K_M", "Q5_K_M"} and _more_bits(tensor.layer, shape.layers):
        chosen = "Q6_K"
    if shape.layers == _LAYERS_OF_THE_70B_CLASS and chosen in {"Q3_K", "Q4_K"}:
        chosen = "Q5_K"
    return "Q8_0" if shape.experts == _EIGHT_EXPERTS else chosen


def _down_type(tensor: Tensor, file_type: str, base: str, shape: Shape) -> str:
    eighth = tensor.layer < shape.layers // 8
    more = _more_bits(tensor.layer, shape.layers)
    rules = {
        "Q2_K": "Q3_K",
        "Q2_K_S": "Q4_K" if eighth else base,
        "Q3_K_M": "Q5_K" if tensor.layer < shape.layers // 16 else "Q4_K",
        "Q3_K_L": "Q5_K",
        "IQ3_M": "Q4_K" if eighth or (shape.experts == _EIGHT_EXPERTS and more) else base,
        "Q4_K_M": "Q6_K" if more else base,
        "Q5_K_M": "Q6_K" if more else base,
        "Q4_K_S": "Q5_K" if eighth else base,
        "IQ4_NL": "Q5_K" if eighth else base,
        "IQ4_XS": "Q5_K" if eighth else base,
    }
    return rules.get(file_type, base)


def _attention_output_type(file_type: str, base: str, shape: Shape) -> str:
    if shape.experts == _EIGHT_EXPERTS and base in {
        "Q2_K",
        "Q3_K",
        "Q4_K",
        "IQ3_S",
        "IQ3_XXS",
        "IQ4_NL",
        "IQ4_XS",
    }:
        return "Q5_K"
    rules = {"Q2_K": "Q3_K", "IQ3_XXS": "IQ3_S", "Q3_K_M": "Q4_K", "Q3_K_L": "Q5_K", "IQ3_M": "Q4_K"}
    return rules.get(file_type, base)


def tensor_type(tensor: Tensor, file_type: str, shape: Shape) -> str:
    """Return the block type llama.cpp gives a tensor of a file of that type.

    Source: llama.cpp, `llama_tensor_get_type` in src/llama-quant.cpp; importance-matrix exceptions left out.
    """
    base = base_type(file_type)
    if file_type in _UNQUANTIZED:
        return base
    if file_type == "MXFP4_MOE":
        return "MXFP4" if shape.experts and tensor.role.startswith("ffn") else base
    if tensor.role == "output" or (tensor.role == "token_embd" and shape.tied_embeddings):
        chosen = "Q8_0" if tensor.columns % WIDE_COLUMNS else _output_type(file_type, base)
    elif tensor.role == "token_embd":
        chosen = _embedding_type(file_type, base)
    elif file_type in _TINY:
        chosen = _tiny_type(tensor, file_type, base, shape)
    elif tensor.role == "attn_v":
        chosen = _value_type(tensor, file_type, base, shape)
    elif tensor.role == "ffn_down":
        chosen = _down_type(tensor, file_type, base, shape)
    elif tensor.role == "attn_output":
        chosen = _attention_output_type(file_type, base, shape)
    elif tensor.role in {"attn_k", "attn_q"} and file_type in {"IQ3_XXS", "IQ3_XS"}:
        chosen = "IQ2_S" if file_type == "IQ3_XXS" else "IQ3_XXS"
    elif tensor.role in {"ffn_gate", "ffn_up"} and file_type == "IQ3_XS":
        middle = shape.layers // 8 <= tensor.layer < 7 * shape.layers // 8
        chosen = "IQ3_XXS" if middle else base
    else:
        chosen = "Q8_0" if tensor.role == "attn_k" and shape.experts == _EIGHT_EXPERTS else base
    if chosen in WIDE_BLOCKS and tensor.columns % WIDE_COLUMNS:
        chosen = FALLBACK[chosen]
    return "F16" if tensor.columns % _NARROW_COLUMNS and chosen not in _UNQUANTIZED else chosen


@dataclass(frozen=True)
class GgufSize:
    """Bytes of a GGUF file by part."""

    embedding_bytes: float
    output_bytes: float
    layer_bytes: float
    rest_bytes: float
    header_bytes: float
    weights: float  # how many values the file holds
    unexplained: float = 0.0  # parameters outside the dimensions, taken as matrices of the base type

    @property
    def total_bytes(self) -> float:
        """Size of the whole file."""
        return (
            self.embedding_bytes + self.output_bytes + self.layer_bytes + self.rest_bytes + self.header_bytes
        )

    @property
    def bits_per_weight(self) -> float:
        """Mean over the whole file."""
        return 8 * self.total_bytes / self.weights


def gguf_size(shape: Shape, file_type: str) -> GgufSize:
    """Return the size of a GGUF: every tensor at its own type, norms and biases in F32, 40 B of header
    a token.

    What the dimensions do not explain (`params` minus the matrices) is norms and biases; beyond what those can
    be and what rounding of `params` explains, it is taken as further matrices of the base type.
    """
    by_role = {"token_embd": 0.0, "output": 0.0}
    layers = matrices = 0.0
    for tensor in tensors(shape):
        size = tensor.values * BLOCK_BITS[tensor_type(tensor, file_type, shape)] / 8
        matrices += tensor.values
        if tensor.role in by_role:
            by_role[tensor.role] += size
        else:
            layers += size
    tower = shape.extra_params if shape.extra_params <= _LARGEST_TOWER * shape.params else 0.0
    rest = shape.params - tower - matrices
    norms = 2.0 * shape.layers * shape.hidden + shape.hidden
    plain = min(max(rest, norms), _MOST_NORMS * norms)
    further = rest - plain if rest > _ROUNDING_SHARE * matrices else 0.0
    layers += further * BLOCK_BITS[base_type(file_type)] / 8
    matrices += further
    return GgufSize(
        embedding_bytes=by_role["token_embd"],
        output_bytes=by_role["output"],
        layer_bytes=layers,
        rest_bytes=4.0 * plain,
        header_bytes=float(METADATA_BYTES_PER_TOKEN * shape.vocab),
        weights=matrices + plain,
        unexplained=further,
    )
