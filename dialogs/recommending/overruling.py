"""A team overrules the advice: recorded with who and why, planned for, and not argued again."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from dialogs.advice.overrules import meant_model, meant_technique
from dialogs.plan.progress import record, sync_reminders
from dialogs.project import Decision, Project
from dialogs.recommending import card, told
from dialogs.recommending.advising import advised, advisor
from dialogs.recommending.differences import differences, headline_of
from dialogs.scoping.questions import impact
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.turns import Choice
from dialogs.understanding import read_message
from dialogs.world import Context

LONGEST_REASON = 500  # characters kept of the words of a decision


@cache
def deciding() -> dict[str, Any]:
    """Return how people decide and suppose, from deciding.toml."""
    return tomllib.loads((resources.files("dialogs.recommending") / "deciding.toml").read_text("utf-8"))


@cache
def patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """Return the compiled expressions of a list in deciding.toml."""
    return tuple(re.compile(expression, re.IGNORECASE) for expression in deciding()[name])


def decision_in(ctx: Context, text: str) -> str | None:
    """Return what a message decides on against the advice, as "model:ID" or "technique:ID"; None for nothing."""
    project = ctx.require()
    if not project.advised_at:
        return None
    if not any(p.search(text) for p in patterns("decides")) or any(
        p.search(text) for p in patterns("undecided")
    ):
        return None
    found = advised(ctx)
    for wish in read_message(text, today=ctx.today, knowledge=ctx.world.knowledge).wishes:
        if wish.kind == "model":
            meant = meant_model(wish.name, found.facts)
            if meant and (found.model is None or meant.id != found.model.id):
                return f"model:{meant.id}"
        else:
            technique = meant_technique(wish.name, found.advice.techniques)
            if technique and technique != found.advice.first_technique:
                return f"technique:{technique}"
    return None


def hear(ctx: Context, text: str) -> bool:
    """Take a decision against the advice; False where the message is none."""
    about = decision_in(ctx, text)
    if about is None:
        return False
    overrule(ctx, about, text)
    return True


def click(ctx: Context, value: str) -> None:
    """Take "we do it anyway" below a why-not; `value` is "model:ID" or "technique:ID"."""
    mark(ctx, f"{who(ctx)} decided it")
    overrule(ctx, value, "")


def overrule(ctx: Context, about: str, words: str) -> None:
    """Record the decision, plan anew, and say once what it costs."""
    project = ctx.require()
    before = headline_of(advised(ctx))
    project.overrules.append(
        Decision(
            at=ctx.now,
            person=ctx.turn.person.id,
            person_name=ctx.turn.person.name,
            text=" ".join(words.split())[:LONGEST_REASON] or "decided with a click",
            message_ts=ctx.turn.message_ts,
            about=about,
        )
    )
    record(project, ctx.now, ctx.turn.person.id, "overruled", about=about)
    _drop_settled_question(ctx)
    card.refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    found = advised(ctx)
    told.keep(ctx, found)
    entry = found.model if about.startswith("model:") else found.advice.techniques[0]
    ctx.say(
        compose(
            "overruled",
            said=project.said,
            title=title_of(ctx, about),
            who=who(ctx),
            costs=entry.reasons[0].partition(": ")[2] if entry and entry.reasons else "",
            citations=entry.citations if entry else (),
            lines=differences(before, headline_of(found), ctx.today),
            choices=[Choice("overrule_back", "Undo", json.dumps(about))],
        ),
        to="thread",
    )
    card.update(ctx)


def _drop_settled_question(ctx: Context) -> None:
    """Close the open question where its answers would only have changed what was decided now."""
    project = ctx.require()
    asked = project.open_question
    if asked is None or asked.kind != "scope":
        return
    question = ctx.world.lifecycle.question(asked.id)
    if not question.required and impact(question, project.scope, advisor(ctx)).weight <= 0:
        project.open_question = None


def title_of(ctx: Context, about: str) -> str:
    """Return the name of a model or technique, as it stands in the knowledge folder."""
    kind, _, id = about.partition(":")
    knowledge = ctx.world.knowledge
    if kind == "technique":
        technique = knowledge.techniques.get(id)
        return technique.title if technique else id.replace("_", " ")
    return next((model.title for model in knowledge.catalog.models if model.id == id), id)


def is_last_change(project: Project) -> bool:
    """Whether the last thing that was said about the project was an overrule."""
    if not project.overrules:
        return False
    answered = max((a.at for a in project.answers if a.state in {"current", "disputed"}), default=None)
    return answered is None or project.overrules[-1].at > answered


def take_back(ctx: Context) -> None:
    """Undo the last overrule: what Cairn advises holds again."""
    project = ctx.require()
    if not project.overrules:
        ctx.say(compose("nothing_to_undo", said=project.said))
        return
    mark(ctx, f"{who(ctx)} took it back")
    decision = project.overrules.pop()
    record(project, ctx.now, ctx.turn.person.id, "undo", about=decision.about)
    card.refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    ctx.say(
        compose("undone", said=project.said, taken=[title_of(ctx, decision.about)], card=True), to="thread"
    )
    card.update(ctx)
