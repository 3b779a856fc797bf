"""Messages, mentions, an opened home, changed channels and people, the rest: all acked, so that Slack is content."""

from __future__ import annotations

import re
from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp

from bot.slack import surroundings

HEARD = ("app_mention", "message", "app_home_opened", *surroundings.EVENTS)


def register(app: AsyncApp, wake: Callable[[], None]) -> None:
    """Register the events Cairn takes, then one listener for the rest."""

    async def heard() -> None:
        wake()

    async def unheard() -> None:
        """Nothing is due: the event was acked."""

    for event in HEARD:
        app.event(event)(heard)
    app.event(re.compile(".*"))(unheard)
