"""Finds a model or a GPU by the name that people write.

Names match without regard to case, punctuation, vendor, and words such as "Instruct". A name either means
exactly one record or nothing: what merely looks alike is offered by `near_models` and `near_gpus`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rapidfuzz import fuzz

from knowledge.schema import Gpu, ModelCard

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_DATE = re.compile(r"2[3-6](0[1-9]|1[0-2])|1124")
_MODEL_NOISE = frozenset(
    {"instruct", "it", "chat", "hf", "gguf", "model", "weights", "the", "uncased", "preview"},
)
_GPU_NOISE = frozenset(
    {"nvidia", "geforce", "amd", "radeon", "apple", "instinct", "tesla", "gpu", "card", "gb", "vram"}
    | {"graphics", "tensor", "core", "the", "aws"},
)
_VENDORS = frozenset(
    {"meta", "google", "ibm", "alibaba", "mistralai", "microsoft", "openai", "nvidia", "anthropic"}
    | {"cohere", "huggingface", "facebook", "amazon", "xai"},
)
_SIMILAR = 62.0  # of 100
_SAME_FAMILY = 25.0  # added where the first word is the same

Key = tuple[str, ...]
_Named = TypeVar("_Named", ModelCard, Gpu)


@dataclass(frozen=True)
class Catalog:
    """Base models and accelerators, findable by name."""

    models: tuple[ModelCard, ...]
    gpus: tuple[Gpu, ...]
    _models: dict[Key, ModelCard] = field(init=False, repr=False, compare=False)
    _gpus: dict[Key, Gpu] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_models", _index(self.models, _model_names, _model_keys))
        object.__setattr__(self, "_gpus", _index(self.gpus, _gpu_names, _gpu_keys))

    def find_model(self, name: str) -> ModelCard | None:
        """Return the model that a name means, or None."""
        return next((self._models[key] for key in _model_keys(name) if key in self._models), None)

    def find_gpu(self, name: str) -> Gpu | None:
        """Return the accelerator that a name means, or None. Counts ("2x") are not part of a name."""
        return next((self._gpus[key] for key in _gpu_keys(name) if key in self._gpus), None)

    def near_models(self, name: str, limit: int = 3) -> tuple[ModelCard, ...]:
        """Return the models whose names look most alike, best first; current ones before superseded ones."""
        near = _near(name, self._models, _model_keys(name), limit * 2)
        return tuple(sorted(near, key=lambda card: card.superseded_by is not None)[:limit])

    def near_gpus(self, name: str, limit: int = 3) -> tuple[Gpu, ...]:
        """Return the accelerators whose names look most alike, best first."""
        return tuple(_near(name, self._gpus, _gpu_keys(name), limit))


def _model_names(card: ModelCard) -> Iterable[str]:
    return (card.id, card.title, *([card.hub_id] if card.hub_id else []), *card.aliases)


def _gpu_names(gpu: Gpu) -> Iterable[str]:
    return (gpu.id, gpu.title, *gpu.aliases)


def _model_keys(name: str) -> list[Key]:
    """Return the keys of a name, most specific first."""
    tokens = _TOKEN.findall(name.rsplit("/", 1)[-1].casefold())
    plain = [token for token in tokens if token not in _MODEL_NOISE and not _DATE.fullmatch(token)]
    bare = plain[1:] if len(plain) > 1 and plain[0] in _VENDORS else plain
    keys = [tuple(tokens), tuple(plain), tuple(bare)]
    if bare and bare[-1] == "base":
        keys.append(tuple(bare[:-1]))
    keys.append(tuple(part for token in bare for part in token.split(".")))  # "llama-3-1-8b"
    return [key for key in dict.fromkeys(keys) if key]


def _gpu_keys(name: str) -> list[Key]:
    tokens = _TOKEN.findall(name.casefold())
    plain = [token for token in tokens if token not in _GPU_NOISE]
    return [key for key in dict.fromkeys((tuple(tokens), tuple(plain), tuple(sorted(plain)))) if key]


def _index(
    records: Sequence[_Named],
    names_of: Callable[[_Named], Iterable[str]],
    keys_of: Callable[[str], list[Key]],
) -> dict[Key, _Named]:
    """Map each key to its record. A key that two records share means neither."""
    owners: dict[Key, dict[str, _Named]] = {}
    for record in records:
        for name in names_of(record):
            for key in keys_of(name):
                owners.setdefault(key, {})[record.id] = record
    exact = {keys_of(record.id)[0]: record for record in records}
    return {key: next(iter(found.values())) for key, found in owners.items() if len(found) == 1} | exact


def _near(name: str, index: dict[Key, _Named], keys: list[Key], limit: int) -> list[_Named]:
    if not keys:
        return []
    asked = keys[-1]
    scores: dict[str, float] = {}
    for key, record in index.items():
        score = fuzz.ratio("".join(asked), "".join(key)) + (_SAME_FAMILY if key[0] == asked[0] else 0.0)
        scores[record.id] = max(score, scores.get(record.id, 0.0))
    records = {record.id: record for record in index.values()}
    ranked = sorted((id for id in scores if scores[id] >= _SIMILAR), key=lambda id: -scores[id])
    return [records[id] for id in ranked[:limit]]
