"""Slash commands."""

from __future__ import annotations

import re
from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack import ids

UNKNOWN = "I know `/cairn` and `/estimate`; `/cairn help` shows what they do."


def register(app: AsyncApp, wake: Callable[[], None]) -> None:
    """Register Cairn's commands; any other gets a private word."""

    async def known(ack: AsyncAck) -> None:
        await ack()
        wake()

    async def unknown(ack: AsyncAck) -> None:
        await ack(text=UNKNOWN, response_type="ephemeral")

    for command in ids.COMMANDS:
        app.command(f"/{command}")(known)
    app.command(re.compile(".*"))(unknown)
