"""The conversation's front door: a turn comes in, what should happen goes out.

    turn → who is meant → command | button | form | control | question | result | what the project is about

The core never calls out. `advance` returns an `Outcome`, or a `Need` when something must be fetched first;
it is then called again with the result in `given`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from dialogs import commands
from dialogs.answers import asking
from dialogs.buttons import press
from dialogs.controls import read_command, read_control
from dialogs.estimates import estimating
from dialogs.nudges import closing, leading, nudging
from dialogs.people import remember, remember_named
from dialogs.plan import form, moving, planning
from dialogs.project import Project
from dialogs.projects import keeping, surroundings
from dialogs.recommending import card, choosing, costing, overruling, whatif
from dialogs.results import evaluating, limits, reviewing, scored_files
from dialogs.results.scores import read_results, reports_result
from dialogs.scoping import hearing, listening, opening, second_reading, steering
from dialogs.speaking.speech import compose, escape
from dialogs.steps import Given, Need
from dialogs.turns import Choice, Say, Turn
from dialogs.understanding import Reading
from dialogs.world import Context, Hold, Outcome, World, active

_WISHES = {
    "cheaper": "how do we cut llm costs?",
    "faster": "how do we make inference faster?",
    "better": "what to do when the evaluation misses the target?",
}
"""Short wishes, as the questions that the folder answers."""

_STEERING: dict[str, Callable[[Context], None]] = {
    "skip": steering.skip,
    "unsure": steering.skip,
    "back": steering.back,
    "undo": steering.undo,
    "why": steering.explain,
    "example": steering.example,
    "suggest": steering.suggest_target,
    "status": moving.status,
    "next_step": moving.next_step,
    "assumed": choosing.formulas,
    "formulas": choosing.formulas,
    "stages": planning.plan,
    "pause": lambda ctx: keeping.remind(ctx, "pause"),
    "resume": lambda ctx: keeping.remind(ctx, "resume"),
    "archive": keeping.archive,
}
"""What a steering word does in a project."""

_LETTERS = re.compile(r"[^\W_]")


def advance(project: Project | None, turn: Turn, world: World, given: Given | None = None) -> Outcome | Need:
    """Work on one turn. `project` is the one that the place or the button belongs to, None where unknown."""
    ctx = Context(
        turn=turn,
        world=world,
        given=given or Given(),
        project=project.model_copy(deep=True) if project is not None else None,
    )
    if ctx.project is not None and turn.kind not in {"reminder", "change"}:
        remember(ctx.project, turn.person, here=turn.place.channel == ctx.project.channel)
        remember_named(ctx.project, turn.mentions)
        surroundings.hear_from(ctx)
    try:
        _dispatch(ctx)
    except Hold as hold:
        return hold.need
    _add_notes(ctx)
    nudging.keep_in_line(ctx)
    second_reading.ask_for(ctx)
    return ctx.outcome()


def _add_notes(ctx: Context) -> None:
    """Put this turn's small print below the first message."""
    for place, effect in enumerate(ctx.effects):
        if isinstance(effect, Say) and ctx.notes:
            notes = (*map(escape, ctx.notes), *effect.reply.notes)
            ctx.effects[place] = replace(effect, reply=replace(effect.reply, notes=notes))
            return


def _dispatch(ctx: Context) -> None:
    match ctx.turn.kind:
        case "command":
            _command(ctx)
        case "button":
            press(ctx)
        case "form":
            _form(ctx)
        case "change":
            surroundings.take(ctx)
        case "reminder":
            nudging.nudge(ctx, ctx.turn.value)
        case "shortcut":
            opening.open_project(ctx, ctx.turn.text)
        case "reading":
            second_reading.take(ctx)
        case "message":
            _message(ctx)


def _command(ctx: Context) -> None:
    text = ctx.turn.text.strip()
    if ctx.turn.command == "estimate":
        if text:
            estimating.answer(ctx, text)
        else:
            estimating.open_form(ctx)
        return
    commands.run(ctx, text)


def _message(ctx: Context) -> None:
    text = ctx.turn.text.strip()
    if ctx.turn.edited:
        _edited(ctx, text)
        return
    if ctx.turn.files and scored_files.hear(ctx, text):
        return
    if not ctx.turn.mentioned:
        _overheard(ctx, text)
        return
    if not _LETTERS.search(text):
        _wordless(ctx)
        return
    if len(text) > listening.LONGEST_TEXT:
        ctx.say(compose("too_long", most=listening.LONGEST_TEXT, length=len(text)))
        return
    if _control(ctx, text) or _said_command(ctx, text):
        return
    if ctx.project is None:
        _without_project(ctx, text)
    else:
        _about_project(ctx, text)


def _overheard(ctx: Context, text: str) -> None:
    """A message nobody addressed to Cairn: only an answer to one of its questions gets a word."""
    project = ctx.project
    if project is None or project.status != "active" or not text:
        return
    if reviewing.hear_counts(ctx, text):
        return
    asked = project.open_question
    if asked is None:
        return
    control = read_control(text)
    if control in {"skip", "unsure", "back", "undo", "why", "example", "suggest"}:
        _control(ctx, text)
        return
    if asking.asks_plainly(text):
        return
    if asked.kind == "result" and read_results(text):
        evaluating.evaluate(ctx, text)
    elif asked.kind in {"criterion", "result"}:
        closing.overhear(ctx, text)
    elif asked.kind == "errors" and evaluating.tells_of_errors(text):
        evaluating.hear_errors(ctx, text)
    elif asked.kind in {"scope", "dispute"}:
        if listening.expected_field(project) == "success_target":
            text = limits.take(ctx, text)
        reading = listening.read(ctx, text, listening.expected_field(project))
        if listening.answers_a_question(ctx, reading):
            hearing.hear(ctx, reading, first=not project.scope.description)
        elif asked.id == "use_case" and listening.describes(ctx, text):
            hearing.hear_description(ctx, text, reading)


def _edited(ctx: Context, text: str) -> None:
    """A message that was changed afterwards: what was read from it is read again; nothing else is."""
    project = ctx.project
    if project is None or project.status != "active":
        return
    if any(answer.message_ts == ctx.turn.message_ts for answer in project.answers):
        reading = listening.read(ctx, text)
        held = {answer.field: answer.value for answer in project.answers if answer.state == "current"}
        changed = {name: found for name, found in reading.values.items() if held.get(name) != found.value}
        changed.pop("description", None)
        if changed:
            hearing.hear(ctx, replace(reading, values=changed, wishes=()))


def _wordless(ctx: Context) -> None:
    """A mention without words, or with emoji only."""
    if ctx.project is not None and ctx.project.status == "active":
        moving.status(ctx)
    else:
        ctx.say(compose("hello"))


def _control(ctx: Context, text: str) -> bool:
    """Do what a steering word says; False where the message is none."""
    control = read_control(text) or ""
    project = ctx.project
    match control:
        case "help":
            commands.run(ctx, "help")
        case "greeting":
            _wordless(ctx)
        case "thanks":
            ctx.say(compose("welcome", said=project.said if project else None))
        case "digest" | "digest_stop":
            leading.ask_for(ctx, "stop" if control == "digest_stop" else "")
        case _ if project is None:
            return False
        case "accept" | "yes":
            return _accept(ctx, sure=control == "accept")
        case "why" if project.open_question is None and project.advised_at:
            choosing.why_first(ctx)
        case "cost" if project.advised_at:
            costing.say_cost(ctx)
        case "show_card":
            card.show_again(ctx) if project.advised_at else card.show(ctx)
        case _ if control in _WISHES:
            asking.answer(ctx, _WISHES[control])
        case _ if control in _STEERING:
            _STEERING[control](ctx)
        case _:
            return False
    return True


def _accept(ctx: Context, *, sure: bool) -> bool:
    """Take the recommendation; after a mere "yes" ask whether that was meant. False where none waits for it."""
    project = ctx.require()
    if not project.advised_at or (project.accepted and (not sure or project.open_question)):
        return False
    if sure:
        choosing.accept(ctx)
        return True
    if project.open_question is not None:
        return False
    take = Choice("accept", "Go with this", "", "primary")
    ctx.say(compose("take_it", first=card.first_step(ctx), choices=[take]))
    return True


def _said_command(ctx: Context, text: str) -> bool:
    """Run a command that is said instead of typed; False where the message is none."""
    said = read_command(text)
    if said is None:
        return False
    name, rest = said
    if name == "owner" and ctx.project is not None:
        return False
    commands.run(ctx, f"{name} {rest}")
    return True


def _without_project(ctx: Context, text: str) -> None:
    """A mention where no project is open: an estimate, a question, or the start of a project."""
    if estimating.is_request(text):
        estimating.answer(ctx, text)
        return
    reading = listening.read(ctx, text)
    match opening.meaning_of(text, reading):
        case "project":
            opening.open_project(ctx, text, reading)
        case "question":
            asking.answer(ctx, text)
        case "both":
            _answer_or_open(ctx, text, reading)
        case "unclear" if active(ctx.world.projects):
            commands.choose_project(ctx, "status")
        case "unclear":
            ctx.say(compose("what_to_build"))


def _answer_or_open(ctx: Context, text: str, reading: Reading) -> None:
    """Words that tell and ask: where the folder has no answer, they were meant as a beginning."""
    question = opening.question_in(text)
    found = asking.find_answer(ctx, question)
    if found.refused and found.reason in {"missing", "off_topic"}:
        opening.open_project(ctx, text, reading)
    else:
        start = Choice("open", "Start a project from this", text[: listening.LONGEST_ANSWER])
        asking.say_answer(ctx, question, found, (start,))


def _about_project(ctx: Context, text: str) -> None:
    """A message to Cairn in a project's thread."""
    project = ctx.require()
    if project.status == "archived":
        ctx.say(compose("is_archived", name=project.name, slug=project.slug))
        return
    text = evaluating.take_aside(ctx, text)
    if not text or planning.hear(ctx, text) or whatif.answer(ctx, text) or overruling.hear(ctx, text):
        return
    asked = project.open_question
    if asked and asked.kind == "result" and read_results(text):
        evaluating.evaluate(ctx, text)
        return
    if asked and asked.kind in {"criterion", "result"} and closing.hear(ctx, text):
        return
    if (
        asked
        and asked.kind == "errors"
        and not (asking.looks_like_question(text) or reports_result(project, text))
    ):
        evaluating.hear_errors(ctx, text)
        return
    if estimating.is_request(text):
        estimating.answer(ctx, text)
        return
    if reports_result(project, text):
        evaluating.evaluate(ctx, text)
        return
    if wish := choosing.why_not(ctx, text) or choosing.should_we(ctx, text):
        ctx.say(wish, to="thread")
        return
    if asking.looks_like_question(text) and not (
        asked
        and not asking.asks_plainly(text)
        and listening.answers_a_question(ctx, listening.read(ctx, text, listening.expected_field(project)))
    ):
        asking.answer(ctx, text)
        return
    reading = listening.read(ctx, text, listening.expected_field(project))
    if reading.values or reading.wishes:
        hearing.hear(ctx, reading, first=not project.scope.description)
    elif not project.scope.description:
        hearing.hear_description(ctx, text, reading)
    else:
        steering.not_understood(ctx)
        second_reading.may_help(ctx)


def _form(ctx: Context) -> None:
    match ctx.turn.action:
        case "settings" if ctx.project is not None:
            keeping.save_settings(ctx)
        case "plan" if ctx.project is not None:
            form.save(ctx)
        case "estimate":
            estimating.submit(ctx)
        case "review" if ctx.project is not None:
            reviewing.submit(ctx)
        case "result" if ctx.project is not None:
            evaluating.evaluate(ctx, ctx.turn.fields.get("result", ""))
        case _:
            ctx.say(compose("gone"), to="asker")
