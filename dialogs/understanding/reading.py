"""What was read from messages: values with the words they came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dialogs.scope import Scope, with_fields

WishKind = Literal["model", "technique"]


@dataclass(frozen=True)
class Found:
    """A value and the writer's words behind it; `start` and `end` are their place in the message.

    A `guessed` value is likely, not plain; it never replaces one that was read before.
    """

    value: Any
    evidence: str
    start: int = 0
    end: int = 0
    guessed: bool = False


@dataclass(frozen=True)
class Wish:
    """A model or technique that somebody named as an idea.

    A technique's name is a TechniqueId, or "fine_tuning" where the kind was left open; a model's name is
    as written.
    """

    kind: WishKind
    name: str
    evidence: str


@dataclass(frozen=True)
class Correction:
    """A value that a later message, or a later part of it, replaced."""

    field: str
    before: Any
    after: Any
    evidence: str


@dataclass(frozen=True)
class Conflict:
    """A field that two readers of the same words read differently; `kept` holds until somebody says."""

    field: str
    kept: Any
    other: Any
    evidence: str


@dataclass(frozen=True)
class Reading:
    """Values by dotted field, wishes, fields taken back, corrections, and notes worth showing.

    `corrects` is true where the words say that they replace something said before; `conflicts` are
    differences between the rules and a chat model, each of which is a question. `wanted` are the sentences
    whose embeddings would let more be read.
    """

    values: dict[str, Found] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()
    withdrawn: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    notes: tuple[str, ...] = ()
    corrects: bool = False
    conflicts: tuple[Conflict, ...] = ()
    wanted: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """The values as a validated scope; what was not stated is None."""
        return with_fields(Scope(), {name: found.value for name, found in self.values.items()})

    @property
    def evidence(self) -> dict[str, str]:
        """The words that each field was read from."""
        return {name: found.evidence for name, found in self.values.items()}

    def then(self, later: Reading) -> Reading:
        """Return this reading as a later message changed it."""
        values = {name: found for name, found in self.values.items() if name not in later.withdrawn}
        corrections = list(self.corrections)
        for name, found in later.values.items():
            before = values.get(name)
            if found.guessed and before is not None:
                continue
            if before is not None and before.value != found.value:
                corrections.append(Correction(name, before.value, found.value, found.evidence))
            values[name] = found
        wishes = dict.fromkeys((*self.wishes, *later.wishes))
        withdrawn = (*(n for n in self.withdrawn if n not in later.values), *later.withdrawn)
        return replace(
            self,
            values=values,
            wishes=tuple(wishes),
            withdrawn=tuple(dict.fromkeys(withdrawn)),
            corrections=(*corrections, *later.corrections),
            notes=tuple(dict.fromkeys((*self.notes, *later.notes))),
            corrects=later.corrects,
            wanted=tuple(dict.fromkeys((*self.wanted, *later.wanted))),
        )
