"""Message shortcuts."""

from __future__ import annotations

import re
from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack import ids


def register(app: AsyncApp, wake: Callable[[], None]) -> None:
    """Register "Start a project from this message", and an ack for any other shortcut."""

    async def chosen(ack: AsyncAck) -> None:
        await ack()
        wake()

    async def unknown(ack: AsyncAck) -> None:
        await ack()

    app.message_shortcut(ids.START_FROM_MESSAGE)(chosen)
    app.shortcut(re.compile(".*"))(unknown)
