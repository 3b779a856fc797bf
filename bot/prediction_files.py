"""Predictions and references from CSV, JSONL or plain text: in one file, or in two that are joined."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bot.failures import OperationError

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 100_000
_PREDICTION = (
    "prediction",
    "predicted",
    "output",
    "hypothesis",
    "generated",
    "answer",
    "response",
    "system",
    "model",
)
_REFERENCE = (
    "references",
    "reference",
    "expected",
    "gold",
    "target",
    "label",
    "truth",
    "ground_truth",
    "human",
)
_ID = ("id", "key", "case", "case_id")
_HOLDS_REFERENCES = re.compile(r"ref|gold|expected|truth|label|target|human|correct", re.IGNORECASE)
_WANTED = "each row needs a column `prediction` and a column `reference`"


@dataclass(frozen=True)
class Pair:
    """What a model wrote for one case, and what would have been right; at least one reference."""

    prediction: str
    references: tuple[str, ...]


def read_pairs(
    content: bytes, name: str, references: bytes | None = None, references_name: str = ""
) -> list[Pair]:
    """Return the cases of a file that holds both, or of two files.

    Two files are joined by `id` where both have one, else line by line. Raises OperationError in one sentence
    that names file and row.
    """
    rows = _rows(content, name)
    if references is None:
        return [
            Pair(_one(row, _PREDICTION, name, place), _several(row, name, place))
            for place, row in enumerate(rows, 1)
        ]
    right = _rows(references, references_name)
    if len(rows) != len(right):
        raise OperationError(
            f"{name} has {len(rows):,} cases and {references_name} has {len(right):,}; give one line for each case."
        )
    if all(_id(row) for row in rows) and all(_id(row) for row in right):
        by_id = {_id(row): (place, row) for place, row in enumerate(right, 1)}
        missing = next((_id(row) for row in rows if _id(row) not in by_id), None)
        if missing is not None:
            raise OperationError(f"{references_name} has no case {missing!r}, which {name} has.")
        paired = [(row, *by_id[_id(row)]) for row in rows]
    else:
        paired = [(row, place, other) for place, (row, other) in enumerate(zip(rows, right, strict=True), 1)]
    return [
        Pair(_one(row, (*_PREDICTION, "text"), name, place), _several(other, references_name, at))
        for place, (row, at, other) in enumerate(paired, 1)
    ]


def predictions_first(names: Sequence[str]) -> list[int]:
    """Return the places of two files in order, predictions first; by their names, else as they were given."""
    return sorted(range(len(names)), key=lambda place: bool(_HOLDS_REFERENCES.search(names[place])))


def _rows(content: bytes, name: str) -> list[dict[str, Any]]:
    """Return the rows with lower-case keys; lines of plain text stand under "text"."""
    if len(content) > MOST_BYTES:
        raise OperationError(f"{name} is larger than {MOST_BYTES // 1024**2} MB; take a sample of its cases.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OperationError(f"{name} is not UTF-8 (byte {error.start:,}); save it as UTF-8.") from error
    kind = PurePath(name).suffix.lower()
    if kind in {".jsonl", ".ndjson", ".json"}:
        rows = _json_rows(text, name)
    elif kind in {".csv", ".tsv"}:
        rows = _table(text, name, "\t" if kind == ".tsv" else None)
    else:
        rows = [{"text": line} for line in text.splitlines()]
    if not rows:
        raise OperationError(f"{name} holds no cases.")
    if len(rows) > MOST_ROWS:
        raise OperationError(
            f"{name} has {len(rows):,} cases; {MOST_ROWS:,} are the most that are scored at once."
        )
    return rows


def _json_rows(text: str, name: str) -> list[dict[str, Any]]:
    """Read an object or a string a line, or one array of them."""
    rows = []
    for place, entry in _array(text, name) if text.lstrip().startswith("[") else _lines(text, name):
        row = {"text": entry} if isinstance(entry, str) else entry
        if not isinstance(row, dict):
            raise OperationError(f"{name}, line {place}: must be an object or a string.")
        rows.append({str(key).strip().lower(): value for key, value in row.items()})
    return rows


def _lines(text: str, name: str) -> Iterator[tuple[int, Any]]:
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield place, json.loads(line)
        except json.JSONDecodeError as error:
            raise OperationError(f"{name}, line {place}: no valid JSON ({error.msg}).") from error


def _array(text: str, name: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from enumerate(json.loads(text), 1)
    except json.JSONDecodeError as error:
        raise OperationError(f"{name}, line {error.lineno}: no valid JSON ({error.msg}).") from error


def _table(text: str, name: str, delimiter: str | None) -> list[dict[str, Any]]:
    if delimiter is None:
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [
            {str(key).strip().lower(): value for key, value in row.items() if key is not None}
            for row in reader
        ]
    except csv.Error as error:
        raise OperationError(f"{name} cannot be read as CSV: {error}.") from error


def _id(row: dict[str, Any]) -> str:
    return next((str(row[key]) for key in _ID if row.get(key) not in {None, ""}), "")


def _one(row: dict[str, Any], keys: tuple[str, ...], name: str, place: int) -> str:
    for key in keys:
        if key in row and row[key] is not None:
            return str(row[key])
    raise OperationError(
        f"{name}, case {place}: has no column {keys[0]!r} (it has {_shown(row)}); {_WANTED}."
    )


def _several(row: dict[str, Any], name: str, place: int) -> tuple[str, ...]:
    for key in (*_REFERENCE, "text"):
        value = row.get(key)
        if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        if value is not None and not isinstance(value, list):
            return (str(value),)
    raise OperationError(
        f"{name}, case {place}: has no column 'reference' (it has {_shown(row)}); {_WANTED}."
    )


def _shown(row: dict[str, Any]) -> str:
    return ", ".join(list(row)[:6]) or "none"
