"""Numbers as people write them: "20k", "1,5 Mio.", ".81", "2-3", "a couple hundred", "zwanzigtausend"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from text_to_num import Token
from text_to_num import find_numbers as find_words

from dialogs.understanding.lexicon import lexicon

SCALES = {
    "k": 1e3, "grand": 1e3, "tsd": 1e3, "tsd.": 1e3, "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "mil": 1e3,
    "tusen": 1e3,
    "duizend": 1e3, "mila": 1e3, "hundred": 1e2, "hundert": 1e2, "hundra": 1e2, "m": 1e6, "mio": 1e6,
    "mio.": 1e6, "mn": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6,
    "millón": 1e6, "miljoner": 1e6, "miljon": 1e6, "miljoen": 1e6, "milioni": 1e6, "milhões": 1e6,
    "milhão": 1e6, "milhao": 1e6, "milhoes": 1e6, "milione": 1e6, "millon": 1e6,
    "honderd": 1e2,
    "mln": 1e6, "lakh": 1e5, "lakhs": 1e5, "crore": 1e7, "bn": 1e9, "billion": 1e9, "mrd": 1e9, "mrd.": 1e9,
}  # fmt: skip
_SCALE = "|".join(re.escape(word) for word in sorted(SCALES, key=len, reverse=True))
_PLAIN = (
    r"\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+|(?:['’ ]\d{3})+)(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?|[.,]\d+"
)
_NUMBER = re.compile(
    rf"(?:(?<![\w.,])(?<![a-z]-)|(?<=sub-)|(?<=[=:<>~≈(]))({_PLAIN})(?:\s?({_SCALE})(?!\w)\.?|(?=[^\d]|$))"
)
_JOIN = re.compile(
    r"\s*(?:-|–|—|\b(?:to|bis(?: zu)?|à|a|or|oder|till|tot|ou|o|eller|fino a|até|hasta|upp till|jusqu'à)\b)\s*$"
)
_AND = re.compile(r"\s+(?:and|und|et|y|och|en|e)\s+$")
_BETWEEN = re.compile(r"\b(?:between|zwischen|entre|mellan|tussen|tra|fra|from|von|de)\s+$")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d[\d.,]*|[^\w\s]")
_INFORMAL = re.compile(
    r"\b(?:(half)\s+an?|(a\s+couple|couple|a\s+few|few|several)(?:\s+of)?|(an?|ein\w*|une?|un|en|ett))"
    r"\s+(dozen|hundred|thousand|million|dutzend|hundert|tausend|cent|millón|hundra|tusen|miljon)(?!\w)"
)
_FACTORS = {"half": 0.5, "couple": 2.0, "few": 3.0, "several": 3.0}
_BIG = {"dozen": 12.0, "dutzend": 12.0, "cent": 100.0}
_MANIFOLD = {"dozen": 12.0, "grand": 1e3}
_MANY = re.compile(r"\s+(dozen|grand)(?!\w)")
_WORD_LANGUAGES = frozenset(("en", "fr", "de", "es", "it", "pt", "nl"))


@dataclass(frozen=True)
class Number:
    """A number or a range, and its place. For a single number `low` equals `high`."""

    low: float
    high: float
    start: int
    end: int
    spoken: bool = False


class _Word(Token):  # type: ignore[misc]
    def __init__(self, text: str) -> None:
        self._text = text

    def text(self) -> str:
        return self._text


def find_numbers(text: str, languages: tuple[str, ...] = ("en",)) -> tuple[Number, ...]:
    """Return the numbers of a lower-cased text from left to right; ranges become one number."""
    found = [*_informal(text)]
    for match in _NUMBER.finditer(text):
        _add(found, Number(*(2 * (number_value(match[1], match[2]),)), match.start(), match.end()))
    for number in _spoken(text, languages):
        _add(found, number)
    return _with_ranges(sorted(found, key=lambda number: number.start), text)


def number_value(digits: str, scale: str | None = None) -> float:
    """Return the value of written digits: three digits after a separator are thousands, else decimals."""
    compact = re.sub(r"['’\s]", "", digits)
    if not re.fullmatch(r"\d*[.,]\d{1,2}|0?[.,]\d+|\d+", compact):
        separators = re.findall(r"[.,]", compact)
        last = max(compact.rfind("."), compact.rfind(","))
        decimal = len(set(separators)) == 2 or not re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", compact)
        whole = compact[:last] if decimal else compact
        fraction = compact[last + 1 :] if decimal else ""
        compact = re.sub(r"[.,]", "", whole) + (f".{fraction}" if fraction else "")
    return float(compact.replace(",", ".")) * SCALES.get((scale or "").strip(), 1.0)


def _informal(text: str) -> list[Number]:
    found = []
    for match in _INFORMAL.finditer(text):
        half, some, _, unit = match.groups()
        factor = _FACTORS["half" if half else some.split()[-1]] if half or some else 1.0
        value = factor * _BIG.get(unit, SCALES.get(unit, 1.0))
        found.append(Number(value, value, match.start(), match.end(), spoken=True))
    return found


def _spoken(text: str, languages: tuple[str, ...]) -> list[Number]:
    tokens = list(_WORDS.finditer(text))
    words = [token.group() for token in tokens]
    found: list[Number] = []
    for match in _own_words(languages).finditer(text) if set(languages) & set(_own_tables()) else ():
        value = _own_value(match.group(), languages)
        _add(found, Number(value, value, match.start(), match.end(), spoken=True))
    for language in languages:
        if language in _WORD_LANGUAGES and _has_number_word(language, words):
            for hit in find_words([_Word(word) for word in words], language, threshold=0):
                chunk = words[hit.start : hit.end]
                if not any(word[0].isdigit() for word in chunk) and float(hit.value) >= 0:
                    value, (start, end) = (
                        float(hit.value),
                        (tokens[hit.start].start(), tokens[hit.end - 1].end()),
                    )
                    many = _MANY.match(text, end)
                    if many:
                        value, end = value * _MANIFOLD[many[1]], many.end()
                    _add(found, Number(value, value, start, end, spoken=True))
    return found


@lru_cache(maxsize=1)
def _own_tables() -> dict[str, dict[str, float]]:
    return {code: table["number_words"] for code, table in lexicon().items() if "number_words" in table}


@lru_cache(maxsize=32)
def _own_words(languages: tuple[str, ...]) -> re.Pattern[str]:
    words = [word for code in languages for word in _own_tables().get(code, {})]
    choice = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{choice})(?:[\s-]?(?:{choice}))*(?!\w)") if words else re.compile("(?!)")


def _own_value(text: str, languages: tuple[str, ...]) -> float:
    table = {word: value for code in languages for word, value in _own_tables().get(code, {}).items()}
    total = current = 0.0
    for word in re.findall("|".join(sorted(map(re.escape, table), key=len, reverse=True)), text):
        value = table[word]
        if value >= 1000:
            total, current = total + (current or 1) * value, 0.0
        elif value == 100:
            current = (current or 1) * 100
        else:
            current += value
    return total + current


def _has_number_word(language: str, words: list[str]) -> bool:
    parts = lexicon().get(language, {}).get("number_parts", {}).get("parts", ())
    return any(word.startswith(tuple(parts)) or word.endswith(tuple(parts)) for word in words)


def _add(found: list[Number], number: Number) -> None:
    if all(number.end <= other.start or number.start >= other.end for other in found):
        found.append(number)


def _with_ranges(numbers: list[Number], text: str) -> tuple[Number, ...]:
    joined: list[Number] = []
    for number in numbers:
        last = joined[-1] if joined else None
        if last is not None and last.low == last.high:
            gap = text[last.end : number.start]
            between = _AND.match(gap) and _BETWEEN.search(text[: last.start][-12:])
            if (len(gap) < 12 and _JOIN.match(gap)) or between:
                low = _same_scale(last, number, text)
                if low < number.high:
                    joined[-1] = Number(low, number.high, last.start, number.end, number.spoken)
                    continue
        joined.append(number)
    return tuple(joined)


def _same_scale(first: Number, second: Number, text: str) -> float:
    """In "1-2k" the first number is meant in thousands too."""
    match = _NUMBER.match(text, second.start)
    scale = SCALES.get(match[2], 1.0) if match and match[2] else 1.0
    return first.low * scale if first.low < 1000 and first.low * scale < second.high else first.low
