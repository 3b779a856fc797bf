"""Reading by meaning: a message's sentences beside example sentences, where no phrase decided.

Every example votes for its value, the more the nearer it is; the votes are weighed so that each example comes
out as what it is (kernel ridge regression on embeddings). A field is read only where the vote for one value is
clear of the others and above a floor that was set on messages with known answers. Vectors come from the edge:
without them nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialogs.steps import Vector
from dialogs.understanding.message import Message, is_mostly
from dialogs.understanding.reading import Found
from dialogs.understanding.sentences import SPOKEN, Sentence, sentences

Matrix = NDArray[np.float32]

LEAST_VOTE = {
    "task": 0.45,
    "privacy": 0.35,
    "quality_risk": 0.32,
    "knowledge_changes": 0.3,
    "data.documents": 0.37,
    "data.preference_data": 0.33,
}
"""The vote (about 0 to 1) from which a field is read: set on the "tune" messages for a precision of 0.95."""

LEAST_MARGIN = 0.15
"""How far the best value must be ahead of the next."""

SUPPORT = 0.5
"""The share of that vote that a likely value needs, of which another reader found the words."""

MOST_SENTENCES = 24
LONGEST_SENTENCE = 400  # characters
LEAST_WORDS = 3

_SHARPNESS = 2.0  # of exp(sharpness × (cosine − 1)): larger, and only the nearest examples count
_SMOOTHING = 0.1  # larger, and single examples count less
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?;]+(?=\s|$)|(?=\n)|$)")
_WORD = re.compile(r"[^\W\d_]+")
_LOOKS_UP = frozenset(
    ("question_answering", "information_retrieval", "chatbot", "essay_writing", "tool_use_and_api")
)


@dataclass(frozen=True)
class Part:
    """A sentence of a message and its place."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Jury:
    """How the examples vote on one field: the weight of each on each value, and the share of each value."""

    values: tuple[Any, ...]
    weights: Matrix  # (sentences, values); zero where a sentence has no say
    shares: Matrix  # (values,)


@dataclass(frozen=True)
class Examples:
    """The example sentences with their vectors, shape (sentences, dimensions)."""

    matrix: Matrix = field(repr=False)

    @classmethod
    def with_vectors(cls, vectors: Mapping[str, Vector]) -> Examples | None:
        """Return the examples with these vectors, by text, or None where one is missing."""
        texts = [sentence.text for sentence in sentences()]
        if any(text not in vectors for text in texts):
            return None
        return cls(np.stack([vectors[text] for text in texts]).astype(np.float32))

    @cached_property
    def juries(self) -> dict[str, Jury]:
        """Who votes on each field; worked out at first use, a few tenths of a second."""
        return _juries(_kernel(self.matrix @ self._columns))

    @cached_property
    def _columns(self) -> Matrix:
        return np.ascontiguousarray(self.matrix.T)

    def nearness(self, vectors: Matrix) -> Matrix:
        """Return how near each vector is to each example, 0 to 1, shape (vectors, sentences)."""
        # On a busy machine the threads of a BLAS product wake up ten times slower than this takes.
        return _kernel(np.einsum("ij,jk->ik", vectors, self._columns))

    def votes(self, name: str, nearness: Matrix) -> Matrix:
        """Return the vote for each value of a field, in the order of its jury, shape (vectors, values)."""
        jury = self.juries[name]
        votes: Matrix = np.einsum("ij,jk->ik", nearness, jury.weights) + jury.shares
        return votes


@dataclass(frozen=True)
class Near:
    """The means of reading by meaning: examples, the vectors known so far, and the fields it may fill."""

    examples: Examples
    vectors: Mapping[str, Vector | None]  # None where the embedding model failed or was late
    fields: Collection[str] = tuple(LEAST_VOTE)


def parts_of(message: Message) -> tuple[Part, ...]:
    """Return the sentences of an English message that say something, the first ones of a long message."""
    if not is_mostly(SPOKEN, message.text):
        return ()
    found = []
    for match in _SENTENCE.finditer(message.raw):
        text = match[0].strip()
        if len(_WORD.findall(text)) >= LEAST_WORDS:
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            found.append(Part(" ".join(text[:LONGEST_SENTENCE].split()), start, match.end()))
    return tuple(found[:MOST_SENTENCES])


def missing_vectors(message: Message, fields: Collection[str], near: Near) -> tuple[str, ...]:
    """Return the sentences whose vectors are needed to read these fields by meaning; none where nothing is open."""
    if not any(name in LEAST_VOTE and name in near.fields for name in fields):
        return ()
    return tuple(dict.fromkeys(part.text for part in parts_of(message) if part.text not in near.vectors))


def read_near(
    message: Message, fields: Collection[str], near: Near, likely: Mapping[str, Found]
) -> dict[str, Found]:
    """Return values for these fields, each from the sentence that speaks for it most clearly.

    Where no value is clear, a likely one stands if the sentences speak for it at least halfway. Fields that
    are not read by meaning, or for want of vectors cannot be, keep what is likely.
    """
    parts = [part for part in parts_of(message) if near.vectors.get(part.text) is not None]
    if not parts:
        return dict(likely)
    vectors = np.stack([near.vectors[part.text] for part in parts]).astype(np.float32)  # type: ignore[misc]
    nearness, found = near.examples.nearness(vectors), dict(likely)
    for name in fields:
        if name not in LEAST_VOTE or name not in near.fields:
            continue
        values, votes = near.examples.juries[name].values, near.examples.votes(name, nearness)
        best = _decided(votes, LEAST_VOTE[name])
        if best is not None:
            part, value = parts[best[0]], values[best[1]]
            words = " ".join(message.raw[part.start : part.end].split())
            found[name] = Found(value, words, part.start, part.end, guessed=True)
        elif name in found and votes[:, values.index(found[name].value)].max() < LEAST_VOTE[name] * SUPPORT:
            del found[name]
    return found


def _decided(votes: Matrix, least: float) -> tuple[int, int] | None:
    """Return the sentence and the value of the highest vote, or None where it is low or contested."""
    by_value = votes.max(axis=0)
    ranked = np.argsort(-by_value)
    best = int(ranked[0])
    behind = float(by_value[ranked[1]]) if len(ranked) > 1 else -1.0
    if by_value[best] < least or by_value[best] - behind < LEAST_MARGIN:
        return None
    return int(votes[:, best].argmax()), best


def _kernel(cosines: Matrix) -> Matrix:
    """Return how near vectors of these cosines are, 0 to 1."""
    near: Matrix = np.exp(_SHARPNESS * (cosines - 1.0))
    return near


def _juries(kernel: Matrix) -> dict[str, Jury]:
    """Return each field's jury; fields on which the same sentences have a say are solved together."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for name in LEAST_VOTE:
        groups.setdefault(_voters(name), []).append(name)
    found: dict[str, Jury] = {}
    for rows, names in groups.items():
        asked = [(name, value) for name in names for value in _values(name)]
        targets = np.array([[_says(row, *entry) for entry in asked] for row in rows], np.float32)
        shares = targets.mean(axis=0)
        within = kernel[np.ix_(rows, rows)] + _SMOOTHING * np.eye(len(rows), dtype=np.float32)
        weights = np.zeros((len(kernel), len(asked)), np.float32)
        weights[list(rows)] = np.linalg.solve(within, targets - shares)
        for name in names:
            mine = [column for column, entry in enumerate(asked) if entry[0] == name]
            found[name] = Jury(_values(name), np.ascontiguousarray(weights[:, mine]), shares[mine])
    return found


def _voters(name: str) -> tuple[int, ...]:
    """Return the places of the sentences that say something for or against a field's values."""
    examples = sentences()
    mine = {sentence.text for sentence in examples if sentence.field == name}
    return tuple(
        row
        for row, sentence in enumerate(examples)
        if sentence.field == name or (sentence.text not in mine and not _may_say(sentence, name))
    )


def _values(name: str) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(sentence.value for sentence in sentences() if sentence.field == name))


def _says(row: int, name: str, value: Any) -> bool:
    sentence = sentences()[row]
    return sentence.field == name and sentence.value == value


def _may_say(sentence: Sentence, name: str) -> bool:
    """Say whether a sentence given for another field may well state this one too, so that it speaks for neither.

    What answers questions often names the documents that it looks into; so does what changes.
    """
    pair = {sentence.field, name}
    if "data.documents" not in pair:
        return False
    if pair == {"data.documents", "task"}:
        return name == "task" or sentence.value in _LOOKS_UP
    return "knowledge_changes" in pair
