"""A real local Slack, and a real bot on it with a short conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bench_bot import BenchBot, bench_bot
from local_slack import LocalSlack, local_slack


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with local_slack() as running:
        yield running


@pytest.fixture
async def bot(slack: LocalSlack, tmp_path: Path) -> AsyncIterator[BenchBot]:
    async with bench_bot(slack, tmp_path / "cairn.db") as running:
        yield running
