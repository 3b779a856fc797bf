"""Listeners, one module for each kind of thing Slack sends.

What arrived was written down before any of these runs (`bot.slack.intake`), so a listener only answers
Slack within its three seconds and wakes the worker that does the rest.
"""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp

from bot.slack.listeners import actions, commands, events, shortcuts, views

Wake = Callable[[], None]


def register(app: AsyncApp, wake: Wake) -> None:
    """Register every listener; the catch-alls of each kind come last."""
    for module in (events, commands, actions, views, shortcuts):
        module.register(app, wake)
