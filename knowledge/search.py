"""Hybrid search over the sections of the knowledge folder: BM25 over terms, cosine over embeddings, fused.

Pure values: an index is built from sections, given vectors as they arrive, and asked. A question that a
section says it answers counts as much as the section's own words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import bm25s
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from knowledge.schema import Section
from knowledge.words import Lexicon, Term, index_terms, load_lexicon, query_terms, split_words

Vector = NDArray[np.float32]
"""A normalised embedding, shape (dimensions,)."""

Scores = NDArray[np.float32]

MAX_EMBEDDED_CHARACTERS = 900  # about 200 tokens; MiniLM was trained on 256
_CANDIDATES = 64
_BM25_SHARE, _COVERAGE_SHARE, _QUESTION_SHARE, _COSINE_SHARE = 0.3, 0.1, 0.5, 1.0
_PLAIN_SHARE = 0.35  # a section without questions of its own has nothing else near to a question's wording
_OURS_SHARE = 0.3
_NO_VECTOR = -1.0
_UNSEEN_SHARE = 0.6  # a section whose vector is still to come is as near as its words say
_OURS = re.compile(r"\b(?:we|our|ours|us|unser\w*|wir|nuestr\w+|notre|nos|vara?|vi)\b|私たち|弊社|当社", re.I)
_MARKUP = re.compile(r"[*_`#>|]|\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Hit:
    """A section that was found.

    `score` orders the hits. `bm25` is unbounded; `coverage` is the share, by rarity, of the question's terms
    that the section holds (0–1); `cosine` is that of its best text or question, None without vectors.
    `question` is its own question nearest to the one asked, "" where it has none; `overlap` is the largest
    share of terms, by rarity, that the asked one has in common with one of them (0–1).
    """

    section: Section
    score: float
    bm25: float
    coverage: float
    cosine: float | None
    question: str
    question_cosine: float | None = None
    overlap: float = 0.0


@dataclass(frozen=True)
class SearchIndex:
    """The sections, their terms, and as many of their vectors as are known."""

    sections: tuple[Section, ...]
    lexicon: Lexicon = field(repr=False)
    vocabulary: dict[str, int] = field(repr=False)
    spellings: dict[tuple[str, int], list[str]] = field(repr=False)  # words by first letter and length
    terms: tuple[NDArray[np.int32], ...] = field(repr=False)  # of each section
    question_terms: tuple[tuple[Mapping[str, float], ...], ...] = field(repr=False)  # with their weights
    retriever: bm25s.BM25 | None = field(repr=False)
    document_counts: NDArray[np.int32] = field(repr=False)  # of each term
    texts: tuple[str, ...] = field(repr=False)  # what is embedded
    owners: NDArray[np.int32] = field(repr=False)  # the section of each text
    matrix: NDArray[np.float32] | None = field(
        default=None, repr=False
    )  # vectors of `rows`, (rows, dimensions)
    rows: NDArray[np.int32] | None = field(default=None, repr=False)  # which texts have a vector

    def texts_to_embed(self) -> tuple[str, ...]:
        """Return every text whose vector the index can use, sections first, each once."""
        return tuple(dict.fromkeys(self.texts))

    def with_vectors(self, vectors: Mapping[str, Vector]) -> SearchIndex:
        """Return the index with these vectors, by `text_key`; texts without one are found by BM25 alone."""
        held = [(row, vectors[key]) for row, key in enumerate(self.keys) if key in vectors]
        if not held:
            return replace(self, matrix=None, rows=None)
        matrix = np.ascontiguousarray(np.stack([vector for _, vector in held]), dtype=np.float32)
        return replace(self, matrix=matrix, rows=np.array([row for row, _ in held], dtype=np.int32))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The content hash of each text."""
        return tuple(text_key(text) for text in self.texts)

    @property
    def vector_share(self) -> float:
        """The share of texts that have a vector, 0–1."""
        return 0.0 if self.rows is None or not self.texts else len(self.rows) / len(self.texts)

    def position(self, section: Section) -> int:
        """Return where a section stands in `sections`."""
        return self._positions[section.id]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {section.id: at for at, section in enumerate(self.sections)}

    def holds(self, section: Section, term: str) -> bool:
        """Tell whether a section of the index holds a term."""
        known = self.vocabulary.get(term)
        return known is not None and bool((self.terms[self.position(section)] == known).any())

    def section_count(self, term: str) -> int:
        """Return how many sections hold a term."""
        known = self.vocabulary.get(term)
        return 0 if known is None else int(self.document_counts[known])

    def rarity(self, term: str) -> float:
        """Return how telling a term is: its inverse document frequency; an unknown term is the rarest."""
        known = self.vocabulary.get(term)
        return self._unknown_rarity if known is None else float(self._rarities[known])

    @cached_property
    def _rarities(self) -> Scores:
        """The inverse document frequency of each term of the vocabulary."""
        counts = self.document_counts
        rarities: Scores = np.log(1 + (len(self.sections) - counts + 0.5) / (counts + 0.5)).astype(np.float32)
        return rarities

    @cached_property
    def _unknown_rarity(self) -> float:
        return float(np.log(1 + (len(self.sections) + 0.5) / 0.5))

    def question_worths(self, at: int) -> tuple[tuple[Mapping[str, float], float], ...]:
        """Return the terms of each question of a section, and the sum of their weights by rarity."""
        if at not in self._question_worths:
            self._question_worths[at] = tuple(
                (terms, sum(weight * self.rarity(text) for text, weight in terms.items()))
                for terms in self.question_terms[at]
            )
        return self._question_worths[at]

    @cached_property
    def _question_worths(self) -> dict[int, tuple[tuple[Mapping[str, float], float], ...]]:
        return {}


def text_key(text: str) -> str:
    """Return the content hash under which a text's vector is kept."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def build_index(
    sections: Sequence[Section], lexicon: Lexicon | None = None, previous: SearchIndex | None = None
) -> SearchIndex:
    """Index sections. With `previous`, the terms of unchanged sections are taken from it."""
    lexicon = lexicon or load_lexicon()
    known = dict(zip(previous.sections, previous.terms, strict=True)) if previous else {}
    vocabulary = dict(previous.vocabulary) if previous else {}
    words: set[str] = {word for group in previous.spellings.values() for word in group} if previous else set()
    terms: list[NDArray[np.int32]] = []
    for section in sections:
        ids = known.get(section)
        if ids is None:
            text = _searched_text(section)
            words.update(split_words(text))
            found = [vocabulary.setdefault(t, len(vocabulary)) for t in index_terms(text, lexicon)]
            ids = np.array(found, dtype=np.int32)
        terms.append(ids)
    asked = tuple(
        tuple({t.text: t.weight for t in query_terms(q, lexicon, vocabulary)} for q in section.questions)
        for section in sections
    )
    texts, owners = _embedded_texts(sections)
    return SearchIndex(
        sections=tuple(sections),
        lexicon=lexicon,
        vocabulary=vocabulary,
        spellings=_by_spelling(words),
        terms=tuple(terms),
        question_terms=asked,
        retriever=_retriever(terms, vocabulary),
        document_counts=_document_counts(terms, len(vocabulary)),
        texts=texts,
        owners=owners,
    )


def read_query(index: SearchIndex, query: str) -> list[Term]:
    """Return the terms of a question, with typing errors mended where the folder knows the word."""
    terms = []
    for term in query_terms(query, index.lexicon, index.vocabulary):
        if term.text in index.vocabulary or len(term.surface) < 5 or not term.surface.isascii():
            terms.append(term)
            continue
        mended = _nearest_word(index, term.surface)
        terms += query_terms(mended, index.lexicon, index.vocabulary) if mended else [term]
    return list({term.text: term for term in terms}.values())


def search(index: SearchIndex, query: str, query_vector: Vector | None = None, limit: int = 8) -> list[Hit]:
    """Return at most `limit` sections, best first. Without a vector, BM25 and coverage decide alone."""
    if not index.sections:
        return []
    terms = read_query(index, query)
    bm25 = _bm25_scores(index, terms)
    cosines = _cosines(index, query_vector)
    candidates = _top(bm25, _CANDIDATES)
    if cosines is not None:
        candidates = np.union1d(candidates, _top(cosines.best, _CANDIDATES))
    candidates = candidates[(bm25[candidates] > 0) | (cosines is not None)]
    if not len(candidates):
        return []
    worth = _worths(index, terms)
    best_bm25 = max(float(bm25[candidates].max()), 1e-9)
    asks_for_ours = bool(_OURS.search(query))
    hits = []
    for at in candidates.tolist():
        coverage = _coverage(index, terms, at)
        cosine = None if cosines is None or cosines.best[at] <= _NO_VECTOR else float(cosines.best[at])
        score = _BM25_SHARE * float(bm25[at]) / best_bm25 + _COVERAGE_SHARE * coverage
        overlap, _ = _question_overlap(index, worth, at)
        score += _QUESTION_SHARE * overlap
        section = index.sections[at]
        if not section.questions:
            score += _PLAIN_SHARE * coverage
        if asks_for_ours and section.own:
            score += _OURS_SHARE * coverage
        nearness = _UNSEEN_SHARE * coverage if cosine is None and cosines is not None else cosine or 0.0
        score += _COSINE_SHARE * max(nearness, 0.0)
        hits.append((score, at, coverage, cosine, overlap))
    hits.sort(key=lambda hit: (-hit[0], hit[1]))
    return [
        Hit(
            index.sections[at],
            score,
            float(bm25[at]),
            coverage,
            cosine,
            *_matched(index, at, terms, cosines),
            overlap,
        )
        for score, at, coverage, cosine, overlap in hits[:limit]
    ]


@dataclass(frozen=True)
class _Cosines:
    """`best` per section, shape (sections,); `each` per vector, shape (rows,)."""

    best: Scores
    each: Scores


def _searched_text(section: Section) -> str:
    parts = (
        section.title,
        section.heading,
        section.heading,
        *section.questions,
        _MARKUP.sub(r" \1", section.text),
    )
    return "\n".join(parts)


def _embedded_texts(sections: Sequence[Section]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    texts, owners = [], []
    for at, section in enumerate(sections):
        body = _MARKUP.sub(r"\1", section.text)
        texts.append(f"{section.title}. {section.heading}. {body}"[:MAX_EMBEDDED_CHARACTERS])
        owners.append(at)
    for at, section in enumerate(sections):
        texts += section.questions
        owners += [at] * len(section.questions)
    return tuple(texts), np.array(owners, dtype=np.int32)


def _retriever(terms: Sequence[NDArray[np.int32]], vocabulary: Mapping[str, int]) -> bm25s.BM25 | None:
    if not any(len(ids) for ids in terms):
        return None
    retriever = bm25s.BM25(k1=1.2, b=0.6)
    retriever.index(
        ([ids.tolist() for ids in terms], dict(vocabulary)), create_empty_token=False, show_progress=False
    )
    return retriever


def _document_counts(terms: Sequence[NDArray[np.int32]], size: int) -> NDArray[np.int32]:
    counts = np.zeros(size, dtype=np.int32)
    for ids in terms:
        counts[np.unique(ids)] += 1
    return counts


def _by_spelling(words: Iterable[str]) -> dict[tuple[str, int], list[str]]:
    groups: dict[tuple[str, int], list[str]] = {}
    for word in words:
        if len(word) >= 4 and word.isascii() and word.isalpha():
            groups.setdefault((word[0], len(word)), []).append(word)
    return groups


def _nearest_word(index: SearchIndex, word: str) -> str:
    """Return the only word of the folder within one typing error (two in long words), or ""."""
    allowed = 1 if len(word) < 8 else 2
    found: list[tuple[int, str]] = []
    for length in range(len(word) - allowed, len(word) + allowed + 1):
        for known in index.spellings.get((word[0], length), ()):
            distance = OSA.distance(word, known, score_cutoff=allowed)
            if distance <= allowed:
                found.append((distance, known))
    return min(found)[1] if found else ""


def _bm25_scores(index: SearchIndex, terms: Sequence[Term]) -> Scores:
    scores = np.zeros(len(index.sections), dtype=np.float32)
    if index.retriever is None:
        return scores
    for weight in {term.weight for term in terms}:
        ids = [index.vocabulary[t.text] for t in terms if t.weight == weight and t.text in index.vocabulary]
        if ids:
            scores += weight * index.retriever.get_scores_from_ids(ids)
    return scores


def _cosines(index: SearchIndex, query_vector: Vector | None) -> _Cosines | None:
    if query_vector is None or index.matrix is None or index.rows is None:
        return None
    each = np.einsum(
        "ij,j->i", index.matrix, query_vector
    )  # on a busy machine twice as fast as a BLAS product
    best = np.full(len(index.sections), _NO_VECTOR, dtype=np.float32)
    np.maximum.at(best, index.owners[index.rows], each)
    return _Cosines(best, each)


def _top(scores: Scores, count: int) -> NDArray[np.int64]:
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(scores, -count)[-count:]


def _coverage(index: SearchIndex, terms: Sequence[Term], at: int) -> float:
    """The share of the question's terms, weighted by rarity, that a section holds."""
    held = index.terms[at]
    total = found = 0.0
    for term in terms:
        worth = term.weight * index.rarity(term.text)
        total += worth
        known = index.vocabulary.get(term.text)
        if known is not None and bool((held == known).any()):
            found += worth
    return found / total if total else 0.0


def _matched(
    index: SearchIndex, at: int, terms: Sequence[Term], cosines: _Cosines | None
) -> tuple[str, float | None]:
    """Return a section's own question nearest to the one asked, and its cosine."""
    questions = index.sections[at].questions
    if not questions:
        return "", None
    if cosines is not None and index.rows is not None:
        mine = np.flatnonzero(index.owners[index.rows] == at)
        asked = [(float(cosines.each[i]), index.texts[index.rows[i]]) for i in mine]
        asked = [(cosine, text) for cosine, text in asked if text in questions]
        if asked:
            cosine, text = max(asked)
            return text, cosine
    _, nearest = _question_overlap(index, _worths(index, terms), at)
    return questions[nearest], None


def _worths(index: SearchIndex, terms: Sequence[Term]) -> dict[str, float]:
    return {term.text: term.weight * index.rarity(term.text) for term in terms}


def _question_overlap(index: SearchIndex, worth: Mapping[str, float], at: int) -> tuple[float, int]:
    """Return the largest share (0–1) of terms, by rarity, in common with a question of a section, and which."""
    asked = sum(worth.values())
    best, nearest = 0.0, 0
    for number, (terms, total) in enumerate(index.question_worths(at)):
        shared = sum(value for text, value in worth.items() if text in terms)
        either = asked + total - shared
        if either and shared / either > best:
            best, nearest = shared / either, number
    return best, nearest
