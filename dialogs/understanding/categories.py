"""Categories read from phrases: task, breadth, risk, modality, format, domain."""

from __future__ import annotations

from dialogs.understanding.lexicon import find, lexicon, pattern, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

TASKS = tuple(lexicon()["en"]["task"])
RISKS = ("high", "low", "medium")


def read_categories(message: Message) -> dict[str, Found]:
    """Read `task`, `breadth`, `quality_risk`, `input_modality`, `output_format` and `domain`."""
    found: dict[str, Found] = {}
    tasks = task_mentions(message)
    if tasks:
        found["task"] = tasks[0]
    breadth = _first(message, "breadth", ("single_task", "multi_task"))
    if breadth is None and len({task.value for task in tasks if task.end}) >= 3:
        breadth = message.found("multi_task", tasks[0].start, max(task.end for task in tasks))
    for name, value in (
        ("breadth", breadth),
        ("quality_risk", _first(message, "risk", RISKS)),
        ("input_modality", _modality(message)),
        ("output_format", _format(message)),
        ("domain", _domain(message)),
    ):
        if value is not None:
            found[name] = value
    return found


def task_mentions(message: Message) -> list[Found]:
    """Return the tasks a message names, surest first: a clear phrase before a vague one, then by place."""
    hits: list[tuple[int, int, Found]] = []
    for rank, key in enumerate(("strong", "weak")):
        for task in TASKS:
            matches = message.search(f"task.{task}", key)
            if matches:
                match = matches[0]
                hits.append((rank, match.start(), message.found(task, match.start(), match.end())))
        if hits:
            break
    return [found for _, _, found in sorted(hits, key=lambda hit: (hit[0], hit[1], hit[1] - hit[2].end))]


def _first(message: Message, section: str, values: tuple[str, ...]) -> Found | None:
    for value in values:
        matches = message.search(section, value)
        if matches:
            return message.found(value, matches[0].start(), matches[0].end())
    return None


def _modality(message: Message) -> Found | None:
    hits = []
    for value in ("image", "audio", "video"):
        matches = message.search("modality", value)
        if matches:
            hits.append((matches[0].start(), matches[0].end(), value))
    if not hits:
        return None
    hits.sort()
    return message.found([value for _, _, value in hits], hits[0][0], hits[-1][1])


def _format(message: Message) -> Found | None:
    formats = source("format", "formats", message.languages)
    match = find(source("format", "before", message.languages) + r"\W+(" + formats + ")", message.text)
    if match is None:
        return None
    return message.found(message.raw[match.start(1) : match.end(1)].lower(), match.start(), match.end())


def _domain(message: Message) -> Found | None:
    for match in pattern("domain", "words", message.languages).finditer(message.text):
        if not starts(
            r"\s+" + source("domain", "speaks", message.languages),
            message.text[match.end() : match.end() + 12],
        ):
            return message.found(message.raw[match.start() : match.end()], match.start(), match.end())
    return None
