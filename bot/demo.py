"""`cairn demo`: a local Slack in the browser with the bot in it; no account, no token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bot.failures import ConfigurationError, OperationError
from bot.slack import local

WORKSPACE = Path(__file__).resolve().parents[1] / "deploy" / "demo" / "workspace.yaml"
USUAL_PORT = 3000

# As deploy/demo/workspace.yaml says; the local Slack takes any token.
ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "xoxb-local-demo",
    "SLACK_APP_TOKEN": "xapp-local-demo",
    "CAIRN_HTTP_PORT": "0",
}

OPEN_TO_THE_NETWORK = (
    "The local Slack listens on every network interface of this machine and takes any token: "
    "run it only in a network you trust."
)

Ready = Callable[[int], Awaitable[None]]
Start = Callable[[Mapping[str, str], Ready], Awaitable[None]]
"""Runs the bot with these environment variables until it is told to stop; calls `Ready` once it is up."""


async def demo(start: Start, say: Callable[[str], None], *, port: int | None = None) -> None:
    """Start the local Slack and the bot on it; `say` gets the sentences for whoever started it.

    Returns after Ctrl-C, with both ended. Raises OperationError when the local Slack is missing or ends.
    """
    if not WORKSPACE.exists():
        raise OperationError(
            "`cairn demo` needs the project's checkout (deploy/demo/workspace.yaml); "
            "`cairn chat` holds the same conversation in the terminal."
        )
    chosen = port if port is not None else _usual_or_free()
    if chosen and not local.is_free(chosen):
        raise ConfigurationError(
            f"Port {chosen} is already in use; give another one, or `--port 0` for any free one."
        )
    async with local.running(WORKSPACE, port=chosen) as slack:

        async def ready(_: int) -> None:
            for sentence in welcome(slack.address):
                say(sentence)

        bot = asyncio.ensure_future(start({**ENVIRONMENT, "SLACK_API_URL": slack.api_url}, ready))
        ended = asyncio.ensure_future(slack.process.wait())
        try:
            await asyncio.wait({bot, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not bot.done():
                raise OperationError("The local Slack ended by itself; start `cairn demo` again.")
            await bot
        finally:
            await _cancelled(bot)
            await _cancelled(ended)


def welcome(address: str) -> tuple[str, ...]:
    """Return what a newcomer needs: where to go, what to type, what to know."""
    return (
        f"Open {address} and write in #guest-mail, for example:",
        "  @Cairn we want drafts for guests' mails, about 1,200 a day, in Swedish and English",
        "Ctrl-C ends it; your projects are kept for the next time.",
        OPEN_TO_THE_NETWORK,
    )


def _usual_or_free() -> int:
    """Return the usual port, so that a bookmark works, else a free one."""
    return USUAL_PORT if local.is_free(USUAL_PORT) else 0


async def _cancelled(task: asyncio.Future[object] | asyncio.Future[None] | asyncio.Future[int]) -> None:
    """Cancel a task and wait for its end."""
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
