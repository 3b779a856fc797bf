"""Limits on harm that people set beside the project's target: "toxicity under 1 %"."""

from __future__ import annotations

import re

from dialogs.plan.progress import record
from dialogs.results.harm import metric_of, shown
from dialogs.results.limit_words import read_limits
from dialogs.speaking.speech import compose
from dialogs.world import Context

_WORDS = re.compile(r"[^\W_]{2}")


def take(ctx: Context, text: str) -> str:
    """Note the limits that a message sets, and return the rest of its words; a question sets none."""
    found, rest = read_limits(text)
    project = ctx.project
    if not found or project is None or "?" in text:
        return text
    project.limits |= found
    record(project, ctx.now, ctx.turn.person.id, "limit", limits=found)
    if _WORDS.search(rest):
        ctx.notes.append(f"Noted as a limit: {', '.join(shown(found))}")
        return rest
    counted = metric_of(next(iter(found))).counted
    ctx.say(compose("limit_noted", said=project.said, limits=shown(found), counted=counted), to="thread")
    return ""
