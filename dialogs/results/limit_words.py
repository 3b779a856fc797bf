"""Limits on harm in free text: "6 of 10 with small edits and toxicity under 1 %"."""

from __future__ import annotations

import re
from functools import cache

from dialogs.results.metrics import facts, named, safety_metric

_VALUE = r"(?:(?P<of>\d+)\s*(?:in|of|out of|/)\s*(?P<whole>[\d,]+)|(?P<number>\d*[.,]?\d+)\s*(?P<percent>%|per ?cent)?)"
_AT_MOST = (
    r"(?:(?:is|are|be|must be|should be|may be|must stay|should stay|stays?|has to be|needs? to be|kept|limit|target|"
    r"limited to|rate|share)\s+|[:=]\s*)*"
    r"(?:under|below|at most|less than|fewer than|lower than|no more than|not more than|up to|max(?:imum)?|[<≤]=?)\s*"
)
_AND = r"(?:^|(?<=[\s,;.]))(?:(?:and|with|plus|also|but|our|the|limits?|targets?|keep|safety)\b:?\s*)*"
_AFTER = r"(?:\s+(?:of (?:the )?(?:answers|replies|outputs|cases|drafts|requests)))?"


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    names = sorted((name for metric in facts().safety for name in metric.names), key=len, reverse=True)
    name = rf"(?P<name>{'|'.join(map(named, names))})(?![\w-])"
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"{_AND}{name}\s*{_AT_MOST}{_VALUE}(?![\d.,]*\d){_AFTER}",
            rf"{_AND}{_AT_MOST}{_VALUE}\s+(?:of (?:the )?)?{name}",
            rf"{_AND}(?P<zero>zero|not a single)\s+{name}",
            rf"{_AND}{name}\s*(?:must be|has to be|should be|must stay|[:=]|limit:?)\s*(?P<zero>zero|nil|0(?![.,\d]))",
        )
    )


def read_limits(text: str) -> tuple[dict[str, float], str]:
    """Return the limits that a message sets, as shares by metric, and the rest of its words.

    "6 of 10 with small edits and toxicity under 1 %" → {"toxicity": 0.01}, "6 of 10 with small edits".
    """
    found: dict[str, float] = {}
    for pattern in _patterns():
        while match := pattern.search(text):
            metric = safety_metric(match["name"])
            share = _share(match)
            if metric is None or share is None:
                break
            found[metric.id] = share
            text = f"{text[: match.start()].rstrip(' ,;')}{text[match.end() :]}"
    return found, text.strip(" ,;.") if found else text


def _share(match: re.Match[str]) -> float | None:
    """Return the limit as a share of one; a bare number above one is read as a percentage."""
    parts = match.groupdict()
    if parts.get("zero"):
        return 0.0
    if parts.get("of"):
        whole = float(parts["whole"].replace(",", ""))
        return float(parts["of"]) / whole if whole else None
    value = float(parts["number"].replace(",", "."))
    value = value / 100 if parts.get("percent") or value >= 1 else value
    return value if value <= 1 else None
