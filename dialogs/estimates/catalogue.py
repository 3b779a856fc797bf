"""What is known of each kind of estimate: its title, its sources, its form, its alternatives, its chart."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from estimator.kinds import KINDS


@dataclass(frozen=True)
class KindFacts:
    """How one kind of estimate is shown. `document` is "path#heading" of the knowledge folder."""

    title: str
    document: str
    behind: str
    fields: tuple[str, ...]
    compare: tuple[str, ...]
    chart: str = ""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("dialogs.estimates").joinpath(name).read_text(encoding="utf-8"))


@cache
def kind_facts(kind: str) -> KindFacts:
    """Return the facts of a public kind of estimate."""
    row = _kinds()[kind]
    return KindFacts(
        title=row["title"],
        document=row["document"],
        behind=row["behind"],
        fields=tuple(row["fields"]),
        compare=tuple(row["compare"]),
        chart=row.get("chart", ""),
    )


@cache
def _kinds() -> dict[str, dict[str, Any]]:
    rows = _read("kinds.toml")
    missing = set(KINDS) ^ set(rows)
    if missing:
        raise ValueError(f"kinds.toml and the estimator disagree about {', '.join(sorted(missing))}")
    return rows


@cache
def options() -> dict[str, Any]:
    """Return the alternatives that are compared, and the labels of inputs."""
    return _read("options.toml")


def label(key: str) -> str:
    """Return what the form calls an input."""
    return str(options()["labels"].get(key, key.replace("_", " ").capitalize()))
