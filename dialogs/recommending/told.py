"""What was advised before: kept with its inputs and rules, shown later with why, and with what changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from dialogs.nudges.reminders import zone_of
from dialogs.recommending.advising import Advised
from dialogs.recommending.differences import headlines
from dialogs.scope import FIELDS, Scope, get_field
from dialogs.speaking.speech import compose, day
from dialogs.speaking.wording import LABELS, labelled, phrase
from dialogs.steps import Recall, Told
from dialogs.turns import Citation
from dialogs.world import Context, Hold

_FIRST = {"first", "at first", "start", "the first time", "originally"}
_MOST_CHANGES = 5


def keep(ctx: Context, found: Advised) -> None:
    """Have this advice written down as said in this turn."""
    project = ctx.require()
    ctx.snapshot = {
        "inputs": {
            "scope": found.scope.model_dump(mode="json"),
            "wishes": list(project.wishes),
            "overrules": [decision.about for decision in project.overrules],
        },
        "rules": list(found.advice.rules),
        "advice": found.advice.as_record(),
        "knowledge_revision": found.advice.knowledge_revision,
    }


def earlier(ctx: Context, found: Advised) -> tuple[Told, ...]:
    """Return what was advised before and is not what is advised now, the newest first. Raises Hold for it."""
    need = Recall(ctx.require().id)
    if need not in ctx.given.told:
        raise Hold(need)
    return tuple(entry for entry in ctx.given.told[need] if not _is_now(entry, found))


def _is_now(entry: Told, found: Advised) -> bool:
    return (
        entry.knowledge_revision == found.advice.knowledge_revision
        and _scope(entry) == found.scope
        and entry.rules == found.advice.rules
        and _first(entry, "models").get("id") == (found.model.id if found.model else None)
    )


def say(ctx: Context, found: Advised, words: str) -> None:
    """Say what was advised before and why; `words` are "before", "first" or a day such as "23 November"."""
    project = ctx.require()
    entry = _meant(earlier(ctx, found), words, ctx)
    if entry is None:
        ctx.say(compose("told_nothing", said=project.said))
        return
    first, model = _first(entry, "techniques"), _first(entry, "models")
    at = entry.at.astimezone(zone_of(project.zone))
    ctx.say(
        compose(
            "told",
            said=project.said,
            when=f"{day(at, ctx.today)}, {at:%H:%M}",
            first=headlines().get(str(first.get("id")), str(first.get("id", ""))),
            reasons=first.get("reasons", []),
            sources=_citations(first),
            model=model,
            model_sources=_citations(model),
            answers=" · ".join(_answers(_scope(entry))),
            changes=_changes(entry, found, [decision.about for decision in project.overrules])[
                :_MOST_CHANGES
            ],
            rule=first.get("rule", ""),
            revision=entry.knowledge_revision[:12],
            models=entry.inputs.get("models", {}),
        )
    )


def _meant(kept: tuple[Told, ...], words: str, ctx: Context) -> Told | None:
    """Return the advice that is meant: the first of all, the last of a day or before it, else the newest."""
    if not kept:
        return None
    plain = words.strip().casefold()
    if plain in _FIRST:
        return kept[-1]
    zone = zone_of(ctx.require().zone)
    days = [entry.at.astimezone(zone).date() for entry in kept]
    for entry, on in zip(kept, days, strict=True):
        if plain and any(form in plain for form in _forms(on)):
            return entry
    return kept[0]


def _forms(on: date) -> tuple[str, ...]:
    return (
        on.isoformat(),
        f"{on.day} {on:%B}".casefold(),
        f"{on:%B} {on.day}".casefold(),
        f"{on.day} {on:%b}".casefold(),
    )


def _scope(entry: Told) -> Scope:
    """Return the answers of that time; nothing where they cannot be read any more."""
    try:
        return Scope.model_validate(entry.inputs.get("scope", entry.inputs))
    except ValidationError:
        return Scope()


def _first(entry: Told, kind: str) -> Mapping[str, Any]:
    listed = entry.advice.get(kind) or [{}]
    return dict(listed[0])


def _citations(part: Mapping[str, Any]) -> list[Citation]:
    return [
        Citation(str(entry["path"]), str(entry["heading"]), str(entry["title"]))
        for entry in part.get("citations", [])[:1]
    ]


def _answers(scope: Scope) -> list[str]:
    stated = [
        (name, get_field(scope, name)) for name in FIELDS if name not in {"description", "task", "domain"}
    ]
    return [labelled(name, value) for name, value in stated if value not in (None, [])]


def _changes(entry: Told, found: Advised, overrules: Sequence[str]) -> list[str]:
    """Return what is different now, old → new: advice, answers, decisions, knowledge."""
    then, first, model = _scope(entry), _first(entry, "techniques"), _first(entry, "models")
    lines = []
    if first.get("id") != found.advice.first_technique:
        was = headlines().get(str(first.get("id")), str(first.get("id")))
        lines.append(f"First: {was} → {headlines()[found.advice.first_technique]}")
    if model.get("id") != (found.model.id if found.model else None):
        lines.append(f"Model: {model.get('title', 'none')} → {found.model.title if found.model else 'none'}")
    moved = [
        (name, get_field(then, name), get_field(found.scope, name))
        for name in FIELDS
        if name != "description"
    ]
    answers = [f"{LABELS[n]} {phrase(n, old)} → {phrase(n, new)}" for n, old, new in moved if old != new]
    if answers:
        lines.append(f"Your answers: {' · '.join(answers[:4])}")
    decided = [about for about in overrules if about not in entry.inputs.get("overrules", [])]
    if decided:
        lines.append(
            f"Decided since: {', '.join(about.partition(':')[2].replace('_', ' ') for about in decided)}"
        )
    if entry.knowledge_revision != found.advice.knowledge_revision:
        lines.append("My knowledge folder has changed since")
    return lines
