"""From text to the terms of the search index: words, stems, concepts, character bigrams.

A *term* is what the index counts: a stemmed word, a bigram of a script without spaces, or a concept
(`§` and its first form) that stands for every way of saying the same.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

import Stemmer

CONCEPT = "§"
LIGHT_WEIGHT = 0.3

_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f]+")
_NAME_DASH_NUMBER = re.compile(r"\b([a-z]{2,})-?(\d+(?:\.\d+)*)\b")
_NAME_NUMBER = re.compile(r"\b([a-z]{2,})[\s-]?(\d+(?:\.\d+)*)\b")
_HIRAGANA = re.compile(r"[\u3040-\u309f]")  # grammar, in questions: the topic stands in kanji and katakana
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")


@dataclass(frozen=True)
class Term:
    """A term with the words it was read from. `weight` is 1, or less for words that frame a question."""

    text: str
    surface: str
    weight: float = 1.0


@dataclass(frozen=True)
class Lexicon:
    """Stop words, light words and concepts, ready for matching."""

    stop: frozenset[str]
    light: frozenset[str]
    concepts: Mapping[tuple[str, ...], str]
    longest: Mapping[str, int]  # first stem of a form -> its longest form, in stems
    spelled_out: Mapping[str, str] = field(
        default_factory=dict
    )  # concept -> the words an embedding reads best
    stop_by_language: Mapping[str, frozenset[str]] = field(default_factory=dict)


def plain(text: str) -> str:
    """Lower-case text without accents or width variants; Japanese marks stay."""
    folded = unicodedata.normalize("NFKC", text).lower()
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFC", _NOT_ASCII.sub(_unaccented, unicodedata.normalize("NFD", folded)))


def _unaccented(run: re.Match[str]) -> str:
    return "".join(char for char in run.group() if not unicodedata.combining(char) or char in "\u3099\u309a")


def split_words(text: str) -> list[str]:
    """Split text into lower-case words; runs of kana and kanji become overlapping bigrams."""
    words: list[str] = []
    for word in _WORD.findall(_THOUSANDS.sub("", plain(text))):
        if word.isascii():
            words.append(word)
        else:
            words.extend(_pieces(word))
    return words


def _pieces(word: str) -> Iterable[str]:
    end = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > end:
            yield word[end : run.start()]
        chars = run.group()
        yield from (chars[i : i + 2] for i in range(max(1, len(chars) - 1)))
        end = run.end()
    if end < len(word):
        yield word[end:]


_stemmer = Stemmer.Stemmer("english", 0)  # `stem` remembers


def numbered_names(text: str, spaced: bool) -> list[str]:
    """Return names with their number as one term: "GPT-4" becomes "gpt4"; with `spaced`, "Llama 3.1" too."""
    pattern = _NAME_NUMBER if spaced else _NAME_DASH_NUMBER
    return [name + number for name, number in pattern.findall(plain(text))]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the Snowball stem of a lower-case word."""
    return str(_stemmer.stemWord(word))


@cache
def load_lexicon() -> Lexicon:
    """Read the shipped stop words and synonyms."""
    folder = files("knowledge") / "_lexicon"
    stopwords = tomllib.loads((folder / "stopwords.toml").read_text(encoding="utf-8"))
    synonyms = tomllib.loads((folder / "synonyms.toml").read_text(encoding="utf-8"))
    by_language = {
        language: frozenset(split_words(words)) for language, words in stopwords["function"].items()
    }
    light = frozenset(stem(word) for word in split_words(stopwords["light"]["words"]))
    return make_lexicon(synonyms["concepts"], by_language, light)


def make_lexicon(
    concepts: Iterable[Sequence[str]],
    stop_by_language: Mapping[str, frozenset[str]],
    light: frozenset[str] = frozenset(),
) -> Lexicon:
    """Prepare a lexicon: each concept is a list of forms, the first of which names it."""
    forms: dict[tuple[str, ...], str] = {}
    longest: dict[str, int] = {}
    spelled_out: dict[str, str] = {}
    for names in concepts:
        name = CONCEPT + plain(names[0])
        is_short = sum(char.isupper() for char in names[0]) > 1 and len(names) > 1
        spelled_out[name] = names[1] if is_short else names[0]
        for form in names:
            stems = tuple(stem(word) for word in split_words(form))
            forms.setdefault(stems, name)
            longest[stems[0]] = max(longest.get(stems[0], 0), len(stems))
    stop = frozenset().union(*stop_by_language.values()) if stop_by_language else frozenset()
    return Lexicon(stop, light, forms, longest, spelled_out, stop_by_language)


def index_terms(text: str, lexicon: Lexicon) -> list[str]:
    """Return every term of a document's text: its words without stop words, and its concepts beside them."""
    words = split_words(text)
    stems = [stem(word) for word in words]
    terms = [s for s, word in zip(stems, words, strict=True) if word not in lexicon.stop]
    terms.extend(name for _, _, name in _concepts(stems, lexicon))
    terms.extend(numbered_names(text, spaced=True))
    return terms


def query_terms(text: str, lexicon: Lexicon, vocabulary: Container[str] | None = None) -> list[Term]:
    """Return the terms of a question, each once: a concept takes the place of the words it was read from.

    With a `vocabulary`, a concept that it lacks leaves its words in place: the folder may hold some of them.
    """
    words = split_words(text)
    stems = [stem(word) for word in words]
    found: dict[str, Term] = {}
    taken = [False] * len(words)
    for start, end, name in _concepts(stems, lexicon):
        if vocabulary is not None and name not in vocabulary:
            continue
        surface = " ".join(words[start:end])
        light = stem(name.removeprefix(CONCEPT)) in lexicon.light
        found.setdefault(name, Term(name, surface, LIGHT_WEIGHT if light else 1.0))
        taken[start:end] = [True] * (end - start)
    for word, stemmed, used in zip(words, stems, taken, strict=True):
        if not used and word not in lexicon.stop and not _HIRAGANA.search(word):
            found.setdefault(stemmed, Term(stemmed, word, LIGHT_WEIGHT if stemmed in lexicon.light else 1.0))
    for name in numbered_names(text, spaced=False):
        found.setdefault(name, Term(name, name))
    return list(found.values())


def spell_out(text: str, lexicon: Lexicon) -> str:
    """Return text with its abbreviations and foreign terms spelled out behind it, for the embedding model.

    "what is RLHF" becomes "what is RLHF (reinforcement learning from human feedback)".
    """
    words = split_words(text)
    stems = [stem(word) for word in words]
    added = []
    for start, end, name in _concepts(stems, lexicon):
        spelled = lexicon.spelled_out[name]
        light = stem(name.removeprefix(CONCEPT)) in lexicon.light
        if not light and [stem(word) for word in split_words(spelled)] != stems[start:end]:
            added.append(spelled)
    return f"{text} ({', '.join(dict.fromkeys(added))})" if added else text


def _concepts(stems: Sequence[str], lexicon: Lexicon) -> Iterable[tuple[int, int, str]]:
    """Yield (start, end, concept), longest form first, without overlaps."""
    at = 0
    while at < len(stems):
        for length in range(min(lexicon.longest.get(stems[at], 0), len(stems) - at), 0, -1):
            name = lexicon.concepts.get(tuple(stems[at : at + length]))
            if name:
                yield at, at + length, name
                at += length
                break
        else:
            at += 1
