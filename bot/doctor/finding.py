"""What the doctor says about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing looked at; where it is not well, `text` says what to do.

    `serious` ones keep the bot from running on Slack.
    """

    name: str
    well: bool
    text: str
    serious: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {"name": self.name, "well": self.well, "serious": self.serious, "text": self.text}

    def __str__(self) -> str:
        """Return its line on a terminal."""
        return f"{'✓' if self.well else '✗' if self.serious else '–'} {self.name}: {self.text}"
