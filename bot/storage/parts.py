"""How a value of a project's lists becomes a row, and a row the value again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Table as SqlTable

from bot.storage.columns import Tree
from bot.storage.tables import AnswerRow, DecisionRow, PartRow, RunRow, SubstepRow, Table
from dialogs.project import Answer, Decision, EvaluationRun, SubstepState

PARTS: dict[str, tuple[type[PartRow], type[BaseModel]]] = {
    "answers": (AnswerRow, Answer),
    "substeps": (SubstepRow, SubstepState),
    "runs": (RunRow, EvaluationRun),
    "decisions": (DecisionRow, Decision),
}
"""The lists of a `Project` that have a table of their own."""

_Model = TypeVar("_Model", bound=BaseModel)


def column_names(table: type[Table]) -> set[str]:
    """Return the names of a table's columns."""
    return set(columns(table).keys())


def to_row(value: BaseModel, table: type[Table]) -> dict[str, Any]:
    """Return the column values; fields without a column stand in `extra`."""
    plain = value.model_dump(mode="json")
    row: dict[str, Any] = {"extra": {}}
    for name in type(value).model_fields:
        if name not in columns(table):
            row["extra"][name] = plain[name]
        elif isinstance(columns(table)[name].type, Tree):
            row[name] = plain[name]
        else:
            row[name] = getattr(value, name)
    return row


def to_value(row: Mapping[str, Any], model: type[_Model]) -> _Model:
    """Return the value that a row holds."""
    return model.model_validate(
        {**row["extra"], **{name: row[name] for name in model.model_fields if name in row}}
    )


def columns(table: type[Table]) -> Any:
    """Return a table's columns, by name."""
    sql: SqlTable = table.__table__  # type: ignore[attr-defined]
    return sql.columns
