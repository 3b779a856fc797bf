"""Fills the sentences of sentences.toml."""

from __future__ import annotations

from dialogs.advice.facts import data


def say(table: str, name: str, words: dict[str, str], **more: str) -> str:
    """Return a sentence with the words in it, its first letter a capital where it begins one.

    Raises KeyError where the sentence or one of its words is unknown.
    """
    text = str(data("sentences")[table][name]).format_map({**words, **more})
    return text if text.startswith((" ", ",", ";", ":")) else text[:1].upper() + text[1:]
