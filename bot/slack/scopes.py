"""The permissions Cairn asks for, and what each is for."""

from __future__ import annotations

# Web API methods that Cairn calls, with the bot scopes Slack's reference names for them.
METHOD_SCOPES: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.members": ("channels:read", "groups:read", "im:read"),
    "conversations.open": ("im:write",),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "pins.add": ("pins:write",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
}

# Events that Cairn subscribes to, with the scopes that let Slack send them.
EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
}

COMMAND_SCOPES = ("commands",)


def bot_scopes() -> tuple[str, ...]:
    """Return every scope the app needs, sorted."""
    needed = {scope for scopes in (*METHOD_SCOPES.values(), *EVENT_SCOPES.values()) for scope in scopes}
    return tuple(sorted(needed | set(COMMAND_SCOPES)))
