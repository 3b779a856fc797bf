"""Answers that a chat model writes, on a real Slack connection: real llama.cpp with a scripted model.

The knowledge folder holds one document about something that exists nowhere else, so what is right, and what
is made up, stands fixed.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cairn_process import cairn_on
from local_slack import LocalSlack, Posted
from model_worker import new_chat_worker, slowed
from tiny_gguf import write_scripted

pytestmark = pytest.mark.slack

DOCUMENT = """# Quillon adapters

## What a quillon adapter is

A quillon adapter freezes the base model and trains a thin layer beside each attention block. It needs 3 GB of
memory for an 8B model, because the frozen weights carry no optimizer states. Start with a width of 12. Wider
layers gain little below 50,000 examples.
"""
FIRST = "A quillon adapter freezes the base model and trains a thin layer beside each attention block [1]."
SECOND = "Start with a width of 12 [1]."
MADE_UP = "Initech sells it for 4,500 dollars [1]."
REPLIES = {
    "quillon adapter?": f"{FIRST} {MADE_UP} {SECOND}",
    "quillon adapter good": "Initech calls it golden since 1987. Buy seven of those at Globex today. Zzz.",
}
QUESTION = "@Cairn what is a quillon adapter?"


@asynccontextmanager
async def cairn(slack: LocalSlack, folder: Path) -> AsyncIterator[tuple[int, int]]:
    """Run Cairn with the scripted chat model; yields its process id and its chat worker's."""
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "quillon.md").write_text(DOCUMENT)
    model = write_scripted(folder / "scripted.gguf", REPLIES, "NOT IN THE PASSAGES")
    settings = {"CAIRN_CHAT_MODEL": str(model), "CAIRN_KNOWLEDGE_DIR": str(folder / "knowledge")}
    async with cairn_on(slack, folder / "data", **settings) as process:
        yield process.pid, await new_chat_worker(process.pid)


def replies_to(slack: LocalSlack, asked: Posted) -> list[Posted]:
    return [message for message in slack.from_bot("#general") if message.thread == asked.thread]


async def test_what_the_passages_bear_is_said_and_the_rest_is_not(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn(slack, tmp_path):
        asked = await slack.say("alice", "#general", QUESTION)
        answer = await slack.reply_in(asked, containing="width of 12 [1]")
        assert "thin layer beside each attention block [1]." in answer.text
        assert "quillon.md" in answer.text
        assert "Initech" not in answer.text

        asked = await slack.say("alice", "#general", "@Cairn what is a quillon adapter good for, really?")
        quoted = await slack.reply_in(asked, containing="quoted from the folder")
        assert "Initech" not in quoted.text
        assert "quillon.md" in quoted.text


async def test_a_slow_answer_is_one_message_that_grows(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn(slack, tmp_path) as (_, worker):
        async with slowed(worker):
            asked = await slack.say("alice", "#general", QUESTION)
            start = time.monotonic()
            draft = await slack.reply_in(asked, containing="Reading")
            assert time.monotonic() - start < 4, "the first word comes within seconds"
            at_once = await slack.say("bob", "#general", "@Cairn hello")
            await slack.reply_in(at_once)
            assert len(replies_to(slack, asked)) == 1, "others are answered meanwhile"
        whole = await slack.changed(draft, containing="width of 12 [1]")
        assert "👍" in whole.text
        assert len(replies_to(slack, asked)) == 1


@pytest.mark.kill
async def test_a_worker_killed_mid_answer_costs_nobody_an_answer(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn(slack, tmp_path) as (parent, worker):
        async with slowed(worker):
            asked = await slack.say("alice", "#general", QUESTION)
            draft = await slack.reply_in(asked, containing="Reading")
            os.kill(worker, signal.SIGKILL)
            killed = time.monotonic()
            await new_chat_worker(parent, other_than=worker)
            assert time.monotonic() - killed < 5
        answer = await slack.changed(draft, containing="quoted from the folder")
        assert "quillon.md" in answer.text
        assert len(replies_to(slack, asked)) == 1

        again = await slack.say("alice", "#general", QUESTION)
        await slack.reply_in(again, containing="width of 12 [1]")
