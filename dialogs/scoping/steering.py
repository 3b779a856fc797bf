"""Steering the questions: skip, undo, back, why, example, suggestions, and what was not understood."""

from __future__ import annotations

import json

from dialogs.plan.progress import record
from dialogs.projects.naming import about
from dialogs.recommending import card, overruling
from dialogs.scope import get_field
from dialogs.scoping.given import take_back, withdraw
from dialogs.scoping.hearing import MOST_TIMES, ask, go_on, question_choices, settle_dispute
from dialogs.scoping.questions import Impact
from dialogs.sources import source
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose, escape
from dialogs.speaking.wording import labelled
from dialogs.turns import Choice, Reply
from dialogs.world import Context
from knowledge.loader import Knowledge


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
    """Take the last change back: a decision against the advice, or answers."""
    project = ctx.require()
    if overruling.is_last_change(project):
        overruling.take_back(ctx)
        return
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
        return
    card.refresh_dates(ctx)
    card.update(ctx)


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
            body=escape(question.example),
            question=escape(about(question.ask, project.scope.description)),
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
    if scope.task == "named_entity_recognition":
        target = "90 % of the fields right on 200 real cases"
    elif scope.task == "classification":
        target = "9 of 10 sorted right on 200 real cases"
    mark(ctx, f"{who(ctx)} asked for a suggestion")
    ctx.say(
        compose(
            "suggest_target",
            said=project.said,
            task=task.title.lower() if task else "",
            metric=_metric_called(task.metric, knowledge) if task else "",
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


def something_off(ctx: Context) -> None:
    """Ask what is wrong with what was read."""
    project = ctx.require()
    names = [a.field for a in project.answers if a.state == "current" and a.field != "description"]
    read_so_far = " · ".join(labelled(name, get_field(project.scope, name)) for name in names)
    ctx.say(compose("something_off", said=project.said, read=read_so_far or "nothing"), to="thread")


def not_understood(ctx: Context) -> None:
    """Say that nothing was read, and repeat what is open; the second time leave it open and go on."""
    project = ctx.require()
    asked = project.open_question
    question = ctx.world.lifecycle.question_about(str(asked.context.get("field", ""))) if asked else None
    if asked is not None and question is not None and asked.kind == "scope":
        if asked.times >= MOST_TIMES:
            skip(ctx, question.id)
            return
        asked.times += 1
    ctx.say(
        compose(
            "not_understood",
            said=project.said,
            choices=question_choices(question) if question else [],
            ask=about(question.ask, project.scope.description) if question else "",
            example=question.example if question else "",
        ),
        to="thread",
    )


def _metric_called(id: str, knowledge: Knowledge) -> str:
    """Return a metric's title as it stands in a sentence; names such as ROUGE keep their capitals."""
    metric = knowledge.metrics.get(id)
    title = metric.title if metric else id
    return title[:1].lower() + title[1:] if title[1:].islower() else title
