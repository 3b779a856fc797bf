"""What every estimate returns, and the one error it may raise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class EstimateError(ValueError):
    """Inputs that cannot be estimated; the message is one sentence for the person who asked."""


@dataclass(frozen=True)
class Part:
    """One addend of an estimate, in the estimate's unit."""

    name: str
    value: float


@dataclass(frozen=True)
class Estimate:
    """A value with its 80 % interval, the formula with the numbers in it, and where they come from."""

    kind: str
    value: float
    unit: str
    low: float
    high: float
    formula: str
    assumptions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)  # further public keys, such as "total" and "p90"

    def as_json(self) -> dict[str, Any]:
        """Return the public JSON object, without the id."""
        return {
            "kind": self.kind,
            "value": self.value,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "formula": self.formula,
            "assumptions": list(self.assumptions),
            "sources": list(self.sources),
            "parts": [{"name": part.name, "value": part.value} for part in self.parts],
            **self.extra,
        }
