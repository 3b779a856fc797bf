"""The gate: what Slack may do to a post, and what the outbox then hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stubborn_slack import Fault, StubbornSlack, stubborn_slack

from bot.owed import Delivered, NotSent, Owed, Rejected, Unsure, Verb
from bot.slack import ids
from bot.slack.blocks.reply import message
from bot.slack.pace import Pace
from bot.slack.post import Post
from bot.slack.workspaces import Clients, OneWorkspace
from bot.wire import reply_to_json
from dialogs.turns import Choice, Person, Place, Reply, Turn

AT = datetime(2025, 11, 23, 12, 0, tzinfo=UTC)
REPLY = Reply(body="Hello.", question="Go?", choices=(Choice("go", "Go"),))


@pytest.fixture
async def slack() -> AsyncIterator[StubbornSlack]:
    async with stubborn_slack() as running:
        yield running


@pytest.fixture
async def post(slack: StubbornSlack) -> AsyncIterator[Post]:
    clients = Clients(
        OneWorkspace("xoxb-1", base_url=slack.api_url), base_url=slack.api_url, timeout_seconds=0.4
    )
    yield Post(clients, pace=Pace(per_second=1_000))
    await clients.close()


def owed(verb: Verb = "post", **fields: Any) -> Owed:
    known: dict[str, Any] = {
        "id": "p1",
        "workspace": "T1",
        "channel": "C1",
        "created_at": AT,
        "content": {"reply": reply_to_json(REPLY)},
        "person": "U1",
    }
    return Owed(verb=verb, **known | fields)


async def test_a_post_lands_in_its_thread_with_its_id(slack: StubbornSlack, post: Post) -> None:
    delivered = await post.deliver(owed(thread_ts="1700000000.000100"))
    [posted] = slack.messages
    assert delivered == Delivered("C1", posted["ts"])
    assert posted["thread_ts"] == "1700000000.000100"
    assert posted["blocks"][0]["block_id"] == "cairn:p1"
    assert posted["metadata"]["event_payload"] == {"id": "p1"}


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault(status=429, error="ratelimited", headers={"Retry-After": "7"}), NotSent),
        (Fault(error="ratelimited"), NotSent),
        (Fault(status=500), Unsure),
        (Fault(status=503), Unsure),
        (Fault(error="internal_error"), Unsure),
        (Fault(error="fatal_error"), Unsure),
        (Fault(drop=True), Unsure),
        (Fault(stall=True), Unsure),
        (Fault(error="channel_not_found"), Rejected),
        (Fault(error="is_archived"), Rejected),
        (Fault(error="invalid_auth"), Rejected),
    ],
)
async def test_what_became_of_a_post_is_judged_and_it_is_never_sent_twice(
    slack: StubbornSlack, post: Post, fault: Fault, verdict: type[Exception]
) -> None:
    slack.fail("chat.postMessage", fault)
    with pytest.raises(verdict):
        await post.deliver(owed())
    assert [sent["channel"] for sent in slack.calls["chat.postMessage"]].count("C1") == 1


async def test_a_429_says_how_long_to_wait(slack: StubbornSlack, post: Post) -> None:
    slack.fail("chat.postMessage", Fault(status=429, headers={"Retry-After": "7"}, error="ratelimited"))
    with pytest.raises(NotSent) as limited:
        await post.deliver(owed())
    assert limited.value.retry_after_seconds == 7.0


async def test_a_refused_connection_was_certainly_not_sent() -> None:
    async with stubborn_slack() as slack:
        clients = Clients(OneWorkspace("xoxb-1", base_url=slack.api_url), base_url=slack.api_url)
        await clients.identity("T1")
    with pytest.raises(NotSent):
        await Post(clients).deliver(owed())
    await clients.close()


@pytest.mark.parametrize("fault", [Fault(drop=True, done=True), Fault(status=500, done=True)])
async def test_a_post_that_arrived_though_the_answer_was_lost_is_found_again(
    slack: StubbornSlack, post: Post, fault: Fault
) -> None:
    slack.fail("chat.postMessage", fault)
    with pytest.raises(Unsure):
        await post.deliver(owed())
    assert await post.find(owed(), AT - timedelta(days=1)) == Delivered("C1", slack.messages[0]["ts"])
    assert await post.find(owed(id="another"), AT - timedelta(days=1)) is None


async def test_the_search_reads_every_page_and_the_thread(slack: StubbornSlack, post: Post) -> None:
    slack.page_size = 3
    root = await post.deliver(owed(id="root"))
    sought = await post.deliver(owed(id="sought", thread_ts=root.ts))
    for number in range(8):
        await post.deliver(owed(id=f"later {number}", thread_ts=root.ts))
        await post.deliver(owed(id=f"beside {number}"))
    since = AT - timedelta(days=1)
    assert await post.find(owed(id="sought", thread_ts=root.ts), since) == sought
    assert await post.find(owed(id="sought"), since) is None
    assert await post.find(owed(id="root"), since) == root


async def test_a_search_that_slack_breaks_off_is_no_answer(slack: StubbornSlack, post: Post) -> None:
    slack.fail("conversations.history", Fault(error="missing_scope"))
    with pytest.raises(Unsure, match="missing_scope"):
        await post.find(owed(), AT)


async def test_a_direct_post_opens_the_direct_messages_once(slack: StubbornSlack, post: Post) -> None:
    for number in range(2):
        await post.deliver(owed("direct", id=f"d{number}", channel=""))
    assert [sent["channel"] for sent in slack.messages] == ["D-U1", "D-U1"]
    assert len(slack.calls["conversations.open"]) == 1


async def test_a_private_answer_where_cairn_is_no_member_goes_through_the_response_url(
    slack: StubbornSlack, post: Post
) -> None:
    slack.fail("chat.postEphemeral", Fault(error="not_in_channel"))
    await post.deliver(owed("ephemeral", response_url=slack.hook))
    [answer] = slack.calls["hook"]
    assert answer["response_type"] == "ephemeral"
    assert answer["text"] == "Hello.\nGo?"


async def test_without_a_response_url_it_goes_to_the_person_directly(
    slack: StubbornSlack, post: Post
) -> None:
    slack.fail("chat.postEphemeral", Fault(error="user_not_in_channel"))
    await post.deliver(owed("ephemeral"))
    assert slack.messages[0]["channel"] == "D-U1"


async def test_a_response_url_that_is_used_up_is_replaced_by_an_ephemeral(
    slack: StubbornSlack, post: Post
) -> None:
    slack.fail("hook", Fault(status=404, error="used_url"))
    await post.deliver(owed("respond", response_url=slack.hook))
    assert slack.calls["chat.postEphemeral"][0]["user"] == "U1"


@pytest.mark.parametrize("verb", ["post", "card"])
async def test_where_cairn_is_no_member_the_person_hears_how_to_invite_it(
    slack: StubbornSlack, post: Post, verb: Verb
) -> None:
    slack.fail("chat.postMessage", Fault(error="not_in_channel"))
    with pytest.raises(Rejected):
        await post.deliver(owed(verb))
    [told] = slack.messages
    assert told["channel"] == "D-U1"
    assert "/invite @Cairn" in told["text"]


async def test_a_card_is_pinned_and_a_card_that_cannot_be_pinned_still_stands(
    slack: StubbornSlack, post: Post
) -> None:
    slack.fail("pins.add", Fault(error="unknown_method"))
    delivered = await post.deliver(owed("card"))
    assert slack.calls["pins.add"][0]["timestamp"] == delivered.ts == slack.messages[0]["ts"]


async def test_an_update_changes_the_message_in_place(slack: StubbornSlack, post: Post) -> None:
    content = {"reply": reply_to_json(REPLY), "ts": "1763900001.000000"}
    assert await post.deliver(owed("update", content=content)) == Delivered("C1", "1763900001.000000")
    assert slack.calls["chat.update"][0]["blocks"][0]["block_id"] == "cairn:p1"
    assert slack.messages == []


async def test_an_update_of_a_message_that_someone_deleted_posts_it_anew(
    slack: StubbornSlack, post: Post
) -> None:
    slack.fail("chat.update", Fault(error="message_not_found"))
    content = {"reply": reply_to_json(REPLY), "ts": "1763900001.000000"}
    delivered = await post.deliver(owed("update", content=content))
    assert delivered.ts == slack.messages[0]["ts"]


async def test_a_mark_replaces_the_clicked_row_in_a_thread(slack: StubbornSlack, post: Post) -> None:
    root = await post.deliver(owed(id="root"))
    asked = await post.deliver(owed(id="asked", thread_ts=root.ts))
    content = {"ts": asked.ts, "text": "PM chose go · 10:09"}
    await post.deliver(owed("mark", content=content, thread_ts=root.ts))
    [update] = slack.calls["chat.update"]
    assert [block["type"] for block in update["blocks"]] == ["section", "section", "context"]
    assert update["blocks"][-1]["elements"][0]["text"] == "PM chose go · 10:09"
    assert update["ts"] == asked.ts


async def test_a_mark_on_an_ephemeral_message_goes_through_its_response_url(
    slack: StubbornSlack, post: Post
) -> None:
    content = {"ts": "1763999999.000000", "text": "PM chose go"}
    await post.deliver(owed("mark", content=content, response_url=slack.hook))
    assert slack.calls["hook"][0]["replace_original"] is True
    assert slack.calls["chat.update"] == []


async def test_what_slack_will_not_lay_out_goes_as_plain_text_with_an_id(
    slack: StubbornSlack, post: Post
) -> None:
    slack.fail("chat.postMessage", Fault(error="invalid_blocks"))
    await post.deliver(owed())
    [posted] = slack.messages
    assert posted["text"].startswith("Hello.\nGo?")
    assert "the log knows it as" in posted["text"]
    assert posted["blocks"][0]["block_id"] == "cairn:p1"


async def test_a_reply_that_cannot_be_drawn_still_says_its_body(slack: StubbornSlack, post: Post) -> None:
    reply = Reply(body="Hello.", choices=(Choice("go", "Go", "x" * 3_000),))
    await post.deliver(owed(content={"reply": reply_to_json(reply)}))
    assert "Hello." in slack.messages[0]["blocks"][0]["text"]["text"]


async def test_show_more_unfolds_the_message_and_keeps_the_rest(slack: StubbornSlack, post: Post) -> None:
    shown = message(Reply(body="x", choices=REPLY.choices, more="the rest"), "p1")
    turn = Turn("button", Person("U1"), Place("T1", "C1"), AT, action=ids.SHOW_MORE, message_ts="1.2")
    await post.unfold(turn, {"message": {"text": shown.text, "blocks": shown.blocks}})
    [update] = slack.calls["chat.update"]
    assert [block.get("block_id") for block in update["blocks"]] == ["cairn:p1", ids.CHOICES_BLOCK, None]
    assert update["blocks"][-1]["text"]["text"] == "the rest"


async def test_show_more_of_an_ephemeral_message_is_told_to_its_reader_alone(
    slack: StubbornSlack, post: Post
) -> None:
    turn = Turn("button", Person("U1"), Place("T1", "C1"), AT, action=ids.SHOW_MORE, value="the rest")
    await post.unfold(turn, {"response_url": slack.hook})
    assert slack.calls["hook"][0]["text"] == "the rest"
    assert slack.calls["chat.update"] == []


async def test_a_burst_passes_and_what_follows_keeps_the_pace() -> None:
    slept: list[float] = []
    clock = [100.0]

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        clock[0] += seconds

    pace = Pace(per_second=1.0, burst=4, clock=lambda: clock[0], sleep=sleep)
    for _ in range(6):
        await pace.wait("C1")
    await pace.wait("C2")
    assert slept == [1.0, 1.0]


async def test_a_channel_that_slack_limits_rests_and_others_do_not() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    pace = Pace(clock=lambda: 0.0, sleep=sleep)
    pace.hold("C1", 7.0)
    await pace.wait("C2")
    assert slept == []
    with pytest.raises(NotSent) as first:
        await pace.wait("C1")
    with pytest.raises(NotSent) as second:
        await pace.wait("C1")
    waits = (first.value.retry_after_seconds, second.value.retry_after_seconds)
    assert waits == (7.0, 8.0), "who stands in line holds no lease and gets a time of its own"
