"""Raw Slack payloads as turns: the only place that knows how Slack spells things."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.slack import ids
from bot.slack.blocks.form import submission
from bot.slack.blocks.mrkdwn import unescape
from dialogs.turns import Person, Place, SharedFile, Turn

Payload = dict[str, Any]

_SPOKEN_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})
_USER = re.compile(r"<@([UWB][A-Z0-9]+)(?:\|([^>]*))?>")
_CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|([^>]*))?>")
_GROUP = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|@?([^>]*))?>")
_SPECIAL = re.compile(r"<!(channel|here|everyone)(?:\|[^>]*)?>")
_DATE = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<((?:https?|mailto|tel|ftp)[^|>\s]*)(?:\|([^>]*))?>")


def workspace_of(body: Payload) -> str:
    """Return the id of the workspace a payload comes from."""
    team = (
        body.get("team_id") or (body.get("team") or {}).get("id") or (body.get("user") or {}).get("team_id")
    )
    return str(team or "")


def channel_of(body: Payload) -> str:
    """Return the id of the channel a payload comes from, or an empty string."""
    event = body.get("event")
    if isinstance(event, dict):
        return str(event.get("channel") or "") if event.get("type") != "app_home_opened" else ""
    container = body.get("container") or {}
    known = body.get("channel_id") or (body.get("channel") or {}).get("id") or container.get("channel_id")
    if not known and body.get("type") == "view_submission":
        return submission(body["view"]).channel
    return str(known or "")


def thread_of(body: Payload) -> str | None:
    """Return the root of the thread that a payload comes from, None outside threads."""
    event = body.get("event") or {}
    message = event.get("message") or event or body.get("message") or {}
    return message.get("thread_ts")


def is_addressed(body: Payload, bot_user: str) -> bool:
    """Tell whether someone waits for an answer: after a mention, a direct message, a command, a click."""
    event = body.get("event")
    if not isinstance(event, dict):
        return True
    direct = event.get("channel_type") == "im" or str(event.get("channel") or "").startswith("D")
    return direct or bot_user in mentioned_users(body)


def opens_home(body: Payload) -> bool:
    """Tell whether someone opened the App Home."""
    return (body.get("event") or {}).get("type") == "app_home_opened"


def is_for_cairn(body: Payload) -> bool:
    """Tell whether a payload could become a turn or redraw a home: bots and system messages cannot."""
    event = body.get("event")
    if not isinstance(event, dict):
        return bool(body.get("command")) or body.get("type") in {
            "block_actions",
            "view_submission",
            "message_action",
        }
    if event.get("type") == "app_home_opened":
        return event.get("tab") == "home"
    if event.get("type") not in {"message", "app_mention"}:
        return False
    if event.get("subtype") == "message_changed":
        return _is_edit(event)
    return _is_spoken(event)


def turn(
    body: Payload, *, bot_user: str, names: dict[str, str], tz: str | None, restore_untouched: bool = False
) -> Turn | None:
    """Return what a person did, or None where nobody did anything.

    `names` maps user ids to display names, `tz` is the IANA zone of the person who acted.
    `restore_untouched`: see `bot.slack.blocks.form.submission`.
    """
    if not is_for_cairn(body):
        return None
    event = body.get("event")
    if isinstance(event, dict):
        return None if event["type"] == "app_home_opened" else _message(body, event, bot_user, names, tz)
    if body.get("command"):
        return _command(body, bot_user, names, tz)
    if body["type"] == "block_actions":
        return _button(body, names, tz)
    if body["type"] == "message_action":
        return _shortcut(body, bot_user, names, tz)
    return _form(body, names, tz, restore_untouched)


def actor(body: Payload) -> str:
    """Return the id of the person a payload comes from."""
    event = body.get("event")
    if isinstance(event, dict):
        message = event.get("message") if event.get("subtype") == "message_changed" else event
        user = (message or {}).get("user") or ""
        return str(user.get("id") or "") if isinstance(user, dict) else str(user)
    return str(body.get("user_id") or (body.get("user") or {}).get("id") or "")


def mentioned_users(body: Payload) -> frozenset[str]:
    """Return the ids of people whose names a payload's text needs."""
    event = body.get("event") or {}
    text = body.get("text") if isinstance(body.get("text"), str) else ""
    for message in (event, event.get("message") or {}, body.get("message") or {}):
        text = f"{text} {message.get('text') or ''}"
    return frozenset(match[1] for match in _USER.finditer(text or ""))


def readable(text: str, bot_user: str, names: dict[str, str]) -> str:
    """Return a message's text as people read it: no mention of the bot, names for ids, no entities."""
    text = _USER.sub(lambda m: "" if m[1] == bot_user else f"@{m[2] or names.get(m[1]) or m[1]}", text)
    text = _CHANNEL.sub(lambda m: f"#{m[2] or m[1]}", text)
    text = _GROUP.sub(lambda m: f"@{m[2] or m[1]}", text)
    text = _SPECIAL.sub(r"@\1", text)
    text = _DATE.sub(r"\1", text)
    text = _LINK.sub(_spoken_link, text)
    return re.sub(r"[ \t]{2,}", " ", unescape(text)).strip()


def response_url(body: Payload) -> str:
    """Return the address that answers a command or a click privately, or an empty string."""
    return str(body.get("response_url") or "")


def trigger(body: Payload) -> str:
    """Return the trigger that may open one form within three seconds, or an empty string."""
    return str(body.get("trigger_id") or "")


def _spoken_link(match: re.Match[str]) -> str:
    address, label = match[1], match[2]
    bare = address.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in {address, bare} or address.endswith(f"//{label}"):
        return bare
    return f"{label} ({bare})"


def _is_spoken(message: Payload) -> bool:
    """Tell whether a person wrote this, just now."""
    if message.get("bot_id") or message.get("hidden") or message.get("user") in (None, "", "USLACKBOT"):
        return False
    return (message.get("subtype") or "") in _SPOKEN_SUBTYPES


def _is_edit(event: Payload) -> bool:
    """Tell whether a person changed the words; Slack also reports unfurled links as changes."""
    message, before = event.get("message") or {}, event.get("previous_message") or {}
    changed = bool(message.get("edited")) and message.get("text") != before.get("text")
    return changed and _is_spoken({**message, "hidden": False})


def _message(body: Payload, event: Payload, bot_user: str, names: dict[str, str], tz: str | None) -> Turn:
    message: Payload = event["message"] if event.get("subtype") == "message_changed" else event
    edited_at = (message.get("edited") or {}).get("ts")
    channel = str(event["channel"])
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    text = str(message.get("text") or "")
    addressed = any(match[1] == bot_user for match in _USER.finditer(text))
    thread = message.get("thread_ts")
    return Turn(
        kind="message",
        person=_person(str(message["user"]), names, tz),
        place=Place(workspace_of(body), channel, thread if thread != message["ts"] else None, direct),
        at=_instant(edited_at or message["ts"]),
        text=readable(text, bot_user, names),
        mentioned=direct or addressed,
        message_ts=str(message["ts"]),
        edited=bool(edited_at),
        mentions=_mentions(text, bot_user, names),
        files=_files(message),
    )


def _files(message: Payload) -> tuple[SharedFile, ...]:
    """Return the files of a message that can be fetched: neither deleted ones nor links to elsewhere."""
    return tuple(
        SharedFile(str(file["id"]), str(file.get("name") or file["id"]), int(file.get("size") or 0))
        for file in message.get("files") or []
        if file.get("mode") not in {"tombstone", "hidden_by_limit", "external"} and file.get("id")
    )


def _command(body: Payload, bot_user: str, names: dict[str, str], tz: str | None) -> Turn:
    channel = str(body["channel_id"])
    user = str(body["user_id"])
    return Turn(
        kind="command",
        person=_person(user, {user: str(body.get("user_name") or ""), **names}, tz),
        place=Place(workspace_of(body), channel, None, _is_direct(body, channel)),
        at=datetime.now(UTC),
        text=readable(str(body.get("text") or ""), bot_user, names),
        mentioned=True,
        command=str(body["command"]).removeprefix("/"),
        mentions=_mentions(str(body.get("text") or ""), bot_user, names),
    )


def _button(body: Payload, names: dict[str, str], tz: str | None) -> Turn:
    action: Payload = (body.get("actions") or [{}])[0]
    message: Payload = body.get("message") or {}
    container: Payload = body.get("container") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    thread = message.get("thread_ts") or container.get("thread_ts")
    user = str(body["user"]["id"])
    return Turn(
        kind="button",
        person=_person(user, {user: str(body["user"].get("name") or ""), **names}, tz),
        place=Place(workspace_of(body), channel, thread, channel.startswith("D")),
        at=_instant(action.get("action_ts")),
        text=unescape(str((action.get("text") or {}).get("text") or "")),
        mentioned=True,
        action=ids.choice_id(str(action.get("action_id") or "")),
        value=_chosen(action),
        message_ts=str(message.get("ts") or container.get("message_ts") or ""),
    )


def _form(body: Payload, names: dict[str, str], tz: str | None, restore_untouched: bool) -> Turn:
    form = submission(body["view"], restore_untouched=restore_untouched)
    user = str(body["user"]["id"])
    return Turn(
        kind="form",
        person=_person(user, {user: str(body["user"].get("name") or ""), **names}, tz),
        place=Place(workspace_of(body), form.channel, form.thread, form.channel.startswith("D")),
        at=datetime.now(UTC),
        mentioned=True,
        action=form.form,
        value=form.context,
        fields=form.fields,
    )


def _shortcut(body: Payload, bot_user: str, names: dict[str, str], tz: str | None) -> Turn:
    message: Payload = body.get("message") or {}
    channel = str((body.get("channel") or {}).get("id") or "")
    user = str(body["user"]["id"])
    thread = message.get("thread_ts")
    return Turn(
        kind="shortcut",
        person=_person(user, {user: str(body["user"].get("name") or ""), **names}, tz),
        place=Place(workspace_of(body), channel, thread, channel.startswith("D")),
        at=_instant(body.get("action_ts")),
        text=readable(str(message.get("text") or ""), bot_user, names),
        mentioned=True,
        action=str(body.get("callback_id") or ""),
        message_ts=str(message.get("ts") or body.get("message_ts") or ""),
    )


def _mentions(text: str, bot_user: str, names: dict[str, str]) -> dict[str, str]:
    """Return who is named with @, by id, called as `readable` calls them."""
    found = {match[1]: match[2] or names.get(match[1]) or match[1] for match in _USER.finditer(text)}
    return {id: name for id, name in found.items() if id != bot_user}


def _chosen(action: Payload) -> str:
    """Return the value that a button or a menu carries."""
    option = action.get("selected_option")
    if isinstance(option, dict):
        return str(option.get("value") or "")
    for key in ("value", "selected_date", "selected_time", "selected_user", "selected_channel"):
        if action.get(key):
            return str(action[key])
    return ""


def _person(user: str, names: dict[str, str], tz: str | None) -> Person:
    return Person(id=user, name=names.get(user) or "", tz=tz)


def _is_direct(body: Payload, channel: str) -> bool:
    return body.get("channel_name") == "directmessage" or channel.startswith("D")


def _instant(ts: object) -> datetime:
    """Return a Slack ts as an aware instant; now where there is none."""
    try:
        return datetime.fromtimestamp(float(str(ts)), UTC)
    except ValueError:
        return datetime.now(UTC)
