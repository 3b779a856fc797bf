"""Models and accelerators of the catalogue, found in free text."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dialogs.understanding.hardware import COUNT_WORDS
from dialogs.understanding.lexicon import either, expression_of, find
from knowledge.catalog import Catalog
from knowledge.schema import Gpu, ModelCard

_WORD = re.compile(r"[^\s,;:()?!×]+")
_SIZE = re.compile(
    r"(?<![\w.$€])(\d{1,4}(?:[.,]\d{1,3})?)\s?(b|m|milliarden|mrd\.?|mil millones|millionen|millones)(?:illion|n)?"
    r"(?P<named>\s?(?:de\s)?(?:param|parám)\w*)?(?!\w)",
    re.I,
)
_NAME_GOES_ON = re.compile(
    r"(?:[\s-]+(?:distill(?:ed)?|llama|qwen|mistral|gemma|phi|chat|instruct|base|code|coder|math|vl|vision|v?\d(?:\.\d)?)){0,4}"
    r"[\s-]+\d{1,4}(?:\.\d{1,3})?\s?b(?!\w)",
    re.I,
)
_SIZE_ONLY = re.compile(r"\d+(?:\.\d+)?[bmk]?", re.I)
_FAMILY = re.compile(
    r"(?<!\w)((?:l+a+ma|mi[sx]tral|mixtral|qw[en]{2,3}|gem+a|phi|falcon|deep-?seek|granite|olmo|smol\w*|ministral|gpt|bert|"
    r"modernbert|command|claude|gemini|grok|codestral|devstral|eurollm|apertus|kimi|glm|nemotron|bloom|yi|starcoder|mpt|pythia|opt|t5)"
    r"[\w.-]*(?:\s+\d[\w.-]*){0,2})",
    re.I,
)
_GPU_LIKE = re.compile(
    r"(?<!\w)((?:rtx|gtx|rx|quadro|radeon)[\s-]?\w*\d\w*(?:\s(?:ti|super|ada))?|[abhlv]\d{2,3}0?s?|mi\d{3}\w?|gb?\d{3}"
    r"|tpu(?:\s?v\d+\w?)?|gaudi\s?\d?|trainium\s?\d?|inferentia\s?\d?)(?!\w)",
    re.I,
)
_COUNT = re.compile(
    rf"(?:(?<![\w.,])(\d{{1,5}})(?P<times>\s?[x×])?|(?<!\w)({either(COUNT_WORDS)}))\s{{0,3}}$", re.I
)
_CARD_NUMBER = re.compile(r"(?<!\w)[2345]0[5-9]0s?(?!\w)|(?<!\w)gb\d{2,3}", re.I)
_NO_NAME = re.compile(r"(?:[\W\d]|\b(?:gb|vram|gpus?|cards?|the|graphics|tensor|core)(?=\b|\d))+s?", re.I)
_COUNTED = ("samples", "pages", "documents", "requests_per_day", "team_size")
_JOINED = re.compile(r"(?<![\w.])(\d{1,5})([x×])(?=[a-z]|\d{4}(?!\d))", re.I)
_JOINED_CUE = re.compile(
    r"(?<![\w-])(?:(bs|seq|ctx|rank|batch|seqlen|r(?=\d{2,3}(?!\w)|[48](?!\w)))|(bs|ctx|rank|seqlen|r)=)(?=\d+k?(?!\w))",
    re.I,
)
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
    hosted: bool = False  # a name of a family that is only sold as an API


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


def spaced(text: str) -> str:
    """Return a text with cues apart from their numbers: "bs4" is "bs 4", "r=16" is "r 16"."""
    return _JOINED_CUE.sub(lambda match: f"{match[1] or match[2]} ", text)


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
            if card is not None and card.kind == "api" and (other := _hosted_model(text, catalog)):
                return NamedModel(card, words, (), None, span) if catalog.find_model(other.written) else other
            if card is not None and (length == 1 or _ends_in_name(text, span, catalog)):
                other = _other_size(text, span, card)
                return other or NamedModel(card, words, (), None, span)
    return _near_model(text, catalog)


def _other_size(text: str, span: tuple[int, int], card: ModelCard) -> NamedModel | None:
    """A name that goes on to another size, as "DeepSeek R1 Distill Qwen 32B" does, is not the model it begins with."""
    match = _NAME_GOES_ON.match(text, span[1])
    size = _SIZE.search(match[0]) if match else None
    if match is None or size is None or not card.params_b or not _is_size(_size_at(text, match.end()), text):
        return None
    params = _params(size)
    if abs(card.params_b * 1e9 / params - 1) <= _SIZE_TOLERANCE:
        return None
    whole = (span[0], match.end())
    return NamedModel(None, text[slice(*whole)], (), params, whole)


def name_gpu(text: str, catalog: Catalog) -> NamedGpu:
    """Return the accelerator that a text names with its count: "256 h100", "2x3090", "an l4"."""
    plain = _JOINED.sub(lambda m: m[1] + " ", text)
    for length in range(MAX_WORDS, 0, -1):
        for words, span in _windows(plain, length):
            card = catalog.find_gpu(words) or (catalog.find_gpu(words[:-1]) if words[-1:] in "sS" else None)
            if card is not None and not _starts_with_count(words) and not _is_number(words, plain, span):
                counted = _written_count(plain[: span[0]])
                place = (counted.start(), span[1]) if counted else span
                return NamedGpu(card, _count(counted), words, (), place, bool(counted))
    match = _GPU_LIKE.search(plain)
    if match and not _SIZE.fullmatch(match[1]):
        near = catalog.near_gpus(match[1])
        counted = _written_count(plain[: match.start()])
        place = (counted.start() if counted else match.start(), match.end())
        return NamedGpu(None, _count(counted), match[1], near, place)
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
    hosted = _hosted_model(text, catalog)
    if hosted is not None:
        return hosted
    size = next((match for match in _SIZE.finditer(text) if _is_size(match, text)), None)
    params = _params(size) if size else None
    for match in _FAMILY.finditer(text):
        near = _of_size(catalog.near_models(match[1], 24), params)
        if len(near) == 1 and params is not None and _has_size(near[0], params):
            return NamedModel(near[0], match[1].strip(), (), params, match.span())
        if near:
            return NamedModel(None, match[1].strip(), near, params, match.span())
        if params is not None and size is not None:
            whole = (min(match.start(), size.start()), max(match.end(), size.end()))
            return NamedModel(None, text[slice(*whole)], (), params, whole)
    span = size.span() if size else (0, 0)
    return NamedModel(None, "", (), params, span)


def _hosted_model(text: str, catalog: Catalog) -> NamedModel | None:
    """A model that is only sold as an API and that the catalogue lacks; near are those of the same maker."""
    for maker, names in estimate_words()["hosted"].items():
        name = find(expression_of(names) + r"(?:\.\d[\w-]*)?" + _hosted_version(), text.lower())
        near = tuple(card for card in catalog.models if _is_hosted(card, maker))
        if name and near:
            return NamedModel(None, text[name.start() : name.end()], near[:3], None, name.span(), hosted=True)
    return None


def _is_hosted(card: ModelCard, maker: str) -> bool:
    return card.kind == "api" and bool(card.instruct) and card.id.startswith(f"{maker}-")


def _hosted_version() -> str:
    variants = either(estimate_words()["hosted_variants"]["words"])
    number = rf"\d(?:\.\d)?(?![\w.%])(?!\s+(?:tokens|requests|users|{_counted()}))"
    return rf"(?:\s+(?:{number}|{variants}))*"


def _size_at(text: str, end: int) -> re.Match[str]:
    """Return the size that ends at a place."""
    return list(_SIZE.finditer(text, 0, end))[-1]


def _params(size: re.Match[str]) -> float:
    million = size[2].lower() in ("m", "millionen", "millones")
    return float(size[1].replace(",", ".")) * (1e6 if million else 1e9)


def _is_size(match: re.Match[str], text: str) -> bool:
    """ "13b" is a model's size; "300 billion tokens", "1 million requests" and "5m pages" are amounts."""
    if match["named"]:
        return True
    ahead = text[match.end() :].lower()
    million = match[2].lower().startswith("m") and match[2].lower() not in (
        "milliarden",
        "mrd",
        "mil millones",
    )
    if million and not re.fullmatch(r"\d+m", match[0], re.I):
        return False
    return not re.match(rf"\s*(?:(?:de|of)\s+)?(?:tok|requests|calls|queries|users|{_counted()})", ahead)


@lru_cache(maxsize=1)
def _counted() -> str:
    nouns = estimate_words()["nouns"]
    return "|".join(expression_of(nouns[key]) for key in _COUNTED)


def _of_size(cards: tuple[ModelCard, ...], params: float | None) -> tuple[ModelCard, ...]:
    """Of models that look alike keep those of the size that was written, at most three."""
    if params is not None:
        cards = tuple(card for card in cards if _has_size(card, params))
    return cards[:3]


def _has_size(card: ModelCard, params: float) -> bool:
    return bool(card.params_b) and abs((card.params_b or 0.0) * 1e9 / params - 1) <= _SIZE_TOLERANCE


def gpu_title(card: Gpu) -> str:
    """Return a card's name without its maker: "RTX 4090"."""
    return re.sub(r"^(?:NVIDIA|AMD|Apple)\s+(?:GeForce\s+|Radeon\s+|Instinct\s+)?", "", card.title)


def _starts_with_count(words: str) -> bool:
    first, _, rest = words.partition(" ")
    return bool(rest) and first.lower() in COUNT_WORDS


def _is_number(words: str, text: str, span: tuple[int, int]) -> bool:
    """ "300" and "24 gb" are no cards, "3090 examples" neither, and "a 100" is an article and a number."""
    if re.fullmatch(r"a \d+", words, re.I) and text[span[0]].islower():
        return True
    if re.fullmatch(r"\d[\d.,]*[bmtk]\w*", words, re.I) or words[0] in "$€£":
        return True
    if not _NO_NAME.fullmatch(words):
        return False
    ahead = text[span[1] :].lower()
    return (
        not _CARD_NUMBER.search(words)
        or re.match(rf"\s+(?:tokens|users|requests|{_counted()})", ahead) is not None
    )


def _count(match: re.Match[str] | None) -> int:
    if match is None:
        return 1
    return int(match[1]) if match[1] else COUNT_WORDS.get(match[3].lower(), 1)


def _written_count(before: str) -> re.Match[str] | None:
    """Return the count right before a card; in "batch 4 a100" the number belongs to the batch."""
    match = _COUNT.search(before)
    if match is None or not match[1] or match["times"]:
        return match
    cues = [cue for key, texts in estimate_words()["before"].items() if key != "team_size" for cue in texts]
    return (
        None if find(expression_of(cues) + r"\s*(?:=|:|of)?\s*$", before[: match.start()].lower()) else match
    )


def blank(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """Return a text of the same length with these places left out."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def plain_value(value: str) -> Any:
    """Return what a written value is: a flag, a number, or the text itself."""
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number
