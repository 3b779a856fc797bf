"""What an advice holds, and its public JSON form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from dialogs.turns import Citation
from knowledge.schema import TechniqueId

When = Literal["now", "next", "later", "not_advised"]
Role = Literal["first", "smaller", "larger", "alternative", "baseline", "retrieval"]


@dataclass(frozen=True)
class TechniqueAdvice:
    """One technique: when to try it, why for this team, how, and the rule that decided."""

    id: TechniqueId
    when: When
    reasons: tuple[str, ...]
    citations: tuple[Citation, ...]
    how: str
    rule: str

    def as_json(self) -> dict[str, Any]:
        """Return the public JSON object."""
        return {
            "id": self.id,
            "when": self.when,
            "reasons": list(self.reasons),
            "citations": [citation_json(citation) for citation in self.citations],
            "how": self.how,
            "rule": self.rule,
        }


@dataclass(frozen=True)
class ModelAdvice:
    """A model with the quantization to use; memory in GiB at the needed context, speed for one request alone.

    `params_b` is None for hosted families; speed is None where no machine is known.
    """

    id: str
    hub_id: str | None
    title: str
    params_b: float | None
    quantization: str
    memory_gib: float | None
    reasons: tuple[str, ...]
    citations: tuple[Citation, ...]
    role: Role
    decode_tokens_s: float | None = None
    seconds_per_request: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the public JSON object."""
        return {
            "id": self.id,
            "hub_id": self.hub_id,
            "title": self.title,
            "params_b": self.params_b,
            "quantization": self.quantization,
            "memory_gib": self.memory_gib,
            "reasons": list(self.reasons),
            "citations": [citation_json(citation) for citation in self.citations],
            "role": self.role,
            "decode_tokens_s": self.decode_tokens_s,
            "seconds_per_request": self.seconds_per_request,
        }


@dataclass(frozen=True)
class WhyNot:
    """Why something that the team named is not advised. `id` is a model's or a technique's."""

    id: str
    title: str
    reason: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Advice:
    """What to do first, with which model, and why. Techniques stand in the order now, next, later, not."""

    techniques: tuple[TechniqueAdvice, ...]
    models: tuple[ModelAdvice, ...]
    not_models: tuple[WhyNot, ...]
    why_not: tuple[WhyNot, ...]
    pretrain_from_scratch: bool
    needs_commercial_licence: bool
    needs: tuple[str, ...]
    assumptions: tuple[str, ...]
    rules: tuple[str, ...]  # ids of the rules that decided, for the record
    knowledge_revision: str
    _ask: Callable[[], tuple[str, ...]] = field(repr=False, compare=False, default=tuple)

    @cached_property
    def open_questions(self) -> tuple[str, ...]:
        """What is not known yet, the most decisive first. Computed when it is first asked for."""
        return self._ask()

    @property
    def first_technique(self) -> str:
        """The id of what to do first."""
        return self.techniques[0].id

    @property
    def first_model(self) -> ModelAdvice | None:
        """The model to begin with."""
        return self.models[0] if self.models else None

    @property
    def first_size_class(self) -> str:
        """The size class of the model to begin with."""
        return size_class(self.models[0].params_b) if self.models else "none"

    def technique(self, id: str) -> TechniqueAdvice:
        """Return what is advised about a technique. Raises KeyError for an unknown id."""
        return {advice.id: advice for advice in self.techniques}[id]  # type: ignore[index]

    def as_json(self) -> dict[str, Any]:
        """Return the public JSON object of `cairn recommend`, without the id."""
        return {**self.as_record(), "open_questions": list(self.open_questions)}

    def as_record(self) -> dict[str, Any]:
        """Return the JSON object without the open questions, which take a while and say nothing of the advice."""
        return {
            "techniques": [advice.as_json() for advice in self.techniques],
            "models": [advice.as_json() for advice in self.models],
            "pretrain_from_scratch": self.pretrain_from_scratch,
            "needs_commercial_licence": self.needs_commercial_licence,
            "needs": list(self.needs),
            "assumptions": list(self.assumptions),
            "not_models": [why_not_json(why) for why in self.not_models],
            "why_not": [why_not_json(why) for why in self.why_not],
            "rules": list(self.rules),
            "knowledge_revision": self.knowledge_revision,
        }


def size_class(params_b: float | None) -> str:
    """Return the class of a model's size in billions of parameters; "hosted" where no size is published."""
    if params_b is None:
        return "hosted"
    for name, limit in (("tiny", 1.0), ("small", 5.0), ("medium", 15.0), ("large", 40.0)):
        if params_b < limit:
            return name
    return "very large"


def citation_json(citation: Citation) -> dict[str, str]:
    """Return the public JSON object of a citation."""
    return {"path": citation.path, "heading": citation.heading, "title": citation.title}


def why_not_json(why: WhyNot) -> dict[str, Any]:
    """Return the public JSON object of a refusal."""
    return {
        "id": why.id,
        "reason": why.reason,
        "citations": [citation_json(citation) for citation in why.citations],
    }
