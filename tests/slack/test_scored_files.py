"""Files of predictions that people drop into a real local Slack, and an expert's verdicts there."""

from __future__ import annotations

from pathlib import Path

import pytest
from cairn_process import cairn_on
from local_slack import LocalSlack, Posted

pytestmark = pytest.mark.slack

OPENING = (
    "@Cairn we want to extract parties, dates and rents from leases: 12k labelled, English, own machines, "
    "one RTX 4090, 3,000 a day, within 5 s, field f1 .92 by june, tried 5-shot"
)
RIGHT = "".join(f"rent {case} euro from march,rent {case} euro from march\n" for case in range(150))
WRONG = "".join(f"rent {case} euro from march,due in june\n" for case in range(50))


async def lease_project(slack: LocalSlack) -> Posted:
    """Tell of a project until its card stands; returns the message whose thread is its."""
    asked = await slack.say("carol", "#leases-ml", OPENING)
    answer = await slack.reply_in(asked)
    while "Scope done" not in answer.text:
        await slack.say("carol", "#leases-ml", "@Cairn skip", thread=asked)
        answer = await slack.reply_in(asked, after=answer)
    return asked


async def test_a_dropped_file_is_scored_and_can_be_taken_out_again(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        thread = await lease_project(slack)
        await slack.upload(
            "carol", "#leases-ml", "@Cairn evaluate", thread=thread,
            files={"answers.csv": f"prediction,reference\n{RIGHT}{WRONG}".encode()},
        )  # fmt: skip
        said = await slack.reply_in(thread, containing="Recorded from answers.csv, 200 cases", within=40)
        assert "F1 *75 %: still 17 points short of 92 %.*" in said.text
        assert "Exact match 75 %" in said.text
        assert said.buttons[1:] == ["Not the test cases", "Show more"]
        await slack.click("carol", said, "Not the test cases")
        await slack.changed(said, containing="carol took it out again")
        await slack.upload(
            "carol", "#leases-ml", "@Cairn", thread=thread, files={"mails.csv": b"subject,body\nhello,you\n"}
        )
        refused = await slack.reply_in(thread, containing="mails.csv, case 1: has no column 'prediction'")
        assert "each row needs a column `prediction`" in refused.text


async def test_an_expert_judges_with_clicks_in_one_message(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        thread = await lease_project(slack)
        await slack.say("carol", "#leases-ml", "@Cairn @bob reviews 3 drafts", thread=thread)
        asked = await slack.reply_in(thread, containing="asks you to judge")
        await slack.click("carol", asked, "Good")
        await slack.post_in("#leases-ml", containing="so yours is not counted")
        await slack.click("bob", asked, "Good")
        await slack.changed(asked, containing="draft 2 of 3")
        await slack.click("bob", asked, "Wrong")
        await slack.changed(asked, containing="draft 3 of 3")
        await slack.click("bob", asked, "Small edits")
        done = await slack.changed(asked, containing="judged 3 drafts")
        assert "1 good · 1 with small edits · 1 wrong" in done.text
        assert not done.buttons
        assert "Expert approval 66.7 %" in (await slack.reply_in(thread, containing="Expert approval")).text
