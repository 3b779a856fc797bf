"""The tables. Rows are plain; `projects.py` turns them into a `Project` and back.

A model's field without a column of its own goes into `extra` (or `state` for a project), so a newer
`Project` can be written down before its migration exists.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index, MetaData, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from bot.storage.columns import Counter, Tree, UtcTime, Words

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Base of all tables; `Table.metadata` is what the migrations are compared with."""


class ProjectRow(Table, table=True):
    """One project; `state` holds what has no column and no table of its own."""

    __tablename__: ClassVar[Any] = "project"
    __table_args__ = (UniqueConstraint("workspace", "channel", "slug"),)

    id: str = Field(primary_key=True, sa_type=Words)
    workspace: str = Field(sa_type=Words)
    channel: str = Field(sa_type=Words)
    slug: str = Field(sa_type=Words)
    name: str = Field(sa_type=Words)
    status: str = Field(sa_type=Words)
    owner: str = Field(sa_type=Words)
    zone: str = Field(sa_type=Words)
    version: int
    thread: str | None = Field(default=None, sa_type=Words)
    card_ts: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)
    state: dict[str, Any] = Field(sa_type=Tree)


class PartRow(Table):
    """A row that belongs to a project at a position of one of its lists."""

    project_id: str = Field(primary_key=True, sa_type=Words)
    position: int = Field(primary_key=True)
    extra: dict[str, Any] = Field(default_factory=dict, sa_type=Tree)


class AnswerRow(PartRow, table=True):
    """One field of the scope, as one person stated it once."""

    __tablename__: ClassVar[Any] = "answer"

    field: str = Field(sa_type=Words)
    value: Any = Field(default=None, sa_type=Tree, nullable=True)
    evidence: str = Field(sa_type=Words)
    person: str = Field(sa_type=Words)
    person_name: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=UtcTime)
    message_ts: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)


class SubstepRow(PartRow, table=True):
    """How far a sub-step of a stage is."""

    __tablename__: ClassVar[Any] = "substep"

    id: str = Field(sa_type=Words)
    status: str = Field(sa_type=Words)
    owner: str = Field(sa_type=Words)
    due: date | None = None
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    met: list[str] = Field(sa_type=Tree)
    unmet: list[str] = Field(sa_type=Tree)
    reason: str = Field(sa_type=Words)
    passes: int


class RunRow(PartRow, table=True):
    """Results of one evaluation."""

    __tablename__: ClassVar[Any] = "run"

    at: datetime = Field(sa_type=UtcTime)
    person: str = Field(sa_type=Words)
    results: dict[str, Any] = Field(sa_type=Tree)
    note: str = Field(sa_type=Words)
    reached: bool | None = None


class DecisionRow(PartRow, table=True):
    """Something the team decided."""

    __tablename__: ClassVar[Any] = "decision"

    at: datetime = Field(sa_type=UtcTime)
    person: str = Field(sa_type=Words)
    person_name: str = Field(sa_type=Words)
    text: str = Field(sa_type=Words)
    message_ts: str = Field(sa_type=Words)


class ReminderRow(Table, table=True):
    """A nudge that is owed. This table is the schedule; a tick claims due rows under a lease.

    Whoever asked for a weekly digest has a row a week whose `project_id` is `bot.storage.leads.key_of` them.
    """

    __tablename__: ClassVar[Any] = "reminder"
    __table_args__ = (Index(None, "state", "due_at"),)

    project_id: str = Field(primary_key=True, sa_type=Words)
    id: str = Field(primary_key=True, index=True, sa_type=Words)
    position: int
    kind: str = Field(sa_type=Words)
    due_at: datetime = Field(sa_type=UtcTime)
    person: str = Field(sa_type=Words)
    substep: str = Field(sa_type=Words)
    zone: str = Field(sa_type=Words)
    local_time: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    attempts: int = 0
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    extra: dict[str, Any] = Field(default_factory=dict, sa_type=Tree)


class ToldRow(Table, table=True):
    """What a person's weekly digest last said about a project: the next one says what moved since."""

    __tablename__: ClassVar[Any] = "told"

    workspace: str = Field(primary_key=True, sa_type=Words)
    person: str = Field(primary_key=True, sa_type=Words)
    project_id: str = Field(primary_key=True, index=True, sa_type=Words)
    base: dict[str, Any] = Field(sa_type=Tree)


class RecordRow(Table, table=True):
    """Who changed what, when. Append-only: a trigger refuses UPDATE and DELETE."""

    __tablename__: ClassVar[Any] = "record"

    id: int | None = Field(default=None, primary_key=True, sa_type=Counter)
    project_id: str = Field(index=True, sa_type=Words)
    at: datetime = Field(sa_type=UtcTime)
    person: str = Field(sa_type=Words)
    kind: str = Field(sa_type=Words)
    message_ts: str = Field(sa_type=Words)


class RecordDetailRow(Table, table=True):
    """The words of a record row, apart from it, so that they can be forgotten."""

    __tablename__: ClassVar[Any] = "record_detail"

    record_id: int = Field(primary_key=True, sa_type=Counter)
    project_id: str = Field(index=True, sa_type=Words)
    detail: dict[str, Any] = Field(sa_type=Tree)


class ThreadRow(Table, table=True):
    """A thread that belongs to a project."""

    __tablename__: ClassVar[Any] = "thread"

    workspace: str = Field(primary_key=True, sa_type=Words)
    channel: str = Field(primary_key=True, sa_type=Words)
    ts: str = Field(primary_key=True, sa_type=Words)
    project_id: str = Field(index=True, sa_type=Words)


class SnapshotRow(Table, table=True):
    """What was advised: from which inputs, by which rules, on which state of the knowledge."""

    __tablename__: ClassVar[Any] = "snapshot"

    id: int | None = Field(default=None, primary_key=True, sa_type=Counter)
    project_id: str = Field(index=True, sa_type=Words)
    at: datetime = Field(sa_type=UtcTime)
    inputs: dict[str, Any] = Field(sa_type=Tree)
    rules: list[Any] = Field(sa_type=Tree)
    advice: dict[str, Any] = Field(sa_type=Tree)
    knowledge_revision: str = Field(sa_type=Words)


class FeedbackRow(Table, table=True):
    """A question that someone marked down (or up), or that found no answer."""

    __tablename__: ClassVar[Any] = "feedback"

    id: int | None = Field(default=None, primary_key=True, sa_type=Counter)
    project_id: str = Field(default="", index=True, sa_type=Words)
    workspace: str = Field(sa_type=Words)
    channel: str = Field(sa_type=Words)
    person: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=UtcTime)
    verdict: str = Field(sa_type=Words)
    question: str = Field(sa_type=Words)
    answer: str = Field(sa_type=Words)
    citations: list[Any] = Field(default_factory=list, sa_type=Tree)
    note: str = Field(default="", sa_type=Words)


class InboxRow(Table, table=True):
    """Something Slack delivered. `payload` is dropped when it is done, the key is kept a while."""

    __tablename__: ClassVar[Any] = "inbox"
    __table_args__ = (Index(None, "state", "received_at"),)

    key: str = Field(primary_key=True, sa_type=Words)
    payload: dict[str, Any] | None = Field(default=None, sa_type=Tree)
    state: str = Field(default="waiting", sa_type=Words)
    received_at: datetime = Field(sa_type=UtcTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    attempts: int = 0
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = Field(default="", sa_type=Words)


class OutboxRow(Table, table=True):
    """Something Cairn owes Slack. `seq` gives the order within a lane (a channel's thread)."""

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__ = (Index(None, "state", "lane", "seq"), Index(None, "state", "seq"))

    seq: int | None = Field(default=None, primary_key=True, sa_type=Counter)
    id: str = Field(unique=True, sa_type=Words)
    project_id: str = Field(index=True, sa_type=Words)
    workspace: str = Field(sa_type=Words)
    channel: str = Field(sa_type=Words)
    thread_ts: str | None = Field(default=None, sa_type=Words)
    person: str = Field(sa_type=Words)
    verb: str = Field(sa_type=Words)
    content: dict[str, Any] = Field(sa_type=Tree)
    response_url: str = Field(sa_type=Words)
    lane: str = Field(sa_type=Words)
    state: str = Field(default="owed", sa_type=Words)
    created_at: datetime = Field(sa_type=UtcTime)
    attempts: int = 0
    attempted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    not_before: datetime | None = Field(default=None, sa_type=UtcTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    holder: str = Field(default="", sa_type=Words)
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    posted_channel: str = Field(default="", sa_type=Words)
    posted_ts: str = Field(default="", sa_type=Words)
    error: str = Field(default="", sa_type=Words)


class SeenRow(Table, table=True):
    """The last message of a channel that Cairn has seen."""

    __tablename__: ClassVar[Any] = "seen"

    workspace: str = Field(primary_key=True, sa_type=Words)
    channel: str = Field(primary_key=True, sa_type=Words)
    ts: str = Field(sa_type=Words)
