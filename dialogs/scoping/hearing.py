"""Scoping: hear what people say about the project, settle contradictions, ask the next question."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from dialogs.answers.languages import language_of
from dialogs.lifecycle import Question
from dialogs.plan.progress import record
from dialogs.project import Answer, OpenQuestion, Project
from dialogs.projects.naming import about
from dialogs.recommending import card
from dialogs.recommending.advising import advisor
from dialogs.recommending.comparing import Comparison, compare_adapters
from dialogs.scope import get_field
from dialogs.scoping.given import Heard, apply_values, rivals, settle
from dialogs.scoping.listening import DESCRIBING_WORDS
from dialogs.scoping.questions import MOST_QUESTIONS, Impact, choice_value, next_question
from dialogs.scoping.remarks import remarks
from dialogs.sources import source
from dialogs.speaking.marking import mark, who
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose
from dialogs.speaking.wording import labelled, phrase
from dialogs.turns import Choice
from dialogs.understanding import Reading
from dialogs.world import Context

MOST_TIMES = 2
"""How often a question is asked before it is left open."""


def hear(ctx: Context, reading: Reading, *, first: bool = False) -> None:
    """Take what was read into the project, say back what is new, and go on."""
    project = ctx.require()
    if _settles(ctx, reading):
        return
    wordy = len(ctx.turn.text.split()) >= DESCRIBING_WORDS
    if first and wordy and not project.scope.description and "description" not in reading.values:
        describe(ctx, ctx.turn.text)
    before = card.headline(ctx) if project.advised_at else None
    values = {name: (found.value, found.evidence) for name, found in reading.values.items()}
    values = {
        name: value
        for name, value in values.items()
        if first or name != "description" or not project.scope.description
    }
    heard = apply_values(project, values, ctx.turn.person, ctx.now, ctx.turn.message_ts)
    for wish in reading.wishes:
        if wish.name not in project.wishes:
            project.wishes.append(wish.name)
    for name in heard.changed:
        record(project, ctx.now, ctx.turn.person.id, "answer", field=name)
    for name in heard.disputed:
        record(project, ctx.now, ctx.turn.person.id, "dispute", field=name)
    asked = project.open_question
    if asked and asked.kind == "scope" and get_field(project.scope, asked.context["field"]) is not None:
        project.open_question = None
    if heard.disputed:
        ask_dispute(ctx, heard)
        return
    if before is not None and heard.changed:
        card.say_changes(ctx, before, heard)
        return
    if not heard and not first and reading.values:
        _say_it_stands(ctx, reading)
        return
    go_on(ctx, heard=heard, first=first, wishes=[wish.evidence for wish in reading.wishes])


def _say_it_stands(ctx: Context, reading: Reading) -> None:
    """Confirm what was said again; a question that it leaves open is named in small print."""
    project = ctx.require()
    asked = project.open_question
    question = ctx.world.lifecycle.question_about(str(asked.context.get("field", ""))) if asked else None
    stands = [labelled(name, found.value) for name, found in reading.values.items() if name != "description"]
    ctx.say(
        compose(
            "it_stands",
            said=project.said,
            stands=stands,
            still=about(question.ask, project.scope.description) if question else "",
        ),
        to="thread",
    )


def _settles(ctx: Context, reading: Reading) -> bool:
    """Settle the open dispute when the words repeat one of the answers that contradict each other."""
    project = ctx.require()
    asked = project.open_question
    if asked is None or asked.kind != "dispute":
        return False
    name = str(asked.context["field"])
    found = reading.values.get(name)
    winner = next((a for a in rivals(project, name) if found is not None and a.value == found.value), None)
    if winner is None:
        return False
    settle_dispute(ctx, name, winner)
    return True


def go_on(
    ctx: Context,
    *,
    heard: Heard | None = None,
    first: bool = False,
    wishes: list[str] | None = None,
    lead: str = "",
) -> None:
    """Ask the next question, or show the project card when enough is known."""
    project = ctx.require()
    disputed = next(
        (
            a.field
            for a in project.answers
            if a.state == "disputed" and f"dispute:{a.field}" not in project.skipped
        ),
        None,
    )
    if disputed:
        ask_dispute(ctx, None, name=disputed)
        return
    advise = advisor(ctx)
    ranked = next_question(ctx.world.lifecycle.questions, project, project.scope, advise)
    if ranked is None:
        project.open_question = None
        card.show(ctx, heard=heard)
        return
    ask(ctx, ranked, heard=heard, first=first, wishes=wishes or [], lead=lead)


def ask(
    ctx: Context,
    ranked: Impact,
    *,
    heard: Heard | None = None,
    first: bool = False,
    wishes: list[str] | None = None,
    lead: str = "",
) -> None:
    """Ask one question, with what was just read above it."""
    project, question = ctx.require(), ranked.question
    again = (
        project.open_question.times + 1
        if project.open_question and project.open_question.id == question.id
        else 1
    )
    if again > MOST_TIMES:
        project.skipped.append(question.id)
        project.open_question = None
        go_on(ctx, heard=heard, lead="skip")
        return
    if question.id not in project.asked:
        project.asked.append(question.id)
    project.open_question = OpenQuestion(
        id=question.id,
        asked_at=ctx.now,
        thread=ctx.turn.place.thread or ctx.turn.message_ts or None,
        times=again,
        context={"field": question.field},
    )
    scope = project.scope
    comparison = adapters_asked_about(ctx) if first else None
    wishes = [words for words in wishes or [] if comparison is None or words.lower() not in {"lora", "qlora"}]
    ctx.say(
        compose(
            "ask",
            said=project.said,
            choices=question_choices(question),
            read=summary_line(project, heard, first=first),
            first=first,
            lead=lead,
            again=again > 1 and not lead,
            remarks=remarks(project, heard, ctx.world.knowledge) if heard else [],
            wishes=wishes,
            comparison=comparison,
            gpu=card.gpu_name(comparison.gpu) if comparison else "",
            adapters=source(ctx.world.knowledge, "documents/finetuning-memory.md"),
            ask=about(question.ask, scope.description),
            example=question.example,
            why=because(question, ranked),
            left=min(MOST_QUESTIONS - len(project.asked), 2),
            reads=_reads().get(language_of(ctx.turn.text), "") if first else "",
            technical=is_technical(project),
        ),
        to="thread",
    )


@cache
def _reads() -> dict[str, str]:
    return tomllib.loads((resources.files("dialogs.scoping") / "reads.toml").read_text("utf-8"))


def adapters_asked_about(ctx: Context) -> Comparison | None:
    """Return the comparison of LoRA and QLoRA where somebody asked for it, on their model and GPU."""
    project = ctx.require()
    if not {"lora", "qlora"} <= set(project.wishes):
        return None
    return compare_adapters(project, ctx.world.knowledge.catalog)


def question_choices(question: Question) -> list[Choice]:
    """Buttons of a question; the last one is always a way out."""
    buttons = [
        Choice("answer", choice.label, json.dumps({"question": question.id, "value": choice.value}))
        for choice in question.choices
    ]
    if question.suggest:
        buttons.append(Choice("suggest", "Suggest one", question.id))
    if question.skip_label != "Not sure":
        buttons = [*buttons[:3], Choice("tasks", question.skip_label, question.id)]
    return [*buttons, Choice("skip", "Not sure", question.id)]


def because(question: Question, ranked: Impact) -> str:
    """Say why this question is asked now."""
    if len(ranked.techniques) > 1 and len(ranked.size_classes) > 1:
        return "It decides what to do first and how big the model must be."
    if len(ranked.techniques) > 1:
        return "It decides what to do first."
    if len(ranked.size_classes) > 1:
        return "It decides how big the model must be."
    return question.why


def summary_line(project: Project, heard: Heard | None, *, first: bool) -> str:
    """One line of what was read: everything after the first message, only the new later on."""
    if heard is None or not heard:
        return ""
    scope = project.scope
    description = scope.description or ""
    names = [a.field for a in project.answers if a.state == "current"] if first else heard.changed
    hidden = {"description"}
    if first and description:
        hidden |= {"task", "breadth", "domain", "input_modality", "output_format"}
        hidden |= {
            name for name in ("users", "team") if str(get_field(scope, name)).lower() in description.lower()
        }
    if scope.knowledge_changes is not None:
        hidden.add("data.documents")
    if scope.success_target is not None:
        hidden.add("success_metric")
    shown = [labelled(name, get_field(scope, name)) for name in names if name not in hidden]
    if "success_target" in names and scope.success_metric:
        shown = [
            f"{entry} {scope.success_metric}" if entry.startswith("target: ") else entry for entry in shown
        ]
    return " · ".join(dict.fromkeys([own_words(description), *shown] if first and description else shown))


def own_words(description: str, most: int = 110) -> str:
    """Shorten the team's description to one line."""
    line = " ".join(description.split())
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + "…"


def ask_dispute(ctx: Context, heard: Heard | None, name: str = "") -> None:
    """Show two contradicting answers to both people and ask which one holds."""
    project = ctx.require()
    name = name or (heard.disputed[0] if heard else "")
    answers = rivals(project, name)
    project.open_question = OpenQuestion(
        id=f"dispute:{name}",
        kind="dispute",
        asked_at=ctx.now,
        thread=ctx.turn.place.thread or ctx.turn.message_ts or None,
        context={"field": name},
    )
    others = [labelled(field, get_field(project.scope, field)) for field in (heard.changed if heard else [])]
    options = [
        Choice("settle", phrase(name, answer.value)[:1].upper() + phrase(name, answer.value)[1:],
               json.dumps({"field": name, "answer": place}))
        for place, answer in enumerate(answers[:3])
    ]  # fmt: skip
    ctx.say(
        compose(
            "dispute",
            said=project.said,
            choices=[
                *options,
                Choice("settle", "Ask someone first", json.dumps({"field": name, "answer": -1})),
            ],
            answers=[(phrase(name, a.value), a.person_name or a.person) for a in answers],
            others=[entry for entry in others if entry],
            remarks=remarks(project, heard, ctx.world.knowledge) if heard else [],
        ),
        to="thread",
    )


def settle_dispute(ctx: Context, name: str, winner: Answer | None) -> None:
    """Record which of the contradicting answers holds, or that somebody else is asked first."""
    project = ctx.require()
    name_of = who(ctx)
    if winner is None:
        project.skipped.append(f"dispute:{name}")
        text = f"{name_of} will ask someone first"
    else:
        settle(project, name, winner, ctx.now)
        if f"dispute:{name}" in project.skipped:
            project.skipped.remove(f"dispute:{name}")
        text = f"{name_of} chose {phrase(name, winner.value)}"
    record(project, ctx.now, ctx.turn.person.id, "settled", field=name)
    project.open_question = None
    mark(ctx, text)
    go_on(ctx)


def click_answer(ctx: Context, question: Question, raw: str) -> None:
    """Take a clicked choice as the answer to its question."""
    project = ctx.require()
    label = next((choice.label for choice in question.choices if choice.value == raw), raw)
    before = card.headline(ctx) if project.advised_at else None
    mark(ctx, f"{who(ctx)} chose {label}")
    if project.open_question and project.open_question.id == question.id:
        project.open_question = None
    if raw == "none":
        project.skipped.append(question.id)
        go_on(ctx)
        return
    if question.id in project.skipped:
        project.skipped.remove(question.id)
    value = choice_value(question, raw)
    heard = apply_values(
        project, {question.field: (value, label)}, ctx.turn.person, ctx.now, ctx.turn.message_ts
    )
    for name in heard.changed:
        record(project, ctx.now, ctx.turn.person.id, "answer", field=name)
    if heard.disputed:
        ask_dispute(ctx, heard)
    elif before is not None and heard.changed:
        card.say_changes(ctx, before, heard)
    else:
        go_on(ctx, heard=heard)


def click_settle(ctx: Context, chosen: dict[str, Any]) -> None:
    """Take a click on one of two contradicting answers."""
    answers = rivals(ctx.require(), chosen["field"])
    place = int(chosen["answer"])
    settle_dispute(ctx, chosen["field"], answers[place] if 0 <= place < len(answers) else None)


def describe(ctx: Context, text: str) -> None:
    """Take a whole message as the team's description of its use case."""
    words = " ".join(text.split())[:2000]
    apply_values(
        ctx.require(), {"description": (words, words)}, ctx.turn.person, ctx.now, ctx.turn.message_ts
    )


def hear_description(ctx: Context, text: str, reading: Reading) -> None:
    """Take a whole message as the use case, with whatever else was read from it."""
    describe(ctx, text)
    project = ctx.require()
    if project.open_question and project.open_question.id == "use_case":
        project.open_question = None
    hear(ctx, reading, first=True)
