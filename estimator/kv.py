"""Size of the key/value cache, for every kind of attention."""

from __future__ import annotations

from estimator.answer import answer
from estimator.formats import kv_bytes
from estimator.inputs import Request
from estimator.numbers import GIB, fixed, gb_and_gib
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape, read_shape

_SOURCE = "formula: Kwon et al. 2023, arXiv:2309.06180 (PagedAttention); DeepSeek-V2, arXiv:2405.04434 (MLA)"


def growing_layers(shape: Shape) -> int:
    """Layers whose cache grows with every token; other layers of a hybrid have a fixed state or a window."""
    if shape.attention_layers:
        return shape.attention_layers
    return 0 if shape.sliding_window else shape.layers


def bytes_per_token(shape: Shape, element_bytes: float) -> float:
    """Bytes a token adds to one full-attention layer: `2*kv*hd*bytes`, or `(rank + rope)*bytes` with MLA."""
    if shape.kv_lora_rank:
        return (shape.kv_lora_rank + shape.qk_rope_head_dim) * element_bytes
    return 2 * shape.kv_heads * shape.head_dim * element_bytes


def published_rules(shape: Shape) -> bool:
    """Whether the card's published bytes per token say more than the dimensions do."""
    published = shape.kv_bytes_per_token_f16
    if not published or shape.sliding_window:
        return False
    return abs(growing_layers(shape) * bytes_per_token(shape, 2.0) - published) > 0.01 * published


def kv_cache_bytes(shape: Shape, element_bytes: float, tokens: float, batch: float = 1) -> float:
    """Return bytes of the cache of `batch` sequences of `tokens` each.

    `2 * L_attn * kv_heads * head_dim * bytes * tokens * batch`; layers with a sliding window hold
    min(tokens, window); linear-attention layers hold a fixed state that is left out.
    A card's published bytes per token stand in where its layers differ from each other.
    """
    if published_rules(shape):
        return shape.kv_bytes_per_token_f16 * element_bytes / 2 * tokens * batch
    each = bytes_per_token(shape, element_bytes)
    full = growing_layers(shape)
    windowed = shape.layers - full if shape.sliding_window else 0
    return each * batch * (full * tokens + windowed * min(tokens, shape.sliding_window))


def _slots(batch: float) -> str:
    return f"{batch:,.0f} slot{'' if batch == 1 else 's'}"


def kv_formula(shape: Shape, element_bytes: float, tokens: float, batch: float) -> str:
    """Return the formula with the numbers in it, without the result."""
    tail = f"{element_bytes:g} B × {tokens:,.0f} tokens × {_slots(batch)}"
    if published_rules(shape):
        each = shape.kv_bytes_per_token_f16 * element_bytes / 2
        return f"{each:,.0f} B per token (published) × {tokens:,.0f} tokens × {_slots(batch)}"
    if shape.kv_lora_rank:
        return f"{shape.layers} layers × ({shape.kv_lora_rank} rank + {shape.qk_rope_head_dim} rope) × {tail}"
    full = growing_layers(shape)
    heads = f"{shape.kv_heads} kv_heads × {shape.head_dim} head_dim"
    if shape.sliding_window:
        windowed, held = shape.layers - full, min(tokens, shape.sliding_window)
        shared = f"2 × {heads} × {element_bytes:g} B × {_slots(batch)}"
        both = f"{full} layers × {tokens:,.0f} tokens + {windowed} windowed layers × {held:,.0f} tokens"
        return f"{shared} × ({both})"
    return f"2 × {full} layers × {heads} × {tail}"


def needed_for_kv(request: Request) -> Shape:
    """Read a shape whose KV cache can be computed. Raises EstimateError naming what is missing."""
    shape = read_shape(request)
    if published_rules(shape):
        return shape
    wanted = ("layers", "kv_lora_rank") if shape.kv_lora_rank else ("layers", "kv_heads", "head_dim")
    return read_shape(request, *wanted)


def context_of(request: Request, default: int | None = None) -> int:
    """Return tokens a sequence holds: `context_tokens`, else prompt + generated, else `seq`, else default."""
    prompt, generated = request.get("prompt_tokens"), request.get("gen_tokens")
    if request.get("context_tokens"):
        return int(request.get("context_tokens"))
    if prompt is not None or generated is not None:
        return max(1, int(prompt or 0) + int(generated or 0))
    if request.get("seq"):
        return int(request.get("seq"))
    if default is None:
        raise EstimateError(f"{request.kind} needs context_tokens: a number of tokens such as 8192 or 8k.")
    return int(request.default("context_tokens", default))


def estimate_kv_cache(request: Request) -> Estimate:
    """KV cache in GiB. Engines round up to blocks of 16 to 256 tokens, hence the narrow interval."""
    shape = needed_for_kv(request)
    dtype = request.default("kv_dtype", "f16")
    element = kv_bytes(dtype)
    tokens = context_of(request, 8192)
    batch = request.default("batch", 1, "one sequence")
    total = kv_cache_bytes(shape, element, tokens, batch)
    request.cite(_SOURCE)
    hybrid = shape.attention_layers and shape.attention_layers < shape.layers and not shape.sliding_window
    if hybrid:
        linear = shape.layers - shape.attention_layers
        request.assume(f"{linear} layers without full attention hold a fixed state, left out")
    parts = (Part("KV cache", total / GIB),)
    formula = f"KV = {kv_formula(shape, element, tokens, batch)} = {gb_and_gib(total)}"
    q8 = kv_cache_bytes(shape, kv_bytes("q8_0"), tokens, batch) / GIB
    if dtype.lower() in {"f16", "fp16", "bf16"}:
        formula += f" (q8_0: {fixed(q8)} GiB)"
    return answer(request, total / GIB, formula, parts=parts, extra={"bytes": total, "q8_0_gib": q8})
