"""How soon Slack gets its ack while 30 people mention Cairn at once.

The local Slack's log has the time of each envelope and of each ack, in milliseconds. An envelope's entry
lacks the id that its ack carries, so they are paired in their order: what is measured is the queue as
Slack sees it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import quantiles

import pytest
from cairn_process import cairn_on
from local_slack import LocalSlack, local_slack

SUBJECTS = (
    "LoRA",
    "QLoRA",
    "RAG",
    "RLHF",
    "DPO",
    "quantization",
    "pruning",
    "distillation",
    "ROUGE",
    "prompt tuning",
)
QUESTIONS = [
    f"{ask} {subject}?"
    for subject in SUBJECTS
    for ask in ("what is", "when should we use", "what goes wrong with")
]
SLACK_WAITS_MS = 3_000

pytestmark = pytest.mark.slack


async def acks_ms(slack: LocalSlack) -> list[float]:
    """Return the milliseconds from each envelope to its ack, paired in order."""
    log = await slack.log()
    sent = [entry["time"] for entry in log if entry["kind"] == "events_api"]
    acked = [entry["time"] for entry in log if entry["kind"] == "ack"]
    assert len(sent) == len(acked), f"{len(sent)} envelopes, {len(acked)} acks"
    return [float(after - before) for before, after in zip(sorted(sent), sorted(acked), strict=True)]


async def test_thirty_mentions_at_once_are_acked_in_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with local_slack() as slack, cairn_on(slack, tmp_path):
        warm = await slack.say("alice", "#general", "@Cairn what is RAG?")
        await slack.reply_in(warm)
        began = asyncio.get_running_loop().time()
        asked = await asyncio.gather(
            *(slack.say("bob", "#general", f"@Cairn {question}") for question in QUESTIONS)
        )
        times = await acks_ms(slack)
        await asyncio.gather(*(slack.reply_in(question, within=60) for question in asked))
        answered = asyncio.get_running_loop().time() - began
    cuts = quantiles(times, n=20)
    with capsys.disabled():
        print(  # noqa: T201
            f"\nack after a Slack envelope, {len(asked)} simultaneous mentions ({len(times)} envelopes): "
            f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, max {max(times):.0f} ms; all answered in {answered:.1f} s"
        )
    assert max(times) < SLACK_WAITS_MS
