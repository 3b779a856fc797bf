"""Categories read from phrases: task, breadth, risk, modality, format, domain."""

from __future__ import annotations

import re

from dialogs.understanding.languages import language_names
from dialogs.understanding.lexicon import find, find_all, lexicon, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

TASKS = tuple(lexicon()["en"]["task"])
_MANY = 3
RISKS = ("high", "low", "medium")


def read_categories(message: Message) -> dict[str, Found]:
    """Read `task`, `breadth`, `quality_risk`, `input_modality`, `output_format` and `domain`."""
    found: dict[str, Found] = {}
    tasks = task_mentions(message)
    if tasks:
        found["task"] = tasks[0]
    breadth = _first(message, "breadth", ("single_task", "multi_task"))
    if breadth is None:
        breadth = _enumerated(message, tasks)
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


def _enumerated(message: Message, tasks: list[Found]) -> Found | None:
    """Three tasks named one after the other in a sentence are many; words that serve two tasks count once."""
    apart: list[Found] = []
    for task in sorted(tasks, key=lambda task: task.start):
        if not apart or (
            task.start >= apart[-1].end and message.sentence(task.start) == message.sentence(apart[0].start)
        ):
            apart.append(task)
    if len(apart) < _MANY:
        return None
    return message.found("multi_task", apart[0].start, apart[-1].end)


def task_mentions(message: Message) -> list[Found]:
    """Return the tasks a message names, surest first: a clear phrase before a vague one, then by place."""
    hits: list[tuple[int, int, Found]] = []
    for rank, key in enumerate(("strong", "likely", "weak")):
        for task in TASKS:
            matches = message.search(f"task.{task}", key)
            if matches:
                match = matches[0]
                hits.append((rank, match.start(), message.found(task, match.start(), match.end())))
        if rank == 0:
            hits += [
                (rank, match.start(), message.found("translation", *match.span())) for match in _into(message)
            ]
        if hits:
            break
    return [found for _, _, found in sorted(hits, key=lambda hit: (hit[0], hit[1], hit[1] - hit[2].end))]


def _into(message: Message) -> list[re.Match[str]]:
    """ "They want it in German", "leaflets come out in Somali": what comes out in a language is translated."""
    cue = source("task.translation", "into", message.languages) + r"\s+(?:plain\s+|good\s+)?"
    matches = find_all(cue + language_names(), message.text) if find(cue, message.text) else ()
    return [match for match in matches if not message.negated(*match.span())]


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
    """Read the form that answers are wanted in; "CSV exports" that come in are none."""
    words, before, plain, after = (
        source("format", key, message.languages) for key in ("formats", "before", "plain", "after")
    )
    inputs, incoming = (source("format", key, message.languages) for key in ("inputs", "incoming"))
    lead = rf"(?:{before}|[→>=]|,)\W+(?:(?!\d|the\s|our\s|this\s|that\s)[\w'-]+\s+){{0,2}}?"
    for match in find_all(
        rf"(?:{before}\W+({words})(?!\s+{inputs})|{lead}({plain})(?!\s*{inputs})|(?<![\w-])({plain})\W+{after})",
        message.text,
    ):
        group = next(index for index in (1, 2, 3) if match[index])
        start, end = match.span(group)
        if not find(incoming + r"(?:\W+[\w'-]+){0,2}\W*$", message.before(start, 36)):
            return message.found(message.raw[start:end].lower(), match.start(), match.end())
    return None


def _domain(message: Message) -> Found | None:
    """Read a field of activity; the writer's place only where it is the writer's, goods only as a trade."""
    named, words, places, goods, ours, business, texts = (
        source("domain", key, message.languages)
        for key in ("named", "words", "organisations", "objects", "ours", "business", "texts")
    )
    match = find(
        rf"{named}\s*([^\W\d][\w-]*(?:\s+(?!(?:and|or|but|with|so|we|i)\b)[^\W\d][\w-]*)?)", message.text
    )
    if match:
        return message.found(message.raw[match.start(1) : match.end(1)], match.start(1), match.end(1))
    for match in find_all(
        rf"(?:(?P<goods>(?:{places}|{goods})\s+{business})|{words}|{ours}\s+(?:(?!\b(?:and|the|for)\b)[\w-]+\s+){{0,2}}?(?P<place>(?:{goods}\s+)?{places})(?!-)"
        rf"|(?P<of_texts>{places})(?:'s)?\s+{texts})",
        message.text,
    ):
        group = "of_texts" if match["of_texts"] else "place" if match["place"] else 0
        start, end = match.span(group)
        if not _is_no_domain(message, start, end, speaks=not group and match["goods"] is None):
            return message.found(message.raw[start:end], start, end)
    return None


def _is_no_domain(message: Message, start: int, end: int, *, speaks: bool) -> bool:
    """ "Legal says" is somebody's voice, "my brother in law" is family."""
    voice = rf"\s+{source('domain', 'speaks', message.languages)}"
    desk = source("domain", "departments", message.languages)
    around = message.text[max(0, start - 16) : end + 10]
    if speaks and starts(voice, message.text[end : end + 16]):
        return True
    if speaks and starts(desk + r"'s\b", message.text[start : end + 3]):
        return True
    return any(
        match.start() < min(start, 16) + end - start and match.end() > min(start, 16)
        for match in find_all(source("domain", "not_domain", message.languages), around)
    )
