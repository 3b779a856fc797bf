"""What a nudge says: what, when, what waits on it, one question, and how to stop it."""

from __future__ import annotations

import json
from datetime import date, datetime

from dialogs.nudges.reminders import zone_of
from dialogs.nudges.schedule import needs_score
from dialogs.people import called
from dialogs.plan.progress import state_of, unmet_criteria
from dialogs.plan.substeps import short_name
from dialogs.project import OpenQuestion, Project, Reminder
from dialogs.projects.naming import about
from dialogs.recommending import card
from dialogs.recommending.advising import advised
from dialogs.scoping.given import rivals
from dialogs.scoping.hearing import question_choices
from dialogs.speaking.speech import compose, day
from dialogs.speaking.wording import LABELS, phrase
from dialogs.turns import Choice, Reply
from dialogs.world import Context


def say_one(ctx: Context, reminder: Reminder) -> None:
    """Say one nudge."""
    _post(ctx, reminder, _words(ctx, reminder))


def say_missed(ctx: Context, first: Reminder, others: list[Reminder]) -> None:
    """Say several nudges that fell due while nothing ran, as one: the most important with its question."""
    project = ctx.require()
    main = _words(ctx, first)
    lines = [_in_short(ctx, entry) for entry in others][:4]
    reply = compose(
        "nudge_missed",
        said=project.nudged,
        main=main.body,
        lines=[line for line in lines if line],
        question=main.question,
        why=_why(project, first),
        choices=main.choices,
    )
    _post(ctx, first, reply)


def _post(ctx: Context, reminder: Reminder, reply: Reply) -> None:
    thread = ctx.require().thread
    direct = bool(reminder.person) and not thread
    ctx.say(reply, to="direct" if direct else "thread", person=reminder.person, new_thread=direct)


def _words(ctx: Context, reminder: Reminder) -> Reply:
    kind = (reminder.about or "overdue") if reminder.kind == "snoozed" else reminder.kind
    if kind == "question":
        return _question(ctx, reminder)
    if kind == "decision":
        return _decision(ctx, reminder)
    return _step(ctx, reminder)


def _in_short(ctx: Context, reminder: Reminder) -> str:
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    if reminder.substep:
        due = state_of(project, reminder.substep).due
        title = short_name(lifecycle.substep(reminder.substep))
        return f"{title}, due {day(due, ctx.today)}" if due else title
    asked = project.open_question
    if reminder.kind == "question" and asked is not None:
        return _open_words(ctx, asked)
    return "the recommendation waits for a yes" if reminder.kind == "decision" else ""


def _step(ctx: Context, reminder: Reminder) -> Reply:
    """A step that is due soon, overdue, or waits for a score."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    substep = lifecycle.substep(reminder.substep)
    state = state_of(project, substep.id)
    unmet = unmet_criteria(project, substep)
    today = _today(ctx, reminder)
    scored = needs_score(substep) and bool(unmet) and bool(unmet[0].auto)
    cases = next((run.cases for run in reversed(project.runs) if run.cases), None)
    if project.open_question is None or project.open_question.kind not in {"scope", "dispute", "forget"}:
        project.open_question = OpenQuestion(
            id=f"due:{substep.id}",
            kind="result" if scored else "criterion",
            asked_at=ctx.now,
            thread=project.thread,
            context={"substep": substep.id},
        )
    following = next((entry for entry in project.substeps if entry.status == "waiting"), None)
    template = "nudge_soon" if state.due and state.due >= today else "nudge_score" if scored else "nudge"
    mine = (state.owner or project.owner) == reminder.person
    first = (
        Choice("enter_score", "Enter the score", substep.id, "primary")
        if scored
        else Choice("done", "It's done", substep.id, "primary")
        if mine and state.owner
        else Choice("mine", "I'll do it", substep.id, "primary")
    )
    return compose(
        template,
        said=project.nudged,
        to=called(project, reminder.person) if reminder.person else "",
        step=short_name(substep),
        criterion=unmet[0] if unmet else None,
        due=state.due,
        today=today,
        waits=short_name(lifecycle.substep(following.id)) if following else "",
        cases=cases,
        why=_why(project, reminder),
        choices=[
            first,
            *([Choice("done", "It's done", substep.id)] if first.id == "mine" else []),
            *_later(reminder),
            Choice("pause", "Pause nudges", ""),
        ],
    )


def _question(ctx: Context, reminder: Reminder) -> Reply:
    """A question that nobody has answered for two working days, with its buttons."""
    project = ctx.require()
    asked = project.open_question
    assert asked is not None, "the reminder was checked"
    choices: list[Choice] = []
    if asked.kind == "scope":
        choices = question_choices(ctx.world.lifecycle.question(asked.id))[:3]
    return compose(
        "nudge_question",
        said=project.nudged,
        to=called(project, reminder.person) if reminder.person else "",
        question=_open_words(ctx, asked),
        asked=asked.asked_at.astimezone(zone_of(reminder.zone)).date(),
        advised=project.advised_at is not None,
        name=project.name,
        why=_why(project, reminder),
        choices=[*choices, _later(reminder)[0], Choice("pause", "Pause nudges", "")],
    )


def _open_words(ctx: Context, asked: OpenQuestion) -> str:
    project = ctx.require()
    if asked.kind == "scope":
        return about(ctx.world.lifecycle.question(asked.id).ask, project.scope.description or "")
    field = str(asked.context.get("field", asked.id.removeprefix("dispute:")))
    answers = [f"{phrase(field, answer.value)} ({answer.person_name})" for answer in rivals(project, field)]
    return f"Which one holds for {LABELS.get(field, field)}: {' or '.join(answers)}?"


def _decision(ctx: Context, reminder: Reminder) -> Reply:
    """A recommendation that nobody has said yes or no to for three working days."""
    project = ctx.require()
    found = advised(ctx)
    following = next((entry for entry in project.substeps if entry.status in {"active", "waiting"}), None)
    return compose(
        "nudge_decision",
        said=project.nudged,
        to=called(project, reminder.person) if reminder.person else "",
        first=_upper(card.first_step(ctx)),
        model=found.model.title if found.model else "",
        since=_local(project.advised_at or ctx.now, reminder),
        waits=short_name(ctx.world.lifecycle.substep(following.id)) if following else "",
        why=_why(project, reminder),
        choices=[
            Choice("accept", "Go with this", "", "primary"),
            Choice("wrong", "Something's off", ""),
            *_later(reminder),
            Choice("pause", "Pause nudges", ""),
        ],
    )


def _later(reminder: Reminder) -> list[Choice]:
    lengths = (("Tomorrow", "tomorrow"), ("Next week", "next week"))
    return [
        Choice("snooze", label, json.dumps({"for": length, "reminder": reminder.id}))
        for label, length in lengths
    ]


def _why(project: Project, reminder: Reminder) -> str:
    """Say in a few words why this person gets it."""
    state = next((entry for entry in project.substeps if entry.id == reminder.substep), None)
    if state is not None and state.owner:
        if state.owner == reminder.person:
            return f"You own this step in {project.name}"
        member = project.people.get(state.owner)
        if member is not None and (member.left or member.outside):
            return f"Whoever owned this step in {project.name} is gone"
        return f"You stand in for the owner of this step in {project.name}"
    if not reminder.person:
        return f"{project.name} has no owner who is here"
    return (
        f"You own {project.name}" if reminder.person == project.owner else f"You stand in at {project.name}"
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _today(ctx: Context, reminder: Reminder) -> date:
    return _local(ctx.now, reminder)


def _local(at: datetime, reminder: Reminder) -> date:
    return at.astimezone(zone_of(reminder.zone)).date()
