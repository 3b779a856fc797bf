"""What counts as the same delivery."""

from __future__ import annotations

from typing import Any

import pytest

from bot.inbox import delivery_key, message_key

MESSAGE = {"type": "message", "channel": "C1", "user": "U1", "ts": "17.1", "text": "<@U0> hello"}


def event(event: dict[str, Any], event_id: str = "Ev1") -> dict[str, Any]:
    """Return a body as the Events API sends it."""
    return {"team_id": "T1", "event_id": event_id, "event": event}


def changed(message: dict[str, Any], event_id: str = "Ev1") -> dict[str, Any]:
    """Return the body of an edit."""
    return event(
        {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "99.9", "message": message},
        event_id,
    )


SAME = [
    (
        "a mention arrives as two events",
        event(MESSAGE, "Ev1"),
        event({**MESSAGE, "type": "app_mention"}, "Ev2"),
    ),
    ("Slack delivers again", event(MESSAGE), event(MESSAGE)),
    (
        "an edit of a mention arrives as two events",
        changed({"ts": "17.1", "edited": {"ts": "18.0"}}, "Ev1"),
        event({**MESSAGE, "type": "app_mention", "edited": {"ts": "18.0"}}, "Ev2"),
    ),
    (
        "a click sent again",
        {"type": "block_actions", "trigger_id": "t1"},
        {"type": "block_actions", "trigger_id": "t1"},
    ),
    ("a reaction sent again", event({"type": "reaction_added"}), event({"type": "reaction_added"})),
    (
        "a closed view, which has no id at all",
        {"type": "view_closed", "view": {"id": "V1"}},
        {"view": {"id": "V1"}, "type": "view_closed"},
    ),
]

DIFFERENT = [
    ("another message", event(MESSAGE), event({**MESSAGE, "ts": "17.2"})),
    ("another channel", event(MESSAGE), event({**MESSAGE, "channel": "C2"})),
    ("another workspace", event(MESSAGE), {**event(MESSAGE), "team_id": "T2"}),
    ("an edit", event(MESSAGE), changed({"ts": "17.1", "edited": {"ts": "18.0"}})),
    (
        "a second edit",
        changed({"ts": "17.1", "edited": {"ts": "18.0"}}),
        changed({"ts": "17.1", "edited": {"ts": "19.0"}}),
    ),
    ("an unfurled link changes the message without an edit", event(MESSAGE), changed({"ts": "17.1"}, "Ev2")),
    ("a second click", {"trigger_id": "t1"}, {"trigger_id": "t2"}),
    ("a deletion", event(MESSAGE), event({**MESSAGE, "subtype": "message_deleted"}, "Ev2")),
    (
        "two closed views",
        {"type": "view_closed", "view": {"id": "V1"}},
        {"type": "view_closed", "view": {"id": "V2"}},
    ),
]


@pytest.mark.parametrize(("why", "one", "other"), SAME, ids=[row[0] for row in SAME])
def test_the_same_delivery_has_one_key(why: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert delivery_key(one) == delivery_key(other)


@pytest.mark.parametrize(("why", "one", "other"), DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_different_deliveries_have_different_keys(
    why: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert delivery_key(one) != delivery_key(other)


def test_a_message_is_named_by_workspace_channel_and_time() -> None:
    assert message_key("T1", "C1", "17.1") == "T1:C1:17.1"
    assert message_key("T1", "C1", "17.1", "18.0") == "T1:C1:17.1:18.0"
    assert delivery_key(event(MESSAGE)) == "T1:C1:17.1"
