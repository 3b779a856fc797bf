"""What people think of answers, and what found none, reaches whoever looks after the folder."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cairn_process import cairn_on, environment
from local_slack import LocalSlack

pytestmark = pytest.mark.slack


async def feedback(data_dir: Path) -> list[dict[str, Any]]:
    """Return what `cairn feedback` lists, newest first."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "feedback", "--json"),
        env=environment(data_dir),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    listed: list[dict[str, Any]] = json.loads(printed)["feedback"]
    return listed


async def test_a_thumb_down_is_kept_with_question_passages_and_mode(
    slack: LocalSlack, tmp_path: Path
) -> None:
    async with cairn_on(slack, tmp_path):
        asked = await slack.say("bob", "#general", "@Cairn what is catastrophic forgetting?")
        answer = await slack.reply_in(asked, containing="[1]")
        await slack.click("bob", answer, "👎")
        marked = await slack.changed(answer, containing="Thanks, noted")
        assert "[1]" in marked.text, "the answer stays"

        missed = await slack.say("bob", "#general", "@Cairn how do I bake sourdough bread?")
        await slack.reply_in(missed, containing="My knowledge folder")
    listed = await feedback(tmp_path)
    assert [(row["verdict"], row["question"]) for row in listed] == [
        ("unanswered", "how do I bake sourdough bread?"),
        ("down", "what is catastrophic forgetting?"),
    ]
    assert listed[1]["mode"] == "extractive"
    assert listed[1]["passages"][0].startswith("documents/")


async def test_an_answer_for_one_person_can_be_rated_and_stays(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        await slack.command("bob", "#general", "/cairn ask what is catastrophic forgetting?")
        answer = await slack.post_in("#general", containing="[1]")
        assert answer.only_for
        await slack.click("bob", answer, "👎")
        thanks = await slack.post_in("#general", containing="Thanks, noted")
        assert thanks.only_for == answer.only_for
        assert "[1]" in slack.current(answer).text
    assert [row["verdict"] for row in await feedback(tmp_path)] == ["down"]
