"""What a team's TOML file takes away by standing in for a shipped one of the same path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from knowledge.loader import SHIPPED, Knowledge, files_of, parse_facts
from knowledge.schema import Currency, Fact, Gpu, Metric, ModelCard, Problem, Task, Technique

_NAMED = 3


def replaced_facts(knowledge: Knowledge, overlay: Path | None) -> tuple[Problem, ...]:
    """Return a warning for every file of `overlay` that leaves shipped records out.

    Replacing the whole file is what such a path promises, and often not what was meant. `knowledge` was
    loaded with `overlay`. Raises nothing.
    """
    return tuple(_warnings(knowledge, overlay)) if overlay is not None else ()


def _warnings(knowledge: Knowledge, overlay: Path | None) -> Iterator[Problem]:
    shipped = files_of(None)
    known = {
        ModelCard: {model.id for model in knowledge.catalog.models},
        Gpu: {gpu.id for gpu in knowledge.catalog.gpus},
        Technique: knowledge.techniques.keys(),
        Task: knowledge.tasks.keys(),
        Metric: knowledge.metrics.keys(),
        Currency: knowledge.currencies.keys(),
    }
    for path, file in files_of(overlay).items():
        if path not in shipped or not path.endswith(".toml") or file.is_relative_to(SHIPPED):
            continue
        before = parse_facts(path, shipped[path].read_text(encoding="utf-8"), [])
        gone = [_id(fact) for fact in before if _id(fact) not in known[type(fact)]]
        if gone:
            yield Problem(path, 1, _message(path, gone, len(before)), _cure(path), fatal=False)


def _id(fact: Fact) -> str:
    return str(getattr(fact, "id", ""))


def _message(path: str, gone: list[str], count: int) -> str:
    some = ", ".join(gone[:_NAMED]) + (" …" if len(gone) > _NAMED else "")
    are = "is" if len(gone) == 1 else "are"
    return f"This replaces the shipped {path}: {len(gone)} of its {count} records {are} gone ({some})."


def _cure(path: str) -> str:
    other = Path(path).with_name(f"our-{Path(path).name}").as_posix()
    return f"To add or change records and keep the others, rename it, to {other} for example."
