"""The seam between the outbox and the way out to Slack: what is owed, and how a delivery can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.failures import OperationError

Verb = Literal["post", "card", "update", "ephemeral", "respond", "direct", "mark", "home", "file", "revise"]


@dataclass(frozen=True)
class Owed:
    """One thing to do in Slack. `id` is unique for ever: owing it twice does it once.

    `content` belongs to the gate, except for four keys: `new_thread` (what is posted becomes the root
    of a thread of the project), `thread_of` (the id of an earlier row of the same lane, whose post is
    the root of the thread to answer in), `ts` (for "update", "mark" and "revise", the message to change)
    and `ts_of` (for "revise", the id of the earlier row of the same lane whose post is to change).
    A "card" is handed to the gate as "update" once its project has one.
    """

    id: str
    workspace: str
    channel: str
    verb: Verb
    created_at: datetime
    content: dict[str, Any] = field(default_factory=dict)
    project_id: str = ""
    thread_ts: str | None = None
    person: str = ""
    response_url: str = ""
    attempted_at: datetime | None = None
    attempts: int = 0
    state: str = "owed"

    @property
    def block_id(self) -> str:
        """The id of the first block, by which the post can be found again."""
        return f"cairn:{self.id}"

    @property
    def lane(self) -> str:
        """What keeps its order: a thread, a channel, a person's direct messages or Home."""
        if self.verb == "home":
            return f"{self.workspace}:home:{self.person}"
        return f"{self.workspace}:{self.channel or '@' + self.person}:{self.thread_ts or ''}"


@dataclass(frozen=True)
class Delivered:
    """Where it stands now; both are empty for what has no message."""

    channel: str = ""
    ts: str = ""


class NotSent(OperationError):
    """Slack certainly did not take it: a 429, or a refused connection. It is sent again blindly."""

    def __init__(self, retry_after_seconds: float = 0.0) -> None:
        super().__init__(f"Slack did not take it; trying again in {retry_after_seconds:g} s")
        self.retry_after_seconds = retry_after_seconds


class Unsure(OperationError):
    """Nobody knows whether Slack took it: a timeout, a 5xx, a dropped connection. Search first."""


class Rejected(OperationError):
    """Slack refuses it for good; `reason` is its error code.

    `notice` is what the refusal reveals about channel, person or workspace, as a delivery for the inbox.
    """

    def __init__(self, reason: str, notice: dict[str, Any] | None = None) -> None:
        super().__init__(f"Slack refuses it: {reason}")
        self.reason = reason
        self.notice = notice


class Gate(Protocol):
    """The way out to Slack."""

    async def deliver(self, owed: Owed) -> Delivered:
        """Do it. Raises NotSent, Unsure or Rejected, and nothing else for what Slack may do."""
        ...

    async def find(self, owed: Owed, since: datetime) -> Delivered | None:
        """Search the thread, channel or direct messages since then, all pages, for `owed.block_id`.

        Raises NotSent or Unsure when the search is incomplete.
        """
        ...


@dataclass
class Drained:
    """What a drain did."""

    delivered: int = 0
    found: int = 0  # had been posted by an earlier attempt
    held: int = 0  # given back for later
    rejected: int = 0
