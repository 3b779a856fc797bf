"""Turns, replies and effects survive the way through the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.failures import OperationError
from bot.wire import (
    effect_from_json,
    effect_to_json,
    reply_from_json,
    reply_to_json,
    turn_from_json,
    turn_to_json,
)
from dialogs.turns import Effect, Export, Mark, OpenForm, Publish, Reply, Say, Turn

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


@settings(max_examples=25, deadline=None)
@given(st.from_type(Turn))
def test_a_turn_comes_back(turn: Turn) -> None:
    assert turn_from_json(json.loads(json.dumps(turn_to_json(turn)))) == turn


@settings(max_examples=25, deadline=None)
@given(st.from_type(Reply))
def test_a_reply_comes_back(reply: Reply) -> None:
    assert reply_from_json(json.loads(json.dumps(reply_to_json(reply)))) == reply


@pytest.mark.parametrize("kind", [Say, Mark, OpenForm, Publish, Export])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_effect_comes_back(kind: type[Effect], data: st.DataObject) -> None:
    effect = data.draw(st.from_type(kind))
    assert effect_from_json(json.loads(json.dumps(effect_to_json(effect)))) == effect


def test_what_a_newer_version_wrote_is_read_as_far_as_it_is_known() -> None:
    assert reply_from_json({"body": "Hello", "mood": "cheerful"}) == Reply(body="Hello")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"effect": "dance"}, "no known effect: 'dance'"),
        ({}, "no known effect: None"),
        ({"effect": "say"}, "no effect: reply: Field required"),
        ({"effect": "say", "reply": {"body": 7}}, "no effect: reply.body: Input should be a valid string"),
    ],
)
def test_stored_data_that_is_none_is_one_sentence(data: dict[str, object], says: str) -> None:
    with pytest.raises(OperationError, match=says):
        effect_from_json(data)


def test_a_turn_without_its_parts_is_one_sentence() -> None:
    with pytest.raises(OperationError, match="no turn: kind"):
        turn_from_json({})
