"""What the two ways to a chat model have in common: a worker on this machine, or a server elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dialogs.steps import Complete

OnPosition = Callable[[int], None]
"""Called with the number of requests ahead, whenever it changes; 0 means that it is one's turn next."""


@dataclass(frozen=True)
class Piece:
    """Some text of an answer."""

    text: str


@dataclass(frozen=True)
class End:
    """The end of an answer. `complete` is False where it was cut, cancelled, late or failed."""

    complete: bool
    reason: str


async def until(
    deadline: float, source: AsyncGenerator[Piece | End, None]
) -> AsyncGenerator[Piece | End, None]:
    """Pass pieces on until the deadline (the event loop's time), then raise TimeoutError.

    Only the waiting for a piece is timed, never what the consumer does with it.
    """
    while True:
        async with asyncio.timeout_at(deadline):
            piece = await anext(source, None)
        if piece is None:
            return
        yield piece


class ChatBackend(Protocol):
    """A chat model, wherever it runs."""

    @property
    def usable(self) -> bool:
        """Whether a request makes sense."""
        ...

    @property
    def waiting(self) -> int:
        """How many requests stand before a new one."""
        ...

    def pieces(self, request: Complete, on_position: OnPosition | None) -> AsyncGenerator[Piece | End, None]:
        """Yield the answer's pieces, then one End. Closing the iterator cancels the request."""
        ...

    def status(self) -> dict[str, Any]:
        """State and figures, for health checks."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...
