"""What a team has said about its project. `None` means not stated; nothing is ever guessed here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from knowledge.schema import TaskId

KnowledgeChanges = Literal["static", "weekly", "daily", "realtime"]


class ScopeData(BaseModel):
    """Data the team holds. Counts are of input-output examples, not of documents."""

    model_config = ConfigDict(extra="ignore")

    labelled_examples: int | None = None
    documents: bool | None = None
    preference_data: bool | None = None


class Scope(BaseModel):
    """The scope of a project; field names and conventions are public (see docs/interfaces.md)."""

    model_config = ConfigDict(extra="ignore")

    description: str | None = None
    task: TaskId | None = None
    breadth: Literal["single_task", "multi_task"] | None = None
    domain: str | None = None
    languages: list[str] | None = None
    data: ScopeData = ScopeData()
    latency_seconds: float | None = None
    requests_per_day: float | None = None
    budget_usd_per_month: float | None = None
    privacy: Literal["on_premises", "private_cloud", "any"] | None = None
    region: str | None = None
    hardware: str | None = None
    deadline: str | None = None
    quality_risk: Literal["low", "medium", "high"] | None = None
    knowledge_changes: KnowledgeChanges | None = None
    users: str | None = None
    success_metric: str | None = None
    success_target: str | None = None
    tried: list[str] | None = None
    budget_usd_total: float | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    input_modality: list[str] | None = None
    output_format: str | None = None
    concurrency: float | None = None
    team: str | None = None


FIELDS: tuple[str, ...] = (
    *(name for name in Scope.model_fields if name != "data"),
    *(f"data.{name}" for name in ScopeData.model_fields),
)
"""Every field by its dotted name."""


def get_field(scope: Scope, field: str) -> Any:
    """Return the value of a dotted field, such as "data.documents"."""
    holder: BaseModel = scope
    if field.startswith("data."):
        holder, field = scope.data, field.removeprefix("data.")
    return getattr(holder, field)


def with_fields(scope: Scope, values: dict[str, Any]) -> Scope:
    """Return a validated copy in which the dotted fields have new values.

    Raises pydantic.ValidationError where a value does not fit its field.
    """
    plain = scope.model_dump()
    for field, value in values.items():
        if field.startswith("data."):
            plain["data"][field.removeprefix("data.")] = value
        else:
            plain[field] = value
    return Scope.model_validate(plain)
