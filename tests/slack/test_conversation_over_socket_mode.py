"""What people do in a real local Slack reaches the conversation once, and its answers reach them."""

from __future__ import annotations

import asyncio

import pytest
from bench_bot import BenchBot
from local_slack import BOT, PEOPLE, LocalSlack

pytestmark = pytest.mark.slack


async def test_a_mention_is_heard_once_though_slack_tells_it_twice(slack: LocalSlack, bot: BenchBot) -> None:
    asked = await slack.say("alice", "#guest-mail", "@Cairn 1200 mails &amp; more")
    answer = await slack.reply_in(asked, containing="Heard you, alice (1): 1200 mails & more")
    await slack.stays_quiet(since=answer)
    assert [turn.text for turn in bot.conversation.heard] == ["1200 mails & more"]
    assert bot.conversation.heard[0].person.tz == "Europe/Stockholm"
    told = [entry for entry in await slack.log() if entry["kind"] == "events_api"]
    assert len(told) == 2, "the local Slack sends a mention as message and as app_mention"


async def test_the_answer_carries_its_id_in_the_first_block(slack: LocalSlack, bot: BenchBot) -> None:
    asked = await slack.say("alice", "#guest-mail", "@Cairn hello")
    answer = await slack.reply_in(asked)
    assert answer.raw["blocks"][0]["block_id"].startswith("cairn:T0TEST:C0GUESTMAIL:")
    assert answer.buttons == ["A hundred", "A thousand", "Show more"]


async def test_talk_among_people_is_heard_and_left_alone(slack: LocalSlack, bot: BenchBot) -> None:
    await slack.say("alice", "#guest-mail", "lunch at 12?")
    await slack.say("bob", "#guest-mail", "sure, ask @carol too")
    await slack.stays_quiet()
    assert [turn.text for turn in bot.conversation.heard] == ["lunch at 12?", "sure, ask @carol too"]


async def test_its_own_posts_are_not_heard(slack: LocalSlack, bot: BenchBot) -> None:
    asked = await slack.say("alice", "#guest-mail", "@Cairn hello")
    await slack.reply_in(asked)
    await slack.stays_quiet(since=slack.from_bot()[-1])
    assert len(bot.conversation.heard) == 1


async def test_a_direct_message_needs_no_mention(slack: LocalSlack, bot: BenchBot) -> None:
    await slack.say("bob", "@bob", "what is LoRA?")
    assert (await slack.post_in("@bob")).text.startswith("Heard you, bob (1): what is LoRA?")


async def test_a_clicked_row_becomes_a_record(slack: LocalSlack, bot: BenchBot) -> None:
    asked = await slack.say("alice", "#guest-mail", "@Cairn hello")
    answer = await slack.reply_in(asked)
    await slack.click("bob", answer, "A thousand")
    marked = await slack.changed(answer, containing="bob chose a thousand")
    assert marked.buttons == ["Show more"]
    assert (bot.conversation.heard[-1].action, bot.conversation.heard[-1].value) == ("mails", "1000")


async def test_show_more_unfolds_in_place(slack: LocalSlack, bot: BenchBot) -> None:
    answer = await slack.reply_in(await slack.say("alice", "#guest-mail", "@Cairn hello"))
    await slack.click("alice", answer, "Show more")
    grown = await slack.changed(answer, containing="The rest of it.")
    assert grown.buttons == ["A hundred", "A thousand"]
    assert len(slack.from_bot()) == 1


async def test_a_form_opens_is_filled_in_and_its_untouched_fields_keep_their_values(
    slack: LocalSlack, bot: BenchBot
) -> None:
    await slack.command("alice", "#guest-mail", "/estimate form")
    view = await slack.form()
    assert view["title"]["text"] == "Mails"
    await slack.submit("alice", language="Finnish")
    said = await slack.post_in("#guest-mail", containing="Form:")
    assert said.text == "Form: [('count', '1200'), ('language', 'Finnish')]"
    assert bot.conversation.heard[-1].place.channel == "C0GUESTMAIL"


async def test_a_command_is_answered_to_its_sender_alone(slack: LocalSlack, bot: BenchBot) -> None:
    await slack.command("carol", "#leases-ml", "/cairn status")
    said = await slack.post_in("#leases-ml", containing="Only you see: status")
    assert said.only_for == PEOPLE["carol"]


async def test_an_unknown_command_and_an_unknown_event_are_acked(slack: LocalSlack, bot: BenchBot) -> None:
    began = asyncio.get_running_loop().time()
    await slack.command("alice", "#guest-mail", "/weather Malmö")
    asked = await slack.say("alice", "#guest-mail", "nice")
    await slack.react("alice", asked, "tada")
    assert asyncio.get_running_loop().time() - began < 4.0, "what is not acked takes the local Slack 5 s"
    said = await slack.post_in("#guest-mail", containing="I know `/cairn` and `/estimate`")
    assert said.raw["user"] == BOT


async def test_an_edit_is_heard_as_an_edit(slack: LocalSlack, bot: BenchBot) -> None:
    said = await slack.say("alice", "#guest-mail", "@Cairn 9 mails")
    await slack.reply_in(said)
    await slack.edit("alice", said, "@Cairn 9k mails")
    await slack.reply_in(said, containing="9k mails")
    assert [turn.edited for turn in bot.conversation.heard] == [False, True]
    assert bot.conversation.heard[-1].message_ts == said.ts


async def test_the_home_shows_what_the_conversation_says(slack: LocalSlack, bot: BenchBot) -> None:
    shown = await slack.open_home("alice")
    assert shown == f"*Your projects*, {PEOPLE['alice']}\nNone yet."


async def test_a_file_is_handed_over_in_the_thread(slack: LocalSlack, bot: BenchBot) -> None:
    asked = await slack.say("alice", "#guest-mail", "@Cairn file")
    handed = await slack.reply_in(asked)
    assert [file["name"] for file in handed.files] == ["brief.md"]
    assert await slack.download(handed.files[0]) == b"# Guest mail\n"


async def test_a_defect_becomes_one_kind_sentence_with_an_id(slack: LocalSlack, bot: BenchBot) -> None:
    await slack.say("alice", "#guest-mail", "@Cairn please break")
    said = await slack.post_in("#guest-mail", containing="Something broke on my side")
    assert said.only_for == PEOPLE["alice"]
    await slack.stays_quiet(since=said)
    assert await slack.reply_in(await slack.say("alice", "#guest-mail", "@Cairn and now?"))


async def test_members_of_a_channel_are_read_from_slack(slack: LocalSlack, bot: BenchBot) -> None:
    assert await bot.members.of("T0TEST", "C0GUESTMAIL") == {PEOPLE["alice"], PEOPLE["bob"], BOT}
    assert not await bot.members.includes("T0TEST", "C0GUESTMAIL", PEOPLE["carol"])
    assert await bot.members.of("T0TEST", "C0NOWHERE") == frozenset()
