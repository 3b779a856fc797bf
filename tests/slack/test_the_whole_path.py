"""The whole path over a real Slack connection: from a mention to a card, a restart and a nudge."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cairn_process import cairn_here, cairn_on, kill
from local_slack import LocalSlack, Posted

pytestmark = pytest.mark.slack

OPENING = (
    "@Cairn we want drafts for guest mails, 1200 a day, swedish + english, from our house guides (change every "
    "week). boss says fine-tune a llama. before feb"
)


async def to_the_card(slack: LocalSlack) -> tuple[Posted, Posted]:
    """Answer until the card stands in the thread; returns the root and the card."""
    root = await slack.say("alice", "#guest-mail", OPENING)
    question = await slack.reply_in(root, containing="Where may the guest mails be processed?")
    await slack.click("alice", question, "Only our own machines")
    await slack.reply_in(root, containing="Which machine would it run on?")
    await slack.say("bob", "#guest-mail", "one L4", thread=root)
    await slack.reply_in(root, containing="What number would tell you that it works?")
    await slack.say("alice", "#guest-mail", "6 of 10 with small edits", thread=root)
    return root, await slack.reply_in(root, containing="First: retrieval (RAG)")


async def test_from_a_mention_to_a_cited_card_and_an_estimate(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        root, card = await to_the_card(slack)
        for part in (
            "Scope done",
            "Model:",
            "Not Llama 3.1 8B",
            "of the L4's 24",
            "9-in-10 by",
            "[1]",
            "documents/",
        ):
            assert part in card.text, part
        await slack.click("alice", card, "Go with this")
        agreed = await slack.reply_in(root, containing="Agreed:")
        await slack.changed(card, containing="alice goes with it")
        await slack.click("bob", agreed, "What's next?")
        await slack.reply_in(root, containing="Two or three candidates are written down")

        await slack.command("bob", "#guest-mail", "/estimate kv cache of llama 3.1 8b at 8k")
        estimate = await slack.post_in("#guest-mail", containing="KV cache: 1 GiB")
        assert estimate.only_for, "the first answer is for the asker alone"
        await slack.command("bob", "#guest-mail", "/cairn status")
        assert (await slack.post_in("#guest-mail", containing="; open: ")).only_for

        asked = await slack.say("bob", "#general", "@Cairn what is catastrophic forgetting?")
        answer = await slack.reply_in(asked, containing="[1]")
        assert "documents/" in answer.text
        home = await slack.open_home("alice")
        assert "Guest mails" in home
        assert "Guest mails" not in await slack.open_home("carol"), "carol is not in #guest-mail"


async def test_nobody_outside_the_channel_reads_a_project(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        root = await slack.say("alice", "#guest-mail", OPENING)
        await slack.reply_in(root)
        await slack.command("carol", "#leases-ml", "/cairn status")
        assert "no project in this channel yet" in (await slack.post_in("#leases-ml")).text


async def test_talk_between_people_stays_theirs(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        root = await slack.say("alice", "#guest-mail", OPENING)
        last = await slack.reply_in(root)
        await slack.say("bob", "#guest-mail", "lunch at twelve?")
        await slack.say("bob", "#guest-mail", "haha, typical boss", thread=root)
        await slack.stays_quiet(since=last, seconds=1.5)


async def test_a_killed_bot_goes_on_where_it_was(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path) as process:
        root = await slack.say("alice", "#guest-mail", OPENING)
        await slack.reply_in(root, containing="Where may")
        await kill(slack, process)
    missed = await slack.say("alice", "#guest-mail", "own machines, one L4", thread=root)
    asked = await slack.say("bob", "#guest-mail", "@Cairn what is RAG?")
    async with cairn_on(slack, tmp_path):
        await slack.reply_in(asked, containing="[1]", within=20)
        answered = await slack.reply_in(root, containing="What number would", within=20)
        assert float(answered.ts) > float(missed.ts), "what was said while it was down is read at the start"
        await slack.say("alice", "#guest-mail", "7 of 10", thread=root)
        await slack.reply_in(root, containing="First: retrieval (RAG)")


async def test_a_reminder_is_posted_at_its_time_once_and_survives_a_restart(
    slack: LocalSlack, tmp_path: Path
) -> None:
    async with cairn_on(slack, tmp_path) as process:
        root, card = await to_the_card(slack)
        await slack.click("alice", card, "Go with this")
        agreed = await slack.reply_in(root, containing="Agreed:")
        await kill(slack, process)
    due = first_due(tmp_path / "cairn.db")
    async with cairn_here(slack, tmp_path, started_at=due - timedelta(minutes=5)):
        await slack.stays_quiet(since=agreed, seconds=2)
    async with cairn_here(slack, tmp_path, started_at=due + timedelta(minutes=1)):
        nudge = await slack.reply_in(root, containing="pause nudges", within=20)
        assert "Model choice" in nudge.text
    async with cairn_here(slack, tmp_path, started_at=due + timedelta(minutes=2)):
        await slack.stays_quiet(since=nudge, seconds=2)
        await slack.click("alice", nudge, "I'll do it")
        await slack.changed(nudge, containing="alice takes it")


def first_due(database: Path) -> datetime:
    """Return when the first waiting reminder is due."""
    with sqlite3.connect(database) as connection:
        (due,) = connection.execute("SELECT min(due_at) FROM reminder WHERE state = 'waiting'").fetchone()
    return datetime.fromisoformat(due).replace(tzinfo=UTC)
