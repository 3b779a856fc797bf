"""Settings: every bad value is one sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.failures import ConfigurationError
from bot.model import embedding_model
from bot.model.embedding_model import FILE_NAME, GGUF_BYTES
from bot.settings import load_settings, require_slack


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(__import__("os").environ):
        if name.startswith(("CAIRN_", "SLACK_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SLACK_BOT_TOKEN", "abc", "must begin with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "must begin with xapp-"),
        ("SLACK_API_URL", "slack.com/api", "must begin with http"),
        ("CAIRN_DATABASE_URL", "mysql://x/y", "mysql is not supported"),
        ("CAIRN_DATABASE_URL", "not a url", "no database URL"),
        ("CAIRN_HTTP_PORT", "eighty", "it must be a whole number"),
        ("CAIRN_HTTP_PORT", "70000", "at most 65535"),
        ("CAIRN_LOG_LEVEL", "loud", "'DEBUG'"),
        ("CAIRN_LOG_FORMAT", "xml", "'console' or 'json'"),
        ("CAIRN_CHAT_BASE_URL", "notaurl", "must begin with http"),
        ("CAIRN_KNOWLEDGE_DIR", "/nowhere/at/all", "there is no folder"),
        ("CAIRN_LEASE_SECONDS", "0", "at least 2.0"),
    ],
)
def test_a_bad_value_is_one_sentence_with_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    sentence = str(error.value)
    assert sentence.startswith(name)
    assert says in sentence
    assert "\n" not in sentence


def test_a_dotenv_file_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CAIRN_LOG_LEVEL=debug\nCAIRN_HTTP_PORT=9000\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("CAIRN_HTTP_PORT", "9001")
    settings = load_settings()
    assert (settings.cairn_log_level, settings.cairn_http_port) == ("DEBUG", 9001)


def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")
    assert load_settings().slack_bot_token is None


def test_without_a_database_url_the_data_directory_holds_one(tmp_path: Path) -> None:
    settings = load_settings(cairn_data_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/cairn.db"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "SLACK_BOT_TOKEN"),
        ({"slack_app_token": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"slack_bot_token": "xoxb-1"}, "SLACK_APP_TOKEN"),
    ],
)
def test_a_missing_token_is_named_with_the_place_to_find_it(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{missing} is not set; copy it from api\.slack\.com"):
        require_slack(load_settings(**given))


def test_tokens_are_not_shown(tmp_path: Path) -> None:
    assert "hush" not in repr(load_settings(slack_bot_token="xoxb-hush", slack_signing_secret="hush"))


def test_folders_may_begin_at_home_and_come_from_a_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CAIRN_MODELS_DIR=~/fetched\nCAIRN_DATA_DIR=~/kept\n")
    settings = load_settings()
    assert settings.cairn_models_dir == tmp_path / "fetched"
    assert settings.cairn_data_dir == tmp_path / "kept"


def test_set_up_looks_for_the_embedding_model_where_the_dotenv_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CAIRN_MODELS_DIR=fetched\n")
    (tmp_path / "fetched").mkdir()
    with (tmp_path / "fetched" / FILE_NAME).open("wb") as file:
        file.truncate(GGUF_BYTES)
    assert embedding_model.main() == 0
