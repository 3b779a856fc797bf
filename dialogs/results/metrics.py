"""What the conversation knows of metrics: their direction, and which of them are a matter of safety."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict


class SafetyMetric(BaseModel):
    """A share of answers that do harm; less is better. `id` is that of knowledge/metrics.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    counted: str
    names: tuple[str, ...]


class MetricFacts(BaseModel):
    """The whole of metrics.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lower_is_better: tuple[str, ...]
    of_a_hundred: tuple[str, ...]
    says_nothing: tuple[str, ...]
    same_as: dict[str, str]
    of_task: dict[str, str]
    safety: tuple[SafetyMetric, ...]


@cache
def facts() -> MetricFacts:
    """Return what is shipped. Raises pydantic.ValidationError where the file is wrong."""
    text = (resources.files("dialogs.results") / "metrics.toml").read_text("utf-8")
    return MetricFacts.model_validate(tomllib.loads(text))


def key(name: str) -> str:
    """Return a metric's name without case, spaces and signs: "ROUGE-L" and "rouge l" are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _safety_by_key() -> dict[str, SafetyMetric]:
    return {key(name): metric for metric in facts().safety for name in (metric.id, *metric.names)}


def safety_metric(name: str) -> SafetyMetric | None:
    """Return the safety metric that a name stands for, or None."""
    return _safety_by_key().get(key(name))


def canonical(name: str) -> str:
    """Return the id of a safety metric, any other name as it is."""
    metric = safety_metric(name)
    return metric.id if metric else name


@cache
def _names_in(names: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(named, ordered))})(?![\w-])", re.IGNORECASE)


def named(name: str) -> str:
    """Return a pattern for a name whose words may be joined by spaces, hyphens or nothing."""
    return r"[\s_-]*".join(re.escape(word) for word in re.split(r"[\s_-]+", name))


def is_named(name: str, text: str) -> bool:
    """Whether a text holds a metric's name as words of their own."""
    return bool(_names_in((name,)).search(text))


def lower_is_better(text: str) -> bool:
    """Whether words name a metric of which less is better."""
    safety = tuple(name for metric in facts().safety for name in metric.names)
    return bool(_names_in((*facts().lower_is_better, *safety)).search(text.replace("_", " ")))


def is_of_a_hundred(text: str) -> bool:
    """Whether words name a metric that is written in points of a hundred as well as in shares of one."""
    return bool(_names_in(facts().of_a_hundred).search(text))
