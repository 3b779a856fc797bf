"""What if: tries an answer or a choice out, says what it would change, and changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from dialogs.advice.overrules import meant_model, meant_technique
from dialogs.advice.result import ModelAdvice, TechniqueAdvice
from dialogs.plan.progress import record
from dialogs.project import Answer, Decision, Project
from dialogs.recommending import card
from dialogs.recommending.advising import Advised, advised, work_out
from dialogs.recommending.differences import differences, headline_of
from dialogs.recommending.overruling import deciding, overrule, patterns, title_of
from dialogs.scoping.given import apply_values
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.speaking.wording import labelled
from dialogs.turns import Choice, Citation
from dialogs.understanding import read_message
from dialogs.world import Context

LONGEST_VALUE = 1_900  # characters that a button carries


def supposed(text: str) -> str | None:
    """Return what a message supposes, without "what if"; None where it supposes nothing."""
    for pattern in patterns("supposes"):
        match = pattern.match(text.strip().lstrip("¿ "))
        if match:
            return text.strip().lstrip("¿ ")[match.end() :].strip(" ,:?!") or None
    return None


def multiple_in(words: str) -> float | None:
    """Return how many times the load words suppose: "10 times more mails" → 10, "half the traffic" → 0.5."""
    table = deciding()["multiples"]
    if not re.search(table["load"], words, re.IGNORECASE):
        return None
    spoken: dict[str, float] = table["spoken"]
    if match := re.search(table["number"].format(spoken="|".join(spoken)), words, re.IGNORECASE):
        return spoken.get(match["n"].lower()) or float(match["n"])
    return next(
        (
            factor
            for said, factor in table["words"].items()
            if re.search(rf"\b{said}\b", words, re.IGNORECASE)
        ),
        None,
    )


def answer(ctx: Context, text: str) -> bool:
    """Say what a supposition would change; False where the message is none, or says nothing that counts."""
    project = ctx.require()
    words = supposed(text)
    if words is None or not project.advised_at:
        return False
    reading = read_message(words, today=ctx.today, knowledge=ctx.world.knowledge)
    values = {n: (f.value, f.evidence) for n, f in reading.values.items() if n != "description"}
    load = project.scope.requests_per_day
    if load and "requests_per_day" not in values and (times := multiple_in(words)):
        values.pop("task", None)  # "half the questions" names the load, not what is done with it
        values["requests_per_day"] = (load * times, words)
    about = "" if values else _choice_in(ctx, words)
    if not values and not about:
        return False
    trial = _tried(project, values, about, ctx)
    before, after = advised(ctx), work_out(trial, ctx.world.knowledge, ctx.today)
    now, then = headline_of(before), headline_of(after)
    reason, citations = _new_reason(before, after)
    supposition = " · ".join(labelled(name, value) for name, (value, _) in values.items()) or title_of(
        ctx, about
    )
    carried = json.dumps({"values": values, "about": about})
    ctx.say(
        compose(
            "what_if",
            said=project.said,
            supposition=supposition,
            lines=differences(now, then, ctx.today),
            cost=then.cost if then.cost != now.cost else None,
            reason=reason,
            citations=citations,
            choices=[Choice("make_it_so", "Make it so", carried)] if len(carried) <= LONGEST_VALUE else [],
        ),
        to="thread",
    )
    return True


def make_it_so(ctx: Context, raw: str) -> None:
    """Take a supposition into the project."""
    project = ctx.require()
    chosen = json.loads(raw)
    mark(ctx, f"{who(ctx)} made it so")
    if chosen["about"]:
        overrule(ctx, chosen["about"], "")
        return
    before = card.headline(ctx)
    values = {name: (value, str(words)) for name, (value, words) in chosen["values"].items()}
    heard = apply_values(project, values, ctx.turn.person, ctx.now, ctx.turn.message_ts)
    for name in (*heard.changed, *heard.disputed):
        record(project, ctx.now, ctx.turn.person.id, "answer", field=name)
    if heard.disputed:
        _hold_for_good(project, values, ctx)
        heard.corrected |= {name: (None, values[name][0]) for name in heard.disputed}
        heard.disputed.clear()
    card.say_changes(ctx, before, heard)


def _hold_for_good(project: Project, values: dict[str, tuple[Any, str]], ctx: Context) -> None:
    """What was tried out before everybody's eyes and then chosen holds against earlier answers."""
    for entry in project.answers:
        if entry.state != "disputed" or entry.field not in values:
            continue
        wins = entry.at == ctx.now and entry.person == ctx.turn.person.id
        entry.state, entry.ended_at = ("current", None) if wins else ("replaced", ctx.now)


def _choice_in(ctx: Context, words: str) -> str:
    found = advised(ctx)
    for wish in read_message(words, today=ctx.today, knowledge=ctx.world.knowledge).wishes:
        if wish.kind == "model" and (model := meant_model(wish.name, found.facts)):
            return f"model:{model.id}"
        if wish.kind == "technique" and (technique := meant_technique(wish.name, found.advice.techniques)):
            return f"technique:{technique}"
    return ""


def _tried(project: Project, values: dict[str, tuple[Any, str]], about: str, ctx: Context) -> Project:
    """Return a copy of the project in which the supposition holds."""
    trial = project.model_copy(deep=True)
    trial.answers = [entry for entry in trial.answers if entry.field not in values]
    person = ctx.turn.person.id
    trial.answers += [
        Answer(field=name, value=value, evidence=evidence, person=person, at=ctx.now)
        for name, (value, evidence) in values.items()
    ]
    if about:
        name = ctx.turn.person.name
        trial.overrules.append(Decision(at=ctx.now, person=person, person_name=name, text="", about=about))
    return trial


def _new_reason(before: Advised, after: Advised) -> tuple[str, tuple[Citation, ...]]:
    """Return the reason for the technique or the model that would come first, where that changes, with its source.

    A hosted model that stays has a new reason where its bill changes: the load from which an own GPU pays.
    """
    entry: TechniqueAdvice | ModelAdvice | None = None
    if before.advice.first_technique != after.advice.first_technique:
        entry = after.advice.techniques[0]
    elif after.model and (not before.model or before.model.reasons[:1] != after.model.reasons[:1]):
        hosted = after.model.params_b is None
        entry = after.model if hosted or not before.model or before.model.id != after.model.id else None
    if entry is None or not entry.reasons:
        return "", ()
    return _without_chooser(entry.reasons[0]), entry.citations[:1]


def _without_chooser(reason: str) -> str:
    """In a trial nobody chose anything yet: keep what a choice costs, or what speaks against it."""
    for lead in ("What it costs: ", "What speaks against it: "):
        if cost := reason.partition(lead)[2]:
            return cost
    return reason
