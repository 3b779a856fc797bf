"""Models and accelerators of the catalogue, found in free text."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dialogs.understanding.hardware import COUNT_WORDS
from knowledge.catalog import Catalog
from knowledge.schema import Gpu, ModelCard

_WORD = re.compile(r"[^\s,;:()?!×]+")
_SIZE = re.compile(r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)\s?(b|m)(?:illion)?(?:\s?param\w*)?(?!\w)", re.I)
_SIZE_ONLY = re.compile(r"\d+(?:\.\d+)?[bmk]?", re.I)
_FAMILY = re.compile(
    r"(?<!\w)((?:l+a+ma|mi[sx]tral|mixtral|qw[en]{2,3}|gem+a|phi|falcon|deep-?seek|granite|olmo|smol\w*|ministral|gpt|bert|"
    r"modernbert|command|codestral|devstral|eurollm|apertus|kimi|glm|nemotron|bloom|yi|starcoder|mpt|pythia|opt|t5)"
    r"[\w.-]*(?:\s+\d[\w.-]*){0,2})",
    re.I,
)
_GPU_LIKE = re.compile(
    r"(?<!\w)((?:rtx|gtx|rx|quadro|radeon)[\s-]?\w*\d\w*(?:\s(?:ti|super|ada))?|[abhlv]\d{2,3}0?s?|mi\d{3}\w?|gb?\d{3}"
    r"|tpu(?:\s?v\d+\w?)?|gaudi\s?\d?|trainium\s?\d?|inferentia\s?\d?)(?!\w)",
    re.I,
)
_COUNT = re.compile(
    rf"(?:(\d{{1,5}})\s?[x×]?|({'|'.join(sorted(map(re.escape, COUNT_WORDS), key=len, reverse=True))}))\s*$",
    re.I,
)
_AMOUNT = re.compile(r"\s+(?:examples|samples|tokens|pages|docs|rows|users|requests|pairs)")
_JOINED = re.compile(r"(?<![\w.])(\d{1,5})([x×])(?=[a-z]|\d{4}(?!\d))", re.I)
MAX_WORDS = 5
_SIZE_TOLERANCE = 0.12  # "8b" is 8.03, "7b" up to 7.6


@dataclass(frozen=True)
class NamedModel:
    """A model that a text names: in the catalogue, or what was written and what looks like it, or a size."""

    card: ModelCard | None = None
    written: str = ""
    near: tuple[ModelCard, ...] = ()
    params: float | None = None
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class NamedGpu:
    """An accelerator that a text names, and how many of it."""

    card: Gpu | None = None
    count: int = 1
    written: str = ""
    near: tuple[Gpu, ...] = ()
    span: tuple[int, int] = (0, 0)
    counted: bool = False  # whether the count was written


@lru_cache(maxsize=1)
def estimate_words() -> dict[str, Any]:
    """Return the words of estimates from their data file."""
    return tomllib.loads((Path(__file__).parent / "estimates.toml").read_text("utf-8"))


def question(key: str, **values: str) -> str:
    """Return a question of the data file with its values."""
    return str(estimate_words()["questions"][key]).format(**values)


def example_requests() -> tuple[str, ...]:
    """Return two requests that show what is accepted."""
    return tuple(estimate_words()["questions"]["examples"])


def suggested_models(catalog: Catalog) -> tuple[str, ...]:
    """Return the titles of three usual models that the catalogue holds."""
    cards = (catalog.find_model(name) for name in estimate_words()["questions"]["suggested"])
    return tuple(card.title for card in cards if card is not None)


def name_model(text: str, catalog: Catalog) -> NamedModel:
    """Return the model that a text names; the longest run of words that the catalogue knows wins."""
    for length in range(MAX_WORDS, 0, -1):
        for words, span in _windows(text, length):
            if _SIZE_ONLY.fullmatch(words) or not re.search(r"[^\W\d_]{2}", words):
                continue
            card = catalog.find_model(words)
            if card is not None and (length == 1 or _ends_in_name(text, span, catalog)):
                return NamedModel(card, words, (), None, span)
    return _near_model(text, catalog)


def name_gpu(text: str, catalog: Catalog) -> NamedGpu:
    """Return the accelerator that a text names with its count: "256 h100", "2x3090", "an l4"."""
    plain = _JOINED.sub(lambda m: m[1] + " ", text)
    for length in range(MAX_WORDS, 0, -1):
        for words, span in _windows(plain, length):
            card = catalog.find_gpu(words) or (catalog.find_gpu(words[:-1]) if words[-1:] in "sS" else None)
            if (
                card is not None
                and not _starts_with_count(words)
                and not _is_plain_number(words, plain, span)
            ):
                before = plain[: span[0]]
                return NamedGpu(card, _count(before), words, (), span, bool(_COUNT.search(before)))
    match = _GPU_LIKE.search(plain)
    if match and not _SIZE.fullmatch(match[1]):
        near = catalog.near_gpus(match[1])
        return NamedGpu(None, _count(plain[: match.start()]), match[1], near, match.span())
    return NamedGpu()


def _windows(text: str, length: int) -> list[tuple[str, tuple[int, int]]]:
    found = list(_WORD.finditer(text))
    windows = []
    for first, last in zip(found, found[length - 1 :], strict=False):
        words = text[first.start() : last.end()]
        if not re.search(r"[,;:()?!]", words):
            stripped = words.rstrip(".")
            windows.append((stripped, (first.start(), first.start() + len(stripped))))
    return windows


def _ends_in_name(text: str, span: tuple[int, int], catalog: Catalog) -> bool:
    """The catalogue leaves out idle words; a run must not begin or end with one of those."""
    words = text[span[0] : span[1]].split()
    shorter = (" ".join(words[1:]), " ".join(words[:-1]))
    card = catalog.find_model(" ".join(words))
    return all(catalog.find_model(part) != card for part in shorter if part) or len(words) > 1


def _near_model(text: str, catalog: Catalog) -> NamedModel:
    size = _SIZE.search(text)
    params = float(size[1]) * (1e9 if size[2].lower() == "b" else 1e6) if size else None
    for match in _FAMILY.finditer(text):
        near = _of_size(catalog.near_models(match[1], 24), params)
        if near:
            return NamedModel(None, match[1].strip(), near, params, match.span())
    span = size.span() if size else (0, 0)
    return NamedModel(None, "", (), params, span)


def _of_size(cards: tuple[ModelCard, ...], params: float | None) -> tuple[ModelCard, ...]:
    """Of models that look alike keep those of the size that was written, at most three."""
    if params is not None:
        same = [c for c in cards if c.params_b and abs(c.params_b * 1e9 / params - 1) <= _SIZE_TOLERANCE]
        cards = tuple(same) or cards
    return cards[:3]


def gpu_title(card: Gpu) -> str:
    """Return a card's name without its maker: "RTX 4090"."""
    return re.sub(r"^(?:NVIDIA|AMD|Apple)\s+(?:GeForce\s+|Radeon\s+|Instinct\s+)?", "", card.title)


def _starts_with_count(words: str) -> bool:
    first, _, rest = words.partition(" ")
    return bool(rest) and first.lower() in COUNT_WORDS


def _is_plain_number(words: str, text: str, span: tuple[int, int]) -> bool:
    """ "3090 examples" is no card."""
    return (
        words.isdigit()
        and re.match(r"\s+(?:examples|samples|tokens|pages|docs|rows|users|requests)", text[span[1] :])
        is not None
    )


def _count(before: str) -> int:
    match = _COUNT.search(before)
    if match is None:
        return 1
    return int(match[1]) if match[1] else COUNT_WORDS.get(match[2].lower(), 1)
