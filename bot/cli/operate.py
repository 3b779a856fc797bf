"""`run` and `demo`: the bot on Slack, and on a local one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from bot.app import run as run_bot
from bot.cli.chat import chat
from bot.cli.shared import run, tell
from bot.demo import Ready
from bot.demo import demo as run_demo
from bot.failures import OperationError
from bot.settings import load_settings
from bot.slack import local


def run_command() -> None:
    """Run the bot on real Slack: Socket Mode with an app token, else HTTP."""
    run(run_bot(load_settings(), ready=_say_port))


async def _say_port(port: int) -> None:
    tell(f"Cairn is connected; health is at http://127.0.0.1:{port}/healthz. Ctrl-C ends it.")


def demo(
    port: Annotated[int | None, typer.Option(help="Port of the local Slack; 0 takes a free one.")] = None,
) -> None:
    """A local Slack in the browser with the bot in it; no account, no token."""
    try:
        local.binary()
    except OperationError as error:
        tell(f"{error} Opening the conversation here instead.")
        chat()
        return

    async def start(environment: Mapping[str, str], ready: Ready) -> None:
        overrides = {name.lower(): value for name, value in environment.items()}
        await run_bot(
            load_settings(**{"cairn_log_level": "WARNING", **overrides}), ready=ready, announce=True
        )

    run(run_demo(start, tell, port=port))


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("run")(run_command)
    app.command("demo")(demo)
