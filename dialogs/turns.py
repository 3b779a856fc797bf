"""The seam between the conversation and the world: what comes in, and what should happen.

Both are plain values. Nothing here knows Slack's payloads; `bot.slack` turns payloads into a `Turn`
and a `Reply` into Block Kit, `bot.terminal` does the same for a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

TurnKind = Literal["message", "command", "button", "form", "shortcut", "reminder", "change", "reading"]


@dataclass(frozen=True)
class Person:
    """Who speaks. `tz` is an IANA zone name, or None where Slack knows none."""

    id: str
    name: str = ""
    tz: str | None = None


@dataclass(frozen=True)
class Place:
    """Where it was said. `thread` is the ts of the thread's root message, None outside threads."""

    workspace: str
    channel: str
    thread: str | None = None
    is_direct: bool = False


@dataclass(frozen=True)
class SharedFile:
    """A file that came with a message; its content is fetched only when the core asks for it."""

    id: str
    name: str
    size_bytes: int = 0


@dataclass(frozen=True)
class Turn:
    """One thing that a person did, a reminder that fell due, or a change around a project.

    Of a change, `action` says what changed (`dialogs.projects.surroundings`), `person` whom it is about,
    `text` what is new, and `value` is the project.
    """

    kind: TurnKind
    person: Person
    place: Place
    at: datetime  # aware, UTC
    text: str = ""  # without the mention of the bot
    mentioned: bool = False  # the bot was addressed: a mention, or a direct message
    command: str = ""  # "cairn" or "estimate"
    action: str = ""  # the id of the choice clicked, or of the form submitted
    value: str = ""  # the value that choice carries
    fields: dict[str, str] = field(default_factory=dict)  # of a submitted form
    message_ts: str = ""  # the message itself, or the one that holds the button
    edited: bool = False
    mentions: dict[str, str] = field(default_factory=dict)  # people named with @: id → name as in `text`
    files: tuple[SharedFile, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A button. `id` names the action, `value` what it carries (at most 2,000 characters)."""

    id: str
    label: str
    value: str = ""
    style: Literal["", "primary", "danger"] = ""


@dataclass(frozen=True)
class Citation:
    """Where a claim comes from; `path` is relative to the knowledge folder that holds the file."""

    path: str
    heading: str
    title: str
    revision: str = ""


@dataclass(frozen=True)
class Reply:
    """One message: the answer first, then at most one question, then its choices.

    `body`, `quote`, `after`, `question`, `notes` and `more` are Slack mrkdwn that is already escaped.
    `quote` is what was read from the person. `notes` are small print. `more` waits behind a button.
    `image` is the name of a chart that the edge draws, with `image_alt` as its alternative text.
    """

    body: str = ""
    quote: str = ""
    after: str = ""  # what stands below the quote
    question: str = ""
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    more: str = ""
    image: str = ""
    image_alt: str = ""


@dataclass(frozen=True)
class FormField:
    """One input of a form. With `options` it is a select of (value, label) pairs."""

    id: str
    label: str
    value: str = ""
    hint: str = ""
    placeholder: str = ""
    options: tuple[tuple[str, str], ...] = ()
    optional: bool = True


@dataclass(frozen=True)
class Form:
    """A modal, or on a terminal a series of prompts. `context` comes back with the submission."""

    id: str
    title: str  # at most 24 characters
    fields: tuple[FormField, ...]
    submit: str = "Save"
    context: str = ""
    intro: str = ""


@dataclass(frozen=True)
class Say:
    """Say something. To the thread, to the channel itself, to the asker alone, or to a person directly.

    `card` marks the project card: the first is posted and pinned, later ones update it in place.
    """

    reply: Reply
    to: Literal["thread", "channel", "asker", "direct"] = "thread"
    person: str = ""  # for "direct" and "asker"
    card: bool = False
    new_thread: bool = False  # answers below it go into its thread, which belongs to the project


@dataclass(frozen=True)
class Mark:
    """Put a record ("who chose what, when") in place of the row of buttons that was clicked.

    A message that only the asker sees is replaced by the record, or with `beside` stays and the record follows.
    """

    message_ts: str
    text: str
    beside: bool = False


@dataclass(frozen=True)
class Redraw:
    """Put another reply in place of an earlier message, such as a tally that grows with each click."""

    message_ts: str
    reply: Reply


@dataclass(frozen=True)
class OpenForm:
    """Show a form to the asker."""

    form: Form


@dataclass(frozen=True)
class Publish:
    """Redraw the App Home of these people."""

    people: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """Hand a file to the asker: `format` is md, json, csv, ics, png or runs."""

    format: str


Effect = Say | Mark | Redraw | OpenForm | Publish | Export
