"""What Slack sends becomes what a person did, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.inbox import delivery_key
from bot.slack import payloads
from dialogs.turns import Turn

BOT = "U0BOT"
TS = "1763892120.000200"
AT = datetime.fromtimestamp(float(TS), UTC)
NAMES = {"U1": "Alma", "U2": "Ravi"}


def event(kind: str = "message", **fields: Any) -> dict[str, Any]:
    said = {"type": kind, "channel": "C1", "channel_type": "channel", "user": "U1", "ts": TS, "text": "hi"}
    return {"team_id": "T1", "event_id": "Ev1", "event": {**said, **fields}}


def edit(before: str, after: str, **fields: Any) -> dict[str, Any]:
    message = {
        "type": "message",
        "user": "U1",
        "ts": TS,
        "text": after,
        "edited": {"ts": "1763892199.0", "user": "U1"},
    }
    return event(
        subtype="message_changed",
        hidden=True,
        message={**message, **fields},
        previous_message={"user": "U1", "ts": TS, "text": before},
    )


def turn(body: dict[str, Any]) -> Turn | None:
    return payloads.turn(body, bot_user=BOT, names=NAMES, tz="Europe/Stockholm")


def heard(body: dict[str, Any]) -> Turn:
    found = turn(body)
    assert found is not None
    return found


def test_a_mention_is_addressed_to_cairn_and_loses_the_mention() -> None:
    said = heard(event("app_mention", text=f"<@{BOT}> we want a bot, ask <@U2>"))
    assert said.text == "we want a bot, ask @Ravi"
    assert said.mentioned
    assert (said.person.name, said.person.tz, said.at, said.message_ts) == (
        "Alma",
        "Europe/Stockholm",
        AT,
        TS,
    )
    assert (said.place.workspace, said.place.channel, said.place.thread) == ("T1", "C1", None)


def test_the_two_events_of_one_mention_are_one_delivery_and_the_same_turn() -> None:
    text = f"<@{BOT}> hello"
    twins = [event("message", text=text), {**event("app_mention", text=text), "event_id": "Ev2"}]
    assert len({delivery_key(body) for body in twins}) == 1
    assert turn(twins[0]) == turn(twins[1])


def test_talk_between_people_is_heard_but_not_addressed() -> None:
    assert not heard(event(text="lunch?")).mentioned


def test_a_direct_message_is_addressed_without_a_mention() -> None:
    said = heard(event(channel="D1", channel_type="im"))
    assert said.mentioned
    assert said.place.is_direct


def test_a_message_in_a_thread_names_its_root_and_a_root_names_none() -> None:
    assert heard(event(thread_ts="1763890000.0001")).place.thread == "1763890000.0001"
    assert heard(event(thread_ts=TS)).place.thread is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<@U2> and <@U9>", "@Ravi and @U9"),
        ("<@U9|kim>", "@kim"),
        ("in <#C2|leases-ml> or <#C3>", "in #leases-ml or #C3"),
        ("<!here> and <!subteam^S1|@mail>", "@here and @mail"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("<https://x.example/a|our guide>", "our guide (https://x.example/a)"),
        ("<http://x.example|x.example>", "http://x.example"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("<!date^1732000000^{date}|Tuesday>", "Tuesday"),
        ("two\nlines  here", "two\nlines here"),
        ("5 &lt; 6 latency &amp;amp;", "5 < 6 latency &amp;"),
        ("", ""),
    ],
)
def test_text_is_read_as_people_see_it(sent: str, read: str) -> None:
    assert heard(event(text=sent)).text == read


@pytest.mark.parametrize(
    "body",
    [
        event(bot_id="B1"),
        event(user="USLACKBOT"),
        event(user=None),
        event(subtype="channel_join"),
        event(subtype="bot_message", bot_id="B1"),
        event(subtype="message_deleted"),
        event(hidden=True),
        event("reaction_added"),
        event("app_home_opened", tab="messages"),
        edit("same words", "same words"),
        edit("a", "b", bot_id="B1"),
        {"type": "view_closed", "team": {"id": "T1"}},
        {},
    ],
    ids=[
        "another bot",
        "slackbot",
        "nobody",
        "a join",
        "a bot of the old kind",
        "a deletion",
        "hidden",
        "a reaction",
        "the messages tab",
        "an unfurled link",
        "a bot's edit",
        "a closed view",
        "nothing",
    ],
)
def test_what_no_person_said_is_no_turn(body: dict[str, Any]) -> None:
    assert turn(body) is None
    assert not payloads.is_for_cairn(body)


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_words_beside_a_file_or_sent_to_the_channel_too_are_heard(subtype: str) -> None:
    assert heard(event(subtype=subtype)).text == "hi"


def test_an_edit_is_heard_as_an_edit_of_the_same_message() -> None:
    said = heard(edit("we have 9 mails", "we have 9k mails"))
    assert said.edited
    assert said.text == "we have 9k mails"
    assert said.message_ts == TS


def test_an_edited_mention_is_an_edit_in_both_of_its_events() -> None:
    text = f"<@{BOT}> 9k mails"
    changed = heard(edit("9 mails", text))
    mentioned = heard(event("app_mention", text=text, edited={"ts": "1763892199.0", "user": "U1"}))
    assert changed == mentioned


def command(**fields: Any) -> dict[str, Any]:
    sent = {
        "command": "/cairn",
        "text": "start Guest mail",
        "team_id": "T1",
        "channel_id": "C1",
        "channel_name": "guest-mail",
        "user_id": "U1",
        "user_name": "alma",
        "trigger_id": "1.2.x",
        "response_url": "https://hooks.example/1",
    }
    return sent | fields


def test_a_command_is_addressed_and_knows_its_words() -> None:
    said = heard(command())
    assert (said.kind, said.command, said.text, said.mentioned) == (
        "command",
        "cairn",
        "start Guest mail",
        True,
    )
    assert payloads.response_url(command()) == "https://hooks.example/1"
    assert payloads.actor(command()) == "U1"


def test_a_command_in_a_direct_message_is_direct() -> None:
    assert heard(command(channel_name="directmessage", channel_id="D1")).place.is_direct


def click(**fields: Any) -> dict[str, Any]:
    action = {
        "type": "button",
        "action_id": "answer#1",
        "block_id": "choices",
        "value": "private_cloud",
        "text": {"type": "plain_text", "text": "Cloud in the EU"},
        "action_ts": TS,
    }
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U1", "name": "alma"},
        "channel": {"id": "C1"},
        "message": {"ts": "1763892000.0001", "thread_ts": "1763890000.0001"},
        "container": {"message_ts": "1763892000.0001"},
        "actions": [action | fields],
        "trigger_id": "3.4.y",
    }


def test_a_click_knows_its_choice_its_value_and_the_message_it_stands_in() -> None:
    said = heard(click())
    assert (said.kind, said.action, said.value, said.text) == (
        "button",
        "answer",
        "private_cloud",
        "Cloud in the EU",
    )
    assert (said.message_ts, said.place.thread) == ("1763892000.0001", "1763890000.0001")


def test_a_menu_carries_the_value_of_its_option() -> None:
    picked = heard(click(value=None, selected_option={"value": "l4", "text": {"text": "L4"}}))
    assert picked.value == "l4"


def test_a_click_on_the_home_belongs_to_no_channel() -> None:
    body = {**click(), "channel": None, "message": None, "container": {"type": "view"}}
    said = heard(body)
    assert (said.place.channel, said.message_ts) == ("", "")


def test_a_message_shortcut_hands_over_the_message() -> None:
    body = {
        "type": "message_action",
        "callback_id": "cairn_start_from_message",
        "team": {"id": "T1"},
        "user": {"id": "U2", "name": "ravi"},
        "channel": {"id": "C1"},
        "message": {"type": "message", "user": "U1", "ts": TS, "text": "we want &amp; need a bot"},
        "action_ts": "1763892300.0",
        "trigger_id": "5.6.z",
    }
    said = heard(body)
    assert (said.kind, said.action, said.text, said.message_ts) == (
        "shortcut",
        "cairn_start_from_message",
        "we want & need a bot",
        TS,
    )
    assert said.person.id == "U2"


@pytest.mark.parametrize(("name", "called"), [("<@U2>", "Ravi"), ("<@U2|ravi.k>", "ravi.k"), ("<@U3>", "U3")])
def test_who_is_named_keeps_the_id_beside_the_name_in_the_text(name: str, called: str) -> None:
    for body in (event(text=f"<@{BOT}> {name} owns it"), command(text=f"{name} owns it")):
        said = heard(body)
        assert said.text == f"@{called} owns it"
        assert list(said.mentions.values()) == [called]
        assert next(iter(said.mentions)) in name


def test_the_people_a_text_names_are_the_names_it_needs() -> None:
    assert payloads.mentioned_users(event(text="<@U2> and <@U7|kim>")) == {"U2", "U7"}
