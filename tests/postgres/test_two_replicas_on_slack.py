"""Two whole bots on one PostgreSQL and one Slack: every delivery reaches both, people see one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cairn_process import cairn_on
from local_slack import LocalSlack, local_slack

pytestmark = [pytest.mark.postgres, pytest.mark.slack]

OPENING = "@Cairn we want drafts for guest mails, 1200 a day, swedish + english, from our guides (change every week)"


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with local_slack() as running:
        yield running


async def test_a_conversation_on_two_replicas_reads_like_one(
    slack: LocalSlack, tmp_path: Path, migrated_url: str
) -> None:
    async with AsyncExitStack() as stack:
        for name in ("one", "two"):
            await stack.enter_async_context(cairn_on(slack, tmp_path / name, CAIRN_DATABASE_URL=migrated_url))
        root = await slack.say("alice", "#guest-mail", OPENING)
        question = await slack.reply_in(root, containing="Where may the guest mails be processed?")
        await slack.click("alice", question, "Only our own machines")
        await slack.reply_in(root, containing="Which machine would it run on?", within=20)
        await slack.say("bob", "#guest-mail", "one L4", thread=root)
        last = await slack.reply_in(root, containing="What number would tell you that it works?", within=20)
        await slack.say("alice", "#guest-mail", "6 of 10 with small edits", thread=root)
        await slack.reply_in(root, containing="First: retrieval (RAG)", within=20)
        said = [message.text for message in slack.from_bot("#guest-mail")]
        assert len(said) == len(set(said)) == 4, said
        assert last.thread == root.ts


async def test_two_people_answering_in_the_same_second_are_both_heard(
    slack: LocalSlack, tmp_path: Path, migrated_url: str
) -> None:
    async with AsyncExitStack() as stack:
        for name in ("one", "two"):
            await stack.enter_async_context(cairn_on(slack, tmp_path / name, CAIRN_DATABASE_URL=migrated_url))
        root = await slack.say("alice", "#guest-mail", OPENING)
        await slack.reply_in(root, containing="Where may the guest mails be processed?")
        await asyncio.gather(
            slack.say("alice", "#guest-mail", "@Cairn any cloud is fine", thread=root),
            slack.say("bob", "#guest-mail", "@Cairn only our own machines", thread=root),
        )
        dispute = await slack.reply_in(root, containing="and I keep both for now", within=30)
        assert "alice" in dispute.text
        assert "bob" in dispute.text
