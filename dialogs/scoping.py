"""Scoping: hear what people say about the project, settle contradictions, ask the next question."""

from __future__ import annotations

import json
from typing import Any

from dialogs import card
from dialogs.advising import advisor
from dialogs.answering import Heard, apply_values, rivals, settle, take_back, withdraw
from dialogs.comparing import Comparison, compare_adapters
from dialogs.lifecycle import Question
from dialogs.marking import mark, who
from dialogs.naming import inputs_named
from dialogs.progress import record
from dialogs.project import Answer, OpenQuestion, Project
from dialogs.questions import MOST_QUESTIONS, Impact, choice_value, next_question
from dialogs.register import is_technical
from dialogs.remarks import remarks
from dialogs.scope import get_field
from dialogs.sources import source
from dialogs.speech import compose, escape
from dialogs.targets import read_target
from dialogs.turns import Choice, Reply
from dialogs.understanding import Reading, read_message
from dialogs.wording import labelled, phrase
from dialogs.world import Context

FREE_TEXT = {
    "hardware",
    "deadline",
    "success_metric",
    "success_target",
    "output_format",
    "task",
    "tried",
    "description",
}
"""Fields that almost any words could answer; in a dispute only words that name them clearly count."""

LONGEST_TEXT = 12_000  # characters read of one message


def read(ctx: Context, text: str, expecting: str | None = None) -> Reading:
    """Read a message as an answer to what is expected, if anything."""
    return read_message(
        text[:LONGEST_TEXT], today=ctx.today, expecting=expecting, knowledge=ctx.world.knowledge
    )


def expected_field(project: Project | None) -> str | None:
    """Return the field that the open question asks for, or None."""
    asked = project.open_question if project else None
    if asked is None or asked.kind not in {"scope", "dispute"}:
        return None
    field = str(asked.context.get("field", "")) or None
    return None if asked.kind == "dispute" and field in FREE_TEXT else field


def answers_a_question(ctx: Context, reading: Reading) -> bool:
    """Whether a message that was not addressed to Cairn answers one of the questions it asked."""
    project = ctx.require()
    asked = {ctx.world.lifecycle.question(id).field for id in project.asked}
    open_field = expected_field(project)
    if open_field:
        asked.add(open_field)
    if asked & {"success_target"}:
        asked.add("success_metric")
    answered = asked & set(reading.values)
    return bool(answered) and (ctx.turn.mentioned or _sounds_like_an_answer(ctx, answered))


def _sounds_like_an_answer(ctx: Context, answered: set[str]) -> bool:
    """Whether words that nobody addressed to Cairn are meant for it all the same.

    They name the field, or they are short and no chatter. A remark among colleagues must not become an
    answer only because a question is open.
    """
    text = ctx.turn.text.strip()
    if answered & set(read(ctx, text).values):
        return True
    words = text.split()
    if text.startswith("@") or text.endswith("?") or len(text) > 200:
        return False
    if "success_target" in answered and read_target(text) is not None:
        return True
    if not answered <= FREE_TEXT:
        return len(words) <= 8
    spoke = [answer for answer in ctx.require().answers if answer.message_ts]
    partner = max(spoke, key=lambda answer: answer.at).person if spoke else ctx.require().created_by
    return ctx.turn.person.id == partner and (len(words) >= 3 or any(c.isdigit() for c in text))


def hear(ctx: Context, reading: Reading, *, first: bool = False) -> None:
    """Take what was read into the project, say back what is new, and go on."""
    project = ctx.require()
    if _settles(ctx, reading):
        return
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
    go_on(ctx, heard=heard, first=first, wishes=[wish.evidence for wish in reading.wishes])


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
        card.show(ctx, heard=heard, lead=lead)
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
            again=again > 1,
            remarks=remarks(project, heard, ctx.world.knowledge) if heard else [],
            wishes=wishes,
            comparison=comparison,
            gpu=card.gpu_name(comparison.gpu) if comparison else "",
            adapters=source(ctx.world.knowledge, "documents/finetuning-memory.md"),
            ask=fill(question.ask, scope.description or ""),
            example=fill(question.example, ""),
            why=because(question, ranked),
            left=min(MOST_QUESTIONS - len(project.asked), 2),
            technical=is_technical(project),
        ),
        to="thread",
    )


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


def fill(text: str, description: str) -> str:
    """Put the team's own word for its inputs into a question."""
    return text.replace("{thing}", inputs_named(description))


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


def skip(ctx: Context, question_id: str = "") -> None:
    """Leave a question open and go on; the advice will say what was assumed."""
    project = ctx.require()
    asked = project.open_question
    id = question_id or (asked.id if asked else "")
    if asked and asked.kind == "dispute":
        settle_dispute(ctx, str(asked.context["field"]), None)
        return
    if not id:
        ctx.say(compose("nothing_open", said=project.said))
        return
    mark(ctx, f"{who(ctx)} left it open")
    if id not in project.skipped:
        project.skipped.append(id)
    record(project, ctx.now, ctx.turn.person.id, "skipped", question=id)
    if asked and asked.id == id:
        project.open_question = None
    elif project.advised_at:
        return
    go_on(ctx, lead="skip")


def undo(ctx: Context) -> None:
    """Take the last change of answers back."""
    project = ctx.require()
    taken = take_back(project)
    record(project, ctx.now, ctx.turn.person.id, "undo", fields=[answer.field for answer in taken])
    if not taken:
        ctx.say(compose("nothing_to_undo", said=project.said))
        return
    project.open_question = None
    taken_words = [labelled(answer.field, answer.value) for answer in taken if answer.field != "description"]
    ctx.say(compose("undone", said=project.said, taken=taken_words, card=bool(project.advised_at)))
    if not project.advised_at:
        go_on(ctx)


def back(ctx: Context) -> None:
    """Return to the question before the open one and forget its answer."""
    project = ctx.require()
    asked = [id for id in project.asked if not (project.open_question and id == project.open_question.id)]
    if not asked:
        ctx.say(compose("nothing_before", said=project.said))
        return
    question = ctx.world.lifecycle.question(asked[-1])
    if project.open_question and project.open_question.id in project.asked:
        project.asked.remove(project.open_question.id)
    held = withdraw(project, question.field, ctx.now)
    if question.id in project.skipped:
        project.skipped.remove(question.id)
    record(project, ctx.now, ctx.turn.person.id, "back", question=question.id)
    project.open_question = None
    ask(ctx, Impact(question, (), ()), lead="back" if held else "")


def explain(ctx: Context) -> None:
    """Say why the open question is asked."""
    project = ctx.require()
    asked = project.open_question
    question = ctx.world.lifecycle.question_about(str(asked.context.get("field", ""))) if asked else None
    if asked is None or question is None:
        ctx.say(compose("nothing_open", said=project.said))
        return
    ctx.say(card.why_asked(ctx, question), to="thread")


def example(ctx: Context) -> None:
    """Give an example of an answer to the open question."""
    project = ctx.require()
    asked = project.open_question
    question = ctx.world.lifecycle.question_about(str(asked.context.get("field", ""))) if asked else None
    if question is None:
        ctx.say(compose("nothing_open", said=project.said))
        return
    ctx.say(
        Reply(
            body=escape(fill(question.example, "")),
            question=escape(fill(question.ask, project.scope.description or "")),
        )
    )


def suggest_target(ctx: Context) -> None:
    """Offer a target that fits the task."""
    project = ctx.require()
    scope, knowledge = project.scope, ctx.world.knowledge
    task = next((t for t in knowledge.tasks.values() if t.scope_task == scope.task), None)
    target = (
        "9 of 10 right on 200 real cases" if scope.quality_risk == "high" else "7 of 10 used with small edits"
    )
    if scope.task in {"classification", "named_entity_recognition"}:
        target = "90 % of the fields right on 200 real cases"
    mark(ctx, f"{who(ctx)} asked for a suggestion")
    ctx.say(
        compose(
            "suggest_target",
            said=project.said,
            task=task.title.lower() if task else "",
            metric=task.metric if task else "",
            target=target,
            document=source(knowledge, "documents/success-metrics.md"),
            choices=[
                Choice("answer", "Take it", json.dumps({"question": "success", "value": target}), "primary"),
                Choice("skip", "Not sure yet", "success"),
            ],
        ),
        to="thread",
    )


def show_tasks(ctx: Context) -> None:
    """List the typical tasks, for somebody who does not know what to call theirs."""
    project, knowledge = ctx.require(), ctx.world.knowledge
    ctx.say(
        compose(
            "tasks", said=project.said, tasks=list(knowledge.tasks.values()), techniques=knowledge.techniques
        ),
        to="thread",
    )


def click_settle(ctx: Context, chosen: dict[str, Any]) -> None:
    """Take a click on one of two contradicting answers."""
    answers = rivals(ctx.require(), chosen["field"])
    place = int(chosen["answer"])
    settle_dispute(ctx, chosen["field"], answers[place] if 0 <= place < len(answers) else None)


def something_off(ctx: Context) -> None:
    """Ask what is wrong with what was read."""
    project = ctx.require()
    names = [a.field for a in project.answers if a.state == "current" and a.field != "description"]
    read_so_far = " · ".join(labelled(name, get_field(project.scope, name)) for name in names)
    ctx.say(compose("something_off", said=project.said, read=read_so_far or "nothing"), to="thread")


def describe(ctx: Context, text: str) -> None:
    """Take a whole message as the team's description of its use case."""
    words = " ".join(text.split())[:2000]
    apply_values(
        ctx.require(), {"description": (words, words)}, ctx.turn.person, ctx.now, ctx.turn.message_ts
    )


def not_understood(ctx: Context) -> None:
    """Say that nothing was read, and repeat what is open."""
    project = ctx.require()
    asked = project.open_question
    question = ctx.world.lifecycle.question_about(str(asked.context.get("field", ""))) if asked else None
    ctx.say(
        compose(
            "not_understood",
            said=project.said,
            choices=question_choices(question) if question else [],
            ask=fill(question.ask, project.scope.description or "") if question else "",
            example=fill(question.example, "") if question else "",
        ),
        to="thread",
    )
