"""The doctor: every finding that is not well says what to do, in one sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.doctor import Finding, examine, here
from bot.doctor.slack import look_at_slack
from bot.settings import Settings, load_settings
from bot.slack.scopes import bot_scopes

CURES = ("run ", "copy ", "set ", "correct ", "start ", "free ", "reinstall ", "check ", "delete ", "restore ",
        "rename ", "generate ", "write ", "split ", "may lack", "load ", "it must ")  # fmt: skip


@dataclass
class Stub:
    """Answers of a Slack and of a model server, by path."""

    url: str = ""
    slack_error: dict[str, str] = field(default_factory=dict)  # method → error
    scopes: str = ",".join(bot_scopes())
    date: str = ""
    models: list[dict[str, str]] = field(default_factory=list)
    model_status: int = 200


@pytest.fixture
async def there() -> AsyncIterator[Stub]:
    """A server on this machine that answers as Slack and as a model server do."""
    stub = Stub(date=format_datetime(datetime.now(UTC), usegmt=True))

    async def slack(request: web.Request) -> web.Response:
        error = stub.slack_error.get(request.match_info["method"])
        body: Mapping[str, Any] = (
            {"ok": False, "error": error}
            if error
            else {"ok": True, "team": "Inn", "user": "cairn", "url": "wss://x"}
        )
        return web.json_response(body, headers={"x-oauth-scopes": stub.scopes, "Date": stub.date})

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"data": stub.models}, status=stub.model_status)

    app = web.Application()
    app.add_routes([web.post("/api/{method}", slack), web.get("/v1/models", models)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stub
    await runner.cleanup()


Configure = Callable[..., Settings]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Settings from the environment, with fresh folders."""
    monkeypatch.chdir(tmp_path)

    def settings(**given: str) -> Settings:
        base = {"CAIRN_DATA_DIR": str(tmp_path / "data"), "CAIRN_MODELS_DIR": str(tmp_path / "models")}
        for name, value in {**base, **given}.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return settings


def by_name(*findings: Finding) -> dict[str, Finding]:
    """Return the last finding of each name; whatever is not well must say what to do."""
    for finding in findings:
        assert finding.well or any(cure in finding.text.lower() for cure in CURES), str(finding)
    return {finding.name: finding for finding in findings}


def tokens(there: Stub) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_URL": f"{there.url}/api/",
    }


async def test_all_is_well_where_slack_answers(configure: Configure, there: Stub) -> None:
    configure(**tokens(there))
    found = by_name(*await examine())
    assert {name for name, finding in found.items() if not finding.well} == {"embedding model"}
    assert found["slack"].text == "Inn as cairn"
    assert found["delivery"].text == "Socket Mode"


@pytest.mark.parametrize(
    ("broken", "finding", "said"),
    [
        ({"slack_error": {"auth.test": "invalid_auth"}}, "slack", "refuses SLACK_BOT_TOKEN (invalid_auth)"),
        ({"slack_error": {"auth.test": "ratelimited"}}, "slack", "again in a minute"),
        ({"slack_error": {"apps.connections.open": "invalid_auth"}}, "delivery", "refuses SLACK_APP_TOKEN"),
        ({"slack_error": {"apps.connections.open": "missing_scope"}}, "delivery", "connections:write"),
        ({"scopes": "chat:write"}, "scopes", "missing app_mentions:read"),
        ({"date": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)}, "clock", "timedatectl"),
    ],
)  # fmt: skip
async def test_what_slack_says_is_put_into_what_to_do(
    configure: Configure, there: Stub, broken: dict[str, Any], finding: str, said: str
) -> None:
    for name, value in broken.items():
        setattr(there, name, value)
    found = by_name(*await look_at_slack(configure(**tokens(there))))
    assert not found[finding].well
    assert found[finding].serious
    assert said in found[finding].text


async def test_a_slack_that_does_not_answer_is_named(configure: Configure) -> None:
    found = by_name(
        *await look_at_slack(configure(SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL="http://127.0.0.1:9/api/"))
    )
    assert "127.0.0.1:9/api/ does not answer" in found["slack"].text


async def test_a_bot_that_could_hear_nothing_is_told(configure: Configure, there: Stub) -> None:
    found = by_name(
        *await look_at_slack(configure(SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL=f"{there.url}/api/"))
    )
    assert "hears nothing" in found["delivery"].text


async def test_an_installation_over_oauth_needs_no_bot_token(configure: Configure) -> None:
    found = by_name(
        *await look_at_slack(
            configure(SLACK_CLIENT_ID="1.2", SLACK_CLIENT_SECRET="s", SLACK_SIGNING_SECRET="s")
        )
    )
    assert found["slack"].well
    assert "/slack/events" in found["delivery"].text


@pytest.mark.parametrize(
    ("models", "status", "said"),
    [
        ([{"id": "qwen3-4b"}], 200, "qwen3-4b, served at"),
        ([], 200, "serves no model"),
        ([], 401, "CAIRN_CHAT_API_KEY"),
        ([], 404, "CAIRN_CHAT_BASE_URL"),
    ],
)
async def test_a_model_server_is_asked_what_it_serves(
    configure: Configure, there: Stub, models: list[dict[str, str]], status: int, said: str
) -> None:
    there.models, there.model_status = models, status
    found = by_name(await here.chat_model(configure(CAIRN_CHAT_BASE_URL=there.url)))
    assert said in found["chat model"].text
    assert found["chat model"].well == bool(models)


async def test_a_model_server_that_is_down_is_no_reason_not_to_run(configure: Configure) -> None:
    found = by_name(await here.chat_model(configure(CAIRN_CHAT_BASE_URL="http://127.0.0.1:9")))
    assert not found["chat model"].well
    assert not found["chat model"].serious


def test_a_data_folder_that_cannot_be_made_is_a_sentence(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = by_name(here.disk(configure(CAIRN_DATA_DIR=str(tmp_path / "file" / "data"))))
    assert "CAIRN_DATA_DIR" in found["disk"].text


def test_a_database_of_a_newer_cairn_is_not_to_be_upgraded(configure: Configure, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "newer.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    found = by_name(here.database(configure(CAIRN_DATABASE_URL=f"sqlite:///{tmp_path / 'newer.db'}")))
    assert "a newer Cairn made" in found["database"].text


def test_half_a_model_file_is_no_missing_one(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "all-MiniLM-L6-v2-Q8_0.gguf").write_bytes(b"GGUF")
    assert "incomplete" in by_name(here.embedding_model(configure()))["embedding model"].text


def test_shipped_facts_that_a_file_hides_are_counted(configure: Configure, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "metrics.toml").write_text("")
    found = by_name(*here.knowledge(configure(CAIRN_KNOWLEDGE_DIR=str(folder))))
    assert "records are gone" in found["knowledge"].text


async def test_a_setting_that_cannot_be_used_ends_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_HTTP_PORT", "eighty")
    assert list(by_name(*await examine())) == ["settings"]
