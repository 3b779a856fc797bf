"""What the conversation may look at, and what it returns. Everything here is handed in by the edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from dialogs.lifecycle import Lifecycle, load_lifecycle
from dialogs.nudges.reminders import zone_of
from dialogs.project import Project, Reminder
from dialogs.steps import Complete, Given, Need
from dialogs.turns import Effect, Reply, Say, Turn
from dialogs.understanding.nearness import Examples
from knowledge.loader import Knowledge
from knowledge.search import SearchIndex


@dataclass(frozen=True)
class World:
    """Facts, the other projects of the place, and the people's zones."""

    knowledge: Knowledge
    index: SearchIndex
    lifecycle: Lifecycle = field(default_factory=load_lifecycle)
    projects: tuple[Project, ...] = ()  # of this channel, whatever their status
    zones: Mapping[str, str] = field(default_factory=dict)  # person id → IANA zone
    gone: frozenset[str] = frozenset()  # owners whose account was deactivated
    stranded: tuple[Project, ...] = ()  # the speaker's projects whose channel is lost
    country: str = ""
    examples: Examples | None = None  # sentences to read scopes with by meaning; None until they have vectors
    history: tuple[str, ...] = ()  # what was asked in this thread before, oldest first


@dataclass(frozen=True)
class Outcome:
    """What should happen. `projects` are the changed ones; `feedback` is kept for whoever tends the folder."""

    projects: tuple[Project, ...] = ()
    effects: tuple[Effect, ...] = ()
    feedback: Mapping[str, object] | None = None
    forget: str = ""  # id of a project whose words are to be deleted
    snapshot: Mapping[str, object] | None = None  # what was advised, and from what
    later: Complete | None = None  # to complete after this is said; it comes back as a "reading" turn
    lead: Reminder | None = None  # the speaker's weekly digest: wanted, or no longer ("cancelled")


class Hold(Exception):
    """Raised inside the core when something must be fetched first; never leaves `dialogs.engine`."""

    def __init__(self, need: Need) -> None:
        super().__init__(type(need).__name__)
        self.need = need


@dataclass
class Context:
    """One turn while it is worked on. `project` is a copy that may be changed."""

    turn: Turn
    world: World
    given: Given
    project: Project | None = None
    effects: list[Effect] = field(default_factory=list)
    snapshot: Mapping[str, object] | None = None
    feedback: Mapping[str, object] | None = None
    forget: str = ""
    later: Complete | None = None
    lead: Reminder | None = None
    notes: list[str] = field(default_factory=list)  # small print for the first reply of this turn
    memo: dict[str, object] = field(default_factory=dict)  # what was worked out in this turn

    @property
    def now(self) -> datetime:
        return self.turn.at

    @property
    def today(self) -> date:
        zone = self.turn.person.tz or (self.project.zone if self.project else "UTC")
        return self.now.astimezone(zone_of(zone)).date()

    def require(self) -> Project:
        """Return the project; raises AssertionError where a handler was called without one."""
        assert self.project is not None, "this handler needs a project"
        return self.project

    def say(self, reply: Reply, **how: object) -> None:
        """Add a message: to the asker alone after a command, to the thread otherwise."""
        how.setdefault("to", "asker" if self.turn.kind == "command" else "thread")
        if how["to"] == "asker":
            how.setdefault("person", self.turn.person.id)
        self.effects.append(Say(reply, **how))  # type: ignore[arg-type]

    def outcome(self) -> Outcome:
        return Outcome(
            projects=(self.project,) if self.project else (),
            effects=tuple(self.effects),
            feedback=self.feedback,
            forget=self.forget,
            snapshot=self.snapshot,
            later=self.later,
            lead=self.lead,
        )


def active(projects: Sequence[Project]) -> list[Project]:
    """Return the projects that are neither archived nor forgotten."""
    return [project for project in projects if project.status == "active"]
