"""Health, readiness and metrics over real HTTP, and the install pages of a many-workspace Cairn."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter
from slack_sdk.oauth.installation_store import Bot
from sqlalchemy.ext.asyncio import create_async_engine
from stubborn_slack import stubborn_slack

from bot import http
from bot.failures import ConfigurationError
from bot.http import Check, Route
from bot.slack import oauth
from bot.slack.app import EVENTS_PATH, build_app, http_routes
from bot.slack.scopes import bot_scopes
from bot.slack.workspaces import Clients, InstalledWorkspaces, OneWorkspace


async def well() -> str:
    return ""


async def unwell() -> str:
    return "the database does not answer"


async def broken() -> str:
    raise OSError("no route to host")


@asynccontextmanager
async def served(
    checks: dict[str, Check], routes: tuple[Route, ...] = (), registry: CollectorRegistry | None = None
) -> AsyncIterator[str]:
    app = http.build(checks, routes=routes, registry=registry or CollectorRegistry())
    runner, port = await http.serve(app, port=0)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_a_remark_is_said_and_cairn_stays_ready() -> None:
    async def broken_file() -> str:
        return "rules.md:3: The front matter is not closed."

    app = http.build({"database": well}, remarks={"knowledge": broken_file}, registry=CollectorRegistry())
    runner, port = await http.serve(app, port=0)
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["checks"] == {"database": "ok", "knowledge": await broken_file()}
    await runner.cleanup()


async def test_a_process_that_answers_is_alive_even_when_it_is_not_ready() -> None:
    async with served({"database": unwell}) as address, aiohttp.ClientSession() as client:
        async with client.get(f"{address}/healthz") as alive:
            assert alive.status == 200
        async with client.get(f"{address}/readyz") as ready:
            assert ready.status == 503
            assert (await ready.json())["checks"] == {"database": "the database does not answer"}


@pytest.mark.parametrize(("check", "status"), [(well, 200), (unwell, 503), (broken, 503)])
async def test_ready_means_that_every_check_is_well(check: Check, status: int) -> None:
    async with (
        served({"slack": well, "database": check}) as address,
        aiohttp.ClientSession() as client,
        client.get(f"{address}/readyz") as answer,
    ):
        assert answer.status == status
        assert (await answer.json())["checks"]["slack"] == "ok"


async def test_metrics_are_in_the_form_prometheus_reads() -> None:
    registry = CollectorRegistry()
    Counter("cairn_turns", "Turns taken", registry=registry).inc(3)
    async with (
        served({}, registry=registry) as address,
        aiohttp.ClientSession() as client,
        client.get(f"{address}/metrics") as answer,
    ):
        assert "cairn_turns_total 3.0" in await answer.text()
        assert answer.headers["Content-Type"].startswith("text/plain")


async def test_a_port_in_use_is_one_sentence_that_names_the_setting() -> None:
    async with served({}) as address:
        port = urlsplit(address).port
        assert port
        with pytest.raises(ConfigurationError, match=rf"Port {port} .* in use; set CAIRN_HTTP_PORT"):
            await http.serve(http.build({}, registry=CollectorRegistry()), port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("203.0.113.1", 0)])
async def test_an_address_that_cannot_be_taken_names_its_settings(host: str, port: int) -> None:
    with pytest.raises(ConfigurationError, match="CAIRN_HTTP_HOST and CAIRN_HTTP_PORT"):
        await http.serve(http.build({}, registry=CollectorRegistry()), host=host, port=port)


async def test_the_install_page_asks_for_the_manifests_scopes_and_remembers_its_state(
    tmp_path: Path,
) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'cairn.db'}")
    flow = await oauth.flow(client_id="1.2", client_secret="s", engine=engine)
    store = flow.settings.installation_store
    assert store is not None
    clients = Clients(InstalledWorkspaces(store))

    async def accept(body: dict[str, object]) -> None:
        """Nothing arrives here."""

    app = build_app(clients=clients, accept=accept, wake=lambda: None, signing_secret="secret", oauth=flow)
    async with served({}, http_routes(app)) as address, aiohttp.ClientSession() as client:
        async with client.get(f"{address}{oauth.INSTALL_PATH}") as page:
            text = await page.text()
            assert page.status == 200
        [link] = re.findall(r'href="(https://slack\.com/oauth/v2/authorize[^"]+)"', text)
        asked = parse_qs(urlsplit(unescape(link)).query)
        assert asked["client_id"] == ["1.2"]
        assert set(asked["scope"][0].split(",")) == set(bot_scopes())
        query = {"code": "x", "state": "forged"}
        async with client.get(f"{address}{oauth.REDIRECT_PATH}", params=query) as refused:
            assert refused.status == 400
    await clients.close()
    await engine.dispose()


async def test_bolt_takes_no_setting_from_the_environment_behind_our_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        monkeypatch.setenv(name, "xoxb-from-outside")
    clients = Clients(OneWorkspace("xoxb-1"))

    async def accept(body: dict[str, object]) -> None:
        """Nothing arrives here."""

    app = build_app(clients=clients, accept=accept, wake=lambda: None)
    assert [route.path for route in http_routes(app)] == [EVENTS_PATH]
    assert os.environ["SLACK_BOT_TOKEN"] == "xoxb-from-outside"
    assert caplog.text == ""


async def test_a_workspace_that_installed_cairn_is_spoken_to_with_its_own_token(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'cairn.db'}")
    async with stubborn_slack() as slack:
        flow = await oauth.flow(client_id="1.2", client_secret="s", engine=engine, base_url=slack.api_url)
        store = flow.settings.installation_store
        assert store is not None
        await store.async_save_bot(
            Bot(
                app_id="A1",
                enterprise_id=None,
                team_id="T9",
                bot_token="xoxb-nine",
                bot_id="B9",
                bot_user_id="U9",
                bot_scopes=list(bot_scopes()),
                installed_at=1_763_900_000.0,
            )
        )
        workspaces = InstalledWorkspaces(store)
        assert (await workspaces.identity("T9")).token == "xoxb-nine"
        with pytest.raises(
            ConfigurationError, match="not installed in the workspace T8; open /slack/install"
        ):
            await workspaces.identity("T8")
    await engine.dispose()
