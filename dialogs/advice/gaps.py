"""What is assumed, what the model must be able to do, and what should be asked next."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import ValidationError

from dialogs.advice.facts import Facts
from dialogs.advice.models import load_of
from dialogs.advice.words import words_of
from dialogs.lifecycle import Question, load_lifecycle
from dialogs.scope import Scope, get_field, with_fields
from dialogs.scoping.questions import Headline, choice_value, is_asked_for
from dialogs.speaking.speech import listing, number

LONG_INPUT_TOKENS = 4000
_MOST_QUESTIONS = 6


def needs_of(facts: Facts) -> tuple[str, ...]:
    """Return what the model must be able to do."""
    languages = facts.scope.languages or []
    wanted = {
        "multilingual": any(code != "en" for code in languages),
        "code": facts.task == "code_generation" or "code" in facts.signals,
        "long_context": facts.documents
        or (facts.scope.input_tokens or 0) >= LONG_INPUT_TOKENS
        or "long_documents" in facts.signals,
        "function_calling": facts.live,
        "vision": bool(facts.modalities & {"image", "video"}),
    }
    return tuple(name for name, needed in wanted.items() if needed)


def assumptions_of(facts: Facts) -> tuple[str, ...]:
    """Return what was read from free text, and what was taken where nothing is said."""
    return (*_read(facts), *_taken(facts))


def _read(facts: Facts) -> list[str]:
    scope, words = facts.scope, words_of(facts)
    found = []
    if facts.modalities and scope.input_modality is None:
        found.append(f"Input beside text, read from your words: {listing(sorted(facts.modalities))}.")
    if facts.live:
        found.append("Facts or actions are live and stand behind an API or a database.")
    if facts.corpus_tokens:
        found.append(
            f"Raw text for training, read from your words: about {number(facts.corpus_tokens)} tokens."
        )
    if facts.pairs:
        found.append(f"Comparisons of answers, read from your words: {words['pairs']}.")
    if not facts.commercial:
        found.append("Used for research, teaching or in private, so a non-commercial licence is enough.")
    if facts.skilled:
        found.append("Your team has trained models before.")
    if "small_device" in facts.signals:
        found.append("It runs on a small device.")
    if scope.hardware and facts.machine is None:
        found.append(f"“{scope.hardware}” is not a machine known here; sizes are chosen without it.")
    gpu = facts.machine.gpu if facts.machine else None
    if (
        gpu
        and gpu.note
        and "is read as" in gpu.note
        and not re.search(r"\d\s*gb|sxm|pcie", scope.hardware or "", re.I)
    ):
        found.append(f"{gpu.title}: {gpu.note}.")
    return found


def _taken(facts: Facts) -> list[str]:
    scope, load = facts.scope, load_of(facts)
    found = []
    if scope.input_tokens is None or scope.output_tokens is None:
        found.append(
            f"A prompt of {number(load.prompt_tokens)} tokens and an answer of {number(load.output_tokens)}."
        )
    if scope.task is None:
        found.append("One task that writes text, since none is named.")
    if scope.languages is None:
        found.append("English only.")
    if scope.hardware is None:
        found.append("No machine is named: 4-bit weights, one request at a time.")
    if scope.privacy is None:
        found.append("Data may have to stay with you, so models with open weights come first.")
    if scope.data.labelled_examples is None:
        found.append("No counted examples to train on.")
    if facts.commercial:
        found.append("Commercial use, since neither research nor teaching nor private use is stated.")
    return found


def open_questions(facts: Facts, headline: Callable[[Scope], Headline]) -> tuple[str, ...]:
    """Return the questions still open, the most decisive first.

    Each plausible answer is tried: a question counts by how many different first techniques, first models and
    size classes its answers lead to.
    """
    scope = facts.scope
    asked = [question for question in load_lifecycle().questions if get_field(scope, question.field) is None]
    weighed = [
        (_weight(question, scope, headline), question) for question in asked if is_asked_for(question, scope)
    ]
    weighed.sort(key=lambda pair: -pair[0])
    return tuple(_words(question, facts) for weight, question in weighed if weight or question.required)[
        :_MOST_QUESTIONS
    ]


def _weight(question: Question, scope: Scope, headline: Callable[[Scope], Headline]) -> float:
    now = headline(scope)
    techniques, sizes = {now.first_technique}, {now.first_size_class}
    for probe in question.probes:
        try:
            tried = headline(with_fields(scope, {question.field: choice_value(question, probe)}))
        except (ValueError, ValidationError):
            continue
        techniques.add(tried.first_technique)
        sizes.add(tried.first_size_class)
    return 2.0 * (len(techniques) - 1) + (len(sizes) - 1)


def _words(question: Question, facts: Facts) -> str:
    return f"{question.ask} {question.why}".replace("{thing}", "your inputs")
