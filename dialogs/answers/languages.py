"""Which language someone writes in, among those that Cairn can answer a refusal in."""

from __future__ import annotations

import re

import py3langid

from knowledge.words import load_lexicon, split_words

LANGUAGES = ("en", "de", "es", "fr", "ja")

_ENOUGH_WORDS = 5  # for a statistical guess
_KANA = re.compile(r"[\u3040-\u30ff]")


def language_of(text: str) -> str:
    """Return "en", "de", "es", "fr" or "ja". Short and mixed texts count as English.

    Grammar words decide where there are any: a question in German about "fine-tuning" is German. A
    statistical guess is asked only for texts without them, since it misreads short English.
    """
    if _KANA.search(text):
        return "ja"
    words = split_words(text)
    votes = {
        language: sum(word in stop for word in words)
        for language, stop in load_lexicon().stop_by_language.items()
    }
    if any(votes.values()):
        return max(votes, key=lambda language: (votes[language], language == "en"))
    if len(words) < _ENOUGH_WORDS:
        return "en"
    guess, _ = py3langid.classify(text)
    return guess if guess in LANGUAGES else "en"


def load_guesser() -> None:
    """Load what the statistical guess needs, about a second's work, before somebody waits for it."""
    py3langid.classify("Hej")
