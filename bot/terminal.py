"""The same conversation on a terminal or a pipe: each line is a message, replies go to standard output."""

from __future__ import annotations

import asyncio
import base64
import getpass
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from tzlocal import get_localzone_name

from bot import outbox
from bot.core import Core
from bot.failures import OperationError
from bot.owed import Delivered, Owed
from bot.printing import as_text, pickable
from bot.service import Service
from bot.storage import projects
from bot.wire import reply_from_json
from dialogs.results.scored_files import READ
from dialogs.speaking.speech import plain
from dialogs.turns import Choice, Form, Person, Place, SharedFile, Turn

WORKSPACE, CHANNEL = "terminal", "terminal"
SECOND_READING_SECONDS = 10.0

log = structlog.get_logger("cairn.terminal")


@dataclass
class TerminalGate:
    """Implements the outbox's Gate by printing. Keeps the last choices, so that a number can pick one."""

    write: Callable[[str], None]
    folder: Path
    choices: list[tuple[Choice, str]] = field(default_factory=list)
    count: int = 0
    more: str = ""

    async def deliver(self, owed: Owed) -> Delivered:
        self.count += 1
        ts = f"{datetime.now(UTC).timestamp():.6f}"
        match owed.verb:
            case "update" if not owed.content.get("redraw"):
                pass  # a card is brought up to date in silence; `card` shows it
            case "update" | "post" | "card" | "direct" | "ephemeral" | "respond":
                reply = reply_from_json(owed.content["reply"])
                self.more = reply.more
                shown = pickable(reply)
                if shown:
                    self.choices = [(choice, ts) for choice in shown]
                self.write(as_text(reply))
            case "mark":
                self.choices = []
            case "file":
                path = self.folder / str(owed.content["filename"])
                path.write_bytes(base64.b64decode(owed.content["base64"]))
                self.write(f"Written: {path}")
            case _:
                pass
        return Delivered(owed.channel, ts)

    async def find(self, owed: Owed, since: datetime) -> Delivered | None:
        return None


class Chat:
    """One person's conversation on a terminal."""

    def __init__(self, parts: Core, write: Callable[[str], None], *, folder: Path | None = None) -> None:
        self._store = parts.store
        self._service = Service(parts.store, parts.library, parts.models, fetch_file=_read)
        self.gate = TerminalGate(write, folder or Path.cwd())
        self._person = Person("you", _login(), _zone())
        self._write = write
        self._counter = 0

    async def start_over(self) -> None:
        """Put the terminal's projects to rest, so that a new one begins."""
        async with self._store.write() as session:
            for project in await projects.in_channel(session, WORKSPACE, CHANNEL):
                await projects.save(session, project.model_copy(update={"status": "archived"}))

    async def say(self, text: str) -> None:
        """Take one line: a command, a number or label of a choice, or a message."""
        text = text.strip()
        if text.lower() in {"more", "show more"} and self.gate.more:
            self._write("\n".join(line for line in plain(self.gate.more).splitlines() if line.strip()))
            self.gate.more = ""
            return
        turn = self._command(text) or self._choice(text) or self._turn("message", text=text)
        try:
            await self._take(turn)
        except Exception:  # somebody waits for an answer: one kind sentence, and the log has the rest
            error_id = secrets.token_hex(3)
            log.exception("turn_failed", error_id=error_id)
            self._write(f"Something broke on my side; please say it again. The log knows it as {error_id}.")

    async def welcome(self) -> None:
        """Greet, or say where the project of this data directory stands."""
        async with self._store.read() as session:
            running = await projects.in_channel(session, WORKSPACE, CHANNEL)
        await self._take(self._turn("message", text="status" if running else "hello"))

    async def _take(self, turn: Turn) -> None:
        before = self.gate.count
        forms = await self._service.handle(turn)
        await outbox.drain(self._store, self.gate, lambda: datetime.now(UTC))
        if not sys.stdin.isatty():  # nobody types meanwhile, and the next line may rest on what is found
            await self._service.settled(SECOND_READING_SECONDS)
            await outbox.drain(self._store, self.gate, lambda: datetime.now(UTC))
        for effect in forms:
            await self._fill(effect.form)
        if self.gate.count == before and not forms:
            self._write("Noted.")

    async def _fill(self, form: Form) -> None:
        """Ask for a form's fields one by one; from a pipe, say how to give them in one line."""
        if not sys.stdin.isatty() or (form.id == "estimate" and not form.context):
            self._write(_in_words(form))
            return
        fields = {}
        for entry in form.fields:
            shown = f" [{entry.value}]" if entry.value else ""
            fields[entry.id] = (
                await asyncio.to_thread(input, f"{entry.label}{shown}: ")
            ).strip() or entry.value
        await self._take(
            replace(self._turn("form", text=""), action=form.id, value=form.context, fields=fields)
        )

    def _command(self, text: str) -> Turn | None:
        match = re.match(r"/(cairn|estimate)\b\s*(.*)", text, re.DOTALL | re.IGNORECASE)
        if match is None:
            return None
        return replace(self._turn("command", text=match[2].strip()), command=match[1].lower())

    def _choice(self, text: str) -> Turn | None:
        for place, (choice, ts) in enumerate(self.gate.choices, 1):
            if text == str(place) or text.casefold() == choice.label.casefold():
                turn = self._turn("button", text=choice.label)
                return replace(turn, action=choice.id, value=choice.value, message_ts=ts)
        return None

    def _turn(self, kind: str, *, text: str) -> Turn:
        self._counter += 1
        now = datetime.now(UTC)
        return Turn(
            kind=kind,  # type: ignore[arg-type]
            person=self._person,
            place=Place(WORKSPACE, CHANNEL, None, is_direct=True),
            at=now,
            text=text,
            mentioned=True,
            message_ts=f"{now.timestamp():.6f}",
            files=_files(text) if kind == "message" else (),
        )


def _files(text: str) -> tuple[SharedFile, ...]:
    """Return the files of predictions that a line names."""
    paths = [Path(word).expanduser() for word in text.split() if Path(word).suffix.lower() in READ]
    return tuple(SharedFile(str(path), path.name, path.stat().st_size) for path in paths if path.is_file())


async def _read(workspace: str, file: SharedFile) -> bytes:
    try:
        return await asyncio.to_thread(Path(file.id).read_bytes)
    except OSError as error:
        raise OperationError(f"{file.name} cannot be read: {error.strerror}.") from error


def _in_words(form: Form) -> str:
    """Return how to give a form's fields in one line."""
    if form.id != "estimate":
        return "Say it in words: for example `remind at 09:30`"
    if not form.context:
        return "For example: /estimate serve qwen3 4b q4_k_m 8k context on an l4"
    held = [f"{entry.id}={'-'.join(entry.value.split())}" for entry in form.fields if entry.value]
    return f"Say it again with what changes: /estimate {' '.join([form.context, *held])}"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "you"


def _zone() -> str:
    try:
        return get_localzone_name() or "UTC"
    except (OSError, ValueError, LookupError):
        return "UTC"
