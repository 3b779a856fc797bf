"""How well free text is read: stated fields right, unstated fields invented."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dialogs.scope import FIELDS, get_field
from dialogs.steps import Vector
from dialogs.understanding.nearness import Examples, Near
from dialogs.understanding.reader import read_scope
from dialogs.understanding.sentences import texts_to_embed

LISTS = ("languages", "input_modality")
WORDS = (
    "domain", "region", "hardware", "deadline", "users", "success_metric", "success_target", "team",
    "output_format",
)  # fmt: skip
TODAY = date(2026, 11, 23)
MORE_WORDS = 4


@dataclass
class Score:
    """Counts of one set in one group of languages."""

    stated: int = 0
    right: int = 0
    unstated: int = 0
    invented: int = 0

    @property
    def accuracy(self) -> float:
        """Share of stated fields that were read right."""
        return self.right / self.stated if self.stated else 1.0

    @property
    def invented_rate(self) -> float:
        """Share of unstated fields that got a value."""
        return self.invented / self.unstated if self.unstated else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy."""
        if not self.stated:
            return 0.0, 1.0
        n, p, z = self.stated, self.accuracy, 1.96
        middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)


@dataclass
class ScopeScores:
    """Scores by (set, "en" or "other"), and what went wrong, line by line."""

    groups: dict[tuple[str, str], Score] = field(default_factory=lambda: defaultdict(Score))
    misses: list[str] = field(default_factory=list)

    def report(self) -> str:
        """Return one line per set and language group."""
        lines = []
        for (name, group), score in sorted(self.groups.items()):
            low, high = score.interval
            lines.append(
                f"{name:9} {group:6} stated fields right {score.right}/{score.stated} = {score.accuracy:.1%} "
                f"(95 %: {low:.1%}–{high:.1%}), "
                f"invented {score.invented}/{score.unstated} = {score.invented_rate:.2%}"
            )
        return "\n".join(lines)


Embedder = Callable[[Sequence[str]], Sequence[Vector]]
"""Returns one normalised vector a text, in order."""


def score_scopes(
    lines: Iterable[Mapping[str, Any]], today: date = TODAY, *, embed: Embedder | None = None
) -> ScopeScores:
    """Score lines of `scopes.jsonl`. `description` counts only where a line expects it.

    With `embed`, what no phrase decides is read by meaning too.
    """
    scores = ScopeScores()
    examples = embedded_examples(embed) if embed else None
    for line in lines:
        messages = line.get("messages") or [line["text"]]
        near = Near(examples, {}) if examples else None
        reading = read_scope(messages, today=today, near=near)
        if embed and examples and reading.wanted:
            vectors = dict(zip(reading.wanted, embed(reading.wanted), strict=True))
            reading = read_scope(messages, today=today, near=Near(examples, vectors))
        scope = reading.scope
        score = scores.groups[line["set"], "en" if line["language"] == "en" else "other"]
        expect = line["expect"]
        for name in FIELDS:
            read = get_field(scope, name)
            if name in expect and _may_be_unstated(name, expect[name]):
                score.unstated += 1
                if not fits(name, expect[name], read):
                    score.invented += 1
                    scores.misses.append(f"{line['set']} {line['id']} {name}: invented {read!r}")
            elif name in expect:
                score.stated += 1
                right = fits(name, expect[name], read)
                score.right += right
                if not right:
                    scores.misses.append(
                        f"{line['set']} {line['id']} {name}: {expect[name]!r}, read {read!r}"
                    )
            elif name != "description":
                score.unstated += 1
                score.invented += read is not None
                if read is not None:
                    scores.misses.append(f"{line['set']} {line['id']} {name}: invented {read!r}")
    return scores


def embedded_examples(embed: Embedder) -> Examples | None:
    """Return the example sentences with their vectors."""
    texts = texts_to_embed()
    return Examples.with_vectors(dict(zip(texts, embed(texts), strict=True)))


def fits(name: str, expected: Any, read: Any) -> bool:
    """Say whether a value is the expected one: numbers within 1 %, words the same but for a few around them.

    For fields that are no lists, a list names accepted forms; None among them accepts that nothing is read.
    """
    if read is None:
        return expected is None or _may_be_unstated(name, expected)
    if expected is None:
        return False
    if name in LISTS:
        return list(expected) == list(read)
    if name == "tried":
        return len(expected) == len(read) and all(any(_same_words(e, r) for r in read) for e in expected)
    if isinstance(expected, list):
        return any(fits(name, form, read) for form in expected)
    if isinstance(expected, bool) or isinstance(read, bool):
        return expected is read
    if isinstance(expected, int | float):
        return isinstance(read, int | float) and math.isclose(expected, read, rel_tol=0.01, abs_tol=1e-9)
    return _same_words(str(expected), str(read)) if name in WORDS else expected == read


def _may_be_unstated(name: str, expected: Any) -> bool:
    """Say whether honest readers differ on whether a message states this field at all."""
    return name not in LISTS and isinstance(expected, list) and None in expected


def _same_words(expected: str, read: str) -> bool:
    one, other = _plain(expected), _plain(read)
    if not one or not other:
        return one == other
    contained = f" {one} " in f" {other} " or f" {other} " in f" {one} "
    return contained and abs(len(one.split()) - len(other.split())) <= MORE_WORDS


def _plain(words: str) -> str:
    return " ".join(re.findall(r"[\w.%+/'-]+", words.casefold()))
