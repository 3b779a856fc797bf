"""Profiles from Slack: read once, also those of owners who are only names."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.slack.people import People
from bot.slack.workspaces import BotIdentity, Clients


class Anybody:
    async def identity(self, workspace: str) -> BotIdentity:
        return BotIdentity("xoxb-1", "U0BOT", "B0BOT", workspace)


@pytest.mark.parametrize(
    ("error", "asked"),
    [("user_not_found", 1), ("user_not_visible", 1), ("fatal_error", 3)],
)
async def test_who_is_nobody_is_asked_for_once_and_a_passing_trouble_again(error: str, asked: int) -> None:
    calls = []

    async def users_info(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.json_response({"ok": False, "error": error})

    app = web.Application()
    app.router.add_route("*", "/api/users.info", users_info)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        host, port = runner.addresses[0][:2]
        people = People(Clients(Anybody(), base_url=f"http://{host}:{port}/api/", timeout_seconds=5))
        for _ in range(3):
            assert await people.zone("T1", "dora") == ""
    finally:
        await runner.cleanup()
    assert len(calls) == asked
