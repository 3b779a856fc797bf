"""Estimates in a conversation: asked for, changed, compared, shared."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.estimates.filling import Filling, of_project
from dialogs.estimates.forms import empty_form, filled_form, submitted
from dialogs.estimates.reply import Asking, reply_to, reply_to_request
from dialogs.estimates.request import read_estimate_request
from dialogs.estimates.table import comparison
from dialogs.plan.progress import record
from dialogs.recommending.advising import advised
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose, escape
from dialogs.turns import OpenForm, Reply
from dialogs.understanding.estimate_inputs import key_values
from dialogs.world import Context, active

_REQUEST = re.compile(
    r"^\s*(estimate|/estimate)\b|\bhow (big|large|heavy) is\b.*\b(q\d|gguf|model|\d+ ?b)\b|"
    r"\bhow much (memory|vram|ram|gpu|compute|disk)\b|\bkv.?cache\b.*\d|\bwhat fits (in|on)\b|"
    r"\bhow many gpus?\b|\bcheat ?sheet\b|\bserve\b.*\b(q\d|slots|users on)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^\s*/?estimate\b[:\s]*", re.IGNORECASE)


def is_request(text: str) -> bool:
    """Whether a message asks for an estimate."""
    return bool(_REQUEST.search(text)) and len(text) < 300


def answer(ctx: Context, text: str, *, private: bool | None = None) -> None:
    """Answer a free-text request: after a command to the asker alone, in a thread to everybody in it."""
    asking = _asking(ctx, private)
    reply = reply_to(_OPENING.sub("", text).strip(), asking)
    _say(ctx, reply, private=asking.private)
    if ctx.project and not reply.question:
        record(ctx.project, ctx.now, ctx.turn.person.id, "estimate")


def open_form(ctx: Context) -> None:
    """Show the form that `/estimate` without words opens."""
    ctx.effects.append(OpenForm(empty_form()))


def choose(ctx: Context, text: str, *, private: bool) -> None:
    """Answer the request that a click on a choice completes."""
    mark(ctx, f"{who(ctx)} chose {ctx.turn.text}" if ctx.turn.text else f"{who(ctx)} chose")
    answer(ctx, text, private=private)


def change(ctx: Context, value: str) -> None:
    """Open the form with the inputs of an answer."""
    given = key_values(value)
    if given is None:
        ctx.say(compose("gone"), to="asker")
        return
    ctx.effects.append(OpenForm(filled_form(*given, ctx.world.knowledge.catalog)))


def submit(ctx: Context) -> None:
    """Estimate again with the inputs of a form; the answer is for whoever submitted it."""
    request = submitted(ctx.turn.value, ctx.turn.fields)
    if request is None:
        answer(ctx, " ".join(value for value in ctx.turn.fields.values() if value), private=True)
        return
    asking = replace(_asking(ctx, private=True), filling=Filling(today=ctx.today))
    _say(ctx, reply_to_request(request, asking), private=asking.private)


def compare(ctx: Context, value: str, *, private: bool) -> None:
    """Set the alternatives side by side."""
    asking = _asking(ctx, private)
    reply = _comparison(value, asking)
    _say(ctx, reply or compose("gone"), private=asking.private)


def share(ctx: Context, value: str) -> None:
    """Post a private answer where everybody reads it, once: its buttons become a record."""
    asking = replace(_asking(ctx, private=False), filling=Filling(today=ctx.today))
    reply = _comparison(value.removeprefix("compare "), asking) if value.startswith("compare ") else None
    reply = reply or reply_to(value, asking)
    mark(ctx, f"{who(ctx)} shared it")
    shared = escape(f"{who(ctx)} asked for this estimate")
    ctx.say(replace(reply, notes=(shared, *reply.notes)), to="channel")


def _comparison(value: str, asking: Asking) -> Reply | None:
    along, _, rest = value.partition(" ")
    if key_values(rest) is None or along not in {"method", "quant", "gpu"}:
        return None
    return comparison(read_estimate_request(rest, asking.knowledge.catalog), along, asking)


def _asking(ctx: Context, private: bool | None = None) -> Asking:
    if private is None:
        private = ctx.turn.kind == "command"
    return Asking(
        knowledge=ctx.world.knowledge,
        filling=_filling(ctx),
        today=ctx.today,
        private=private and not ctx.turn.place.is_direct,
    )


def _filling(ctx: Context) -> Filling:
    """Return what the project knows: the one at hand, else the only one of the channel."""
    here = active(ctx.world.projects)
    if ctx.project is None and len(here) == 1:
        ctx = replace(ctx, project=here[0], memo={})
    if ctx.project is None or not ctx.project.scope.description:
        return Filling(today=ctx.today)
    return of_project(ctx.project, advised(ctx), ctx.today)


def _say(ctx: Context, reply: Reply, *, private: bool) -> None:
    ctx.say(reply, to="asker" if private else "thread")
