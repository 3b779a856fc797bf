"""A project as the conversation knows it: plain data that storage can write down and read back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dialogs.scope import Scope, with_fields

AnswerState = Literal["current", "replaced", "disputed", "withdrawn"]


class Value(BaseModel):
    """A record that is part of a project; unknown keys of newer versions are ignored."""

    model_config = ConfigDict(extra="ignore")


class Answer(Value):
    """One field of the scope, as one person stated it once."""

    field: str  # dotted Scope field
    value: Any
    evidence: str = ""  # the words it was read from
    person: str
    person_name: str = ""
    at: datetime
    message_ts: str = ""
    state: AnswerState = "current"
    ended_at: datetime | None = None  # when a later turn replaced or disputed it


class OpenQuestion(Value):
    """The question that waits for an answer. `kind` says what an answer means."""

    id: str  # id of the question in dialogs/stages, or a field for a dispute
    kind: Literal["scope", "dispute", "criterion", "forget", "result", "errors"] = "scope"
    asked_at: datetime
    thread: str | None = None
    times: int = 1
    context: dict[str, Any] = Field(default_factory=dict)


class SubstepState(Value):
    """How far a sub-step of a stage is. `unmet` holds criteria that were open when it was called done."""

    id: str
    status: Literal["waiting", "active", "done", "skipped"] = "waiting"
    owner: str = ""
    due: date | None = None
    finished_at: datetime | None = None
    met: list[str] = Field(default_factory=list)  # ids of exit criteria that hold
    unmet: list[str] = Field(default_factory=list)
    reason: str = ""  # why it was done with a criterion unmet
    passes: int = 0  # how often it was gone through
    pinned: bool = False  # somebody set the due day: it stays when the forecast moves


class Loop(Value):
    """A way back in the lifecycle, taken once."""

    source: str
    target: str
    at: datetime
    person: str
    reason: str = ""


class EvaluationRun(Value):
    """Results of one evaluation, metric by metric."""

    at: datetime
    person: str
    results: dict[str, float]
    note: str = ""
    reached: bool | None = None
    cases: int | None = None  # on how many cases it was measured, where that was said
    errors: str = ""  # what kind of errors it showed
    worst: str = ""  # the team's words about them
    intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)  # 95 %, where they were computed
    source: str = ""  # the file it was computed from, or who reviewed; "" for typed scores


class Verdict(Value):
    """What an expert said about one draft."""

    verdict: Literal["good", "edits", "wrong"]
    at: datetime


class Review(Value):
    """A number of drafts that a named expert judges, one click each."""

    id: str
    expert: str
    asked_by: str
    asked_at: datetime
    wanted: int
    verdicts: list[Verdict] = Field(default_factory=list)
    message_ts: str = ""  # the message with the buttons, once it is known
    ended_at: datetime | None = None

    def count(self, verdict: str) -> int:
        """Return how many drafts got this verdict."""
        return sum(entry.verdict == verdict for entry in self.verdicts)


class Decision(Value):
    """Something the team decided, in its own words. `about` names what an overrule puts first: "model:ID"."""

    at: datetime
    person: str
    person_name: str = ""
    text: str
    about: str = ""
    message_ts: str = ""


class Reminder(Value):
    """A nudge that is owed. `local_time` and `zone` are kept so that the instant can be computed again."""

    id: str
    kind: str
    due_at: datetime  # aware, UTC
    person: str = ""
    substep: str = ""
    zone: str = "UTC"
    local_time: str = "09:30"
    state: Literal["waiting", "sent", "cancelled"] = "waiting"
    about: str = ""  # what the reminder is about: the id of a question; the kind that was snoozed
    sent_at: datetime | None = None


class Member(Value):
    """Somebody who spoke in a project, and who stands in while they are away."""

    name: str = ""
    zone: str = ""  # IANA zone, as the chat knows it
    away_from: date | None = None  # the first day away; None from now on
    away_until: date | None = None  # the first day back
    deputy: str = ""
    left: bool = False
    outside: bool = False  # not in the channel any more


class DigestBase(Value):
    """What held when the last weekly digest was sent: the next one says what moved since."""

    at: datetime
    p50: date
    p90: date
    first: str = ""
    model: str = ""
    memory_gb: float | None = None
    cost_usd_per_month: float | None = None
    price: str = ""  # the row of the price table behind the cost, with its date


class Event(Value):
    """A line of the append-only record: who changed what, when."""

    at: datetime
    person: str
    kind: str
    detail: dict[str, Any] = Field(default_factory=dict)
    message_ts: str = ""


class Project(Value):
    """Everything Cairn knows about one project. `version` grows by one with every save."""

    id: str
    workspace: str
    channel: str
    slug: str
    name: str
    created_at: datetime
    created_by: str
    owner: str = ""
    zone: str = "UTC"
    version: int = 0
    status: Literal["active", "archived", "forgotten"] = "active"
    thread: str | None = None  # root of the conversation's thread
    answers: list[Answer] = Field(default_factory=list)
    asked: list[str] = Field(default_factory=list)  # ids of questions, in the order asked
    skipped: list[str] = Field(default_factory=list)  # skipped, or answered with "not sure"
    open_question: OpenQuestion | None = None
    wishes: list[str] = Field(default_factory=list)  # models or techniques named as an idea
    overrules: list[Decision] = Field(default_factory=list)
    substeps: list[SubstepState] = Field(default_factory=list)
    loops: list[Loop] = Field(default_factory=list)
    runs: list[EvaluationRun] = Field(default_factory=list)
    reviews: list[Review] = Field(default_factory=list)
    limits: dict[str, float] = Field(default_factory=dict)  # safety metric → most allowed, a share
    decisions: list[Decision] = Field(default_factory=list)
    reminders: list[Reminder] = Field(default_factory=list)
    events: list[Event] = Field(default_factory=list)  # new ones only; storage appends and empties them
    advised_at: datetime | None = None
    card_ts: str = ""
    nudges_paused: bool = False
    country: str = ""  # ISO 3166 code whose public holidays count
    accepted: str = ""  # who went with the recommendation
    cuts: list[str] = Field(
        default_factory=list
    )  # cuts in scope that were agreed on, as the estimator names them
    nudge_time: str = "09:30"
    people: dict[str, Member] = Field(default_factory=dict)  # by id
    nudged: list[str] = Field(default_factory=list)  # wordings of nudges, so that none comes twice running
    digest: DigestBase | None = None  # what the last weekly digest said
    unreachable: Literal["", "archived", "deleted", "removed", "uninstalled"] = ""  # why no post goes
    channel_name: str = ""  # as last heard, without "#"
    is_private: bool | None = None  # the channel; None: not heard yet
    remarked: list[str] = Field(default_factory=list)  # remarks that were made already
    said: list[str] = Field(default_factory=list)  # templates used lately, so that wording varies

    @property
    def scope(self) -> Scope:
        """The scope that holds now: disputed and withdrawn answers do not count."""
        held = {answer.field: answer.value for answer in self.answers if answer.state == "current"}
        return with_fields(Scope(), held)

    def current(self, field: str) -> Answer | None:
        """Return the answer that holds for a field, or None."""
        return next((a for a in reversed(self.answers) if a.field == field and a.state == "current"), None)
