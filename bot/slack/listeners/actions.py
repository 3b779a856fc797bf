"""Clicks on buttons and choices in menus."""

from __future__ import annotations

import re
from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck


def register(app: AsyncApp, wake: Callable[[], None]) -> None:
    """Register one listener for every action: what it means is the conversation's to say."""

    async def clicked(ack: AsyncAck) -> None:
        await ack()
        wake()

    app.action(re.compile(".*", re.DOTALL))(clicked)
