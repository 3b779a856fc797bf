"""How fast the outbox delivers, held against Slack's own limit of one message a second in a channel.

The rows, the leases and the HTTP are real; Slack's answers come from a small server on this machine.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

import pytest
from sqlite_file import migrated_file
from stubborn_slack import stubborn_slack

from bot import outbox
from bot.owed import Owed
from bot.slack.pace import Pace
from bot.slack.post import Post
from bot.slack.workspaces import Clients, OneWorkspace
from bot.storage.store import Store
from bot.wire import reply_to_json
from dialogs.turns import Reply

EACH = 8  # messages for a channel, four more than a burst
BURST, PER_SECOND = 4, 1.0
HELD_SECONDS = 0.1
LEAST_SHARE = 0.8  # of Slack's limit for one channel
LEAST_A_SECOND = 5.0  # over many channels: Slack lets several hundred a minute through in a workspace
COUNTS = (1, 20, 100)


def now() -> datetime:
    return datetime.now(UTC)


def messages(channels: int) -> list[Owed]:
    """Eight messages for each channel, each in a thread of its own."""
    content = {"reply": reply_to_json(Reply(body="The evaluation is due on Thursday."))}
    return [
        Owed(
            id=f"m-{channel}-{number}",
            workspace="T1",
            channel=f"C{channel}",
            verb="post",
            created_at=now(),
            content=content,
            thread_ts=f"{number}.000100",
        )
        for number in range(EACH)
        for channel in range(channels)
    ]


async def seconds_for(url: str, channels: int) -> float:
    """Return the seconds until everything that is owed to so many channels was taken by Slack."""
    owed = messages(channels)
    store = await Store.open(url, migrate=False)
    async with stubborn_slack() as slack:
        clients = Clients(OneWorkspace("xoxb-1", base_url=slack.api_url), base_url=slack.api_url)
        post = Post(clients, pace=Pace(per_second=PER_SECOND, burst=BURST))
        try:
            async with store.write() as session:
                await outbox.owe(session, owed)
            began = perf_counter()
            while len(slack.messages) < len(owed):
                drained = await outbox.drain(store, post, now)
                if drained.held:
                    await asyncio.sleep(HELD_SECONDS)
            seconds = perf_counter() - began
        finally:
            await clients.close()
            await store.close()
        ids = [message["metadata"]["event_payload"]["id"] for message in slack.messages]
    assert sorted(ids) == sorted(entry.id for entry in owed)
    return seconds


async def test_many_channels_are_served_at_slacks_own_pace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    least = (EACH - BURST) / PER_SECOND  # what Slack lets through at best
    shares, rates = {}, {}
    for channels in COUNTS:
        folder = tmp_path / str(channels)
        folder.mkdir()
        began = process_time()
        took = await seconds_for(migrated_file(folder), channels)
        each_ms = 1_000 * (process_time() - began) / (EACH * channels)
        shares[channels], rates[channels] = least / took, EACH * channels / took
        with capsys.disabled():
            print(  # noqa: T201
                f"\n{EACH * channels} messages to {channels} channels: {took:.1f} s, {rates[channels]:.0f} a second, "
                f"{each_ms:.0f} ms of processor time each; the channels' limit lets them through in {least:.1f} s "
                f"({shares[channels]:.0%} of it); "
                f"load {os.getloadavg()[0]:.1f}"
            )
    assert shares[1] >= LEAST_SHARE
    assert rates[100] >= LEAST_A_SECOND
