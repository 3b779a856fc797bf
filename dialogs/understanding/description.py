"""The use case in the team's own words."""

from __future__ import annotations

import re

from dialogs.understanding.categories import task_mentions
from dialogs.understanding.lexicon import source
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

MAX_CHARACTERS = 280


def read_description(message: Message) -> dict[str, Found]:
    """Read `description`: what follows "we want …", else the clause that names the task."""
    tasks = task_mentions(message)
    return describe(message, tasks[0]) if tasks else {}


def describe(message: Message, task: Found) -> dict[str, Found]:
    """Return the description around the words that name the task."""
    intent = re.compile(
        source("intent", "before", message.languages)
        + r"\s+(?:"
        + source("intent", "thing", message.languages)
        + r"\s+)?"
    )
    first, last = message.sentence(task.start)
    match = intent.search(message.text, first, last)
    start = match.end() if match and match.end() <= task.start + 2 else first
    words = message.raw[start:last].strip(" ,;:–—-→?!.")[:MAX_CHARACTERS]
    if not words:
        return {}
    start += len(message.raw[start:last]) - len(message.raw[start:last].lstrip(" ,;:–—-→?!."))
    return {"description": message.found(" ".join(words.split()), start, start + len(words))}
