"""Does the folder hold the answer? Several signals, weighed by a logistic regression on labelled questions.

No single floor can tell: the cosines of off-topic and of good questions overlap. The weights stand in
`_lexicon/calibration.toml`, with the questions they were fitted on named there.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

from knowledge.schema import Section
from knowledge.search import Hit, SearchIndex
from knowledge.words import CONCEPT, Term, index_terms

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'“‘(*_`]*[A-Z0-9À-Þ])|\n+|(?<=[。！？])")
_NEAREST = 3
_NEARBY = 5
_TELLING_SHARE, _TELLING_COUNT = 0.2, 3  # a concept is telling if no more sections hold it


@dataclass(frozen=True)
class Evidence:
    """Signals about the best hit, each about 0–1. Cosines are 0 where there are no vectors."""

    cosine: float  # the hit's best text or question
    question_cosine: float  # its own question nearest to the one asked
    nearest_cosine: float  # the largest `question_cosine` of the best three hits
    mean_cosine: float  # of the best five hits: how near the whole neighbourhood is
    agreement: float  # share of the best five hits that lie in the best one's document
    overlap: float  # share of terms, by rarity, in common with one of its own questions
    coverage: float  # share of the question's terms it holds, by rarity
    unknown: float  # share of the question's terms, by rarity, that the whole folder lacks
    concept: float  # 1 if it holds a named concept of the question
    margin: float  # how far its cosine stands above the sixth hit's
    focus: float = 0.0  # share of the question's terms, by rarity, that its headings and one sentence hold
    has_vectors: bool = True
    has_questions: bool = True  # whether the section says which questions it answers


def weigh(index: SearchIndex, terms: Sequence[Term], hits: Sequence[Hit]) -> Evidence:
    """Gather the signals for the best of `hits`, which must not be empty."""
    best = hits[0]
    worth = {term.text: term.weight * index.rarity(term.text) for term in terms}
    lacking = sum(value for text, value in worth.items() if text not in index.vocabulary)
    held = set(index.terms[index.position(best.section)].tolist())
    few = max(_TELLING_SHARE * len(index.sections), _TELLING_COUNT)
    concepts = [
        t.text
        for t in terms
        if t.text.startswith(CONCEPT) and t.weight == 1 and index.section_count(t.text) <= few
    ]
    nearby = hits[:_NEARBY]
    later = [hit.cosine for hit in hits[_NEARBY:] if hit.cosine is not None]
    return Evidence(
        cosine=max(best.cosine or 0.0, 0.0),
        question_cosine=max(best.question_cosine or 0.0, 0.0),
        nearest_cosine=max(0.0, *(hit.question_cosine or 0.0 for hit in hits[:_NEAREST])),
        mean_cosine=sum(hit.cosine or 0.0 for hit in nearby) / len(nearby),
        agreement=sum(hit.section.path == best.section.path for hit in nearby) / _NEARBY,
        overlap=best.overlap,
        coverage=best.coverage,
        unknown=lacking / sum(worth.values()) if sum(worth.values()) else 1.0,
        concept=float(any(index.vocabulary.get(text) in held for text in concepts)),
        margin=max((best.cosine or 0.0) - max(later), 0.0) if later else 0.0,
        focus=_focus(index, worth, best.section),
        has_vectors=best.cosine is not None,
        has_questions=bool(best.section.questions),
    )


def _focus(index: SearchIndex, worth: Mapping[str, float], section: Section) -> float:
    """Return the largest share of the question that the headings and one sentence of a section hold."""
    total = sum(worth.values())
    headings = {*index_terms(f"{section.title} {section.heading}", index.lexicon)}
    best = 0.0
    for sentence in filter(str.strip, _SENTENCE_END.split(section.text)):
        held = headings.union(index_terms(sentence, index.lexicon))
        best = max(best, sum(value for text, value in worth.items() if text in held))
    return best / total if total else 0.0


def probability_held(evidence: Evidence, language: str = "en") -> float:
    """Return how likely it is that the best hit answers the question, 0–1.

    Other languages than English have weights of their own: the embedding model reads English, and the
    folder lacks most of their words. So have sections that do not say which questions they answer, as in
    most documents that teams write.
    """
    weights = _weights()[_kind(evidence, language)]
    signals = asdict(evidence)
    total = weights["bias"] + sum(weights[name] * signals[name] for name in weights if name != "bias")
    return 1 / (1 + math.exp(-max(min(total, 30.0), -30.0)))


def _kind(evidence: Evidence, language: str) -> str:
    kind = "english" if language == "en" else "other"
    return (
        kind
        + ("" if evidence.has_questions else "_plain")
        + ("" if evidence.has_vectors else "_without_vectors")
    )


@cache
def _weights() -> Mapping[str, Mapping[str, float]]:
    source = files("knowledge") / "_lexicon" / "calibration.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))
