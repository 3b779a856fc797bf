"""What the manifest asks Slack for is what the code uses: no more, no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.slack import ids
from bot.slack.listeners import commands, events, shortcuts
from bot.slack.scopes import EVENT_SCOPES, METHOD_SCOPES, bot_scopes

ROOT = Path(__file__).resolve().parents[3]

# Limits of Slack's manifest reference.
DESCRIPTION = 140
LONG_DESCRIPTION = range(174, 4_001)
AGENT_DESCRIPTION = 300
SHORTCUT_NAME = 24


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "manifest.yaml").read_text(encoding="utf-8"))
    return loaded


def listened() -> dict[str, list[str]]:
    """Return what the listeners register, by kind, as an app that writes everything down sees it."""
    seen: dict[str, list[str]] = {}

    class Recorder:
        def __getattr__(self, kind: str) -> Any:
            def register(what: str | re.Pattern[str]) -> Any:
                if isinstance(what, str):
                    seen.setdefault(kind, []).append(what)
                return lambda listener: listener

            return register

    for module in (events, commands, shortcuts):
        module.register(Recorder(), lambda: None)  # type: ignore[arg-type]
    return seen


def called_methods() -> set[str]:
    """Return the Web API methods that the code of `bot` calls on a Slack client."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    called = set(re.findall(r"\b(?:client|poster|reader)\.([a-z]+_[A-Za-z_]+)\(", sources))
    spelled = {method.replace(".", "_"): method for method in METHOD_SCOPES}
    families = tuple(f"{method.split('_')[0]}_" for method in spelled)
    return {spelled.get(name, name) for name in called if name.startswith(families)}


def test_every_command_is_listened_to_and_every_listener_has_its_command(manifest: dict[str, Any]) -> None:
    offered = [each["command"] for each in manifest["features"]["slash_commands"]]
    assert offered == listened()["command"] == [f"/{command}" for command in ids.COMMANDS]


def test_every_event_subscribed_to_is_listened_to(manifest: dict[str, Any]) -> None:
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {event.split(".")[0] for event in subscribed} == set(listened()["event"])
    assert set(subscribed) == set(EVENT_SCOPES)


def test_the_message_shortcut_is_listened_to(manifest: dict[str, Any]) -> None:
    offered = [each["callback_id"] for each in manifest["features"]["shortcuts"]]
    assert offered == listened()["message_shortcut"]


def test_the_scopes_are_those_the_methods_and_events_need(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == list(bot_scopes())


def test_every_method_the_code_calls_has_its_scopes_written_down_and_none_is_idle() -> None:
    assert called_methods() == set(METHOD_SCOPES)


def test_the_texts_fit_into_slacks_fields(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert len(shown["description"]) <= DESCRIPTION
    assert len(shown["long_description"]) in LONG_DESCRIPTION
    assert len(manifest["features"]["agent_view"]["agent_description"]) <= AGENT_DESCRIPTION
    assert all(len(each["name"]) <= SHORTCUT_NAME for each in manifest["features"]["shortcuts"])


def test_buttons_forms_and_socket_mode_are_on(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
