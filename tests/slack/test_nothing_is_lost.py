"""What was acked is answered, whatever ends in between; what could not be written down is not acked."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from bench_bot import BenchBot, bench_bot
from local_slack import LocalSlack
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.storage.store import Store

pytestmark = pytest.mark.slack


async def test_slack_gets_its_ack_before_the_work_is_done(slack: LocalSlack, bot: BenchBot) -> None:
    bot.conversation.gate.clear()
    began = asyncio.get_running_loop().time()
    asked = await slack.say("alice", "#guest-mail", "@Cairn take your time")
    assert asyncio.get_running_loop().time() - began < 2.0, "the local Slack waits 5 s for a missing ack"
    assert slack.from_bot() == []
    bot.conversation.gate.set()
    assert "take your time" in (await slack.reply_in(asked)).text


async def test_a_message_acked_before_a_crash_is_answered_after_the_restart(
    slack: LocalSlack, tmp_path: Path
) -> None:
    database = tmp_path / "cairn.db"
    async with bench_bot(slack, database, lease_seconds=0.5) as bot:
        bot.conversation.gate.clear()  # the work never ends: the process does
        asked = await slack.say("alice", "#guest-mail", "@Cairn are you there?")
        await slack.stays_quiet(seconds=0.2)
    await asyncio.sleep(0.5)  # the lease of the dead runs out
    async with bench_bot(slack, database, lease_seconds=0.5) as bot:
        assert "are you there?" in (await slack.reply_in(asked)).text
        await slack.stays_quiet(since=slack.from_bot()[-1])
        assert len(bot.conversation.heard) == 1


async def test_what_cannot_be_written_down_gets_no_ack(slack: LocalSlack, tmp_path: Path) -> None:
    database = tmp_path / "cairn.db"
    await (await Store.open(f"sqlite:///{database}")).close()
    with sqlite3.connect(database) as other:
        other.execute("DROP TABLE inbox")
    async with bench_bot(slack, database):
        await slack.say("alice", "#guest-mail", "is anyone there?")  # returns after 5 s without an ack
        log = await slack.log()
    kinds = [entry["kind"] for entry in log]
    assert kinds.count("events_api") == 1
    assert kinds.count("ack") == 0


async def test_a_dropped_connection_comes_back_by_itself(slack: LocalSlack, bot: BenchBot) -> None:
    assert bot.handler is not None
    client = bot.handler.client
    assert isinstance(client, SocketModeClient)
    assert client.current_session is not None
    await client.current_session.close()
    await slack.until(lambda: not slack.is_connected, "the connection to drop")
    await slack.bot_connected(within=15)
    assert await slack.reply_in(await slack.say("alice", "#guest-mail", "@Cairn still there?"))
