"""What Slack tells of the world around projects: channels and people that change, by events and by refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.owed import Owed
from bot.slack.payloads import Payload, workspace_of
from dialogs.turns import Person, Place, Turn

NOT_INSTALLED = "not_installed"
"""The reason of a refusal that never reached Slack: no token is kept for the workspace."""

TOKEN_DEAD = frozenset({"account_inactive", "token_revoked", "invalid_auth", NOT_INSTALLED})

_OF_CHANNELS = {
    "channel_archive": "channel_archived",
    "group_archive": "channel_archived",
    "channel_unarchive": "channel_found",
    "group_unarchive": "channel_found",
    "channel_deleted": "channel_deleted",
    "group_deleted": "channel_deleted",
    "channel_left": "cairn_removed",
    "group_left": "cairn_removed",
    "cairn_channel_seen": "channel_seen",  # our own, from `bot.look_around`
}
_OF_MEMBERS = {"member_joined_channel": "member_joined", "member_left_channel": "member_left"}
_OF_WORKSPACES = {"app_uninstalled", "tokens_revoked"}
SUBTYPES = {
    "channel_name": "channel_renamed",
    "group_name": "channel_renamed",
    "channel_convert_to_private": "channel_private",
    "channel_convert_to_public": "channel_public",
}
"""Messages that Slack itself writes into a channel when it changes."""

EVENTS = (
    *(name for name in _OF_CHANNELS if not name.startswith("cairn_")),
    *_OF_MEMBERS,
    *sorted(_OF_WORKSPACES),
    "user_change",
)
"""The events to subscribe to; the subtypes come with the messages."""

_REFUSED = {
    "is_archived": "channel_archive",
    "channel_not_found": "channel_left",
    "not_in_channel": "channel_left",
}
_TO_CHANNELS = frozenset({"post", "card", "update", "revise", "file", "mark"})


def is_change(body: Payload) -> bool:
    """Tell whether a payload is about a channel or a person as such. Profiles change often: only leaving counts."""
    event = body.get("event")
    if not isinstance(event, dict):
        return False
    kind = event.get("type")
    if kind == "message":
        return event.get("subtype") in SUBTYPES
    if kind == "user_change":
        return bool((event.get("user") or {}).get("deleted"))
    if kind == "tokens_revoked":
        return bool((event.get("tokens") or {}).get("bot"))
    return kind in _OF_CHANNELS or kind in _OF_MEMBERS or kind in _OF_WORKSPACES


def needs_identity(body: Payload) -> bool:
    """Tell whether the meaning of a change depends on who Cairn is."""
    return (body.get("event") or {}).get("type") in _OF_MEMBERS


def change(body: Payload, bot_user: str = "") -> Turn:
    """Return a change as a turn that belongs to no project yet; its place is the workspace or the channel."""
    event: Payload = body["event"]
    kind, channel = str(event["type"]), str(event.get("channel") or "")
    person, action, text, fields = "", "", "", {}
    if kind == "message":
        action, text = SUBTYPES[event["subtype"]], str(event.get("name") or "")
        fields = {"old": str(event.get("old_name") or "")}
    elif kind == "user_change":
        action, person = "person_left", str(event["user"]["id"])
    elif kind in _OF_WORKSPACES:
        action = "cairn_uninstalled"
    elif kind in _OF_MEMBERS:
        action, person = _OF_MEMBERS[kind], str(event.get("user") or "")
        if person == bot_user:
            action = "channel_found" if action == "member_joined" else "cairn_removed"
    else:
        action, text = _OF_CHANNELS[kind], str(event.get("name") or "")
        fields = {key: str(event[key]) for key in ("told", "private") if key in event}
    return Turn(
        kind="change",
        person=Person(person),
        place=Place(workspace_of(body), channel),
        at=_instant(body),
        action=action,
        text=text,
        fields=fields,
    )


def refusal(owed: Owed, reason: str, told: str = "") -> Payload | None:
    """Return what a refusal reveals, as the event that Slack would have sent; None where it reveals nothing.

    `told` is who was told already that Cairn cannot write there.
    """
    if reason in TOKEN_DEAD:
        return as_event(owed.workspace, {"type": "app_uninstalled"})
    if owed.verb == "direct" and reason == "user_disabled":
        return as_event(owed.workspace, {"type": "user_change", "user": {"id": owed.person, "deleted": True}})
    lost = owed.verb in _TO_CHANNELS and owed.channel and not owed.channel.startswith("D")
    if not lost or reason not in _REFUSED:
        return None
    return as_event(owed.workspace, {"type": _REFUSED[reason], "channel": owed.channel, "told": told})


def as_event(workspace: str, event: dict[str, Any]) -> Payload:
    """Wrap an event as Slack does."""
    return {"type": "event_callback", "team_id": workspace, "event": event}


def _instant(body: Payload) -> datetime:
    at = body.get("event_time")
    return datetime.fromtimestamp(float(at), UTC) if at else datetime.now(UTC)
