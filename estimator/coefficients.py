"""The fitted numbers of the estimator, read from coefficients.toml with their fit, validity and source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files


@dataclass(frozen=True)
class Coefficient:
    """One fitted number: how it was fitted, where it holds, where its data come from."""

    value: float
    prior: float
    fit: str
    valid: str
    source: str


@dataclass(frozen=True)
class Coefficients:
    """All fitted numbers by dotted name, and the 80 % interval of each kind as two factors."""

    table: Mapping[str, Coefficient]
    intervals: Mapping[str, tuple[float, float]]

    def __getitem__(self, name: str) -> float:
        return self.table[name].value

    def source(self, name: str) -> str:
        """Return where the data behind a coefficient come from."""
        return self.table[name].source

    def replaced(self, values: Mapping[str, float]) -> Coefficients:
        """Return a copy with other values, for fitting."""
        table = dict(self.table)
        for name, value in values.items():
            table[name] = replace(table[name], value=value)
        return Coefficients(table, self.intervals)


def load_coefficients(text: str) -> Coefficients:
    """Read the text of a coefficients file."""
    tree = tomllib.loads(text)
    intervals = {kind: (float(low), float(high)) for kind, (low, high) in tree.pop("interval").items()}
    table = {
        f"{group}.{name}": Coefficient(**row) for group, rows in tree.items() for name, row in rows.items()
    }
    return Coefficients(table, intervals)


COEFFICIENTS = load_coefficients(files("estimator").joinpath("coefficients.toml").read_text(encoding="utf-8"))
