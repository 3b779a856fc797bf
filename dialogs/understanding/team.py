"""Who builds it, in the writer's words: "2 founders + 1 flutter dev", "one volunteer who knows python"."""

from __future__ import annotations

from dialogs.understanding.lexicon import either, find, source, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

_NUMBER = r"\d{1,2}(?:[.,]\d)?"
_AND = r"\s*(?:\band\b|\bund\b|\bet\b|\by\b|\boch\b|\+|,|&|\bplus\b)\s*"


def read_team(message: Message) -> dict[str, Found]:
    """Read `team` where a team is named as one, or where people of a building trade are counted."""
    count, roles, members, cues, builds, tech = (
        _count(), *(source("people", key, message.languages)
        for key in ("roles", "team_members", "team_cues", "team_builds", "team_tech")),
    )  # fmt: skip
    place = r"(?:\s+in\s+(?:the\s+)?(?:it|ops|engineering|operations|house|the office))?"
    some = rf"{count}\s+(?:[\w-]+\s+){{0,2}}?{roles}(?!\s+{roles})"
    one = rf"(?:{some}|(?:just\s+|only\s+)?(?:me|myself|i)(?!\w)|(?:my|our)\s+[\w-]+)"
    several = rf"{one}(?:{_AND}(?:{one}|(?:an?\s+)?[\w-]+\s+{roles})){{0,3}}"
    known = r"(?:\s+who\s+(?:knows?|can|codes?|does|speaks?)\s+[\w+#-]+)?"
    have = source("people", "team_have", message.languages)
    whole = r"(?:\s+(?:is|are|'s)\s+(?:the|our|my)\s+(?:whole|entire|only)\s+(?:\w+\s+)?team)"
    for expression in (
        rf"{cues}\s*((?:about\s+)?{several}{known})",
        rf"({several}{known}){whole}",
        r"\b((?:my|our)\s+[\w-]+)\b[^.!?\n]{0,40}?\b(?:all|is)\s+the\s+team\s+(?:we|i)\s+(?:have|got)\b",
        rf"({several}{known})\s+as\s+(?:a\s+|the\s+|my\s+|our\s+)?team\b",
        rf"\b((?:just\s+|only\s+)?(?:me|myself)\s+(?:and|\+|&|plus|with)\s+{count}\s+(?:[\w-]+\s+){{0,2}}?{members})",
        rf"({count}\s+(?:[\w-]+\s+)?{members}\s+(?:and|\+|&)\s+(?:me|myself|i))\b",
        rf"((?:(?:my|our)\s+[\w-]+{_AND})?{some}{known}){place}\s+{builds}",
        rf"{have}\s+((?:only\s+|just\s+)?{count}\s+(?:[\w-]+\s+){{0,2}}?{tech}{known}(?:{_AND}{one})*)",
        rf"\b({count}\s+of\s+us)\s+{builds}",
        rf"({source('people', 'team_alone', message.languages)})",
        rf"\b({_NUMBER}\s+ftes?)\b",
        rf"\bteam of ({count})(?=\W|$)(?!\s+[^\W\d])",
    ):
        match = find(expression, message.text)
        if match and not _is_served(message, match.start()):
            return {
                "team": message.found(
                    " ".join(message.raw[match.start(1) : match.end(1)].split()), match.start(), match.end()
                )
            }
    return {}


def _is_served(message: Message, start: int) -> bool:
    """ "For a team of ten nurses" names users."""
    before = source("people", "users_before", message.languages)
    return find(before + r"\s+(?:a\s+|our\s+)?$", message.before(start, 14)) is not None


def _count() -> str:
    return rf"(?:\d{{1,3}}|{either(words()['counts'])})"
