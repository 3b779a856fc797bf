"""The message that stands in for an answer while it is written: posted once, then revised in place.

Both go through the outbox, so a draft is posted exactly once, and after a crash the answer still takes its
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.outbox import owe
from bot.owed import Owed
from bot.storage import outbox_rows
from bot.storage.store import Store
from bot.wire import reply_to_json
from dialogs.turns import Reply

log = structlog.get_logger("cairn.drafts")


def draft_id(base: str) -> str:
    """Return the id of the draft of a turn whose posts begin with `base`."""
    return f"{base}-draft"


class DraftPost:
    """Shows drafts of one answer. `row` is what the first one is posted as."""

    def __init__(self, store: Store, row: Owed, on_owed: Callable[[], None]) -> None:
        self._store = store
        self._row = row
        self._on_owed = on_owed
        self._last = ""
        self._count = 0

    async def show(self, reply: Reply) -> bool:
        """Owe a draft; False while the one before is still on its way, for only the newest is of interest."""
        try:
            async with self._store.write() as session:
                if self._last and not await outbox_rows.is_settled(session, self._last):
                    return False
                owed = self._next(reply)
                await owe(session, [owed])
        except SQLAlchemyError as error:  # the answer itself comes all the same
            log.warning("draft_not_shown", error=str(error))
            return False
        self._last = owed.id
        self._on_owed()
        return True

    def _next(self, reply: Reply) -> Owed:
        content: dict[str, Any] = {"reply": reply_to_json(reply), "draft": True}
        if not self._last:
            return replace(self._row, content=content)
        self._count += 1
        content["ts_of"] = self._row.id
        return replace(self._row, id=f"{self._row.id}-{self._count}", verb="revise", content=content)


def in_place_of_draft(rows: Iterable[Owed], id: str) -> list[Owed]:
    """Let the answer, the first post of its turn, take the place of the draft with this id."""
    found = list(rows)
    for at, row in enumerate(found):
        if row.verb == "post":
            found[at] = replace(row, verb="revise", content={**row.content, "ts_of": id})
            break
    return found
