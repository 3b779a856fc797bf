"""Which question comes next: the one whose answer would change the advice most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from dialogs.lifecycle import Question
from dialogs.project import Project
from dialogs.scope import Scope, get_field, with_fields

MOST_QUESTIONS = 6


class Headline(Protocol):
    """The part of an advice that decides whether a question is worth asking."""

    @property
    def first_technique(self) -> str: ...

    @property
    def first_size_class(self) -> str: ...


Advise = Callable[[Scope], Headline]


@dataclass(frozen=True)
class Impact:
    """How many of a question's plausible answers change the first technique or the model's size class."""

    question: Question
    techniques: tuple[str, ...]
    size_classes: tuple[str, ...]

    @property
    def weight(self) -> float:
        """Changes count by how many different outcomes there are; a technique counts double."""
        changes = 2.0 * (len(self.techniques) - 1) + (len(self.size_classes) - 1)
        return max(changes, 0.0) + self.question.stakes


def choice_value(question: Question, text: str) -> Any:
    """Return what a choice or probe means for the question's field.

    Raises ValueError where the text does not fit the field.
    """
    value: Any = text
    if question.field in {"languages", "tried", "input_modality"}:
        value = [] if text == "nothing" else [part.strip() for part in text.split(",")]
    try:
        return get_field(with_fields(Scope(), {question.field: value}), question.field)
    except ValidationError as error:
        raise ValueError(f"question {question.id}: {text!r} does not fit {question.field}") from error


def is_asked_for(question: Question, scope: Scope) -> bool:
    """Whether the question makes sense, given what is known (its `needs`)."""
    for field, accepted in question.needs.items():
        held = get_field(scope, field)
        if held is None:
            return False
        for entry in accepted:
            if isinstance(entry, str) and entry.startswith("at least "):
                if held >= float(entry.removeprefix("at least ")):
                    break
            elif held == entry:
                break
        else:
            return False
    return True


def is_open(question: Question, project: Project, scope: Scope) -> bool:
    """Whether the question still waits for an answer and was not skipped."""
    answered = get_field(scope, question.field) is not None
    if question.id == "use_case":
        answered = answered or bool(scope.description)
    if question.id == "knowledge":
        answered = answered or scope.knowledge_changes is not None
    if question.id == "success":
        answered = answered or bool(scope.success_metric and scope.success_target)
    disputed = any(a.field == question.field and a.state == "disputed" for a in project.answers)
    return not answered and not disputed and question.id not in project.skipped


def impact(question: Question, scope: Scope, advise: Advise) -> Impact:
    """Try the question's plausible answers on the advice."""
    now = advise(scope)
    techniques, sizes = {now.first_technique: None}, {now.first_size_class: None}
    for probe in question.probes:
        tried = advise(with_fields(scope, {question.field: choice_value(question, probe)}))
        techniques[tried.first_technique] = None
        sizes[tried.first_size_class] = None
    return Impact(question, tuple(techniques), tuple(sizes))


def rank_questions(
    questions: Sequence[Question], project: Project, scope: Scope, advise: Advise
) -> list[Impact]:
    """Return the open questions, the most decisive first; ties keep the order of the file."""
    candidates = [q for q in questions if is_open(q, project, scope) and is_asked_for(q, scope)]
    impacts = [impact(question, scope, advise) for question in candidates]
    return sorted(impacts, key=lambda entry: -entry.weight)


def next_question(
    questions: Sequence[Question], project: Project, scope: Scope, advise: Advise
) -> Impact | None:
    """Return the question to ask now, or None when the project card is due.

    The use case comes first; then whatever would change the first technique or the size class;
    required questions come last, before the card. At most six are asked in all.
    """
    asked = len(set(project.asked))
    if asked >= MOST_QUESTIONS:
        return None
    opened = [q for q in questions if is_open(q, project, scope) and is_asked_for(q, scope)]
    if any(question.id == "use_case" for question in opened):
        return Impact(next(q for q in opened if q.id == "use_case"), (), ())
    required = [question for question in opened if question.required]
    room = MOST_QUESTIONS - asked - len(required)
    ranked = rank_questions(questions, project, scope, advise) if room > 0 else []
    decisive = [entry for entry in ranked if entry.weight > 0]
    if decisive:
        return decisive[0]
    return Impact(required[0], (), ()) if required else None
