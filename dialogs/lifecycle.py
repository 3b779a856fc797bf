"""The lifecycle as data: stages, sub-steps, exit criteria, questions and loops, read from TOML."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from dialogs.scope import FIELDS
from knowledge.schema import Stage as StageId


class Record(BaseModel):
    """A record of a data file; a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(Record):
    """A condition that must hold before a sub-step is left. `auto` names a fact that Cairn checks itself."""

    id: str
    text: str
    check: str
    auto: str = ""


class Substep(Record):
    """A part of a stage. `due_share` says at which share of the stage's time it is due.

    It is skipped in projects that are advised none of the techniques in `skipped_without`.
    """

    id: str
    title: str
    due_share: float
    document: str
    criterion: tuple[Criterion, ...]
    skipped_without: tuple[str, ...] = ()


class QuestionChoice(Record):
    """An answer offered as a button."""

    label: str
    value: str


class Question(Record):
    """A question about the scope, with why it is asked and an example of an answer."""

    id: str
    field: str
    ask: str
    why: str
    example: str
    choices: tuple[QuestionChoice, ...] = ()
    probes: tuple[str, ...] = ()
    needs: dict[str, tuple[Any, ...]] = {}
    required: bool = False
    stakes: float = 0.0
    suggest: bool = False
    skip_label: str = "Not sure"

    @model_validator(mode="after")
    def _check(self) -> Question:
        if self.field not in FIELDS:
            raise ValueError(f"question {self.id}: {self.field} is no field of the scope")
        if len(self.choices) > 4:
            raise ValueError(f"question {self.id}: at most four choices, so that 'not sure' fits beside them")
        return self


class Stage(Record):
    """One of the four stages."""

    id: StageId
    title: str
    goal: str
    substep: tuple[Substep, ...]
    question: tuple[Question, ...] = ()


class LoopRule(Record):
    """A way back from one sub-step to another, and when it is the right one."""

    source: str
    target: str
    label: str
    when: str
    first_label: str = ""  # while its target was never begun


class Lifecycle(Record):
    """All of it, in order."""

    stages: tuple[Stage, ...]
    loops: tuple[LoopRule, ...]

    @property
    def substeps(self) -> tuple[Substep, ...]:
        return tuple(substep for stage in self.stages for substep in stage.substep)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for stage in self.stages for question in stage.question)

    def substep(self, id: str) -> Substep:
        """Return the sub-step; raises KeyError for an unknown id."""
        return {substep.id: substep for substep in self.substeps}[id]

    def stage_of(self, substep_id: str) -> Stage:
        """Return the stage that holds a sub-step; raises KeyError for an unknown id."""
        return {substep.id: stage for stage in self.stages for substep in stage.substep}[substep_id]

    def question(self, id: str) -> Question:
        """Return the question; raises KeyError for an unknown id."""
        return {question.id: question for question in self.questions}[id]

    def question_about(self, field: str) -> Question | None:
        """Return the question that asks for a field of the scope, or None."""
        return next((question for question in self.questions if question.field == field), None)

    def loops_from(self, substep_id: str) -> tuple[LoopRule, ...]:
        return tuple(loop for loop in self.loops if loop.source == substep_id)


@cache
def load_lifecycle() -> Lifecycle:
    """Read the shipped lifecycle. Raises pydantic.ValidationError where a file is wrong."""
    folder = resources.files("dialogs")
    top = tomllib.loads((folder / "lifecycle.toml").read_text("utf-8"))
    stages = [
        tomllib.loads((folder / "stages" / f"{name}.toml").read_text("utf-8")) for name in top["stages"]
    ]
    loops = [
        {"source": loop["from"], "target": loop["to"]}
        | {key: value for key, value in loop.items() if key not in {"from", "to"}}
        for loop in top["loop"]
    ]
    lifecycle = Lifecycle.model_validate({"stages": stages, "loops": loops})
    known = {substep.id for substep in lifecycle.substeps}
    for rule in lifecycle.loops:
        for end in (rule.source, rule.target):
            if end not in known:
                raise ValueError(f"lifecycle.toml: a loop names {end!r}, which is no sub-step")
    return lifecycle
