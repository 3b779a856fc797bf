"""Hardware in the writer's words, and the GPU of the catalogue that they mean."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import either, find, find_all, source, starts, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found
from knowledge.catalog import Catalog

_GPU = (
    r"(?:nvidia\s+|tesla\s+|geforce\s+|amd\s+|apple\s+|intel\s+)?(?:"
    r"(?:rtx|gtx|quadro)[\s-]?(?:pro\s+)?a?\d{4}(?:\s?(?:ti|super|ada))*"
    r"|[345]0[5-9]0s?(?:\s?(?:ti|super))?(?!\w)"
    r"|(?:a100|h100|h200|gh200|b100|b200|b300|gb200|v100|p100|p40|p4|k80|m40|m60|a800|h800)s?(?:[\s-]?\d{2,3}\s?gb)?(?:[\s-](?:sxm|pcie|nvl))?"
    r"|(?:a10g?|a16|a30|a40|l4|l40s?|t4|a2|a[456]000|rtx\s?6000)s?"
    r"|mi\d{3}x?|gaudi\s?\d?|tpu(?:\s?v\d\w?)?|jetson(?:\s\w+){0,2}|dgx(?:\s(?:spark|station|a100|h100))?"
    r"|mac\s?(?:book(?:\s(?:pro|air))?|studio|mini)(?:\s+m[1-5](?:\s(?:pro|max|ultra))?)?|m[1-5](?:\s?(?:pro|max|ultra))?(?:\s(?:laptop|macbook|mac(?:\sstudio)?|chip))?"
    r"|raspberry pi(?:\s\d)?)(?!\w)"
)
COUNT_WORDS: dict[str, int] = words()["counts"]
COUNTS = either(COUNT_WORDS)
_HARDWARE = re.compile(
    rf"(?<![\w.])(?:(?P<count>\d{{1,4}}\s?[x×]\s?|\d{{1,4}}\s+|(?:{COUNTS})\s+))?(?P<gpu>{_GPU})(?:\s(?:box|node|server)s?(?!\w))?"
)
_NAMES_OF_MACHINES = ("mac", "raspberry", "jetson")
_WHOLE_NUMBER = re.compile(r"^[345]0[5-9]0s?$")


def read_hardware(message: Message) -> dict[str, Found]:
    """Read `hardware` in the writer's words, "no GPUs" and "cpu only" included."""
    best: re.Match[str] | None = None
    for match in _HARDWARE.finditer(message.text):
        if _is_refused(message, match) or _is_amount(message, match):
            continue
        if best is None or _corrects(message, match):
            best = match
    if best is not None:
        return {"hardware": message.found(_said(message, best), best.start(), best.end())}
    for match in find_all(source("hardware", "none", message.languages), message.text):
        return {"hardware": message.found(_said(message, match), match.start(), match.end())}
    for match in find_all(source("hardware", "other", message.languages), message.text):
        if not message.negated(match.start(), match.end()) and not _is_at_hand(message, match):
            return {"hardware": message.found(_said(message, match), match.start(), match.end())}
    return {}


def hardware_gpu(text: str, catalog: Catalog) -> tuple[str, int] | None:
    """Return the catalogue's id of the GPU that words name, and how many of it; None where none is named."""
    match = _HARDWARE.search(text.lower())
    if match is None:
        return None
    name = match["gpu"].strip()
    for form in (
        name,
        name.rstrip("s"),
        re.sub(r"\s?(?:laptop|macbook|chip|box)$", "", name),
        f"rtx {name.rstrip('s')}",
    ):
        gpu = catalog.find_gpu(form)
        if gpu is not None:
            return gpu.id, _count(match["count"])
    return None


def hardware_title(words: str) -> str:
    """Return hardware for a read-back: "1x 4090" becomes "1× RTX 4090"."""
    match = _HARDWARE.search(words.lower())
    if match is None:
        return "CPUs only" if find(source("hardware", "none", None), words.lower()) else words
    gpu = words[match.start("gpu") : match.end("gpu")]
    if _WHOLE_NUMBER.match(gpu):
        gpu = f"RTX {gpu.rstrip('s')}"
    count = _count(match["count"])
    if gpu.islower() and not gpu.startswith(_NAMES_OF_MACHINES):
        gpu = gpu.removesuffix("s").upper() if len(gpu) <= 6 else gpu
    return f"{count}× {gpu}"


def _is_refused(message: Message, match: re.Match[str]) -> bool:
    """ "No A100", "the A100 cluster - not approved", "an L4, not the A100"."""
    if message.negated(match.start(), match.end()):
        return True
    refused = source("hardware", "refused", message.languages)
    ahead = message.text[match.end() : match.end() + 40]
    return starts(rf"(?:\W+[^\W\d]+){{0,2}}?\W*{refused}", ahead) is not None


def _corrects(message: Message, match: re.Match[str]) -> bool:
    """ "2x A6000 ... wait, ops took one away, so 1x A6000": the later one holds."""
    first, _ = message.clause(match.start())
    marks = source("hardware", "corrects", message.languages)
    behind = message.text[max(0, min(first, match.start() - 30)) : match.start()]
    return find(marks, behind[-70:]) is not None


def _is_at_hand(message: Message, match: re.Match[str]) -> bool:
    """What people type on is not what the model runs on."""
    typing = source("hardware", "typing", message.languages)
    runs = source("hardware", "runs", message.languages)
    first, last = message.sentence(match.start())
    sentence = message.text[first:last]
    return find(typing, sentence) is not None and find(runs, sentence) is None


def _count(words: str | None) -> int:
    if not words:
        return 1
    plain = words.strip(" x×")
    return int(plain) if plain.isdigit() else COUNT_WORDS.get(plain, 1)


def _said(message: Message, match: re.Match[str]) -> str:
    return " ".join(message.raw[match.start() : match.end()].split())


def _is_amount(message: Message, match: re.Match[str]) -> bool:
    """ "3,090 tickets" or "4090 mails a day" is a number, not a card."""
    if not _WHOLE_NUMBER.match(match["gpu"]) or match["gpu"].endswith("s") or match["count"]:
        return False
    ahead = message.text[match.end() : match.end() + 14]
    return starts(r"\s*(?:[,.;!?)]|$|gpu|card|box|and\b|with\b|for\b|on\b|in\b|laptop|ti\b)", ahead) is None
