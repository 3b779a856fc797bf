"""Who will use it, where only people do what the verb says, whatever they are called: "i funzionari scrivono"."""

from __future__ import annotations

from dialogs.understanding.lexicon import find_all, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

_WHERE = (
    r"(?:\s+(?:in|im|am|auf|vor|der|des|sul|sulla|al|alla|del|dello|della|di|en|de|du|au|do|da|op|van|på|av|i|no|na|a|aan)"
    r"\s+(?:(?:la|el|le|de|het)\s+)?[^\W\d]+)?"
)
_NOUN = r"(?:[^\W\d]+\s+)?[^\W\d]{4,}"


def read_subject(message: Message) -> Found | None:
    """Return whoever asks, searches, writes or wants, before their verb or behind it."""
    articles, verbs = (source("people", key, message.languages) for key in ("articles", "personal_verbs"))
    inverted = source("people", "inverted_verbs", message.languages)
    for expression in (
        rf"(?<!\w){articles}\s+({_NOUN}){_WHERE}\s+{verbs}",
        rf"{inverted}\s+{articles}\s+({_NOUN})",
    ):
        for match in find_all(expression, message.text):
            things = source("people", "things", message.languages)
            if not message.negated(match.start(), match.end()) and not starts(things, match[1]):
                value = " ".join(message.raw[match.start(1) : match.end(1)].split())
                return message.found(value, match.start(1), match.end(1))
    return None
