"""The one gate through which anything leaves for Slack."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.failures import OperationError
from bot.owed import Delivered, NotSent, Owed, Rejected, Unsure
from bot.slack import payloads, search, surroundings
from bot.slack.blocks import elements, mrkdwn
from bot.slack.blocks.form import modal
from bot.slack.blocks.home import home as home_view
from bot.slack.blocks.reply import Message, message, more_of, recorded, unfolded
from bot.slack.files import File, upload
from bot.slack.outcome import judged, of_api_error, of_status, reason_of
from bot.slack.pace import Pace
from bot.slack.payloads import Payload
from bot.slack.workspaces import Clients
from bot.wire import reply_from_json
from dialogs.turns import Form, Place, Reply, Turn

Home = Callable[[str, str], Awaitable[tuple[Reply, ...]]]
"""(workspace, user) → what the person's App Home shows."""

Files = Callable[[Owed], Awaitable[File]]
"""The file that an owed "file" stands for."""

Charts = Callable[[Owed, str], Awaitable[File]]
"""The chart that a reply's `image` names."""

_UNSEEN = frozenset({"channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived"})
_NO_MEMBER = frozenset({"channel_not_found", "not_in_channel"})
_UNPRESENTABLE = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"})
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_INVITE = "I cannot write in <#{}> yet: type `/invite @Cairn` there, then tell me once more."
_BROKE = (
    "Something broke on my side, so I could not answer that. Please try once more; "
    "if it happens again, the log knows it as `{}`."
)
_PLAIN = "_I could not lay this out as usual; the log knows it as `{}`._"

log = structlog.get_logger(__name__)


class Post:
    """Implements the outbox's Gate for Slack, and the few answers that cannot wait in line."""

    def __init__(
        self,
        clients: Clients,
        *,
        home: Home | None = None,
        files: Files | None = None,
        charts: Charts | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._clients = clients
        self._home = home
        self._files = files
        self._charts = charts
        self._pace = pace or Pace()
        self._direct: dict[tuple[str, str], str] = {}

    # What the outbox asks for

    async def deliver(self, owed: Owed) -> Delivered:
        """Do what is owed. Raises NotSent, Unsure or Rejected.

        `content`: "post", "card", "update", "revise", "ephemeral", "respond" and "direct" hold `reply`;
        "update", "revise" and "mark" the `ts` of the message, "update" also
        `redraw` where it is no card; "revise" the id `ts_of` its first post; "mark"
        its `text`; "file" and "home" whatever their makers need.
        """
        try:
            with judged():
                return await self._do(owed)
        except Rejected as refused:
            waits = owed.verb in {"post", "card", "file"} and not owed.content.get("draft")
            told = owed.person if refused.reason in _NO_MEMBER and waits and owed.channel else ""
            if told:
                await self._ask_for_an_invitation(owed)
            refused.notice = surroundings.refusal(owed, refused.reason, told)
            raise

    async def find(self, owed: Owed, since: datetime) -> Delivered | None:
        """Search for what an earlier attempt may have posted. Raises NotSent or Unsure."""
        try:
            with judged():
                channel = await self._channel(owed)
                client = await self._clients.reader(owed.workspace)
                found = await search.post(client, channel, owed.thread_ts, owed.id, since)
        except Rejected as refused:
            if refused.reason in _UNSEEN | surroundings.TOKEN_DEAD | {"thread_not_found"}:
                return None
            raise Unsure(f"Slack refuses the search ({refused.reason}); see `cairn doctor`") from refused
        return Delivered(channel, str(found["ts"])) if found else None

    # What cannot wait in line

    async def open_form(self, turn: Turn, form: Form, trigger_id: str) -> None:
        """Open a form; raises SlackApiError when the trigger has run out."""
        client = await self._clients.poster(turn.place.workspace)
        await client.views_open(trigger_id=trigger_id, view=self._drawn(modal(form, turn.place)))

    async def home(self, workspace: str, user: str, replies: tuple[Reply, ...]) -> None:
        """Draw a person's App Home."""
        client = await self._clients.reader(workspace)
        await client.views_publish(user_id=user, view=self._drawn(home_view(replies)))

    async def unfold(self, turn: Turn, body: Payload) -> None:
        """Show the rest of an answer in place of its "Show more"."""
        shown: dict[str, Any] = body.get("message") or {}
        blocks = shown.get("blocks") or []
        rest = self._readable(more_of(blocks) or turn.value)
        if not blocks:  # an ephemeral message: Slack sends none of it along
            await self.tell(turn.place, turn.person.id, rest, payloads.response_url(body))
            return
        client = await self._clients.poster(turn.place.workspace)
        text = str(shown.get("text") or "…")
        await client.chat_update(
            channel=turn.place.channel, ts=turn.message_ts, text=text, blocks=unfolded(blocks, rest)
        )

    async def tell(self, place: Place, person: str, text: str, response_url: str = "") -> None:
        """Tell one person something short (mrkdwn), where they are, so that nobody else sees it."""
        told = Owed(
            id=secrets.token_hex(8),
            workspace=place.workspace,
            channel=place.channel,
            verb="respond" if response_url else "ephemeral",
            created_at=datetime.now().astimezone(),
            content={"reply": {"body": text}},
            thread_ts=place.thread,
            person=person,
            response_url=response_url,
        )
        try:
            await self.deliver(told)
        except (NotSent, Unsure, Rejected) as error:
            log.warning("not_told", person=person, channel=place.channel, reason=str(error))

    async def apologise(self, body: Payload, error_id: str) -> None:
        """Say that something broke, to the one who waits for an answer; never in others' talk.

        A private message shows in a thread only once the thread exists, so a first message is answered beside.
        """
        workspace = payloads.workspace_of(body)
        identity = await self._clients.identity(workspace)
        if not payloads.is_addressed(body, identity.user_id):
            return
        channel = payloads.channel_of(body)
        place = Place(workspace, channel, payloads.thread_of(body), channel.startswith("D"))
        await self.tell(place, payloads.actor(body), _BROKE.format(error_id), payloads.response_url(body))

    # How each thing is done

    async def _do(self, owed: Owed) -> Delivered:
        match owed.verb:
            case "post" | "direct":
                return await self._say(owed)
            case "card":
                return await self._card(owed)
            case "update":
                return await self._update(owed)
            case "revise":
                return await self._revise(owed)
            case "ephemeral":
                return await self._privately(owed)
            case "respond":
                return await self._respond(owed)
            case "mark":
                return await self._mark(owed)
            case "home":
                return await self._publish(owed)
            case "file":
                return await self._hand_over(owed)

    async def _ask_for_an_invitation(self, owed: Owed) -> None:
        """Tell the person who waits for an answer why there is none in the channel."""
        place = Place(owed.workspace, "", None, is_direct=True)
        await self.tell(place, owed.person, _INVITE.format(owed.channel), owed.response_url)

    async def _say(self, owed: Owed) -> Delivered:
        return await self._send(owed, await self._channel(owed), await self._message(owed))

    async def _card(self, owed: Owed) -> Delivered:
        posted = await self._say(owed)
        client = await self._clients.poster(owed.workspace)
        try:
            await client.pins_add(channel=posted.channel, timestamp=posted.ts)
        except SlackApiError as error:  # a card that is not pinned is still a card
            log.info("card_not_pinned", channel=posted.channel, reason=reason_of(error))
        return posted

    async def _update(self, owed: Owed) -> Delivered:
        said = await self._message(owed)
        ts = _ts(owed)
        client = await self._clients.poster(owed.workspace)
        try:
            await client.chat_update(channel=owed.channel, ts=ts, text=said.text, blocks=said.blocks)
        except SlackApiError as error:
            if reason_of(error) not in _GONE:
                raise
            log.info("message_gone", channel=owed.channel, ts=ts)
            return await (self._say(owed) if owed.content.get("redraw") else self._card(owed))
        return Delivered(owed.channel, ts)

    async def _revise(self, owed: Owed) -> Delivered:
        """Put an answer, or what there is of it so far, in place of its draft; one that was deleted stays so."""
        ts = _ts(owed)
        if not ts:
            return Delivered()
        said = await self._message(replace(owed, id=str(owed.content["ts_of"])))
        client = await self._clients.poster(owed.workspace)
        await self._pace.wait(f"{owed.channel}:revise")
        try:
            await client.chat_update(channel=owed.channel, ts=ts, text=said.text, blocks=said.blocks)
        except SlackApiError as error:
            if reason_of(error) not in _GONE:
                raise
            log.info("message_gone", channel=owed.channel, ts=ts)
        return Delivered(owed.channel, ts)

    async def _privately(self, owed: Owed) -> Delivered:
        if owed.channel.startswith("D") or not owed.channel:
            return await self._say(owed)
        said = await self._message(owed)
        client = await self._clients.poster(owed.workspace)
        await self._pace.wait(owed.channel)
        try:
            await client.chat_postEphemeral(
                channel=owed.channel,
                user=owed.person,
                thread_ts=owed.thread_ts,
                text=said.text,
                blocks=said.blocks,
            )
        except SlackApiError as error:
            if reason_of(error) not in _UNSEEN:
                raise
            if owed.response_url:
                return await self._through(owed, said)
            return await self._say(replace(owed, channel="", thread_ts=None))
        return Delivered()

    async def _respond(self, owed: Owed) -> Delivered:
        if not owed.response_url:
            return await self._privately(owed)
        try:
            return await self._through(owed, await self._message(owed))
        except Rejected as refused:
            log.info("response_url_used_up", reason=refused.reason)
            return await self._privately(replace(owed, response_url=""))

    async def _through(self, owed: Owed, said: Message, *, instead: bool = False) -> Delivered:
        """Answer through a response_url: private, and possible where Cairn is no member."""
        answer = {
            "response_type": "ephemeral",
            "replace_original": instead,
            "text": said.text,
            "blocks": said.blocks,
        }
        async with self._clients.session().post(owed.response_url, json=answer) as response:
            refused = of_status(response.status, response.headers, await response.text())
        if refused is not None:
            raise refused
        return Delivered()

    async def _mark(self, owed: Owed) -> Delivered:
        record, ts = str(owed.content.get("text") or ""), _ts(owed)
        client = await self._clients.reader(owed.workspace)
        found = await search.at(client, owed.channel, owed.thread_ts, ts)
        if found is None:  # an ephemeral message has no place in the history
            if owed.response_url:
                text = mrkdwn.plain(mrkdwn.defang(record))
                await self._through(
                    owed, Message(text, elements.context(record)), instead=not owed.content.get("beside")
                )
            return Delivered()
        blocks = recorded(found.get("blocks") or [], self._readable(record))
        if blocks != found.get("blocks"):
            poster = await self._clients.poster(owed.workspace)
            text = str(found.get("text") or mrkdwn.plain(record))
            await poster.chat_update(channel=owed.channel, ts=ts, text=text, blocks=blocks)
        return Delivered(owed.channel, ts)

    async def _publish(self, owed: Owed) -> Delivered:
        if self._home is not None:
            await self.home(owed.workspace, owed.person, await self._home(owed.workspace, owed.person))
        return Delivered()

    async def _hand_over(self, owed: Owed) -> Delivered:
        if self._files is None:
            raise Rejected("no_files_here")
        file = await self._files(owed)
        channel = await self._channel(owed)
        client = await self._clients.poster(owed.workspace)
        await self._pace.wait(channel)
        named = {**elements.section(mrkdwn.escape(file.title or file.name)), "block_id": owed.block_id}
        await upload(
            client, self._clients.session(), file, channel=channel, thread=owed.thread_ts, blocks=[named]
        )
        return await self.find(owed, owed.created_at) or Delivered(channel)

    async def _send(self, owed: Owed, channel: str, said: Message) -> Delivered:
        """Post a message; what Slack will not lay out goes as plain text."""
        client = await self._clients.poster(owed.workspace)
        await self._pace.wait(channel)
        common: dict[str, Any] = {
            "channel": channel,
            "thread_ts": owed.thread_ts,
            "metadata": {"event_type": "cairn_post", "event_payload": {"id": owed.id}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            sent = await client.chat_postMessage(text=said.text, blocks=said.blocks, **common)
        except SlackApiError as error:
            if reason_of(error) not in _UNPRESENTABLE:
                self._rest(channel, error)
                raise
            error_id = secrets.token_hex(3)
            log.error("not_presentable", error_id=error_id, owed=owed.id, reason=reason_of(error))
            text = f"{said.text}\n{_PLAIN.format(error_id)}"
            blocks = [{**block, "block_id": owed.block_id} for block in elements.sections(text)[:1]]
            sent = await client.chat_postMessage(text=text, blocks=blocks, **common)
        return Delivered(str(sent.get("channel") or channel), str(sent["ts"]))

    def _rest(self, channel: str, error: SlackApiError) -> None:
        """Let a channel rest when Slack says that it had enough."""
        verdict = of_api_error(error)
        if isinstance(verdict, NotSent):
            self._pace.hold(channel, verdict.retry_after_seconds)

    async def _message(self, owed: Owed) -> Message:
        """Return what is owed as a message; a reply that cannot be laid out becomes a kind sentence."""
        reply = reply_from_json(owed.content.get("reply") or {})
        try:
            said = message(reply, owed.id, picture=await self._picture(owed, reply))
            return replace(said, blocks=elements.with_text(said.blocks, self._readable))
        except ValueError as error:
            error_id = secrets.token_hex(3)
            log.error("reply_not_drawable", error_id=error_id, owed=owed.id, error=str(error))
            return message(Reply(body=f"{reply.body}\n{_PLAIN.format(error_id)}"), owed.id)

    def _drawn(self, view: dict[str, Any]) -> dict[str, Any]:
        return {**view, "blocks": elements.with_text(view["blocks"], self._readable)}

    def _readable(self, text: str) -> str:
        """Return mrkdwn for the Slack at hand; the local one draws entities as they are written."""
        return text if self._clients.is_real_slack else mrkdwn.for_local_slack(text)

    async def _picture(self, owed: Owed, reply: Reply) -> dict[str, Any] | None:
        """Return where a reply's chart is to be found in Slack, after uploading it."""
        if not reply.image or self._charts is None:
            return None
        client = await self._clients.poster(owed.workspace)
        try:
            file = await upload(client, self._clients.session(), await self._charts(owed, reply.image))
        except (OperationError, SlackApiError) as error:  # the words say it all without the chart
            if isinstance(error, SlackApiError) and isinstance(of_api_error(error), NotSent):
                raise
            log.warning("chart_left_out", owed=owed.id, chart=reply.image, reason=str(error))
            return None
        if self._clients.is_real_slack:
            return {"slack_file": {"id": file["id"]}}
        return {"image_url": file.get("permalink")}

    async def _channel(self, owed: Owed) -> str:
        """Return the channel to post in: the one named, else the person's direct messages."""
        if owed.channel and owed.verb != "direct":
            return owed.channel
        key = (owed.workspace, owed.person)
        if key not in self._direct:
            client = await self._clients.reader(owed.workspace)
            opened = await client.conversations_open(users=owed.person)
            self._direct[key] = str(opened["channel"]["id"])
        return self._direct[key]


def _ts(owed: Owed) -> str:
    """Return the ts of the message that is to change."""
    return str(owed.content.get("ts") or owed.content.get("message_ts") or "")
