"""Submitted and closed modals."""

from __future__ import annotations

import re
from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck


def register(app: AsyncApp, wake: Callable[[], None]) -> None:
    """Register one listener for submissions and one for closed modals."""

    async def submitted(ack: AsyncAck) -> None:
        await ack()
        wake()

    async def closed(ack: AsyncAck) -> None:
        await ack()

    app.view_submission(re.compile(".*"))(submitted)
    app.view_closed(re.compile(".*"))(closed)
