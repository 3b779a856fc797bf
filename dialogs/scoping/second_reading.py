"""A chat model's reading of a message that the rules have read and answered already.

The first answer never waits for the model. It reads afterwards; what it finds and the rules did not is said and
taken in, what it reads differently becomes one question with two buttons, and where it agrees nobody hears of it.
Its quote must stand in the message and its numbers in the quote; an answer given or taken back meanwhile wins.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from dialogs.plan.progress import record
from dialogs.project import Answer, Project
from dialogs.recommending import card
from dialogs.scope import get_field
from dialogs.scoping import hearing
from dialogs.scoping.given import Heard, apply_values
from dialogs.scoping.listening import DESCRIBING_WORDS, LONGEST_TEXT
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.speaking.wording import LABELS, labelled, phrase
from dialogs.turns import Choice, Person
from dialogs.understanding.reading import Found
from dialogs.understanding.reading_prompt import believed, is_own_words, reading_prompt
from dialogs.world import Context

_MAY_HELP = "a second reading may help"
_LONGEST_LABEL = 75


def may_help(ctx: Context) -> None:
    """Note that the rules read nothing in a message that is about the project."""
    ctx.memo[_MAY_HELP] = True


def ask_for(ctx: Context) -> None:
    """Ask for a second reading of this turn's message, where there is a chat model and the message tells something."""
    turn, project = ctx.turn, ctx.project
    if not ctx.given.has_chat or project is None or project.status != "active":
        return
    if turn.kind not in {"message", "shortcut"} or turn.edited or len(turn.text.split()) < DESCRIBING_WORDS:
        return
    heard = any(answer.message_ts == turn.message_ts and answer.at == turn.at for answer in project.answers)
    if turn.message_ts and (heard or _MAY_HELP in ctx.memo):
        ctx.later = reading_prompt(turn.text[:LONGEST_TEXT])


def take(ctx: Context) -> None:
    """Take what the chat model read in an earlier message; `turn.value` is its completion."""
    project = ctx.project
    if project is None or project.status != "active":
        return
    found = believed(ctx.turn.value, ctx.turn.text, ctx.today)
    new = {name: value for name, value in found if _is_new(project, name)}
    other = next(((name, value) for name, value in found if _differs(ctx, project, name, value)), None)
    before = card.headline(ctx) if project.advised_at and new else None
    values = {name: (value.value, value.evidence) for name, value in new.items()}
    heard = apply_values(project, values, ctx.turn.person, ctx.now, ctx.turn.message_ts)
    for name in heard.changed:
        record(project, ctx.now, ctx.turn.person.id, "answer", field=name)
    if other is not None:
        _ask_which(ctx, *other, heard)
    elif before is not None and heard.changed:
        card.say_changes(ctx, before, heard)
    elif heard.changed:
        _say(ctx, heard)


def _is_new(project: Project, name: str) -> bool:
    """Whether nobody has said anything about a field yet, nor taken it back."""
    return not any(answer.field == name for answer in project.answers)


def _differs(ctx: Context, project: Project, name: str, found: Found) -> bool:
    """Whether the model reads another value than the one that held when the message was written."""
    held = project.current(name)
    if held is None or is_own_words(name) or held.at > datetime.fromisoformat(ctx.turn.fields["said_at"]):
        return False
    return bool(_comparable(held.value) != _comparable(found.value))


def _comparable(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value


def _say(ctx: Context, heard: Heard) -> None:
    """Say what was found; where it answers the open question, the next one follows."""
    project = ctx.require()
    asked = project.open_question
    if asked and asked.kind == "scope" and get_field(project.scope, asked.context["field"]) is not None:
        project.open_question = None
        hearing.go_on(ctx, heard=heard)
        return
    ctx.say(compose("second_reading", said=project.said, noted=_noted(heard)), to="thread")


def _noted(heard: Heard) -> str:
    return " · ".join(labelled(name, value) for name, value in heard.added.items())


def _ask_which(ctx: Context, name: str, found: Found, heard: Heard) -> None:
    """Ask which of two readings of one message holds; the rules' value counts until then."""
    project = ctx.require()
    held = project.current(name)
    assert held is not None, "only a field that holds a value can differ"
    carried = {"field": name, "held": held.value}
    choices = [
        _choice(phrase(name, held.value), {**carried, "value": held.value, "evidence": held.evidence}),
        _choice(phrase(name, found.value), {**carried, "value": found.value, "evidence": found.evidence}),
    ]
    ctx.say(
        compose(
            "two_readings",
            said=project.said,
            choices=choices,
            noted=_noted(heard),
            label=LABELS[name],
            one=phrase(name, held.value),
            other=phrase(name, found.value),
            evidence=found.evidence,
            before=held.message_ts != ctx.turn.message_ts,
        ),
        to="thread",
    )


def _choice(words: str, carried: dict[str, Any]) -> Choice:
    return Choice("reread", (words[:1].upper() + words[1:])[:_LONGEST_LABEL], json.dumps(carried))


def choose(ctx: Context, raw: str) -> None:
    """Take a click on one of two readings; where the answer has changed meanwhile, it stays."""
    project = ctx.require()
    chosen = json.loads(raw)
    name, value = str(chosen["field"]), chosen["value"]
    held = project.current(name)
    if held is None or held.value != chosen["held"]:
        mark(ctx, f"Answered meanwhile: {phrase(name, held.value) if held else 'open'}")
        return
    mark(ctx, f"{who(ctx)} chose {phrase(name, value)}")
    if value == held.value:
        return
    before = card.headline(ctx) if project.advised_at else None
    heard = apply_values(
        project, {name: (value, chosen["evidence"])}, _writer(held), ctx.now, held.message_ts
    )
    record(project, ctx.now, ctx.turn.person.id, "answer", field=name)
    if before is not None and heard.changed:
        card.say_changes(ctx, before, heard)
    elif project.open_question is None:
        hearing.go_on(ctx, heard=heard)


def _writer(answer: Answer) -> Person:
    """Return who wrote the message: a click settles what they meant, it does not contradict them."""
    return Person(answer.person, answer.person_name)
