"""Names and ids of projects."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Collection
from importlib import resources

from dialogs.project import Project
from dialogs.turns import Turn


def slug_for(name: str) -> str:
    """Return a short name for commands: "Guest mail!" → "guest-mail"; never empty."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40].strip("-")
    return slug or f"project-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


_WORDS: dict[str, list[str]] = tomllib.loads(
    (resources.files("dialogs.projects") / "naming.toml").read_text("utf-8")
)
_INPUTS = re.compile(
    rf"\b((?:{'|'.join(_WORDS['qualifiers'])})s?['’]?s?\s+)?({'|'.join(_WORDS['inputs'])})\b", re.IGNORECASE
)
_DULL = frozenset(_WORDS["dull"])


def inputs_named(description: str) -> str:
    """Return what the team calls its inputs, such as "the guest mails"; "your data" where it names none."""
    match = _INPUTS.search(description)
    return f"the {' '.join(match[0].lower().split())}" if match else "your data"


def about(text: str, description: str | None) -> str:
    """Put the team's own word for its inputs into a question that holds "{thing}"."""
    return text.replace("{thing}", inputs_named(description or ""))


def name_from(description: str) -> str:
    """Make a project's name from the team's own words: its inputs, else the first words that carry meaning."""
    if match := _INPUTS.search(description):
        name = " ".join(match[0].split())
        return name[:1].upper() + name[1:].lower()
    words = [
        word for word in re.findall(r"(?<![\w.])[^\W\d_][\w'-]+", description) if word.lower() not in _DULL
    ]
    chosen = " ".join(words[:3])[:40].strip()
    return (chosen[:1].upper() + chosen[1:]) if chosen else "New project"


def new_project(turn: Turn, name: str, *, country: str = "", taken: Collection[str] = ()) -> Project:
    """Return a project for the place of a turn. Its id is derived from where and when it was said.

    Where the name's slug is `taken`, both get a number, so that lists of projects tell them apart.
    """
    base, slug, wished, count = slug_for(name), slug_for(name), name, 2
    while slug in taken:
        slug, name, count = f"{base}-{count}", f"{wished} {count}", count + 1
    seed = f"{turn.place.workspace}:{turn.place.channel}:{turn.message_ts}:{turn.at.isoformat()}:{slug}"
    return Project(
        id=hashlib.sha256(seed.encode()).hexdigest()[:20],
        workspace=turn.place.workspace,
        channel=turn.place.channel,
        slug=slug,
        name=name,
        created_at=turn.at,
        created_by=turn.person.id,
        owner=turn.person.id,
        zone=turn.person.tz or "UTC",
        country=country,
        thread=turn.place.thread
        or (turn.message_ts if turn.kind in {"message", "shortcut"} else None)
        or None,
    )
