"""Estimates on a real local Slack: private first, with a chart, changed in a modal, compared, shared once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cairn_process import cairn_on
from local_slack import LocalSlack, Posted

pytestmark = pytest.mark.slack


def pictures(message: Posted) -> list[dict[str, object]]:
    return [block for block in message.raw.get("blocks") or [] if block["type"] == "image"]


async def test_asked_changed_compared_and_shared(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        await slack.command(
            "bob", "#guest-mail", "/estimate serve qwen3 4b q4_k_m 8k context 20 users on an l4"
        )
        first = await slack.post_in("#guest-mail", containing="No: 25.6 GiB")
        assert first.only_for, "the first answer is for the asker alone"
        (picture,) = pictures(first)
        assert str(picture["alt_text"]).startswith("Stacked bar of the memory of one GPU: weights 2.33 GiB")

        await slack.click("bob", first, "Change inputs")
        view = await slack.form()
        held = {block["block_id"]: block["element"].get("initial_value") for block in view["blocks"]}
        assert held["model"] == "Qwen3 4B Instruct"
        assert held["batch"] == "20"
        await slack.submit("bob", batch="8")
        changed = await slack.post_in("#guest-mail", containing="8 at once", after=first)
        assert changed.text.startswith("*Yes: ")
        assert changed.only_for

        await slack.click("bob", changed, "Compare")
        table = await slack.post_in("#guest-mail", containing="what you asked", after=changed)
        assert table.only_for
        assert pictures(table)

        await slack.click("bob", changed, "Share to channel")
        shared = await slack.post_in("#guest-mail", containing="bob asked for this estimate", after=table)
        assert not shared.only_for
        assert "8 at once" in shared.text
        assert pictures(shared)


async def test_a_near_miss_and_a_bad_value_get_one_kind_sentence(slack: LocalSlack, tmp_path: Path) -> None:
    async with cairn_on(slack, tmp_path):
        await slack.command("carol", "#leases-ml", "/estimate serve llama 70b q4_k_m on an a100")
        asked = await slack.post_in("#leases-ml", containing="Which model do you mean")
        await slack.click("carol", asked, "Llama 3.3 70B")
        answered = await slack.post_in("#leases-ml", containing="the A100 80GB SXM's 80", after=asked)
        assert answered.only_for
        await slack.command("carol", "#leases-ml", "/estimate serve llama 3.1 8b with 0 users on an l4")
        refused = await slack.post_in("#leases-ml", containing="batch must be a whole number")
        assert "Change inputs" in refused.buttons
