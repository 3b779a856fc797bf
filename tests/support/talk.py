"""A conversation with the core, in memory: people speak and click, Cairn's words come back as text.

Real knowledge folder, real advice and estimates; only Slack and the database are left out.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from bot.metrics_worker import answer
from bot.prediction_files import predictions_first
from bot.scoring import scored_of
from dialogs.engine import advance
from dialogs.project import Project
from dialogs.projects.home import home_page
from dialogs.speaking.speech import plain
from dialogs.steps import Complete, Given, Recall, Score, Scored, Told
from dialogs.turns import Effect, Mark, Person, Place, Redraw, Reply, Say, SharedFile, Turn
from dialogs.world import Outcome, World
from knowledge.loader import Knowledge, load_knowledge
from knowledge.search import SearchIndex, build_index

SOON = timedelta(seconds=20)
MONDAY = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)


@cache
def shipped() -> tuple[Knowledge, SearchIndex]:
    """Return the shipped knowledge folder and its index, loaded once."""
    knowledge = load_knowledge()
    return knowledge, build_index(knowledge.sections)


def shown(reply: Reply) -> str:
    """Return everything a reader sees of a reply, in the order in which it is laid out."""
    parts = [reply.body, reply.quote, reply.after, reply.question]
    parts += [f"[{choice.label}]" for choice in reply.choices]
    parts += list(reply.notes)
    parts += [f"[{place}] {entry.title} ({entry.path})" for place, entry in enumerate(reply.citations, 1)]
    return "\n".join(plain(part) for part in parts if part.strip())


@dataclass
class Heard:
    """What one turn led to."""

    effects: tuple[Effect, ...]

    @property
    def replies(self) -> list[Reply]:
        return [effect.reply for effect in self.effects if isinstance(effect, Say)]

    @property
    def redrawn(self) -> list[str]:
        """What now stands in place of earlier messages."""
        return [shown(effect.reply) for effect in self.effects if isinstance(effect, Redraw)]

    @property
    def text(self) -> str:
        return "\n\n".join(shown(reply) for reply in self.replies)

    @property
    def marks(self) -> list[str]:
        return [effect.text for effect in self.effects if isinstance(effect, Mark)]

    @property
    def labels(self) -> list[str]:
        return [choice.label for reply in self.replies for choice in reply.choices]


@dataclass
class Talk:
    """One channel. `projects` are kept between turns, as storage would."""

    at: datetime = MONDAY
    zone: str = "Europe/Stockholm"
    channel: str = "C1"
    direct: bool = False
    projects: dict[str, Project] = field(default_factory=dict)
    thread: str | None = None
    said: list[Reply] = field(default_factory=list)
    count: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    has_chat: bool = False
    later: tuple[Turn, Complete] | None = None  # the second reading asked for last
    told: list[Told] = field(default_factory=list)  # what was advised, the newest first
    knowledge: Knowledge | None = None  # another folder than the shipped one

    @property
    def project(self) -> Project:
        """The newest project."""
        return list(self.projects.values())[-1]

    def say(
        self, who: str, text: str, *, mention: bool = False, outside: bool = False, **named: str
    ) -> Heard:
        """Say something: in the project's thread once there is one, else in the channel.

        `named` are people whom the chat knows by id where the text has @name: name=id.
        """
        in_thread = self.thread if not outside else None
        mentioned = mention or self.direct or "@Cairn" in text
        turn = self._turn(
            "message", who, in_thread, text=text.replace("@Cairn", "").strip(), mentioned=mentioned,
            mentions={id: name for name, id in named.items()},
        )  # fmt: skip
        return self._take(turn)

    def drop(self, who: str, text: str = "", *, mention: bool = True, **files: str) -> Heard:
        """Drop files into the thread: `drop("PM", "@Cairn evaluate", answers_csv="prediction,reference\\n…")`."""
        shared = []
        for key, content in files.items():
            name = ".".join(key.rsplit("_", 1))
            self.files[name] = content.encode()
            shared.append(SharedFile(f"F-{name}", name, len(content)))
        turn = self._turn(
            "message",
            who,
            self.thread,
            text=text.replace("@Cairn", "").strip(),
            mentioned=mention or self.direct,
            files=tuple(shared),
        )
        return self._take(turn)

    def edit(self, who: str, number: int, text: str) -> Heard:
        """Change the message that was the `number`th turn."""
        words = text.replace("@Cairn", "").strip()
        turn = self._turn("message", who, self.thread, text=words, mentioned=True, edited=True)
        return self._take(replace(turn, message_ts=f"{number}.0"))

    def shortcut(self, who: str, text: str) -> Heard:
        """Choose "Start a project" from a message's menu."""
        return self._take(self._turn("shortcut", who, None, text=text, mentioned=True))

    def command(self, who: str, text: str) -> Heard:
        """Type a slash command, such as "/cairn status"."""
        name, _, rest = text.removeprefix("/").partition(" ")
        return self._take(self._turn("command", who, None, text=rest, command=name, mentioned=True))

    def click(self, who: str, label: str) -> Heard:
        """Click the newest button with this label (or one that begins with it)."""
        for reply in reversed(self.said):
            for choice in reply.choices:
                if choice.label == label or choice.label.startswith(label):
                    turn = self._turn(
                        "button", who, self.thread, action=choice.id, value=choice.value, text=choice.label
                    )
                    return self._take(turn)
        raise AssertionError(
            f"no button {label!r}; there are {[c.label for r in self.said for c in r.choices]}"
        )

    def wait(self, **length: float) -> None:
        """Let time pass."""
        self.at += timedelta(**length)

    def due(self) -> Heard:
        """Let the next waiting reminder fall due."""
        waiting = [reminder for reminder in self.project.reminders if reminder.state == "waiting"]
        reminder = min(waiting, key=lambda entry: entry.due_at)
        self.at = reminder.due_at
        return self._take(self._turn("reminder", reminder.person, self.thread, value=reminder.id))

    def change(self, action: str, *, who: str = "", text: str = "", **fields: str) -> Heard:
        """Let something change around the newest project: its channel, or a person."""
        turn = self._turn("change", who, None, action=action, text=text, value=self.project.id, fields=fields)
        return self._take(replace(turn, person=Person(who)))

    def read_again(self, *stated: tuple[str, str, str]) -> Heard:
        """Let the chat model's second reading of the last message arrive: (field, value, quote)."""
        assert self.later is not None, "no second reading was asked for"
        entries = [dict(zip(("field", "value", "quote"), entry, strict=True)) for entry in stated]
        said, value = self.later[0], json.dumps({"stated": entries})
        told = {"said_at": said.at.isoformat()}
        return self._take(replace(said, kind="reading", value=value, at=self.at + SOON, fields=told))

    def home(self, who: str) -> str:
        """Return what App Home shows someone."""
        return "\n\n".join(
            shown(reply) for reply in home_page(list(self.projects.values()), who, self.at, self._world())
        )

    def form(self, who: str, action: str, *, context: str | None = None, **fields: str) -> Heard:
        """Submit a form; `context` is what it carried, the project where it carried nothing."""
        value = self.project.id if context is None else context
        return self._take(self._turn("form", who, self.thread, action=action, value=value, fields=fields))

    def _world(self) -> World:
        knowledge, index = shipped()
        knowledge = self.knowledge or knowledge
        return World(knowledge=knowledge, index=index, projects=tuple(self.projects.values()))

    def _turn(self, kind: str, who: str, thread: str | None, **rest: object) -> Turn:
        self.count += 1
        self.at += timedelta(minutes=1) if kind != "reminder" else timedelta()
        place = Place("T1", self.channel, thread, self.direct)
        person = Person(who, who, self.zone)
        return Turn(kind=kind, person=person, place=place, at=self.at, message_ts=f"{self.count}.0", **rest)  # type: ignore[arg-type]

    def _take(self, turn: Turn) -> Heard:
        project = self._project_for(turn)
        outcome = self._advanced(project, turn)
        self.later = (turn, outcome.later) if outcome.later else None
        if outcome.snapshot:
            snapshot = dict(outcome.snapshot)
            self.told.insert(0, Told(turn.at, snapshot["inputs"], tuple(snapshot["rules"]), snapshot["advice"],
                                     str(snapshot["knowledge_revision"])))  # fmt: skip
        for changed in outcome.projects:
            self.projects[changed.id] = changed.model_copy(
                update={"version": changed.version + 1, "events": []}
            )
            self.thread = self.thread or changed.thread or f"root-{changed.id}"
        if outcome.forget:
            del self.projects[outcome.forget]
        heard = Heard(outcome.effects)
        self.said += [effect.reply for effect in outcome.effects if isinstance(effect, Say | Redraw)]
        return heard

    def _advanced(self, project: Project | None, turn: Turn) -> Outcome:
        """Call the core with what it needs, as the service does."""
        given = Given(has_chat=self.has_chat)
        for _ in range(4):
            step = advance(project, turn, self._world(), given)
            match step:
                case Outcome():
                    return step
                case Score():
                    given = replace(given, scores={step: self._scored(step)})
                case Recall():
                    given = replace(given, told={step: tuple(self.told)})
                case _:
                    break
        raise AssertionError(f"the core asked for {step}")

    def _scored(self, wanted: Score) -> Scored:
        """Return the metrics of the dropped files, computed as the bot's worker does."""
        names = [file.name for file in wanted.files]
        files = [names[place] for place in predictions_first(names)]
        packed = [{"name": n, "base64": base64.b64encode(self.files[n]).decode()} for n in files]
        return scored_of(answer({"files": packed}))

    def _project_for(self, turn: Turn) -> Project | None:
        if (
            turn.place.thread
            or turn.kind in {"button", "form", "reminder", "change", "reading"}
            or self.direct
        ):
            return self.project if self.projects else None
        return None


LINES = 12
_SENTENCE_QUESTION = re.compile(r"\?")


def faults(reply: Reply) -> list[str]:
    """Return where a reply breaks the house rules of talk."""
    found = []
    lines = [
        line for part in (reply.body, reply.quote, reply.after, reply.question) for line in part.splitlines()
    ]
    if len([line for line in lines if line.strip()]) > LINES:
        found.append(f"{len(lines)} lines before Show more")
    if len(reply.choices) > 5:
        found.append(f"{len(reply.choices)} buttons")
    if sum(choice.style == "primary" for choice in reply.choices) > 1:
        found.append("two primary buttons")
    if len(_SENTENCE_QUESTION.findall(reply.question)) > 1:
        found.append(f"more than one question: {reply.question}")
    if re.search(r"\[\d+\]", reply.body + reply.after) and not reply.citations:
        found.append("a mark without a source")
    if "{" in shown(reply) or "None" in shown(reply) or "  " in reply.body.strip():
        found.append(f"something was not filled in: {shown(reply)}")
    return found


def advised(opening: str, person: str = "ana") -> Talk:
    """Return a conversation that has come to the card; what the opening leaves open is skipped."""
    talk = Talk()
    talk.say(person, opening)
    for _ in range(8):
        if talk.project.advised_at:
            break
        talk.say(person, "skip", mention=True)
    assert talk.project.advised_at
    return talk
