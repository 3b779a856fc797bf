"""`cairn chat`: the conversation on a terminal, or through a pipe."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from bot.cli.opening import quiet_settings
from bot.cli.shared import run
from bot.core import core
from bot.terminal import Chat


def chat(
    new: Annotated[bool, typer.Option("--new", help="Start over; the earlier project is archived.")] = False,
) -> None:
    """The same conversation in the terminal, or through a pipe."""
    run(_chat(new))


async def _chat(new: bool) -> None:
    interactive = sys.stdin.isatty()

    def write(text: str) -> None:
        print(text, end="\n\n", flush=True)

    async with core(quiet_settings()) as parts:
        warming = asyncio.create_task(parts.library.warm())
        talk = Chat(parts, write)
        try:
            if new:
                await talk.start_over()
            if interactive:
                await talk.welcome()
            while (line := await asyncio.to_thread(_read_line, interactive)) is not None:
                if interactive and line.strip().lower() in {"exit", "quit"}:
                    break
                if line.strip() or not interactive:
                    await talk.say(line)
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)


def _read_line(interactive: bool) -> str | None:
    if interactive:
        try:
            return input("> ")
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("chat")(chat)
