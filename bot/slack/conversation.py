"""What Slack's side needs from the conversation's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dialogs.turns import OpenForm, Reply, Turn


class Conversation(Protocol):
    """Takes what people do and decides what should happen."""

    async def handle(
        self, turn: Turn, delivery_key: str, *, response_url: str = "", on_slow: Callable[[], None] = ...
    ) -> tuple[OpenForm, ...]:
        """Take one turn: save the project, owe the answers, mark the delivery done, in one transaction.

        Returns the forms that must open at once; everything else goes through the outbox.
        `response_url` answers a command or a click where Cairn is no member. `on_slow` is called when the
        answer takes long and need not hold up what comes after it.
        """

    async def notice(self, change: Turn, delivery_key: str) -> None:
        """Take a change around projects: each that it concerns says what follows; then the delivery is done."""

    async def home(self, workspace: str, user: str) -> tuple[Reply, ...]:
        """Return what the App Home of a person shows: only projects this person may see."""
