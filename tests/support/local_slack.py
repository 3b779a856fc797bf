"""A pleasant hand on a real local Slack: speak as people do, wait for what Cairn says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.slack.blocks.mrkdwn import unescape
from bot.slack.local import RunningSlack, running

BOT = "U0CAIRN"
BOT_TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
SIGNING_SECRET = "test-secret"
WORKSPACE = "T0TEST"
PEOPLE = {"alice": "U0ALICE", "bob": "U0BOB", "carol": "U0CAROL"}
CHANNELS = {
    "#general": ("C0GENERAL", ("alice", "bob", "carol")),
    "#guest-mail": ("C0GUESTMAIL", ("alice", "bob")),
    "#leases-ml": ("C0LEASES", ("carol",)),
}

WAIT_SECONDS = 20.0


def workspace_config() -> dict[str, object]:
    """Return the workspace of the tests: three people, three channels, one bot."""
    return {
        "workspace": {"name": "Test", "domain": "test", "teamId": WORKSPACE},
        "app": {
            "appId": "A0CAIRN",
            "botUserId": BOT,
            "botName": "Cairn",
            "botToken": BOT_TOKEN,
            "appToken": APP_TOKEN,
            "signingSecret": SIGNING_SECRET,
            "mode": "socket",
        },
        "users": [
            {"id": user, "name": name, "real_name": name.title(), "tz": "Europe/Stockholm"}
            for name, user in PEOPLE.items()
        ],
        "channels": [
            {"id": channel, "name": name.removeprefix("#"), "members": [*(PEOPLE[m] for m in members), BOT]}
            for name, (channel, members) in CHANNELS.items()
        ],
    }


@dataclass
class Posted:
    """One message as it stands in the local Slack now."""

    raw: dict[str, Any] = field(repr=False)

    @property
    def ts(self) -> str:
        return str(self.raw["ts"])

    @property
    def channel(self) -> str:
        return str(self.raw["channel"])

    @property
    def thread(self) -> str:
        """The root of the thread this message belongs to, or opens."""
        return str(self.raw.get("thread_ts") or self.ts)

    @property
    def from_bot(self) -> bool:
        return self.raw.get("user") == BOT

    @property
    def only_for(self) -> str:
        """The id of the only person who sees it, or an empty string."""
        return str(self.raw.get("ephemeral_to") or "")

    @property
    def text(self) -> str:
        """Everything a reader sees, block after block, entities undone."""
        blocks = self.raw.get("blocks") or []
        shown = [_shown(block) for block in blocks] if blocks else [str(self.raw.get("text") or "")]
        return unescape("\n".join(part for part in shown if part)).replace("\u2060", "")

    @property
    def buttons(self) -> list[str]:
        return [_label(element) for _, element in self._elements()]

    @property
    def files(self) -> list[dict[str, Any]]:
        return list(self.raw.get("files") or [])

    def action(self, label: str) -> dict[str, Any]:
        """Return the click on the button with this label (or one that begins with it)."""
        for block, element in self._elements():
            if _label(element) == label or _label(element).startswith(label):
                kept = {key: element[key] for key in ("type", "action_id", "value", "text") if key in element}
                return kept | {"block_id": block.get("block_id")}
        raise AssertionError(f"no button {label!r} among {self.buttons} under: {self.text}")

    def _elements(self) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
        for block in self.raw.get("blocks") or []:
            if block.get("type") == "actions":
                yield from ((block, element) for element in block["elements"])


class LocalSlack:
    """A running local Slack. People and channels go by name: "alice", "#guest-mail", "@alice" (a DM)."""

    def __init__(self, slack: RunningSlack, http: aiohttp.ClientSession) -> None:
        self.server = slack
        self._http = http
        self._ui: aiohttp.ClientWebSocketResponse | None = None
        self._messages: dict[tuple[str, str], Posted] = {}
        self._channels: dict[str, str] = {name: channel for name, (channel, _) in CHANNELS.items()}
        self._modals: list[dict[str, Any]] = []
        self._homes: dict[str, dict[str, Any]] = {}
        self._errors: dict[str, str] = {}
        self._page_open = False
        self.is_connected = False
        self._changed = asyncio.Condition()

    @property
    def api_url(self) -> str:
        return self.server.api_url

    # What people do

    async def say(self, who: str, where: str, text: str, *, thread: Posted | str | None = None) -> Posted:
        """Post a message; `@Cairn` in it becomes a mention. Returns after the bot has acked."""
        body: dict[str, Any] = {
            "channel": await self._channel(where),
            "user": PEOPLE[who],
            "text": mentions(text),
        }
        if thread is not None:
            body["thread_ts"] = thread if isinstance(thread, str) else thread.thread
        answer = await self._post("message", body)
        return Posted(answer["message"])

    async def upload(
        self, who: str, where: str, text: str = "", *, files: dict[str, bytes], thread: Posted | None = None
    ) -> Posted:
        """Post a message with files, by name."""
        form = aiohttp.FormData()
        form.add_field("channel", await self._channel(where))
        form.add_field("user", PEOPLE[who])
        form.add_field("text", mentions(text))
        if thread is not None:
            form.add_field("thread_ts", thread.thread)
        for name, content in files.items():
            form.add_field("file", content, filename=name)
        async with self._http.post(f"{self.server.address}/_control/upload", data=form) as answer:
            parsed: dict[str, Any] = await answer.json()
        assert parsed.get("ok"), f"the local Slack refused the files {sorted(files)}: {parsed}"
        return Posted(parsed["message"])

    async def edit(self, who: str, message: Posted, text: str) -> None:
        """Change one's own message."""
        body = {"channel": message.channel, "ts": message.ts, "user": PEOPLE[who], "text": mentions(text)}
        await self._post("edit-message", body)

    async def react(self, who: str, message: Posted, name: str) -> None:
        """Add an emoji to a message."""
        body = {"channel": message.channel, "ts": message.ts, "user": PEOPLE[who], "name": name}
        await self._post("reaction", body)

    async def command(self, who: str, where: str, line: str) -> dict[str, Any]:
        """Type a slash command, for instance `/cairn start Guest mail`."""
        command, _, text = line.partition(" ")
        body = {"channel": await self._channel(where), "user": PEOPLE[who], "command": command, "text": text}
        return await self._post("command", body)

    async def click(self, who: str, message: Posted, label: str) -> None:
        """Click a button of a message."""
        now = self.current(message)
        body = {
            "channel": now.channel,
            "messageTs": now.ts,
            "user": PEOPLE[who],
            "action": now.action(label),
        }
        await self._post("interact", body)

    async def click_home(self, who: str, label: str) -> None:
        """Click a button of one's App Home."""
        home = Posted({"ts": "", "channel": "", "blocks": self._homes[PEOPLE[who]]["blocks"]})
        await self._send(
            t="block_action",
            channel="",
            messageTs="",
            user=PEOPLE[who],
            action=home.action(label),
            appId="A0CAIRN",
        )

    async def open_home(self, who: str) -> str:
        """Open the App Home and return what it shows."""
        user = PEOPLE[who]
        self._homes.pop(user, None)
        await self._post("open-home", {"user": user, "appId": "A0CAIRN"})
        await self.until(lambda: user in self._homes, f"a home for {who}")
        return Posted({"ts": "", "channel": "", "blocks": self._homes[user]["blocks"]}).text

    async def form(self, *, within: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait for a modal and return its view."""
        await self.until(lambda: bool(self._modals), "a modal", within)
        return self._modals[-1]

    async def submit(self, who: str, **fields: str) -> None:
        """Fill in the open modal by the ids of its fields, submit it, and wait until it closes."""
        view = await self.form()
        values: dict[str, Any] = {}
        for block in view["blocks"]:
            field_id, element = block.get("block_id"), block.get("element")
            if block["type"] == "input" and field_id in fields:
                values[field_id] = {element["action_id"]: _filled(element, fields[field_id])}
        if unknown := set(fields) - set(values):
            known = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
            raise AssertionError(f"no fields {sorted(unknown)} among {known}")
        await self._send(t="view_submit", user=PEOPLE[who], values=values)
        await self.until(lambda: not self._modals or bool(self._errors), "the modal to close")

    # What Cairn did

    async def reply_in(
        self,
        thread: Posted,
        *,
        containing: str = "",
        after: Posted | None = None,
        within: float = WAIT_SECONDS,
    ) -> Posted:
        """Wait for a message of the bot in a thread; `after` skips up to an earlier one."""
        return await self._wait(
            lambda message: (
                message.thread == thread.thread
                and message.channel == thread.channel
                and message.ts > (after.ts if after else thread.ts)
            ),
            containing,
            within,
        )

    async def post_in(
        self, where: str, *, containing: str = "", after: Posted | None = None, within: float = WAIT_SECONDS
    ) -> Posted:
        """Wait for a message of the bot anywhere in a channel or a DM ("@alice")."""
        channel = await self._channel(where)
        since = after.ts if after else ""
        return await self._wait(lambda m: m.channel == channel and m.ts > since, containing, within)

    async def changed(self, message: Posted, *, containing: str, within: float = WAIT_SECONDS) -> Posted:
        """Wait until a message of the bot was updated so that it holds these words."""
        await self.until(
            lambda: containing in self.current(message).text, f"{containing!r} in {message.ts}", within
        )
        return self.current(message)

    async def stays_quiet(self, *, since: Posted | None = None, seconds: float = 0.6) -> None:
        """Fail when the bot says anything within these seconds."""
        before = {message.ts for message in self.from_bot() if not since or message.ts <= since.ts}
        await asyncio.sleep(seconds)
        new = [message.text for message in self.from_bot() if message.ts not in before]
        assert not new, f"the bot should have kept quiet, and said: {new}"

    def current(self, message: Posted) -> Posted:
        """Return a message as it stands now."""
        return self._messages[(message.channel, message.ts)]

    def from_bot(self, where: str | None = None) -> list[Posted]:
        """Return everything the bot has posted, oldest first."""
        channel = self._channels[where] if where else None
        found = [m for m in self._messages.values() if m.from_bot and channel in (None, m.channel)]
        return sorted(found, key=lambda message: message.ts)

    async def log(self) -> list[dict[str, Any]]:
        """Return the local Slack's log: what went to the bot and what came from it."""
        async with self._http.get(f"{self.server.address}/_control/log") as answer:
            entries: list[dict[str, Any]] = (await answer.json())["log"]
            return entries

    async def download(self, file: dict[str, Any]) -> bytes:
        """Return a file's bytes, as someone who clicks it gets them."""
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with self._http.get(file["url_private"], headers=headers) as answer:
            assert answer.status == 200, f"the file cannot be read: {answer.status}"
            return await answer.read()

    async def bot_connected(self, *, within: float = WAIT_SECONDS) -> None:
        """Wait until the bot's Socket Mode connection stands."""
        await self.until(lambda: self.is_connected, "the bot's connection", within)

    # Inside

    async def listen(self) -> None:
        """Follow the page's own WebSocket until it closes."""
        async with self._http.ws_connect(
            f"{self.server.address}/ui", max_msg_size=0, heartbeat=None
        ) as socket:
            self._ui = socket
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(json.loads(frame.data))
                    async with self._changed:
                        self._changed.notify_all()

    async def ready(self) -> None:
        """Wait until the page's WebSocket has told the state."""
        await self.until(lambda: self._page_open, "the local Slack's page")

    def _take(self, frame: dict[str, Any]) -> None:
        kind = frame.get("t")
        if kind == "init":
            state = frame["state"]
            held = state.get("messages") or {}
            lists = held.values() if isinstance(held, dict) else [held]
            for message in (m for each in lists for m in each):
                self._keep(message)
            self._modals = list(state.get("modalStack") or [])
            self._page_open = True
            self.is_connected = any(app.get("connected") for app in state.get("apps") or [])
        elif kind in {"message", "message_update"}:
            self._keep(frame["message"])
        elif kind == "message_delete":
            self._messages.pop((frame["channel"], frame["ts"]), None)
        elif kind == "view":
            self._modals, self._errors = list(frame["stack"]), {}
        elif kind == "view_errors":
            self._errors = dict(frame["errors"])
        elif kind == "socket_status":
            self.is_connected = bool(frame.get("connected"))
        elif kind == "home":
            self._homes[frame["user"]] = frame["view"]

    def _keep(self, message: dict[str, Any]) -> None:
        self._messages[(message["channel"], message["ts"])] = Posted(message)

    async def _wait(self, fits: Callable[[Posted], bool], containing: str, within: float) -> Posted:
        def found() -> Posted | None:
            return next((m for m in self.from_bot() if fits(m) and containing in m.text), None)

        await self.until(lambda: found() is not None, f"a message holding {containing!r}", within)
        message = found()
        assert message is not None
        return message

    async def until(self, holds: Callable[[], bool], what: str, within: float = WAIT_SECONDS) -> None:
        """Wait until something holds that the local Slack tells of; fails with the bot's last words."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(holds), within)
            except TimeoutError:
                said = "\n---\n".join(message.text for message in self.from_bot()[-6:]) or "nothing"
                raise AssertionError(f"waited {within} s for {what}; the bot's last words:\n{said}") from None

    async def _channel(self, where: str) -> str:
        if where.startswith("@"):
            who = where.removeprefix("@")
            if where not in self._channels:
                async with self._http.post(
                    f"{self.api_url}conversations.open",
                    json={"users": PEOPLE[who]},
                    headers={"Authorization": f"Bearer {BOT_TOKEN}"},
                ) as answer:
                    self._channels[where] = (await answer.json())["channel"]["id"]
        return self._channels[where]

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(f"{self.server.address}/_control/{path}", json=body) as answer:
            parsed: dict[str, Any] = await answer.json()
        assert parsed.get("ok", True), f"the local Slack refused {path} {body}: {parsed}"
        return parsed

    async def _send(self, **frame: Any) -> None:
        assert self._ui is not None
        await self._ui.send_str(json.dumps(frame))


@asynccontextmanager
async def local_slack(config: dict[str, object] | None = None) -> AsyncIterator[LocalSlack]:
    """Run a local Slack with the tests' workspace and follow it."""
    async with running(config or workspace_config()) as server, aiohttp.ClientSession() as http:
        slack = LocalSlack(server, http)
        listening = asyncio.create_task(slack.listen())
        try:
            await slack.ready()
            yield slack
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def mentions(text: str) -> str:
    """Return text with @names as Slack would send them."""
    text = text.replace("@Cairn", f"<@{BOT}>")
    for name, user in PEOPLE.items():
        text = text.replace(f"@{name}", f"<@{user}>")
    return text


def _shown(block: dict[str, Any]) -> str:
    kind = block.get("type")
    if kind == "section":
        return str((block.get("text") or {}).get("text") or "")
    if kind == "context":
        return " ".join(str(element.get("text") or "") for element in block["elements"])
    if kind == "actions":
        return " ".join(f"[{_label(element)}]" for element in block["elements"])
    return str(block["text"]["text"]) if kind == "header" else ""


def _label(element: dict[str, Any]) -> str:
    return str((element.get("text") or {}).get("text") or "")


def _filled(element: dict[str, Any], value: str) -> dict[str, Any]:
    if element["type"] == "static_select":
        option = next(o for o in element["options"] if value in (o["value"], o["text"]["text"]))
        return {"type": "static_select", "selected_option": option}
    return {"type": element["type"], "value": value}
