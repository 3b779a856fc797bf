"""The whole Slack side with a short conversation in the middle: it counts, asks, opens a form, and breaks."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from local_slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, LocalSlack
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot import http, inbox, outbox
from bot.owed import Owed, Verb
from bot.slack.app import build_app, http_routes, socket_mode
from bot.slack.files import File
from bot.slack.intake import Intake
from bot.slack.members import Members
from bot.slack.people import People
from bot.slack.post import Post
from bot.slack.workspaces import Clients, OneWorkspace
from bot.storage.store import Store
from bot.wire import reply_to_json
from dialogs.turns import Choice, Form, FormField, OpenForm, Reply, Turn

ASK = Reply(
    body="Heard you.",
    question="How many mails a day?",
    choices=(Choice("mails", "A hundred", "100"), Choice("mails", "A thousand", "1000", "primary")),
    more="The rest of it.",
)
ONE_POINT = (  # a PNG of one grey point
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
FORM = Form(
    "mails", "Mails", (FormField("count", "How many?", value="1200"), FormField("language", "Language"))
)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Counting:
    """A conversation of a few lines. It answers only when addressed, like the real one."""

    store: Store
    heard: list[Turn] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def handle(
        self,
        turn: Turn,
        delivery_key: str,
        *,
        response_url: str = "",
        on_slow: Callable[[], None] = lambda: None,
    ) -> tuple[OpenForm, ...]:
        await self.gate.wait()
        self.heard.append(turn)
        if "break" in turn.text:
            raise KeyError("a defect")
        owed, forms = self._answer(turn, delivery_key, response_url)
        async with self.store.write() as session:
            await outbox.owe(session, owed)
            await inbox.finish(session, delivery_key, now())
        return forms

    async def notice(self, change: Turn, delivery_key: str) -> None:
        self.heard.append(change)
        async with self.store.write() as session:
            await inbox.finish(session, delivery_key, now())

    async def home(self, workspace: str, user: str) -> tuple[Reply, ...]:
        return (Reply(body=f"*Your projects*, {user}"), Reply(body="None yet."))

    def _answer(self, turn: Turn, key: str, response_url: str) -> tuple[list[Owed], tuple[OpenForm, ...]]:
        if turn.kind == "message" and not turn.mentioned:
            return [], ()
        if turn.kind == "button":
            record = f"{turn.person.name} chose {turn.text.lower()}"
            return [self._owed(turn, key, "mark", {"ts": turn.message_ts, "text": record})], ()
        if turn.kind == "command" and turn.text == "form":
            return [], (OpenForm(FORM),)
        if turn.kind == "command":
            said = {"reply": reply_to_json(Reply(body=f"Only you see: {turn.text}"))}
            return [self._owed(turn, key, "respond", said, response_url)], ()
        if turn.kind == "form":
            said = {"reply": reply_to_json(Reply(body=f"Form: {sorted(turn.fields.items())}"))}
            return [self._owed(turn, key, "post", said)], ()
        verb = "file" if turn.text == "file" else "card" if turn.text.startswith("card") else "post"
        if turn.text == "chart":
            said = {"reply": reply_to_json(Reply(body="The plan:", image="plan", image_alt="Weeks"))}
            return [self._owed(turn, key, "post", said)], ()
        count = sum(1 for each in self.heard if each.kind == "message")
        reply = Reply(**{**ASK.__dict__, "body": f"Heard you, {turn.person.name} ({count}): {turn.text}"})
        return [self._owed(turn, key, verb, {"reply": reply_to_json(reply)})], ()

    def _owed(
        self, turn: Turn, key: str, verb: Verb, content: dict[str, object], response_url: str = ""
    ) -> Owed:
        root = turn.place.thread or (turn.message_ts if turn.kind == "message" else None)
        return Owed(
            id=f"{key}:{verb}",
            workspace=turn.place.workspace,
            channel=turn.place.channel,
            verb=verb,
            created_at=now(),
            content=content,
            thread_ts=root,
            person=turn.person.id,
            response_url=response_url,
        )


@dataclass
class BenchBot:
    """A running bot; `conversation` tells what it heard."""

    conversation: Counting
    intake: Intake
    post: Post
    members: Members
    handler: AsyncSocketModeHandler | None


@asynccontextmanager
async def bench_bot(
    slack: LocalSlack, database: Path, *, lease_seconds: float = 60.0, http_port: int | None = None
) -> AsyncIterator[BenchBot]:
    """Run the bot against a local Slack until the block ends: over Socket Mode, or over HTTP on a port."""
    store = await Store.open(f"sqlite:///{database}")
    clients = Clients(OneWorkspace(BOT_TOKEN, base_url=slack.api_url), base_url=slack.api_url)
    conversation = Counting(store)

    async def files(owed: Owed) -> File:
        return File("brief.md", b"# Guest mail\n", "Guest mail")

    async def charts(owed: Owed, name: str) -> File:
        return File(f"{name}.png", b64decode(ONE_POINT), "Plan")

    post = Post(clients, home=conversation.home, files=files, charts=charts)
    intake = Intake(
        store=store,
        conversation=conversation,
        clients=clients,
        people=People(clients),
        post=post,
        lease_seconds=lease_seconds,
        grace_seconds=0.3,
    )
    secret = SIGNING_SECRET if http_port else ""
    app = build_app(clients=clients, accept=intake.accept, wake=intake.wake, signing_secret=secret)
    ending = asyncio.Event()
    working = asyncio.create_task(intake.run())
    draining = asyncio.create_task(_drain(store, post, ending))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        stack.push_async_callback(clients.close)
        stack.push_async_callback(_end, working, draining, ending)
        handler = None
        if http_port:
            runner, _ = await http.serve(http.build({}, routes=http_routes(app)), port=http_port)
            stack.push_async_callback(runner.cleanup)
        else:
            handler = socket_mode(app, APP_TOKEN, base_url=clients.base_url)
            await handler.connect_async()
            stack.push_async_callback(handler.close_async)
            await slack.bot_connected()
        yield BenchBot(conversation, intake, post, Members(clients), handler)


async def _end(working: asyncio.Task[None], draining: asyncio.Task[None], ending: asyncio.Event) -> None:
    working.cancel()
    ending.set()
    await asyncio.gather(working, draining, return_exceptions=True)


async def _drain(store: Store, post: Post, ending: asyncio.Event) -> None:
    """Deliver what is owed until the end; a drain is never cut off."""
    while not ending.is_set():
        await outbox.drain(store, post, now)
        await asyncio.sleep(0.02)
