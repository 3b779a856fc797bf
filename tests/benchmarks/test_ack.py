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
from bench_bot import bench_bot
from local_slack import LocalSlack, local_slack

MENTIONS = 30
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
    async with local_slack() as slack, bench_bot(slack, tmp_path / "cairn.db"):
        warm = await slack.say("alice", "#general", "@Cairn warm up")
        await slack.reply_in(warm)
        asked = await asyncio.gather(
            *(slack.say("bob", "#general", f"@Cairn question {n}") for n in range(MENTIONS))
        )
        times = await acks_ms(slack)
    cuts = quantiles(times, n=20)
    with capsys.disabled():
        print(  # noqa: T201
            f"\nack after a Slack envelope, {MENTIONS} simultaneous mentions ({len(times)} envelopes): "
            f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, max {max(times):.0f} ms"
        )
    assert len(asked) == MENTIONS
    assert max(times) < SLACK_WAITS_MS
