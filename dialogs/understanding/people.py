"""Who uses it, and who builds it."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import either, find, find_all, source, starts, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

_STOPS = "and|or|of|that|which|who|it|for|to|by|from|in|on|with|der|que|som|und|et|für|von|pour|para|för|med"
_NAMES = rf"(?:(?!\b(?:{_STOPS})\b)[\w'-]+\s+){{0,3}}?"


def read_people(message: Message) -> dict[str, Found]:
    """Read `users` and `team` in the writer's words."""
    found: dict[str, Found] = {}
    users = _users(message)
    if users is not None:
        found["users"] = users
    team = _team(message)
    if team is not None:
        found["team"] = team
    return found


def _users(message: Message) -> Found | None:
    before, nouns = (source("people", key, message.languages) for key in ("users_before", "users"))
    stop = source("people", "users_stop", message.languages)
    belonging = r"(?:\s+(?:team|of (?:our|the) [\w-]+|de la \w+))?"
    wide = rf"{before}\s+((?:team of \d+\s+)?{_NAMES}{nouns}{belonging})(?!\s+{stop})"
    concurrent = source("concurrency", "words", message.languages)
    for match in find_all(wide, message.text):
        headcount = find(concurrent, match[0]) or starts(r"\S*\d\S*\s+(?:users|people)$", match[1])
        if not headcount and not message.negated(match.start(), match.end()):
            value = " ".join(message.raw[match.start(1) : match.end(1)].split())
            return message.found(re.sub(r"^(?:the|all the) ", "", value), match.start(), match.end())
    for match in find_all(source("people", "users_subject", message.languages), message.text):
        words = message.raw[match.start() : match.end()].split()[:-1]
        return message.found(" ".join(words[words[0].lower() == "our" :]), match.start(), match.end())
    owner = source("people", "users_owner", message.languages)
    for match in find_all(
        rf"(?<!by )(?<!with )(?<!from ){owner}\s+({_NAMES}{nouns})(?!\s+{stop})", message.text
    ):
        if not match[1].endswith(("team", "teams")):
            value = " ".join(message.raw[match.start(1) : match.end(1)].split())
            return message.found(value, match.start(), match.end())
    verbs = source("people", "users_verbs", message.languages)
    for match in find_all(rf"({nouns})\s+{verbs}", message.text):
        if not message.negated(match.start(), match.end()):
            return message.found(message.raw[match.start(1) : match.end(1)], match.start(), match.end())
    asking = source("people", "users_ask", message.languages)
    for match in find_all(rf"({nouns})(?:'s?|s')?\s+{asking}", message.text):
        return message.found(
            message.raw[match.start(1) : match.end(1)].rstrip("'"), match.start(), match.end()
        )
    return None


def _team(message: Message) -> Found | None:
    cues, roles = (source("people", key, message.languages) for key in ("team_cues", "roles"))
    count = rf"(?:\d{{1,3}}|{either(words()['counts'])})"
    match = find(
        rf"{cues}\s+((?:about\s+)?{count}\s+(?:\w+\s+)?{roles}(?:\s+(?:and|und|et|y|och|\+)\s+{count}\s+(?:\w+\s+)?{roles})?)",
        message.text,
    )
    if match is None:
        match = find(rf"\bteam of ({count})(?=\W|$)(?!\s+[^\W\d])", message.text)
    if match is None or find(
        source("people", "users_before", message.languages) + r"\s+(?:a\s+)?$",
        message.before(match.start(), 12),
    ):
        return None
    return message.found(
        " ".join(message.raw[match.start(1) : match.end(1)].split()), match.start(), match.end()
    )
