"""An answer while a chat model writes it: what of it may be shown already, and whether it is worth going on."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.answers.citations import checked_sentences, whole_sentences
from dialogs.answers.prompt import NOT_HELD
from dialogs.answers.sentences import mrkdwn
from dialogs.answers.sourced import Answer, phrases, released_answer
from dialogs.speaking.speech import Mrkdwn
from dialogs.steps import Write
from dialogs.turns import Reply

FIRST_SENTENCE_SECONDS = 10.0
"""Without a released sentence by then, the extractive answer is sent instead."""
MAX_FAILURES = 2

_TITLES = 2
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True)
class Draft:
    """A growing answer. `answer` holds the sentences that passed the check, None before the first.

    `over` says that what follows will not be used: generation should be cancelled.
    """

    answer: Answer | None = None
    over: bool = False


def look(generated: str, need: Write, *, finished: bool = False) -> Draft:
    """Say what of the text generated so far may be shown. What was shown stays as it was when more comes."""
    if NOT_HELD in generated:
        return Draft(over=True)
    sentences = checked_sentences(generated, need.passages, finished=finished)
    first = sentences[:MAX_FAILURES]
    if not any(sentence.released for sentence in first):
        return Draft(over=len(first) == MAX_FAILURES)
    return Draft(released_answer(sentences, need.passages))


def usable(generated: str, *, finished: bool) -> str:
    """Return what counts of a text that ended: all of it, or its whole sentences where it was cut off."""
    return generated if finished or NOT_HELD in generated else whole_sentences(generated)


def shown(draft: Draft, need: Write, ahead: int = 0) -> Reply:
    """Return the message that stands in for the answer until it is done.

    `ahead` is how many requests the model serves before this one.
    """
    if draft.answer:
        return Reply(body=Mrkdwn(f"{draft.answer.text} …"), citations=draft.answer.citations)
    said = phrases(need.language)
    titles = list(dict.fromkeys(section.heading for section in need.passages))[:_TITLES]
    parts = [said["reading"].format(titles=", ".join(f"_{mrkdwn(title)}_" for title in titles))]
    if ahead:
        parts.insert(0, said["in_line"].format(ahead=ahead, place=_ordinal(ahead + 1)))
    return Reply(body=Mrkdwn(" ".join(parts)))


def _ordinal(number: int) -> str:
    teens = number % 100 in range(11, 14)
    return f"{number}{'th' if teens else _ORDINALS.get(number % 10, 'th')}"
