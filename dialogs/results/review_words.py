"""What people say about a review: who reads how many drafts, and the verdicts in one go."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dialogs.results.scores import words_for_cases

MOST_DRAFTS = 200
_ALSO_READ = {"answers", "draft", "outputs", "replies", "results", "texts", "translations"}
_THINGS = rf"(?:[\w-]+\s+){{0,2}}?(?:{'|'.join(sorted({*words_for_cases(), *_ALSO_READ}))})"
_BEGIN = (
    re.compile(
        rf"^(?:an?\s+)?(?:expert\s+)?review\s*:?\s+(?:by\s+|from\s+|for\s+)?(?P<who>@?.{{1,60}}?)[\s,:]+"
        rf"(?:reads\s+|of\s+|on\s+)?(?P<count>\d{{1,4}})(?:\s+{_THINGS})?[\s.!]*$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:please\s+)?(?:ask\s+|let\s+|have\s+|get\s+)?(?P<who>@?[^\d,;.?!]{{1,60}}?)\s+"
        rf"(?:will\s+|should\s+|can\s+|to\s+|is going to\s+)?(?:review|judge|read|check)s?\s+(?:the\s+|some\s+)?"
        rf"(?P<count>\d{{1,4}})\s+(?:of\s+(?:the\s+)?)?{_THINGS}[\s.!]*$",
        re.IGNORECASE,
    ),
)
_COUNTS = {
    "good": r"(\d{1,3})\s+(?:(?:were|are|is)\s+)?(?:good|usable|fine|ok|as (?:they|it) (?:are|is|were))\b",
    "edits": r"(\d{1,3})\s+(?:(?:with|needs?|were|are|after)\s+)*(?:(?:small|minor|tiny|few)\s+)*edit(?:s|ed)?\b",
    "wrong": r"(\d{1,3})\s+(?:(?:were|are)\s+)?(?:wrong|bad|unusable|not usable|rewritten)\b",
}


@dataclass(frozen=True)
class ReviewRequest:
    """Who shall read how many drafts, in the words of the message."""

    who: str
    count: int


def read_request(text: str) -> ReviewRequest | None:
    """Read "review @colin 20" or "@colin reviews 20 drafts"; None where the message asks for no review."""
    for pattern in _BEGIN:
        match = pattern.match(text.strip())
        if match and 0 < int(match["count"]) <= MOST_DRAFTS:
            return ReviewRequest(match["who"].strip(), int(match["count"]))
    return None


def read_counts(text: str) -> dict[str, int] | None:
    """Read verdicts told in one go: "12 good, 5 small edits, 3 wrong"; None unless two kinds are told."""
    found = {
        verdict: int(match[1])
        for verdict, pattern in _COUNTS.items()
        if (match := re.search(pattern, text, re.IGNORECASE))
    }
    return found if len(found) >= 2 and "?" not in text else None
