"""A local Slack with a bot on it, and a browser on its page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bench_bot import bench_bot
from browser import SlackPage, page_at
from local_slack import LocalSlack, local_slack


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[LocalSlack]:
    async with local_slack() as running, bench_bot(running, tmp_path / "cairn.db"):
        yield running


@pytest.fixture
async def page(slack: LocalSlack) -> AsyncIterator[SlackPage]:
    async with page_at(slack.server.address) as opened:
        yield SlackPage(opened)
