"""Channels and people that change, with the bot as its operator runs it: Slack's signed events, a real conversation."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from local_slack import (
    BOT_TOKEN,
    CHANNELS,
    PEOPLE,
    SIGNING_SECRET,
    WORKSPACE,
    LocalSlack,
    local_slack,
    workspace_config,
)
from slack_sdk.signature import SignatureVerifier

from bot.app import run
from bot.settings import load_settings
from bot.slack.app import EVENTS_PATH
from bot.slack.local import free_port

pytestmark = pytest.mark.slack

GUEST_MAIL = CHANNELS["#guest-mail"][0]
OPENING = "@Cairn we want drafts for guest mails, 1200 a day, swedish + english, from our house guides"
NUMBERS = count(1)


class Events:
    """The events that the local Slack never sends, sent as Slack does: signed, over HTTP."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def send(self, **event: Any) -> None:
        """Deliver an event twice, as Slack does when it is not sure."""
        body = {
            "type": "event_callback",
            "team_id": WORKSPACE,
            "event_id": f"Ev{next(NUMBERS)}",
            "event": event,
        }
        text, at = json.dumps(body), str(int(time.time()))
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=at, body=text) or ""
        headers = {
            "Content-Type": "application/json", "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature,
        }  # fmt: skip
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.post(self._address, data=text, headers=headers) as answer:
                    assert answer.status == 200


@asynccontextmanager
async def house(data_dir: Path) -> AsyncIterator[tuple[LocalSlack, Events]]:
    """Run a local Slack and the whole bot in HTTP mode."""
    port = free_port()
    address = f"http://127.0.0.1:{port}{EVENTS_PATH}"
    config = workspace_config()
    config["app"] = {**config["app"], "mode": "events", "requestUrl": address}  # type: ignore[dict-item]
    stop, is_ready = asyncio.Event(), asyncio.Event()

    async def ready(_: int) -> None:
        is_ready.set()

    async with local_slack(config) as slack:
        settings = load_settings(
            _env_file=None,
            slack_bot_token=BOT_TOKEN,
            slack_signing_secret=SIGNING_SECRET,
            slack_api_url=slack.api_url,
            cairn_data_dir=data_dir,
            cairn_http_port=port,
            cairn_lease_seconds=4,
        )
        running = asyncio.create_task(run(settings, ready=ready, stop=stop))
        try:
            await asyncio.wait_for(is_ready.wait(), 30)
            yield slack, Events(address)
        finally:
            stop.set()
            await asyncio.wait_for(running, 15)


async def test_an_archived_channel_an_owner_who_left_and_a_private_channel(tmp_path: Path) -> None:
    async with house(tmp_path) as (slack, events):
        root = await slack.say("alice", "#guest-mail", OPENING)
        await slack.reply_in(root, containing="Where may the guest mails be processed?")

        await events.send(type="channel_archive", channel=GUEST_MAIL, user=PEOPLE["bob"])
        told = await slack.post_in("@alice", containing="was archived")
        assert "no nudges, and nothing is lost" in told.text
        await events.send(type="channel_unarchive", channel=GUEST_MAIL, user=PEOPLE["bob"])
        back = await slack.reply_in(root, containing="goes on where it stood")
        assert "Where may the guest mails be processed?" in back.text

        await events.send(type="user_change", user={"id": PEOPLE["alice"], "deleted": True})
        asked = await slack.reply_in(root, containing="account was deactivated")
        assert "the project itself" in asked.text
        await slack.click("bob", asked, "I'll take it")
        await slack.changed(asked, containing="bob takes over")
        taken = await slack.reply_in(root, containing="Yours now", after=asked)

        private = {"type": "message", "subtype": "channel_convert_to_private", "channel": GUEST_MAIL}
        await events.send(
            **private,
            user=PEOPLE["bob"],
            ts="1730984822.596869",
            channel_type="group",
            text="made it private",
        )
        said = await slack.reply_in(root, containing="only its members can see", after=taken)
        await slack.stays_quiet(since=said, seconds=1.0)
