"""Citations of files in the knowledge folder."""

from __future__ import annotations

from dialogs.turns import Citation
from knowledge.loader import Knowledge
from knowledge.schema import ModelCard


def source(knowledge: Knowledge, path: str, heading: str = "") -> Citation | None:
    """Return the citation of a document, with its title; None where the folder holds no such file."""
    for section in knowledge.sections:
        if section.path == path and heading in ("", section.heading):
            return Citation(path, heading, section.title, section.revision)
    return None


def model_source(path: str, card: ModelCard) -> Citation:
    """Return the citation of a model's card."""
    return Citation(path, card.id, card.title)
