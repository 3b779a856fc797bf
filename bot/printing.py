"""A reply as plain text, for a terminal, a pipe or a log."""

from __future__ import annotations

from dialogs.speaking.speech import plain
from dialogs.turns import Choice, Reply

_RATING = {"rate_up", "rate_down"}


def pickable(reply: Reply) -> list[Choice]:
    """Return the choices that a number or a label can pick; thumbs need a mouse."""
    return [choice for choice in reply.choices if choice.id not in _RATING]


def as_text(reply: Reply) -> str:
    """Write a reply for a terminal; it holds no blank line, so that a blank line can end it."""
    lines = [plain(reply.body)]
    lines += [f"> {line}" for line in plain(reply.quote).splitlines()]
    lines += [plain(reply.after), plain(reply.question)]
    lines += [f"  {place}. {choice.label}" for place, choice in enumerate(pickable(reply), 1)]
    lines += ["  … say `more` for the rest"] if reply.more else []
    lines += [f"  {plain(note)}" for note in reply.notes]
    lines += [f"[{place}] {entry.title} ({entry.path})" for place, entry in enumerate(reply.citations, 1)]
    return "\n".join(line for text in lines for line in text.splitlines() if line.strip())
