"""What happens to a project's answers: added, corrected, disputed, settled, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dialogs.project import Answer, Project
from dialogs.turns import Person

APPENDED = {"tried"}
"""Fields that grow: a second statement is added to the first."""

NEVER_DISPUTED = {
    "description",
    "region",
    "users",
    "domain",
    "tried",
    "team",
    "input_modality",
    "output_format",
}
"""Fields where a second person's words do not contradict the first's; the first wording stays."""


@dataclass
class Heard:
    """What one message did to the answers, by dotted field."""

    added: dict[str, Any] = field(default_factory=dict)
    corrected: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # field → (old, new)
    disputed: list[str] = field(default_factory=list)

    @property
    def changed(self) -> list[str]:
        return [*self.added, *self.corrected]

    def __bool__(self) -> bool:
        return bool(self.added or self.corrected or self.disputed)


def apply_values(
    project: Project,
    values: Mapping[str, tuple[Any, str]],
    person: Person,
    at: datetime,
    message_ts: str = "",
) -> Heard:
    """Add values, given as field → (value, evidence), to the project's answers.

    A new value from the same person corrects the old one. From another person it disputes it: both stay,
    and neither counts until the dispute is settled.
    """
    heard = Heard()
    for name, (value, evidence) in values.items():
        new = Answer(
            field=name,
            value=value,
            evidence=evidence,
            person=person.id,
            person_name=person.name,
            at=at,
            message_ts=message_ts,
        )
        held = project.current(name)
        if held is None:
            rivals = [a for a in project.answers if a.field == name and a.state == "disputed"]
            if any(rival.value == value for rival in rivals):
                continue
            if rivals:
                new.state = "disputed"
                heard.disputed.append(name)
            else:
                heard.added[name] = value
        elif held.value == value:
            continue
        elif name in APPENDED and isinstance(value, list):
            merged = [*held.value, *(entry for entry in value if entry not in held.value)]
            if merged == held.value:
                continue
            _end(held, at)
            new.value = merged
            heard.added[name] = value
        elif name in NEVER_DISPUTED:
            if held.person != person.id or name == "description":
                continue
            _end(held, at)
            heard.corrected[name] = (held.value, value)
        elif held.person == person.id:
            _end(held, at)
            heard.corrected[name] = (held.value, value)
        else:
            held.state, held.ended_at = "disputed", at
            new.state = "disputed"
            heard.disputed.append(name)
        project.answers.append(new)
    return heard


def _end(answer: Answer, at: datetime) -> None:
    answer.state, answer.ended_at = "replaced", at


def rivals(project: Project, name: str) -> list[Answer]:
    """Return the answers that contradict each other about a field, oldest first."""
    return [answer for answer in project.answers if answer.field == name and answer.state == "disputed"]


def settle(project: Project, name: str, winner: Answer, at: datetime) -> None:
    """Let one of the disputed answers hold."""
    losers = [answer for answer in rivals(project, name) if answer is not winner]
    for answer in losers:
        _end(answer, at)
    winner.state, winner.ended_at = "current", None
    if name == "privacy":
        region = project.current("region")
        if region is not None and any(loser.message_ts == region.message_ts for loser in losers):
            _end(region, at)  # "EU cloud" falls as a whole


def take_back(project: Project) -> list[Answer]:
    """Undo the last turn that changed answers; returns what was taken back, or nothing.

    What that turn had replaced or disputed holds again.
    """
    live = [answer for answer in project.answers if answer.state in {"current", "disputed"}]
    if not live:
        return []
    last = max(answer.at for answer in live)
    taken = [answer for answer in live if answer.at == last]
    for answer in taken:
        answer.state = "withdrawn"
    for answer in project.answers:
        if answer.ended_at == last and answer.state in {"replaced", "disputed"}:
            answer.state, answer.ended_at = "current", None
    return taken


def withdraw(project: Project, name: str, at: datetime) -> Answer | None:
    """Take back the answer to one field; returns it, or None where there was none."""
    held = project.current(name)
    if held is not None:
        held.state, held.ended_at = "withdrawn", at
    return held
