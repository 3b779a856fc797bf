"""Clicked buttons become a record: who chose what, and when."""

from __future__ import annotations

from dialogs.nudges.reminders import zone_of
from dialogs.speaking.speech import escape
from dialogs.turns import Mark
from dialogs.world import Context


def who(ctx: Context) -> str:
    """Return the name of whoever speaks."""
    return ctx.turn.person.name or ctx.turn.person.id


def mark(ctx: Context, text: str, *, beside: bool = False) -> None:
    """Turn the clicked row of buttons into a record with the time; `beside` is that of `Mark`."""
    if ctx.turn.kind == "button" and ctx.turn.message_ts:
        clock = ctx.now.astimezone(
            zone_of(ctx.turn.person.tz or (ctx.project.zone if ctx.project else "UTC"))
        )
        ctx.effects.append(Mark(ctx.turn.message_ts, f"{escape(text)} · {clock:%H:%M}", beside))
