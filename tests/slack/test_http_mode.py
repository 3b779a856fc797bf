"""The same bot without Socket Mode: Slack calls it over HTTP and signs what it sends."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from bench_bot import bench_bot
from local_slack import local_slack, workspace_config

from bot.slack.app import EVENTS_PATH
from bot.slack.local import free_port

pytestmark = pytest.mark.slack


async def test_a_signed_request_is_heard_and_a_forged_one_is_not(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}{EVENTS_PATH}"
    config = workspace_config()
    config["app"] = {**config["app"], "mode": "events", "requestUrl": address}  # type: ignore[dict-item]
    async with local_slack(config) as slack, bench_bot(slack, tmp_path / "cairn.db", http_port=port) as bot:
        asked = await slack.say("alice", "#guest-mail", "@Cairn hello")
        answer = await slack.reply_in(asked, containing="hello")
        await slack.click("alice", answer, "A hundred")
        await slack.changed(answer, containing="alice chose a hundred")
        await slack.command("alice", "#guest-mail", "/estimate form")
        await slack.submit("alice", count="5")
        await slack.post_in("#guest-mail", containing="('count', '5')")
        forged = {"type": "event_callback", "team_id": "T0TEST", "event": {"type": "message"}}
        async with aiohttp.ClientSession() as stranger, stranger.post(address, json=forged) as refused:
            assert refused.status == 401
        assert len(bot.conversation.heard) == 4
