"""The bot on Slack: where settings, storage, knowledge, models, service and Slack are wired together."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import signal
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from sqlalchemy.exc import SQLAlchemyError

from bot import http, inbox, nudges, outbox
from bot.catch_up import catch_up
from bot.charts import draw
from bot.core import Clock, core, now
from bot.library import Library
from bot.logs import configure_logs
from bot.look_around import Lookout
from bot.metrics import watch_queue
from bot.model.pool import Models
from bot.owed import Gate, Owed
from bot.service import Service
from bot.settings import Settings, require_slack
from bot.slack import oauth
from bot.slack.app import build_app, http_routes, is_connected, socket_mode
from bot.slack.files import File, download
from bot.slack.intake import Intake, unbroken
from bot.slack.members import Members
from bot.slack.people import People
from bot.slack.post import Charts, Post
from bot.slack.workspaces import Clients, Identities, InstalledWorkspaces, OneWorkspace
from bot.storage.store import Store
from dialogs.answers.languages import load_guesser

TICK_SECONDS = 15.0
OUTBOX_SECONDS = 5.0
HELD_SECONDS = 0.5  # when Slack or our own pace held something back
SWEEP_EVERY = timedelta(minutes=10)

log = structlog.get_logger("cairn.app")


@dataclass
class Waker:
    """Wakes the outbox; calls that come while it drains make it drain once more."""

    event: asyncio.Event

    def __call__(self) -> None:
        self.event.set()


async def deliver(
    store: Store, gate: Gate, waker: Waker, clock: Clock = now, *, lease_seconds: float = 60.0
) -> None:
    """Empty the outbox whenever something is owed, and every few seconds for what was left."""
    swept = clock()
    while True:
        waker.event.clear()
        pause_seconds = OUTBOX_SECONDS
        try:
            drained = await unbroken(outbox.drain(store, gate, clock, lease_seconds=lease_seconds))
            if drained.held:
                pause_seconds = HELD_SECONDS
            if clock() - swept > SWEEP_EVERY:
                swept = clock()
                await outbox.sweep(store, swept)
                await inbox.sweep(store, swept)
        except (SQLAlchemyError, OSError) as error:
            log.error("outbox_waits", error=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(waker.event.wait(), pause_seconds)


async def files(owed: Owed) -> File:
    """Return the file that an outbox row carries."""
    content = owed.content
    return File(str(content["filename"]), base64.b64decode(content["base64"]), str(content.get("title", "")))


def charts_of(library: Library) -> Charts:
    """Return what draws the charts that replies name, outside the event loop."""

    async def chart(owed: Owed, name: str) -> File:
        content = await asyncio.to_thread(draw, name, library.knowledge.catalog, now().date())
        return File(f"{name.split(' ', 1)[0]}.png", content)

    return chart


async def run(
    settings: Settings,
    *,
    ready: Callable[[int], Awaitable[None]] | None = None,
    announce: bool = False,
    stop: asyncio.Event | None = None,
    clock: Clock = now,
) -> None:
    """Run the bot on Slack until it is told to stop. `ready` is called with the HTTP port in use.

    `announce` says in every channel where its projects stand, for a Slack that forgot its messages.
    """
    require_slack(settings)
    configure_logs(settings.cairn_log_level, settings.cairn_log_format)
    ending = stop or asyncio.Event()
    async with core(settings) as parts, contextlib.AsyncExitStack() as stack:
        clients = Clients(await _identities(settings, parts.store), base_url=settings.slack_api_url)
        stack.push_async_callback(clients.close)
        members, people = Members(clients), People(clients)
        waker = Waker(asyncio.Event())
        service = Service(
            parts.store,
            parts.library,
            parts.models,
            is_member=members.includes,
            zone_of=people.zone,
            has_left=people.has_left,
            fetch_file=partial(download, clients),
            on_owed=waker,
            shows_drafts=True,
        )
        post = Post(clients, home=service.home, files=files, charts=charts_of(parts.library))
        lease = settings.cairn_lease_seconds
        intake = Intake(
            store=parts.store,
            conversation=service,
            clients=clients,
            people=people,
            post=post,
            lease_seconds=lease,
            sweep_seconds=min(30.0, lease / 2),
        )
        flow = await _oauth_flow(settings, parts.store)
        secret = settings.slack_signing_secret
        app = build_app(
            clients=clients,
            accept=intake.accept,
            wake=intake.wake,
            signing_secret=secret.get_secret_value() if secret and not settings.uses_socket_mode else "",
            oauth=flow,
        )
        checks: dict[str, http.Check] = {
            "database": _database(parts.store),
        }
        checks["models"] = _models(parts.models)
        handler = None
        if settings.slack_app_token is not None:
            handler = socket_mode(
                app, settings.slack_app_token.get_secret_value(), base_url=settings.slack_api_url
            )

            async def slack() -> str:
                return "" if await is_connected(handler) else "Slack is not connected; see the log"

            checks["slack"] = slack
        scheduler = AsyncIOScheduler(timezone=UTC)
        checks["scheduler"] = _scheduler(scheduler)
        routes = http_routes(app) if handler is None else ()
        runner, port = await http.serve(
            http.build(checks, remarks={"knowledge": _knowledge(parts.library)}, routes=routes),
            host=settings.cairn_http_host,
            port=settings.cairn_http_port,
        )
        stack.push_async_callback(runner.cleanup)

        async def ticking() -> None:
            moment = clock()
            if await nudges.tick(
                parts.store, lambda due: service.remind(due, moment), moment, lease_seconds=lease
            ):
                waker()

        nudges.start_ticking(scheduler, ticking, seconds=TICK_SECONDS)
        scheduler.start()
        stack.callback(scheduler.shutdown, wait=False)
        work: list[Coroutine[object, object, None]] = [
            intake.run(),
            deliver(parts.store, post, waker, clock, lease_seconds=lease),
            parts.library.watch(),
            Lookout(parts.store, clients, people, clock, intake.wake).watch(),
            watch_queue(parts.store),
        ]
        if handler is not None:
            await handler.connect_async()
            stack.push_async_callback(handler.close_async)
        if announce:
            await service.announce(clock())
        guesser = asyncio.create_task(asyncio.to_thread(load_guesser))
        stack.callback(guesser.cancel)
        await catch_up(parts.store, clients, intake)
        log.info("cairn_ready", port=port)
        if ready is not None:
            await ready(port)
        await _until(ending, work)


async def _until(ending: asyncio.Event, work: list[Coroutine[object, object, None]]) -> None:
    """Run the background work until a signal, `ending`, or a failure of one part ends it."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(name, ending.set)
    tasks = [asyncio.create_task(part) for part in work]
    waiting = asyncio.create_task(ending.wait())
    try:
        done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task is not waiting:
                task.result()
    finally:
        for task in [*tasks, waiting]:
            task.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)


async def _identities(settings: Settings, store: Store) -> Identities:
    if settings.slack_bot_token is not None:
        one = OneWorkspace(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)
        await one.identity()
        return one
    flow = await _oauth_flow(settings, store)
    assert flow is not None
    return InstalledWorkspaces(flow.settings.installation_store)


async def _oauth_flow(settings: Settings, store: Store) -> AsyncOAuthFlow | None:
    if settings.slack_bot_token is not None or not settings.uses_oauth:
        return None
    assert settings.slack_client_id
    assert settings.slack_client_secret
    return await oauth.flow(
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret.get_secret_value(),
        engine=store.engine,
        base_url=settings.slack_api_url,
    )


def _database(store: Store) -> http.Check:
    async def check() -> str:
        await store.check()
        return ""

    return check


def _knowledge(library: Library) -> http.Check:
    async def check() -> str:
        found = library.problems
        return f"{found[0]}{f' ({len(found)} in all)' if len(found) > 1 else ''}" if found else ""

    return check


def _models(models: Models) -> http.Check:
    async def check() -> str:
        for name, state in models.status().items():
            if state and state.get("problem"):
                return f"the {name} model: {state['problem']}"
        return ""

    return check


def _scheduler(scheduler: AsyncIOScheduler) -> http.Check:
    async def check() -> str:
        job = scheduler.get_job(nudges.JOB_ID)
        late = (now() - job.next_run_time).total_seconds() if job and job.next_run_time else 0.0
        return f"the scheduler is {late:.0f} s late" if late > 4 * TICK_SECONDS else ""

    return check
