"""The second reader: clauses that are like an example, where no phrase of the language files matched."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.scope import Scope, with_fields
from dialogs.understanding import read_message, read_scope
from dialogs.understanding.lexicon import all_languages
from dialogs.understanding.likeness import FOLDER, LEAST_LIKENESS, examples, read_likely, stem_of
from dialogs.understanding.message import prepare

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("it should boil every long report down to a few lines", "task", "summarization"),
        ("which desk ought each incoming letter go to", "task", "classification"),
        ("any slip could end in a lawsuit", "quality_risk", "high"),
        ("when a mistake happens we simply fix it, harmless", "quality_risk", "low"),
        ("nothing gets outside our factory", "privacy", "on_premises"),
        ("the rules get amended nearly every night", "knowledge_changes", "daily"),
        ("Die Texte liegen ohnehin frei, alles ist veröffentlicht", "privacy", "any"),
        ("Ein Irrtum wäre lebensgefährlich", "quality_risk", "high"),
        ("une erreur finirait au tribunal", "quality_risk", "high"),
        ("un fallo nos puede costar una demanda", "quality_risk", "high"),
        ("ett misstag kan sluta i domstol", "quality_risk", "high"),
    ],
)
def test_new_wordings_are_read_from_examples_like_them(text: str, field: str, value: object) -> None:
    likely = read_likely(prepare(text, TODAY), LEAST_LIKENESS)
    assert likely[field].value == value
    assert likely[field].guessed
    assert likely[field].evidence in text


@pytest.mark.parametrize(
    "text",
    [
        "we don't want it to sort mail by department",
        "Our team meets every week in the canteen",
        "there are forty letters on my desk",
        "wir haben keine Lust auf lange Sitzungen",
        "the weather was bad yesterday",
        "",
    ],
)
def test_words_that_only_resemble_an_example_say_nothing(text: str) -> None:
    assert read_likely(prepare(text, TODAY), LEAST_LIKENESS) == {}


def test_one_word_never_stands_for_two() -> None:
    assert read_likely(prepare("the draft", TODAY), ["task"]) == {}


def test_what_the_phrases_read_is_left_alone() -> None:
    found = read_message(
        "Summarise each report; which department it goes to is decided elsewhere", today=TODAY
    )
    assert found.values["task"].value == "summarization"
    assert not found.values["task"].guessed


def test_a_likely_value_never_replaces_one_that_was_said() -> None:
    assert read_scope(["a clerk decides which office should get each letter"], today=TODAY).scope.task
    said = read_scope(
        ["We need a chatbot", "by the way, a clerk decides which office should get each letter"], today=TODAY
    )
    assert said.scope.task == "chatbot"


def test_every_example_is_of_a_value_its_field_accepts() -> None:
    for path in FOLDER.glob("*.toml"):
        book = examples(path.stem)
        assert book is not None
        for example in {example for found in book.by_stem.values() for example in found}:
            if example.value is not None:
                with_fields(Scope(), {example.field: example.value})


def test_each_language_with_examples_has_phrases_and_covers_every_field() -> None:
    codes = {path.stem for path in FOLDER.glob("*.toml")}
    assert {"en", "de", "fr", "es", "sv"} <= codes <= set(all_languages())
    for code in codes:
        book = examples(code)
        assert book is not None
        fields = {example.field for found in book.by_stem.values() for example in found}
        assert set(LEAST_LIKENESS) <= fields


@pytest.mark.parametrize(
    ("one", "other"), [("letters", "letter"), ("Dokumente", "dokumenten"), ("calls", "call")]
)
def test_endings_do_not_matter(one: str, other: str) -> None:
    assert stem_of(one) == stem_of(other)
