"""The shape of a network, from inputs or a catalogue card, and the parameter counts that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from estimator.inputs import Request, shown
from estimator.numbers import count
from estimator.result import EstimateError
from knowledge.schema import ModelCard

_TYPICAL_HEAD_DIM = 128
_TYPICAL_VOCAB = 64_000
_GQA_FROM_PARAMS = 3e9


@dataclass(frozen=True)
class Shape:
    """A decoder's dimensions; 0 stands for unknown. `params` counts every parameter, also of idle experts."""

    name: str = ""
    params: float = 0.0
    params_active: float = 0.0
    layers: int = 0
    attention_layers: int = 0  # layers whose KV cache grows with every token
    hidden: int = 0
    heads: int = 0
    kv_heads: int = 0
    head_dim: int = 0
    ffn: int = 0
    mlp_linears: int = 3
    vocab: int = 0
    tied_embeddings: bool = False
    kv_lora_rank: int = 0
    qk_rope_head_dim: int = 0
    sliding_window: int = 0
    experts: int = 0
    experts_per_token: int = 0
    moe_ffn: int = 0
    shared_experts: int = 0
    dense_ffn: int = 0
    moe_every: int = 0
    kv_bytes_per_token_f16: int = 0
    extra_params: float = 0.0  # vision towers and the like, which have files of their own
    generates: bool = True  # encoders read only: they keep no cache and write no tokens

    @property
    def active(self) -> float:
        """Parameters that work on one token."""
        return self.params_active or self.params

    @property
    def is_moe(self) -> bool:
        """Whether only a part of the parameters works on a token."""
        return bool(self.experts or (self.params_active and self.params_active < 0.99 * self.params))

    @property
    def embedding_params(self) -> float:
        """`V*h`: the input table."""
        return float(self.vocab * self.hidden)

    @property
    def head_params(self) -> float:
        """`V*h` where the output has a matrix of its own, else 0."""
        return 0.0 if self.tied_embeddings else self.embedding_params

    @property
    def layer_params(self) -> float:
        """Parameters outside the embedding and the output matrix."""
        return max(0.0, self.params - self.embedding_params - self.head_params)

    def attention_params(self) -> int:
        """`h*nh*hd + 2*h*kv*hd + nh*hd*h` of one layer; head_dim comes from the config, not from h/heads."""
        return 2 * self.hidden * self.heads * self.head_dim + 2 * self.hidden * self.kv_heads * self.head_dim

    def mlp_params(self) -> int:
        """`n_lin*h*f` of one layer; times the experts, plus the router, in a mixture of experts."""
        if self.experts:
            width = self.moe_ffn or self.ffn
            routed = (self.experts + self.shared_experts) * self.mlp_linears * self.hidden * width
            return routed + self.hidden * self.experts
        return self.mlp_linears * self.hidden * self.ffn

    def derived_params(self) -> float:
        """Return the parameter count that the dimensions give; norms and biases (0.1 %) are left out."""
        per_layer = self.attention_params() + self.mlp_params()
        return self.layers * per_layer + self.embedding_params + self.head_params

    def lora_params(self, rank: int) -> float:
        """`r*(in+out)` summed over all linear matrices of all layers."""
        wide = self.heads * self.head_dim
        narrow = self.kv_heads * self.head_dim
        attention = 2 * (self.hidden + wide) + 2 * (self.hidden + narrow)
        mlp = self.mlp_linears * (self.hidden + self.ffn)
        return float(rank * self.layers * (attention + mlp))


_NOT_COUNTS = {"name", "params", "params_active", "extra_params", "tied_embeddings", "generates"}
_NUMBERS = {field.name for field in fields(Shape)} - _NOT_COUNTS


_WITHOUT_HEAD = {"encoder", "embedding", "reranker"}  # no output matrix over the vocabulary
_KV_FIELDS = {
    "layers",
    "attention_layers",
    "heads",
    "kv_heads",
    "head_dim",
    "kv_lora_rank",
    "qk_rope_head_dim",
}


def _from_card(card: ModelCard) -> Shape:
    known: dict[str, Any] = {
        name: value
        for name, value in card.architecture.model_dump().items()
        if value is not None and name in _NUMBERS | {"tied_embeddings"}
    }
    if card.kind in _WITHOUT_HEAD:
        known["tied_embeddings"] = True
    return Shape(
        name=card.title,
        extra_params=(card.architecture.extra_params_b or 0.0) * 1e9,
        params=(card.params_b or 0.0) * 1e9,
        params_active=(card.active_params_b or 0.0) * 1e9,
        generates=card.kind not in _WITHOUT_HEAD,
        **known,
    )


def generates(request: Request) -> bool:
    """Whether the model asked for writes tokens; encoders, embedding models and rerankers only read."""
    name = request.get("model")
    card = request.catalog.find_model(name) if name and request.catalog else None
    return card is None or card.kind not in _WITHOUT_HEAD


def _find_card(request: Request) -> ModelCard | None:
    name = request.get("model")
    card = request.catalog.find_model(name) if name and request.catalog else None
    if card is not None:
        request.cite(*card.sources)
    return card


def _apply_inputs(request: Request, shape: Shape) -> Shape:
    given = {name: request.get(name) for name in _NUMBERS | {"params", "params_active", "tied_embeddings"}}
    changes = {name: value for name, value in given.items() if value is not None}
    moe = request.get("moe")
    if isinstance(moe, dict):
        changes |= {name: int(value) for name, value in moe.items() if name in _NUMBERS and value}
    if changes.keys() & _KV_FIELDS:
        changes["kv_bytes_per_token_f16"] = 0
    if "params" in changes and "params_active" not in changes:
        changes["params_active"] = 0.0
    return replace(shape, **changes)


def _complete(shape: Shape) -> Shape:
    """Fill in what follows from the rest: head_dim, kv_heads, attention layers, ffn, params."""
    heads = shape.heads
    shape = replace(
        shape,
        head_dim=shape.head_dim or (shape.hidden // heads if heads else 0),
        kv_heads=shape.kv_heads or heads,
        ffn=shape.ffn or shape.dense_ffn or shape.moe_ffn,
    )
    if not shape.params and shape.layers and shape.hidden and shape.heads and shape.ffn and shape.vocab:
        shape = replace(shape, params=shape.derived_params())
    if shape.experts and shape.experts_per_token and shape.params and not shape.params_active:
        shape = replace(shape, params_active=_active_params(shape))
    return shape


def _active_params(shape: Shape) -> float:
    """Parameters that work on a token: all but the experts that are not chosen."""
    idle = shape.experts - shape.experts_per_token
    return shape.params - shape.layers * idle * shape.mlp_linears * shape.hidden * (
        shape.moe_ffn or shape.ffn
    )


def typical_shape(params: float) -> Shape:
    """Return a plausible decoder of that size: `params = 12*L*h^2` with `L = h/128`, GQA from 3B on."""
    hidden = max(256, round((params * 128 / 12) ** (1 / 3) / 128) * 128)
    heads = max(1, hidden // _TYPICAL_HEAD_DIM)
    return Shape(
        params=params,
        layers=max(2, round(params / (12 * hidden * hidden))),
        hidden=hidden,
        heads=heads,
        kv_heads=min(8, heads) if params >= _GQA_FROM_PARAMS else heads,
        head_dim=_TYPICAL_HEAD_DIM,
        ffn=round(2.75 * hidden),
        vocab=_TYPICAL_VOCAB,
    )


def _with_typical(request: Request, shape: Shape) -> Shape:
    typical = typical_shape(shape.params)
    filled = {
        field.name: getattr(typical, field.name)
        for field in fields(Shape)
        if not getattr(shape, field.name) and getattr(typical, field.name)
    }
    filled.pop("name", None)
    filled.pop("generates", None)
    request.assume(
        f"the shape of a typical {count(shape.params)} decoder where none was given: "
        f"{typical.layers} layers, hidden {typical.hidden:,}, {typical.kv_heads} kv_heads"
    )
    return replace(shape, **filled)


def _missing(request: Request, shape: Shape, lacking: list[str]) -> EstimateError:
    name = request.get("model")
    wanted = ", ".join(lacking)
    if name and not shape.name:
        near = request.catalog.near_models(name) if request.catalog else ()
        if near:
            hint = " or ".join(card.title for card in near[:3])
            return EstimateError(f"The catalogue has no model {shown(name)}; did you mean {hint}?")
        return EstimateError(
            f"The catalogue has no model {shown(name)}; give a catalogue name, or its {wanted}."
        )
    card = request.catalog.find_model(name) if name and request.catalog else None
    if card is not None and card.kind == "api":
        return EstimateError(f"{card.title} is hosted and its size is not published; name an open model.")
    if shape.name:
        return EstimateError(f"The card of {shape.name} does not say {wanted}; give {wanted} as well.")
    return EstimateError(f"{request.kind} needs a model: model=NAME of the catalogue, or its {wanted}.")


def read_shape(request: Request, *needs: str, typical: bool = False) -> Shape:
    """Return the shape asked for: the catalogue's card, overruled by the inputs.

    `needs` names the fields that must be known; with `typical` a bare `params` is enough, the rest assumed.
    Raises EstimateError naming what is missing, or near model names.
    """
    card = _find_card(request)
    shape = _complete(_apply_inputs(request, _from_card(card) if card else Shape()))
    if shape.params_active > shape.params > 0:
        raise EstimateError("params_active must not exceed params, the total with all experts.")
    if shape.kv_heads > shape.heads > 0:
        raise EstimateError("kv_heads must not exceed heads.")
    lacking = [name for name in needs if not getattr(shape, name)]
    if lacking and typical and shape.params:
        shape, lacking = _with_typical(request, shape), []
    if lacking:
        raise _missing(request, shape, lacking)
    return shape
