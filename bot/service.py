"""The one use case: load the project, let the core work on the turn, save, and owe what it wants said."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from bot import around, exporting, inbox, lead_digest
from bot.drafts import DraftPost, draft_id, in_place_of_draft
from bot.library import Library
from bot.metrics import TURN_SECONDS, TURNS
from bot.model.identity import with_models
from bot.model.pool import Models
from bot.needs import fulfil, nothing_given
from bot.nudges import owed_id as nudge_id
from bot.outbox import owe
from bot.owed import Owed
from bot.scoring import FetchFile, Scorer, no_files
from bot.second_reading import SecondReadings
from bot.storage import feedback, homes, leads, outbox_rows, projects, seen
from bot.storage.store import Store
from bot.storage.tables import ReminderRow
from bot.wire import reply_to_json
from dialogs.engine import advance
from dialogs.project import Project
from dialogs.projects.home import home_page
from dialogs.projects.surroundings import WAYS_ON
from dialogs.steps import Given, Recall, Score, Write
from dialogs.turns import Export, Mark, OpenForm, Person, Place, Publish, Redraw, Reply, Say, Turn
from dialogs.world import Outcome, World

MOST_ON_HOME = 40  # more than a page of Slack holds
TRIES = 8  # how often a turn is repeated when others change the same project

log = structlog.get_logger("cairn.service")

IsMember = Callable[[str, str, str], Awaitable[bool]]
"""Whether a person is in a channel: (workspace, channel, person)."""


ZoneOf = Callable[[str, str], Awaitable[str]]
"""A person's IANA zone, empty where it is not known: (workspace, person)."""


async def _unknown(workspace: str, person: str) -> str:
    return ""


async def _everybody(workspace: str, channel: str, person: str) -> bool:
    return True


class Service:
    """What people do goes in; the project is saved and the outbox filled in one transaction."""

    def __init__(
        self,
        store: Store,
        library: Library,
        models: Models,
        *,
        is_member: IsMember = _everybody,
        zone_of: ZoneOf = _unknown,
        has_left: around.HasLeft = around.nobody,
        fetch_file: FetchFile = no_files,
        on_owed: Callable[[], None] = lambda: None,
        country: str = "",
        shows_drafts: bool = False,
    ) -> None:
        """`shows_drafts`: where posts go can revise them, so a slow answer is shown while it is written."""
        self._store = store
        self._library = library
        self._models = models
        self._is_member = is_member
        self._zone_of = zone_of
        self._has_left = has_left
        self._scorer = Scorer(fetch_file)
        self._on_owed = on_owed
        self._country = country
        self._shows_drafts = shows_drafts
        self._readings = SecondReadings(models, self.handle)

    async def settled(self, timeout_seconds: float) -> None:
        """Return when the second readings under way have ended, or after that long."""
        await self._readings.settled(timeout_seconds)

    async def handle(
        self,
        turn: Turn,
        delivery_key: str = "",
        *,
        response_url: str = "",
        owed_id: str = "",
        on_slow: Callable[[], None] = lambda: None,
    ) -> tuple[OpenForm, ...]:
        """Take one turn; returns the forms that must open at once.

        `on_slow` is called when the answer takes long: what comes next need not wait for it.
        Raises StaleProject when the project keeps changing under it, which a later try mends.
        """
        given = nothing_given(self._models)
        for attempt in range(TRIES):
            project, here = await self._locate(turn)
            draft = self._draft(turn, project, delivery_key)
            with TURN_SECONDS.time():
                outcome, given = await self._work(project, turn, here, given, draft=draft, on_slow=on_slow)
            try:
                await self._commit(turn, outcome, delivery_key, response_url, owed_id)
            except projects.StaleProject:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
                continue
            TURNS.labels(turn.kind).inc()
            if outcome.effects:
                self._on_owed()
            if outcome.later:
                self._readings.start(turn, outcome.later)
            return tuple(effect for effect in outcome.effects if isinstance(effect, OpenForm))
        raise AssertionError("unreachable")

    async def remind(self, due: ReminderRow, now: datetime) -> None:
        """Let the core say what a due reminder is about; its post takes the id of the reminder's due time."""
        if due.kind == lead_digest.KIND:
            await self._tell_lead(due, now)
            return
        async with self._store.read() as session:
            project = await projects.load(session, due.project_id)
        if project is None:
            return
        turn = Turn(
            kind="reminder",
            person=Person(due.person),
            place=Place(project.workspace, project.channel, project.thread),
            at=now,
            value=due.id,
        )
        await self.handle(turn, owed_id=nudge_id(due))

    async def notice(self, change: Turn, delivery_key: str) -> None:
        """Take a change around projects, project by project; then the delivery is done.

        One that has taken it stays silent when the rest is tried again.
        """
        seed = _seed(change, delivery_key)
        for project in await around.concerned(self._store, change):
            place = Place(project.workspace, project.channel, project.thread)
            turn = replace(change, place=place, value=project.id)
            await self.handle(turn, owed_id=f"{seed}-{project.id}")
        async with self._store.write() as session:
            await inbox.finish(session, delivery_key, change.at)

    async def home(self, workspace: str, user: str) -> tuple[Reply, ...]:
        """Return a person's App Home: the projects of the channels that they are in."""
        channels = await self._channels_of(workspace, user)
        async with self._store.read() as session:
            mine, count = await homes.nearest(session, workspace, channels, user, most=MOST_ON_HOME)
        return await asyncio.to_thread(
            home_page, mine, user, datetime.now(UTC), self._world((), ()), more=count - len(mine)
        )

    async def _channels_of(self, workspace: str, user: str) -> list[str]:
        """Return the channels with active projects that a person is in: what they may read."""
        async with self._store.read() as session:
            channels = await projects.channels_of(session, workspace)
        return [channel for channel in channels if await self._is_member(workspace, channel, user)]

    async def _visible(self, workspace: str, user: str) -> list[Project]:
        """Return all active projects that a person may read."""
        channels = await self._channels_of(workspace, user)
        async with self._store.read() as session:
            return await projects.of_channels(session, workspace, channels)

    async def _tell_lead(self, due: ReminderRow, now: datetime) -> None:
        zone = await self._zone_of(leads.workspace_of(due), due.person)
        world = self._world((), ())
        if await lead_digest.send(self._store, due, now, visible=self._visible, zone=zone, world=world):
            self._on_owed()

    async def announce(self, now: datetime) -> int:
        """Say in every channel where its active projects stand; for a Slack that forgot its messages."""
        async with self._store.read() as session:
            everything = await projects.active(session)
        for project in everything:
            turn = Turn(
                kind="button",
                person=Person(project.owner, "", project.zone),
                place=Place(project.workspace, project.channel, None),
                at=now,
                action="announce",
            )
            outcome, _ = await self._work(project, turn, (project,), nothing_given(self._models))
            await self._commit(turn, outcome, "", "")
        self._on_owed()
        return len(everything)

    async def _locate(self, turn: Turn) -> tuple[Project | None, tuple[Project, ...]]:
        """Find the project that a turn belongs to, and all projects of its channel."""
        place = turn.place
        async with self._store.read() as session:
            here = await projects.in_channel(session, place.workspace, place.channel, status=None)
            found = await projects.load(session, turn.value) if turn.kind == "change" else None
            for ts in () if found else dict.fromkeys(filter(None, (place.thread, turn.message_ts))):
                found = await projects.by_thread(session, place.workspace, place.channel, ts)
                if found:
                    break
            if found is None and turn.kind == "reminder":
                found = await projects.of_reminder(session, turn.value)
            if found is None and turn.kind == "form" and turn.value:
                found = await projects.load(session, turn.value)
        elsewhere = found is not None and found.channel != place.channel and turn.kind != "reminder"
        if found and found.unreachable and place.is_direct and turn.action in WAYS_ON:
            elsewhere = False  # a click in the message that told of the lost channel: nothing is shown
        if elsewhere and found and not await self._is_member(found.workspace, found.channel, turn.person.id):
            found = None
        running = [project for project in here if project.status == "active"]
        if found is None and place.is_direct and running:
            found = running[-1]
        if found is None and turn.kind in {"button", "form"} and len(running) == 1:
            found = running[0]
        return found, tuple(here)

    def _draft(self, turn: Turn, project: Project | None, delivery_key: str) -> Owed | None:
        """Return what a draft of the answer would be posted as, None where only the asker may see it."""
        private = turn.kind == "command" and not turn.place.is_direct
        if not self._shows_drafts or private or turn.kind in {"reminder", "change"}:
            return None
        base = _seed(turn, delivery_key)
        said = Outcome(effects=(Say(Reply()),))
        row = _owed(turn, said, project, response_url="", files=[], base=base)[0]
        return replace(row, id=draft_id(base))

    async def _work(
        self,
        project: Project | None,
        turn: Turn,
        here: Iterable[Project],
        given: Given,
        *,
        draft: Owed | None = None,
        on_slow: Callable[[], None] = lambda: None,
    ) -> tuple[Outcome, Given]:
        """Call the core until it needs nothing more; returns what it was given too, for another try."""
        show = DraftPost(self._store, draft, self._on_owed).show if draft else None
        world = replace(
            self._world(here, await self._history(turn)),
            zones=await self._zones(project),
            gone=await around.gone(project, turn, self._has_left),
            stranded=await around.stranded(self._store, turn),
        )
        for _ in range(6):
            step = await asyncio.to_thread(advance, project, turn, world, given)
            if isinstance(step, Outcome):
                return step, given
            if isinstance(step, Recall):
                async with self._store.read() as session:
                    kept = await feedback.told(session, step.project)
                given = replace(given, told={**given.told, step: kept})
                continue
            if isinstance(step, Write | Score):
                on_slow()
            aside = self._readings.give_way() if isinstance(step, Write) else ()
            given = await fulfil(
                step, given, self._models, show=show, score=partial(self._scorer.score, turn.place.workspace)
            )
            for asked in aside:
                self._readings.start(*asked)
        raise AssertionError("the core keeps asking for more")

    async def _zones(self, project: Project | None) -> dict[str, str]:
        """Return the zones of a project's owners, for nudges at their own hour."""
        if project is None:
            return {}
        owners = {project.owner, *(state.owner for state in project.substeps)} - {""}
        found = {person: await self._zone_of(project.workspace, person) for person in sorted(owners)}
        return {person: zone for person, zone in found.items() if zone}

    async def _history(self, turn: Turn) -> tuple[str, ...]:
        """Return the questions asked in this thread before, oldest first."""
        async with self._store.read() as session:
            return await feedback.asked_before(session, turn.place.workspace, _thread_key(turn), limit=3)

    def _world(self, here: Iterable[Project], history: tuple[str, ...]) -> World:
        return World(
            knowledge=self._library.knowledge,
            index=self._library.index,
            projects=tuple(here),
            country=self._country,
            examples=self._library.examples,
            history=history,
        )

    async def _commit(
        self, turn: Turn, outcome: Outcome, delivery_key: str, response_url: str, owed_id: str = ""
    ) -> None:
        """Save, owe and finish the delivery in one transaction."""
        files = [
            exporting.build(effect.format, outcome.projects[0], turn.at, self._library.knowledge)
            for effect in outcome.effects
            if isinstance(effect, Export) and outcome.projects
        ]
        async with self._store.write() as session:
            saved = list(outcome.projects)
            if outcome.forget:
                await projects.forget(session, outcome.forget, person=turn.person.id, at=turn.at)
                saved = []
            for project in saved:
                await projects.save(session, project, now=turn.at)
            if outcome.feedback:
                await feedback.keep(
                    session, turn, outcome.feedback, saved[0].id if saved else "", _thread_key(turn)
                )
            if outcome.lead:
                await leads.follow(session, turn.place.workspace, outcome.lead)
            if outcome.snapshot and saved:
                snapshot = with_models(outcome.snapshot, self._models)
                await feedback.keep_snapshot(session, saved[0].id, turn.at, snapshot)
            first = outcome.projects[0] if outcome.projects else None
            base = owed_id or _seed(turn, delivery_key)
            rows = _owed(turn, outcome, first, response_url=response_url, files=files, base=base)
            if await outbox_rows.is_known(session, draft_id(base)):
                rows = in_place_of_draft(rows, draft_id(base))
            await owe(session, rows)
            if delivery_key:
                await inbox.finish(session, delivery_key, turn.at)
            if delivery_key and turn.kind == "message":
                await seen.mark(session, turn.place.workspace, turn.place.channel, turn.message_ts)


def _thread_key(turn: Turn) -> str:
    place = turn.place
    return f"{place.channel}:{place.thread or ('' if place.is_direct else turn.message_ts)}"


def _seed(turn: Turn, delivery_key: str) -> str:
    """Return an id for the posts of a turn: the same when the turn is repeated."""
    words = delivery_key or f"{turn.kind}:{turn.value}:{turn.place.channel}:{turn.at.isoformat()}"
    return hashlib.sha256(words.encode()).hexdigest()[:20]


def _owed(
    turn: Turn,
    outcome: Outcome,
    project: Project | None,
    *,
    response_url: str,
    files: list[exporting.File],
    base: str,
) -> list[Owed]:
    """Turn effects into rows of the outbox, in order, with ids that a repeated turn makes again."""
    rows: list[Owed] = []
    root = ""
    thread = _thread(turn, project)
    for place, effect in enumerate(outcome.effects):
        id = f"{base}-{place}" if rows or turn.kind != "reminder" else base
        row = Owed(
            id=id,
            workspace=turn.place.workspace,
            channel=turn.place.channel,
            verb="post",
            created_at=turn.at,
            project_id=project.id if project and not outcome.forget else "",
            thread_ts=thread,
            person=turn.person.id if turn.kind not in {"reminder", "change"} else "",
        )
        match effect:
            case Say():
                row = _say(row, effect, turn, response_url, root)
                if effect.new_thread and effect.to == "channel":
                    root = row.id
            case Mark():
                content = {"ts": effect.message_ts, "text": effect.text, "beside": effect.beside}
                row = replace(row, verb="mark", content=content, response_url=response_url)
            case Redraw():
                content = {"reply": reply_to_json(effect.reply), "ts": effect.message_ts, "redraw": True}
                row = replace(row, verb="update", content=content)
            case Export():
                file = files.pop(0)
                row = replace(row, verb="file", content=file.as_json())
            case Publish():
                rows += [
                    replace(row, id=f"{id}-{person}", verb="home", person=person) for person in effect.people
                ]
                continue
            case OpenForm():
                continue
        rows.append(row)
    return rows


def _say(row: Owed, effect: Say, turn: Turn, response_url: str, root: str) -> Owed:
    content: dict[str, Any] = {"reply": reply_to_json(effect.reply)}
    if effect.new_thread:
        content["new_thread"] = True
    private = effect.to == "asker" and not turn.place.is_direct
    if private and response_url:
        return replace(row, verb="respond", response_url=response_url, content=content)
    if private:
        return replace(row, verb="ephemeral", thread_ts=turn.place.thread, content=content)
    if effect.to == "direct":
        return replace(row, verb="direct", channel="", thread_ts=None, person=effect.person, content=content)
    if effect.to == "channel":
        return replace(row, thread_ts=None, content=content)
    if root:
        content["thread_of"] = root
        row = replace(row, thread_ts=None)
    return replace(row, verb="card" if effect.card else "post", content=content)


def _thread(turn: Turn, project: Project | None) -> str | None:
    """Return the thread to answer in: the one it was said in, the project's, or a new one below the message."""
    place = turn.place
    if place.thread:
        return place.thread
    if place.is_direct:
        return None
    if turn.kind in {"message", "shortcut"}:
        return turn.message_ts or None
    return project.thread if project else None
