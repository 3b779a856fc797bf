"""What the core needs before it can go on. It never calls out: it says what it needs and is called again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialogs.turns import SharedFile
from knowledge.schema import Section

Vector = NDArray[np.float32]
"""A normalised embedding, shape (dimensions,)."""


@dataclass(frozen=True)
class Embed:
    """Texts to embed with the default embedding model."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Complete:
    """A chat completion. With a schema the answer must be JSON that fits it.

    `task` names the kind of prompt, so that requests with the same constant part can run together.
    """

    task: str
    messages: tuple[tuple[str, str], ...]  # (role, content); the constant part first
    schema: dict[str, Any] | None = field(default=None, hash=False)
    max_tokens: int = 400
    deadline_seconds: float = 10.0


@dataclass(frozen=True)
class Write:
    """An answer that a chat model writes from passages. `dialogs.drafting` says, while it grows, what of it
    may be shown and whether to go on; its text is given back under `request`.
    """

    request: Complete
    passages: tuple[Section, ...]
    language: str = "en"  # of the question


@dataclass(frozen=True)
class Score:
    """Metrics of the predictions in one file, or of two files: predictions, then references."""

    files: tuple[SharedFile, ...]


@dataclass(frozen=True)
class Measured:
    """A metric as a share of one with its 95 % interval, and how it was worked out in a few words."""

    name: str
    value: float
    low: float
    high: float
    how: str


@dataclass(frozen=True)
class Scored:
    """Metrics over the cases of a file; where there are none, `problem` says why in one sentence."""

    cases: int = 0
    metrics: tuple[Measured, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Recall:
    """What was advised to a project before."""

    project: str


@dataclass(frozen=True)
class Told:
    """One advice as it was given: from which inputs, by which rules, on which state of the knowledge."""

    at: datetime  # aware, UTC
    inputs: Mapping[str, Any]
    rules: tuple[str, ...]
    advice: Mapping[str, Any]
    knowledge_revision: str


Need = Embed | Complete | Write | Score | Recall


@dataclass(frozen=True)
class Given:
    """Results of earlier needs. A need that failed or came late is present with the value None."""

    vectors: dict[str, Vector | None] = field(default_factory=dict)
    completions: dict[Complete, str | None] = field(default_factory=dict)
    scores: dict[Score, Scored] = field(default_factory=dict)
    told: dict[Recall, tuple[Told, ...]] = field(default_factory=dict)  # the newest first
    has_embedding: bool = False
    has_chat: bool = False
