"""The amounts of a request for an estimate, each with the words that said it, and what nobody understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dialogs.understanding.estimate_words import blank, estimate_words, plain_value
from dialogs.understanding.lexicon import either, expression_of, find, starts
from dialogs.understanding.numbers import Number, find_numbers, number_value

LANGUAGES = ("en", "de", "es", "fr")
LABELS = {"context_tokens": "context", "lora_rank": "rank", "seq": "sequence", "top_k": "top"}
_DIGITS = r"\d{1,3}(?:[.,]\d{3})+(?![\d.,]*\d)|\d+(?:[.,]\d+)?"
_MEMORY = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s?(gb|gib|gigs?|g)\b(?!\s*(?:of\s+)?(?:documents|docs|text|manuals))"
)
_USD = r"(?:\$\s?(?P<a{0}>\d+(?:[.,]\d+)?)|(?<![\w.])(?P<b{0}>\d+(?:[.,]\d+)?)\s?(?:\$|usd|dollars?))"
_USD_GPU_HOUR = re.compile(
    _USD.format(1) + r"\s*(?:/|per|an|a|pro|por|la)\s*(?:gpu[\s-]?)?(?:h|hr|hour|stunde|hora)\b"
)
_USD_MILLION = re.compile(
    _USD.format(1)
    + r"\s*(?:/|per|pro|por|a)\s*(?:million|1?m\b|mio\b|millón)\s*(?:(?:of\s+)?tok(?:ens)?\s*)?"
    + r"(?P<side>input|output|in|out)?"
)
_CACHE_TYPE = (
    r"(?P<{0}>q8_0|q5_[01]|q4_[01]|fp8|int8|int4|q8|q4|bf16|fp16|f16|fp32|f32|(?:4|8|16)[\s-]?bits?)(?!\w)"
)
_TYPED_CACHE = re.compile(
    r"(?<!\w)" + _CACHE_TYPE.format("name") + r"\s{1,2}(?:kv|k/v|key[\s-]value|cache)\b(?:[\s-]?cache\b)?"
)
_CACHE_TYPED = re.compile(
    r"\b(?:kv|k/v|key[\s-]value)(?:[\s-]?cache)?(?:\s+(?:in|at|as|dtype|type|=|with|mit|en))*\s+"
    + _CACHE_TYPE.format("name")
    + r"(?!\s+(?:weights|model|gguf))"
)
_CACHE_ALONE = re.compile(r"(?<!\w)" + _CACHE_TYPE.format("name"))
_CACHE_NAMES = {"q8": "q8_0", "q4": "q4_0", "fp16": "f16", "fp32": "f32"}
_TIMES = re.compile(r"(?<![\w.])(\d{1,5})\s?[x×]\s?(\d+(?:\.\d+)?k)\b(?!\s+(?:examples|samples|pages|docs))")
_POWERS = frozenset(2**exponent for exponent in range(0, 14))
_K = 1024
_MINUS = re.compile(r"(?:^|\s)[-−]$")
_ODD_NUMBER = re.compile(r"(?<![\w.])([+-]?(?:nan|inf|infinite|infinity|\d+(?:\.\d+)?e[+-]?\d+))\s+(?=[a-z])")
_LEFT = re.compile(r"(?<![\w.,])[$€£]?\d[\d.,/-]*(?:\s?%|[^\W\d_]*)(?:\s+[^\W\d_]{2,})?")
_CLAUSE_END = r"\s*(?:$|[,;+/&)$€@]|\d|and\b|und\b|y\b)"
_GAP = r"(?!(?:with|and|on|at|for|of|in|und|mit|con|y|auf|de|et|a|an|per|pro|por|x)\s)[^\W\d_][\w-]*\s"
_LEAST_LENGTH = 64
_LEAST_SEQUENCE = 512


@dataclass(frozen=True)
class Amount:
    """One amount: the public input key, its value, and how it was said."""

    key: str
    value: Any
    said: str


@dataclass
class Reader:
    """Reads amounts from a lower-cased text; what was read becomes blank, so `rest` is what is left."""

    rest: str
    method: str = ""
    unread: list[str] = field(default_factory=list)  # words that were understood as far as they go

    def read(self) -> Iterator[Amount]:
        """Yield every amount that is written with its noun, cue or unit."""
        yield from self._money_and_memory()
        self._per_thousand()
        yield from self._long_documents()
        yield from self._requests()
        yield from self._slots_times_context()
        yield from self._tokens()
        yield from self._odd()
        yield from self._counted()
        if match := find(
            r"\b(?:no|without|ohne|sin)\s+(?:activation\s+|gradient\s+)?checkpointing", self.rest
        ):
            self._take(match)
            yield Amount("activation_checkpointing", False, "no checkpointing")

    def cache(self, *, alone: bool) -> Amount | None:
        """Read the type of the KV cache; `alone` where a request is about nothing else: "kv 32k int8"."""
        forms = (_CACHE_TYPED, _TYPED_CACHE, *((_CACHE_ALONE,) if alone else ()))
        match = next((match for form in forms if (match := form.search(self.rest))), None)
        if match is None:
            return None
        name = match["name"]
        bits = re.match(r"(4|8|16)[\s-]?bit", name)
        value = {"4": "int4", "8": "int8", "16": "f16"}[bits[1]] if bits else _CACHE_NAMES.get(name, name)
        self._take(match)
        return Amount("kv_dtype", value, match[0].strip())

    def bare_context(self) -> Amount | None:
        """Read a bare "32k" beside a model as the context it is asked for."""
        following = expression_of(estimate_words()["bare_context"]["next"])
        for match in re.finditer(
            rf"(?<![\w.$€-])(\d+(?:\.\d+)?)\s?k(?=\s*(?:$|[,;:()?!.+×]|\d|{following}))", self.rest
        ):
            self._take(match)
            value = tokens_of(float(match[1]) * 1000, match[0])
            return Amount("context_tokens", _whole(value), f"{match[0].strip()} context")
        return None

    def bare_tokens(self) -> Amount | None:
        """Read a bare "1.5T", or "on 300B", as the tokens of a pre-training run."""
        match = find(r"(?<![\w.$])(\d+(?:\.\d+)?)\s?(t|trillions?|billones|billionen)\b", self.rest) or find(
            r"\b(?:on|over|with|for|auf|mit|con|de)\s+(\d+(?:\.\d+)?)\s?(b|bn|billion|milliarden|mrd)\b",
            self.rest,
        )
        if match is None:
            return None
        self._take(match)
        value = float(match[1]) * estimate_words()["token_scales"][match[2]]
        return Amount("tokens", value, f"{match[1]}{match[2]} tokens")

    def pages_each(self, documents: float, pages: float, text: str) -> float:
        """Return all pages: "50k documents, 12 pages each" has 600k, and never fewer pages than documents."""
        each = find(expression_of(estimate_words()["each"]["words"]), text)
        return documents * pages if each or pages < documents else pages

    def left(self) -> tuple[str, ...]:
        """Return the numbers that nothing was read from, as they were written."""
        numbers = (" ".join(match[0].split()).rstrip(".,;") for match in _LEFT.finditer(self.rest))
        return (*self.unread, *numbers)

    def blank(self, *spans: tuple[int, int]) -> None:
        """Leave out places that were read elsewhere."""
        self.rest = blank(self.rest, spans)

    def _take(self, match: re.Match[str]) -> None:
        self.blank(match.span())

    def _money_and_memory(self) -> Iterator[Amount]:
        if hit := _USD_GPU_HOUR.search(self.rest):
            yield Amount("usd_per_gpu_hour", _usd(hit), hit[0].strip())
            self._take(hit)
        for match in _USD_MILLION.finditer(self.rest):
            side = "output" if (match["side"] or "").startswith("out") else "input"
            yield Amount(f"usd_per_million_{side}_tokens", _usd(match), match[0].strip())
            self._take(match)
        if hit := _MEMORY.search(self.rest):
            yield Amount("memory_gb", float(hit[1]), hit[0].strip())
            self._take(hit)

    def _per_thousand(self) -> None:
        """The cost of 1,000 requests is a unit and no amount."""
        if match := find(r"\bper\s+(?:1\s?k|1[,.]?000|thousand)\s+requests\b", self.rest):
            self._take(match)

    def _long_documents(self) -> Iterator[Amount]:
        documents = expression_of(estimate_words()["nouns"]["documents"])
        if match := find(rf"(?<![\w.,])(\d+)[\s-](?:page|pages|seitige\w*)\s+(?={documents})", self.rest):
            self._take(match)
            yield Amount("pages", int(match[1]), match[0].strip())

    def _requests(self) -> Iterator[Amount]:
        words, periods = estimate_words()["requests"], estimate_words()["period_days"]
        ahead = rf"\s+{expression_of(words['nouns'])}\s*(?:{either(words['per'])})\s*(?P<period>{either(periods)})\b"
        for number in find_numbers(self.rest, LANGUAGES):
            if match := starts(ahead, self.rest[number.end :]):
                span = (number.start, number.end + match.end())
                said = self.rest[slice(*span)].strip()
                self.blank(span)
                yield Amount("requests_per_day", number.high / periods[match["period"]], said)

    def _slots_times_context(self) -> Iterator[Amount]:
        if (match := _TIMES.search(self.rest)) and not self.method:
            self._take(match)
            yield Amount("batch", int(match[1]), f"{match[1]} at once")
            value = tokens_of(float(match[2][:-1]) * 1000, match[2])
            yield Amount("context_tokens", _whole(value), f"{match[2]} context")

    def _tokens(self) -> Iterator[Amount]:
        scales = estimate_words()["token_scales"]
        for match in _token_amount().finditer(self.rest):
            value = number_value(match[1]) * scales.get(match[2] or "", 1.0)
            key = "tokens" if value >= 1e6 else ("seq" if self.method else "context_tokens")
            if key != "tokens" and _cue_key(self.rest[max(0, match.start() - 22) : match.start()]):
                continue
            self._take(match)
            yield Amount(key, value if key == "tokens" else int(value), match[0].strip())

    def _odd(self) -> Iterator[Amount]:
        for match in _ODD_NUMBER.finditer(self.rest):
            ahead = self.rest[match.end() :]
            if key := "tokens" if ahead.startswith("tokens") else _noun(ahead)[0]:
                self._take(match)
                yield Amount(key, plain_value(match[1]), match[0].strip())

    def _counted(self) -> Iterator[Amount]:
        for number in find_numbers(self.rest, LANGUAGES):
            behind, ahead = self.rest[max(0, number.start - 22) : number.start], self.rest[number.end :]
            key, length = _noun(ahead)
            if key is not None and starts(r"\s*=?\s*\d", ahead[length:]) and _cue_key(behind):
                key, length = None, 0  # in "batch 8 seq 2048" the word behind belongs to the next number
            said = self.rest[number.start : number.end + length].strip()
            if key is None:
                key = _cue_key(behind.rstrip("-−")) or self._length_cue(behind.rstrip("-−"), number)
                said = f"{LABELS.get(key or '', key)} {said}"
            if key is None:
                continue
            written = self.rest[number.start : number.end]
            if key == "batch" and "sequence" in said and number.high >= _LEAST_SEQUENCE:
                key = "seq"  # "4k sequences" are as long, not as many
            value = tokens_of(number.high, written) if key in ("context_tokens", "seq") else number.high
            self.blank((number.start, number.end + length))
            yield Amount(key, _whole(-value if _MINUS.search(behind) else value), said)

    def _length_cue(self, behind: str, number: Number) -> str | None:
        if number.spoken or number.high < _LEAST_LENGTH or starts(r"\s*[^\W\d_]{3}", self.rest[number.end :]):
            thousands = self.rest[number.start : number.end].endswith("k")
            if number.spoken or not thousands:
                return None
        return _cue(behind, "before_lengths")


def tokens_of(value: float, written: str) -> float:
    """In a context "8k" means 8,192 tokens; "6k" means 6,000."""
    thousands = value / 1000
    return thousands * _K if "k" in written and thousands in _POWERS else value


@lru_cache(maxsize=1)
def _token_amount() -> re.Pattern[str]:
    scales = either(estimate_words()["token_scales"])
    return re.compile(
        rf"(?<![\w.,])({_DIGITS})\s?({scales})?\s*(?:de\s+|of\s+)?(?:tokens?|toks?)\b"
        r"(?!\s*(?:per|a\b|an\b|pro|por|je\b|each|cada|/|in\b|out|input|of\s+(?:in|out|context)|de\s|long|prompt"
        r"|context|kontext|contexto|chunk|answer|eingabe|ausgabe|generated|generados|sequence|example|inputs"
        r"|completion))"
    )


def _noun(ahead: str) -> tuple[str | None, int]:
    """Return the key whose noun stands first in a text, and how long it is; a direct noun beats a later one."""
    for gap in (r"(?:\s*|-)(?:(?:de|of)\s)?", rf"[\s-]?(?:{_GAP})"):
        best: tuple[int, str] | None = None
        for key, nouns in estimate_words()["nouns"].items():
            match = starts(gap + expression_of(nouns), ahead)
            if match and (best is None or match.end() > best[0]):
                best = (match.end(), key)
        if best is not None:
            return best[1], best[0]
    for key, nouns in estimate_words()["ending"].items():
        match = starts(rf"\s(?P<noun>{expression_of(nouns)})(?={_CLAUSE_END})", ahead)
        if match:
            return str(key), match.end()
    return None, 0


def _cue_key(behind: str) -> str | None:
    return _cue(behind, "before")


def _cue(behind: str, section: str) -> str | None:
    for key, cues in estimate_words()[section].items():
        if find(expression_of(cues) + r"\s{0,2}(?:=|:|of)?\s{0,2}$", behind):
            return str(key)
    return None


def _usd(match: re.Match[str]) -> float:
    return float((match["a1"] or match["b1"]).replace(",", "."))


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
