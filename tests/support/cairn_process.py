"""Cairn as its operator runs it: a process of its own, on a local Slack, with a data directory."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from local_slack import APP_TOKEN, BOT_TOKEN, LocalSlack

from bot.app import run
from bot.settings import load_settings

READY_WITHIN_SECONDS = 30.0


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """Return an environment in which only what is named here is set for Cairn."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "SLACK_"))}
    return {
        **kept,
        "CAIRN_DATA_DIR": str(data_dir),
        "CAIRN_HTTP_PORT": "0",
        "CAIRN_LEASE_SECONDS": "4",
        **more,
    }


@asynccontextmanager
async def cairn_on(
    slack: LocalSlack, data_dir: Path, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `cairn run` until the block ends; the process may be killed within."""
    settings = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.api_url}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        env=environment(data_dir, **settings, **more),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await slack.bot_connected(within=READY_WITHIN_SECONDS)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.communicate(), 10)
            except TimeoutError:
                process.kill()
                await process.communicate()


@asynccontextmanager
async def cairn_here(slack: LocalSlack, data_dir: Path, *, started_at: datetime) -> AsyncIterator[None]:
    """Run the same bot within this process, by a clock that starts at another moment."""
    shift = started_at - datetime.now(UTC)
    settings = load_settings(
        _env_file=None,
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=slack.api_url,
        cairn_data_dir=data_dir,
        cairn_http_port=0,
        cairn_lease_seconds=4,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(run(settings, stop=stop, clock=lambda: datetime.now(UTC) + shift))
    try:
        await slack.bot_connected(within=READY_WITHIN_SECONDS)
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 15)
        await slack.until(lambda: not slack.is_connected, "the connection to end")


async def kill(slack: LocalSlack, process: asyncio.subprocess.Process) -> None:
    """End the process at once, as a power cut would, and wait until Slack has noticed."""
    process.kill()
    await process.communicate()
    await slack.until(lambda: not slack.is_connected, "the connection to end")
