"""From Slack's delivery to the conversation: written down before the ack, worked on after it.

One person's words are taken in the order they came: deliveries of one channel wait for each other,
channels do not.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError

from bot import inbox
from bot.failures import OperationError
from bot.slack import ids, payloads, surroundings
from bot.slack.conversation import Conversation
from bot.slack.lanes import Lanes
from bot.slack.payloads import Payload
from bot.slack.people import People
from bot.slack.post import Post
from bot.slack.workspaces import Clients
from bot.storage.store import Store
from dialogs.turns import OpenForm, Turn

SWEEP_SECONDS = 30.0
LEASE_SECONDS = 60.0
GRACE_SECONDS = 3.0

_AT_ONCE = 16  # few enough that the last of one busy channel is reached within its lease
_PASSING = (DBAPIError, OSError, TimeoutError, SlackApiError, OperationError)
_TOO_LATE = "That form took too long to open; please try once more."

T = TypeVar("T")

log = structlog.get_logger(__name__)


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Let work end before a cancellation takes effect: half a transaction spoils its connection."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class Intake:
    """Takes deliveries in and has them answered. `run` works until it is cancelled."""

    def __init__(
        self,
        *,
        store: Store,
        conversation: Conversation,
        clients: Clients,
        people: People,
        post: Post,
        lease_seconds: float = LEASE_SECONDS,
        sweep_seconds: float = SWEEP_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._conversation = conversation
        self._clients = clients
        self._people = people
        self._post = post
        self._lease_seconds = lease_seconds
        self._sweep_seconds = sweep_seconds
        self._grace_seconds = grace_seconds
        self._clock = clock
        self._woken = asyncio.Event()
        self._lanes = Lanes()
        self._working: dict[str, asyncio.Task[None]] = {}

    async def accept(self, body: Payload) -> None:
        """Write a delivery down; raises when it could not be, and then Slack must get no ack."""
        if payloads.is_for_cairn(body) or surroundings.is_change(body):
            kept = {key: value for key, value in body.items() if key != "token"}
            await inbox.accept(self._store, inbox.delivery_key(body), kept, self._clock())

    def wake(self) -> None:
        """Say that something new was written down."""
        self._woken.set()

    async def run(self) -> None:
        """Work on what was written down: at once, at start, and every half minute for what was left.

        When it is cancelled, what is being answered gets a few seconds to end by itself.
        """
        try:
            while True:
                self._woken.clear()
                if await unbroken(self._claim()) == 0:
                    await self._pause()
        finally:
            if self._working:
                await asyncio.wait(self._working.values(), timeout=self._grace_seconds)
            for task in list(self._working.values()):
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    @property
    def busy(self) -> int:
        """How many deliveries are being worked on."""
        return len(self._working)

    async def _claim(self) -> int:
        """Start work on what nobody holds; returns how many deliveries that were."""
        room = _AT_ONCE - len(self._working)
        if room <= 0:
            await asyncio.wait(self._working.values(), return_when=asyncio.FIRST_COMPLETED)
            return 1
        try:
            found = await inbox.claim(self._store, self._clock(), self._lease_seconds, room)
        except (DBAPIError, OSError) as error:
            log.error("inbox_unreadable", error=str(error))
            return 0
        for delivery in found:
            if delivery.key not in self._working:
                task = asyncio.create_task(self._work(delivery), name=f"delivery {delivery.key}")
                self._working[delivery.key] = task
                task.add_done_callback(partial(self._ended, delivery.key))
        return len(found)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        """Forget a delivery's task; what even `_failed` could not handle is at least in the log."""
        self._working.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery_abandoned", key=key, exc_info=error)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._sweep_seconds):
                await self._woken.wait()
        except TimeoutError:
            await unbroken(self._sweep())

    async def _sweep(self) -> None:
        try:
            await inbox.sweep(self._store, self._clock())
        except (DBAPIError, OSError) as error:
            log.error("inbox_not_swept", error=str(error))

    async def _work(self, delivery: inbox.Delivery) -> None:
        """Have one delivery answered; whatever goes wrong is logged, retried or said."""
        body = delivery.payload
        slow = asyncio.Event()
        async with self._lanes.turn(_lane(body)):
            answering = asyncio.create_task(self._answer(delivery.key, body, slow.set))
            answering.add_done_callback(lambda _: slow.set())
            try:
                await slow.wait()
            except BaseException:
                answering.cancel()
                raise
        try:  # a slow answer is finished beside what came after it
            await asyncio.wait([answering])
        finally:
            answering.cancel()
        error = None if answering.cancelled() else answering.exception()
        if error is None or isinstance(error, inbox.AlreadyFinished):
            return
        await self._failed(delivery, error)

    async def _answer(self, key: str, body: Payload, on_slow: Callable[[], None]) -> None:
        workspace = payloads.workspace_of(body)
        if surroundings.is_change(body):
            return await self._conversation.notice(await self._change(workspace, body), key)
        if payloads.opens_home(body):
            user = payloads.actor(body)
            await self._post.home(workspace, user, await self._conversation.home(workspace, user))
            return await self._finish(key)
        turn = await self._turn(workspace, body)
        if turn is None:
            return await self._finish(key)
        if turn.kind == "button" and turn.action == ids.SHOW_MORE:
            await self._post.unfold(turn, body)
            return await self._finish(key)
        forms = await self._conversation.handle(
            turn, key, response_url=payloads.response_url(body), on_slow=on_slow
        )
        for form in forms:
            await self._open(form, turn, body)

    async def _change(self, workspace: str, body: Payload) -> Turn:
        """Return a change; who leaves a channel because the account was deactivated has left altogether."""
        if not surroundings.needs_identity(body):
            return surroundings.change(body)
        identity = await self._clients.identity(workspace)
        change = surroundings.change(body, identity.user_id)
        if change.action == "member_left":
            profile = await self._people.profile(workspace, change.person.id, fresh=True)
            change = replace(change, action="person_left") if profile.gone else change
        return change

    async def _turn(self, workspace: str, body: Payload) -> Turn | None:
        identity = await self._clients.identity(workspace)
        who = payloads.actor(body)
        profile = await self._people.profile(workspace, who)
        if profile.is_bot:
            return None
        named = payloads.mentioned_users(body) - {identity.user_id, who}
        names = await self._people.names(workspace, named)
        if profile.name:
            names[who] = profile.name
        return payloads.turn(
            body,
            bot_user=identity.user_id,
            names=names,
            tz=profile.tz,
            restore_untouched=not self._clients.is_real_slack,
        )

    async def _open(self, effect: OpenForm, turn: Turn, body: Payload) -> None:
        """Open a form; a trigger that has run out is said, for a click must never lead nowhere."""
        try:
            await self._post.open_form(turn, effect.form, payloads.trigger(body))
        except SlackApiError as error:
            log.warning("form_not_opened", form=effect.form.id, reason=error.response.get("error"))
            await self._post.tell(turn.place, turn.person.id, _TOO_LATE, payloads.response_url(body))

    async def _finish(self, key: str) -> None:
        async with self._store.write() as session:
            await inbox.finish(session, key, self._clock())

    async def _failed(self, delivery: inbox.Delivery, error: BaseException) -> None:
        """Retry what may pass; say what does not, with an id that the log has too."""
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, _PASSING) and await inbox.fail(
            self._store, delivery.key, self._clock(), reason, retry_seconds=self._sweep_seconds
        ):
            log.warning(
                "delivery_will_be_retried", key=delivery.key, attempts=delivery.attempts, reason=reason
            )
            return
        error_id = secrets.token_hex(3)
        log.error("delivery_failed", key=delivery.key, error_id=error_id, exc_info=error)
        if not isinstance(error, _PASSING):
            await self._finish(delivery.key)
        if not surroundings.is_change(delivery.payload):
            await self._post.apologise(delivery.payload, error_id)


def _lane(body: Payload) -> str:
    """Return what keeps its order: a channel, or a person where there is none."""
    return f"{payloads.workspace_of(body)}:{payloads.channel_of(body) or payloads.actor(body)}"
