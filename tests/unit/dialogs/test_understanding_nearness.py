"""Reading by meaning: which sentences are wanted, how the examples vote, and when nothing is read.

Vectors here are directions of their own for every text, so that an example is near to itself alone. What the
embedding model makes of new wordings is tested in tests/unit/bot/test_sentences.py.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from talk import shipped

from dialogs.engine import advance
from dialogs.scope import Scope, with_fields
from dialogs.steps import Embed, Given, Vector
from dialogs.turns import Person, Place, Turn
from dialogs.understanding import read_message, read_scope
from dialogs.understanding.message import prepare
from dialogs.understanding.nearness import LEAST_VOTE, MOST_SENTENCES, Examples, Near, parts_of, read_near
from dialogs.understanding.reading import Found
from dialogs.understanding.sentences import sentences, texts_to_embed
from dialogs.world import Outcome, World

TODAY = date(2026, 11, 23)
EVALUATED = sorted((Path(__file__).parents[2] / "evaluation").glob("*scopes.jsonl"))


def unread(field: str, value: object) -> str:
    """Return an example sentence that the words alone do not read."""
    texts = (sentence.text for sentence in sentences() if (sentence.field, sentence.value) == (field, value))
    return next(text for text in texts if field not in read_message(text, today=TODAY).values)


CHATTING, HARMFUL = unread("task", "chatbot"), unread("quality_risk", "high")


def direction(text: str) -> Vector:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    vector = np.random.default_rng(seed).normal(size=256).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@pytest.fixture(scope="module")
def examples() -> Examples:
    found = Examples.with_vectors({text: direction(text) for text in texts_to_embed()})
    assert found is not None
    return found


def near(examples: Examples, *known: str, **more: object) -> Near:
    return Near(examples, {text: direction(text) for text in known}, **more)  # type: ignore[arg-type]


def test_every_sentence_is_of_a_value_its_field_accepts() -> None:
    for sentence in sentences():
        if sentence.field is not None:
            assert sentence.field in LEAST_VOTE
            with_fields(Scope(), {sentence.field: sentence.value})


def test_every_value_has_enough_sentences_and_none_twice() -> None:
    counts = Counter((sentence.field, sentence.value) for sentence in sentences())
    assert all(count >= (25 if field == "task" else 15) for (field, _), count in counts.items())
    assert counts[None, None] >= 200
    assert not [text for text, count in Counter((s.field, s.text) for s in sentences()).items() if count > 1]


def test_no_sentence_is_taken_from_the_messages_that_measure_the_reading() -> None:
    lines = [json.loads(line) for path in EVALUATED for line in path.read_text("utf-8").splitlines()]
    said = "\n".join(text for line in lines for text in line.get("messages") or [line["text"]]).lower()
    assert [s.text for s in sentences() if len(s.text) > 20 and s.text.lower().strip(".") in said] == []


def test_each_example_comes_out_as_what_it_is(examples: Examples) -> None:
    for name in LEAST_VOTE:
        jury = examples.juries[name]
        rows = [row for row, sentence in enumerate(sentences()) if sentence.field == name]
        votes = examples.votes(name, examples.nearness(examples.matrix[rows]))
        said = [jury.values[column] for column in votes.argmax(axis=1)]
        assert said == [sentences()[row].value for row in rows]


def test_examples_without_all_their_vectors_are_none() -> None:
    assert Examples.with_vectors({text: direction(text) for text in texts_to_embed()[1:]}) is None


def test_sentences_that_lack_a_vector_are_wanted_first_and_then_read(examples: Examples) -> None:
    text = f"{CHATTING} {HARMFUL}"
    reading = read_message(text, today=TODAY, near=near(examples))
    assert reading.wanted == (CHATTING, HARMFUL)
    reading = read_message(text, today=TODAY, near=near(examples, *reading.wanted))
    assert reading.wanted == ()
    assert reading.values["task"].value == "chatbot"
    assert reading.values["quality_risk"].value == "high"
    assert reading.values["quality_risk"].evidence == HARMFUL
    assert reading.values["quality_risk"].guessed


def test_all_messages_of_a_conversation_are_wanted_at_once(examples: Examples) -> None:
    assert read_scope([CHATTING, HARMFUL], today=TODAY, near=near(examples)).wanted == (CHATTING, HARMFUL)


@pytest.mark.parametrize(
    "text", ["Unsere Leute wollen, dass jeder Brief an die richtige Stelle geht.", "What is a LoRA?"]
)
def test_what_is_not_english_or_only_asks_wants_no_vectors(examples: Examples, text: str) -> None:
    assert read_message(text, today=TODAY, near=near(examples)).wanted == ()


def test_where_nothing_is_open_nothing_is_wanted(examples: Examples) -> None:
    assert read_message(CHATTING, today=TODAY, near=near(examples, fields=())).wanted == ()


def test_only_the_fields_asked_for_are_read(examples: Examples) -> None:
    only = near(examples, CHATTING, HARMFUL, fields=("quality_risk",))
    assert set(read_near(prepare(f"{CHATTING} {HARMFUL}", TODAY), list(LEAST_VOTE), only, {})) == {
        "quality_risk"
    }


def test_late_vectors_leave_the_words_alone(examples: Examples) -> None:
    late = Near(examples, {CHATTING: None})
    reading = read_message(CHATTING, today=TODAY, near=late)
    assert reading.wanted == ()
    assert reading == read_message(CHATTING, today=TODAY)


def test_a_likely_value_needs_some_support_from_the_meaning(examples: Examples) -> None:
    message = prepare(HARMFUL, TODAY)
    likely = {"quality_risk": Found("low", "it"), "task": Found("translation", "it"),
              "output_format": Found("json", "it")}  # fmt: skip
    read = read_near(message, list(LEAST_VOTE), near(examples, HARMFUL), likely)
    assert read["quality_risk"].value == "high"
    assert "task" not in read
    assert read["output_format"].value == "json"


def test_a_long_message_is_read_from_its_first_sentences() -> None:
    text = " ".join(f"We have {number} offices in the town of Umeå." for number in range(200))
    parts = parts_of(prepare(text, TODAY))
    assert len(parts) == MOST_SENTENCES
    assert all(text[part.start : part.end].strip() == part.text for part in parts)


def test_the_conversation_asks_for_vectors_once_and_goes_on_without_them(examples: Examples) -> None:
    knowledge, index = shipped()
    world = World(knowledge=knowledge, index=index, examples=examples)
    text = f"We need help at the front desk. {CHATTING}"
    turn = Turn(
        kind="message",
        person=Person("U1", "Ada", "UTC"),
        place=Place("T1", "C1", None),
        at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        text=text,
        message_ts="1.0",
        mentioned=True,
    )
    need = advance(None, turn, world, Given(has_embedding=True))
    assert isinstance(need, Embed)
    assert CHATTING in need.texts
    read = advance(
        None, turn, world, Given(has_embedding=True, vectors={t: direction(t) for t in need.texts})
    )
    late = advance(None, turn, world, Given(has_embedding=True, vectors=dict.fromkeys(need.texts)))
    without = advance(None, turn, replace(world, examples=None), Given(has_embedding=True))
    assert isinstance(read, Outcome)
    assert isinstance(late, Outcome)
    assert isinstance(without, Outcome)
    assert read.projects[0].scope.task == "chatbot"
    assert late.projects[0].scope == without.projects[0].scope
    assert late.projects[0].scope.task is None
