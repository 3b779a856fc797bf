"""`cairn demo`: the local Slack comes up with its team, the bot gets in, and both end together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from bot.demo import ENVIRONMENT, Ready, demo
from bot.failures import OperationError
from bot.slack import local
from bot.slack.workspaces import OneWorkspace

pytestmark = pytest.mark.slack


class Guest:
    """A bot that says who it is, then waits to be told to stop."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.up = asyncio.Event()
        self.address = ""
        self.user = ""

    async def start(self, environment: Mapping[str, str], ready: Ready) -> None:
        self.address = environment["SLACK_API_URL"].removesuffix("/api/")
        token = environment["SLACK_BOT_TOKEN"]
        self.user = (await OneWorkspace(token, base_url=environment["SLACK_API_URL"]).identity()).user_id
        await ready(0)
        self.up.set()
        await self.stop.wait()


async def channels(address: str) -> dict[str, list[str]]:
    async with aiohttp.ClientSession() as client, client.get(f"{address}/_control/state") as answer:
        return {each["name"]: each["members"] for each in (await answer.json())["channels"]}


async def test_the_demo_has_a_team_and_says_where_it_is_and_who_may_reach_it() -> None:
    guest, said = Guest(), list[str]()
    running = asyncio.create_task(demo(guest.start, said.append, port=0))
    await asyncio.wait_for(guest.up.wait(), 20)
    members = await channels(guest.address)
    assert {"general", "guest-mail", "leases-ml"} <= set(members)
    assert all(guest.user in members[name] for name in ("general", "guest-mail", "leases-ml"))
    direct = [each for each in members.values() if len(each) == 2 and guest.user in each]
    assert len(direct) == 4, "everyone can write to Cairn directly"
    assert guest.address in said[0]
    assert any("every network interface" in sentence for sentence in said)
    guest.stop.set()
    await asyncio.wait_for(running, 10)
    with pytest.raises(aiohttp.ClientConnectionError):
        await channels(guest.address)


async def test_when_the_bot_is_cancelled_the_local_slack_ends_too() -> None:
    guest = Guest()
    running = asyncio.create_task(demo(guest.start, lambda _: None, port=0))
    await asyncio.wait_for(guest.up.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(aiohttp.ClientConnectionError):
        await channels(guest.address)


async def test_a_bot_that_cannot_start_is_not_hidden() -> None:
    async def start(environment: Mapping[str, str], ready: Ready) -> None:
        raise OperationError("the database does not answer")

    with pytest.raises(OperationError, match="the database does not answer"):
        await demo(start, lambda _: None, port=0)


async def test_a_local_slack_that_refuses_its_workspace_says_why() -> None:
    with pytest.raises(OperationError, match=r"ended at once: .*mode"):
        async with local.running({"app": {"mode": "pigeon"}}):
            pass


def test_a_missing_local_slack_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(
        OperationError, match=r"not installed; run `make setup` .*npm install --prefix .local-slack"
    ):
        local.binary(tmp_path)


def test_the_demo_uses_the_tokens_of_its_workspace() -> None:
    workspace = (local.ROOT / "deploy" / "demo" / "workspace.yaml").read_text(encoding="utf-8")
    assert f"botToken: {ENVIRONMENT['SLACK_BOT_TOKEN']}" in workspace
    assert f"appToken: {ENVIRONMENT['SLACK_APP_TOKEN']}" in workspace
