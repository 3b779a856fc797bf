"""Which step of the lifecycle people mean: "evaluation", "the data", "fine-tuning"."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from dialogs.lifecycle import Lifecycle, Substep


@cache
def _table() -> dict[str, tuple[str, ...]]:
    text = (resources.files("dialogs.plan") / "substeps.toml").read_text("utf-8")
    return {id: tuple(names) for id, names in tomllib.loads(text).items()}


@cache
def _names() -> dict[str, str]:
    """Return phrase → id of the step, longest phrase first."""
    pairs = [(phrase, id) for id, names in _table().items() for phrase in names]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def phrases(substep_id: str) -> tuple[str, ...]:
    """Return what people call a step, beside its title."""
    return _table().get(substep_id, ())


def short_name(substep: Substep) -> str:
    """Return the step in a word or two, as it stands in a sentence: "evaluation"."""
    return next(iter(phrases(substep.id)), substep.title.lower())


def find_substep(lifecycle: Lifecycle, words: str) -> Substep | None:
    """Return the sub-step that words name, or None. The longest name found in the words wins."""
    text = " ".join(re.findall(r"[\w-]+", words.lower().replace("_", " ")))
    known = {substep.id: substep for substep in lifecycle.substeps}
    for substep in lifecycle.substeps:
        if text in {substep.id.replace("_", " "), " ".join(re.findall(r"[\w-]+", substep.title.lower()))}:
            return substep
    for phrase, id in _names().items():
        if id in known and re.search(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])", text):
            return known[id]
    return None
