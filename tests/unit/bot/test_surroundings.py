"""Channels and people that change: what Slack's payloads mean, and the whole way on SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlite_file import migrated_file
from storage_contract import new_project
from surroundings_contract import SurroundingsContract

from bot.look_around import differences
from bot.owed import Owed, Rejected
from bot.slack import payloads
from bot.slack.people import People, Profile
from bot.slack.post import Post
from bot.slack.surroundings import change, is_change, refusal
from bot.slack.workspaces import BotIdentity, Clients, NotInstalled

BOT = "U0BOT"


class TestSurroundingsOnSqlite(SurroundingsContract):
    """The shared promises."""


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """A file of its own."""
    return migrated_file(tmp_path)


# Shapes from Slack's reference of events, docs.slack.dev/reference/events.
MEANINGS: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"type": "channel_archive", "channel": "C1", "user": "U1"}, ("channel_archived", "", "")),
    ({"type": "group_archive", "channel": "G1"}, ("channel_archived", "", "")),
    ({"type": "channel_unarchive", "channel": "C1", "user": "U1"}, ("channel_found", "", "")),
    ({"type": "group_unarchive", "channel": "G1"}, ("channel_found", "", "")),
    ({"type": "channel_deleted", "channel": "C1"}, ("channel_deleted", "", "")),
    ({"type": "channel_left", "channel": "C1", "actor_id": "U1"}, ("cairn_removed", "", "")),
    ({"type": "group_left", "channel": "G1"}, ("cairn_removed", "", "")),
    (
        {"type": "member_left_channel", "user": "W1", "channel": "C1", "channel_type": "C", "team": "T1"},
        ("member_left", "W1", ""),
    ),
    ({"type": "member_left_channel", "user": BOT, "channel": "C1"}, ("cairn_removed", BOT, "")),
    ({"type": "member_joined_channel", "user": BOT, "channel": "C1"}, ("channel_found", BOT, "")),
    ({"type": "member_joined_channel", "user": "W1", "channel": "C1"}, ("member_joined", "W1", "")),
    ({"type": "user_change", "user": {"id": "W1", "deleted": True}}, ("person_left", "W1", "")),
    ({"type": "app_uninstalled"}, ("cairn_uninstalled", "", "")),
    ({"type": "tokens_revoked", "tokens": {"bot": ["U1"]}}, ("cairn_uninstalled", "", "")),
    (
        {"type": "message", "subtype": "channel_name", "channel": "C1", "name": "new", "old_name": "old"},
        ("channel_renamed", "", "new"),
    ),
    (
        {"type": "message", "subtype": "channel_convert_to_private", "channel": "C1"},
        ("channel_private", "", ""),
    ),
    (
        {"type": "message", "subtype": "channel_convert_to_public", "channel": "C1"},
        ("channel_public", "", ""),
    ),
]
NOT_MEANT: list[dict[str, Any]] = [
    {"type": "user_change", "user": {"id": "W1", "deleted": False}},
    {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}},
    {"type": "message", "channel": "C1", "user": "U1", "text": "channel_archive"},
    {"type": "message", "subtype": "channel_topic", "channel": "C1", "user": "U1"},
    {"type": "channel_created", "channel": {"id": "C1"}},
]


@pytest.mark.parametrize(("event", "meaning"), MEANINGS, ids=[f"{e['type']}-{m[0]}" for e, m in MEANINGS])
def test_an_event_of_the_surroundings_is_understood(
    event: dict[str, Any], meaning: tuple[str, str, str]
) -> None:
    body = {"type": "event_callback", "team_id": "T1", "event_time": 1_763_900_000, "event": event}
    assert is_change(body)
    turn = change(body, BOT)
    assert (turn.action, turn.person.id, turn.text) == meaning
    assert (turn.place.workspace, turn.place.channel) == ("T1", event.get("channel", ""))
    assert turn.at == datetime(2025, 11, 23, 12, 13, 20, tzinfo=UTC)
    assert not payloads.is_for_cairn(body), "nobody said anything"


@pytest.mark.parametrize("event", NOT_MEANT, ids=[str(event["type"]) for event in NOT_MEANT])
def test_other_events_are_none(event: dict[str, Any]) -> None:
    assert not is_change({"type": "event_callback", "team_id": "T1", "event": event})


# Error codes from Slack's reference of chat.postMessage and conversations.open.
REVEALS = [
    ("post", "C1", "is_archived", "channel_archive"),
    ("card", "C1", "not_in_channel", "channel_left"),
    ("file", "C1", "channel_not_found", "channel_left"),
    ("post", "C1", "account_inactive", "app_uninstalled"),
    ("home", "", "token_revoked", "app_uninstalled"),
    ("direct", "", "user_disabled", "user_change"),
    ("post", "C1", "msg_too_long", None),
    ("ephemeral", "C1", "not_in_channel", None),
    ("post", "D1", "channel_not_found", None),
    ("direct", "", "channel_not_found", None),
]


@pytest.mark.parametrize(("verb", "channel", "reason", "event"), REVEALS)
def test_a_refusal_reveals_what_changed(verb: Any, channel: str, reason: str, event: str | None) -> None:
    owed = Owed("o1", "T1", channel, verb, datetime.now(UTC), person="U1")
    notice = refusal(owed, reason)
    assert (notice["event"]["type"] if notice else None) == event
    assert notice is None or is_change(notice)


class Nowhere:
    """Cairn was taken out of every workspace."""

    async def identity(self, workspace: str) -> BotIdentity:
        raise NotInstalled(workspace)


async def test_a_workspace_without_a_token_is_noticed_by_the_post_and_never_breaks_the_tick() -> None:
    clients = Clients(Nowhere())
    owed = Owed("o1", "T1", "C1", "post", datetime.now(UTC), content={"reply": {"body": "Due."}})
    with pytest.raises(Rejected) as refused:
        await Post(clients).deliver(owed)
    assert refused.value.notice is not None
    assert refused.value.notice["event"] == {"type": "app_uninstalled"}
    assert await People(clients).profile("T1", "U1") == Profile()
    await clients.close()


# What projects know, what Slack says, and the events that tell the difference.
SEEN = {"channel_name": "guest-mail", "is_private": False}
INFO = {"name": "guest-mail", "is_private": False, "is_member": True}
DIFFERENCES: list[tuple[dict[str, Any], dict[str, Any], str, list[str]]] = [
    (SEEN, INFO, "", []),
    ({}, INFO, "", ["cairn_channel_seen"]),
    (SEEN, INFO | {"is_archived": True}, "", ["channel_archive"]),
    (SEEN | {"unreachable": "archived"}, INFO | {"is_archived": True}, "", []),
    (SEEN | {"unreachable": "archived"}, INFO, "", ["channel_unarchive"]),
    (SEEN, INFO | {"is_member": False}, "", ["channel_left"]),
    (SEEN | {"unreachable": "removed"}, INFO | {"is_member": False}, "", []),
    (SEEN, {}, "channel_not_found", ["channel_left"]),
    (SEEN | {"unreachable": "deleted"}, {}, "channel_not_found", []),
    (SEEN, {}, "missing_scope", []),
    (SEEN, {}, "account_inactive", ["app_uninstalled"]),
    (SEEN | {"unreachable": "uninstalled"}, {}, "not_installed", []),
    (SEEN | {"unreachable": "uninstalled"}, INFO | {"is_member": False}, "", ["channel_left"]),
    (SEEN, INFO | {"name": "hotel-mail"}, "", ["channel_name"]),
    (SEEN, INFO | {"is_private": True}, "", ["channel_convert_to_private"]),
    (SEEN | {"is_private": True}, INFO, "", ["channel_convert_to_public"]),
]


@pytest.mark.parametrize(("known", "info", "refused", "events"), DIFFERENCES)
def test_a_look_at_a_channel_tells_only_what_is_new(
    known: dict[str, Any], info: dict[str, Any], refused: str, events: list[str]
) -> None:
    found = differences("C1", [new_project(1, **known)], info, refused)
    assert [event.get("subtype") or event["type"] for event in found] == events
