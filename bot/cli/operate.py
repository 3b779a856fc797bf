"""`run`, `demo`, `chat`, `db`, `doctor`: running Cairn and looking after it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.app import run as run_bot
from bot.cli.shared import fail, quiet_core, run, show, tell
from bot.demo import Ready
from bot.demo import demo as run_demo
from bot.doctor import examine
from bot.failures import OperationError
from bot.settings import load_settings
from bot.slack import local
from bot.storage import migrate
from bot.terminal import Chat

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

db = typer.Typer(help="The database's tables.", no_args_is_help=True)


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


def chat(
    new: Annotated[bool, typer.Option("--new", help="Start over; the earlier project is archived.")] = False,
) -> None:
    """The same conversation in the terminal, or through a pipe."""
    run(_chat(new))


async def _chat(new: bool) -> None:
    interactive = sys.stdin.isatty()

    def write(text: str) -> None:
        print(text, end="\n\n", flush=True)

    async with quiet_core() as parts:
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


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date; safe to repeat, and to run on several machines at once."""
    settings = load_settings()
    settings.cairn_data_dir.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(settings.database_url)
    print(f"The database is at revision {migrate.current(settings.database_url)}.")


@db.command("check")
def check(json: Json = False) -> None:
    """Say whether the tables are up to date; exit code 1 where they are not."""
    settings = load_settings()
    settings.cairn_data_dir.mkdir(parents=True, exist_ok=True)
    current, head = migrate.current(settings.database_url), migrate.head()
    if json:
        show({"current": current, "head": head, "up_to_date": current == head})
    elif current == head:
        print(f"The database is up to date, at revision {head}.")
    if current != head:
        fail(f"The database is at revision {current or 'none'}, not {head}; run `cairn db upgrade`.")


def doctor(json: Json = False) -> None:
    """Check tokens, scopes, database, knowledge, models and clock, and say what to do."""

    async def work() -> None:
        findings = await examine(datetime.now(UTC))
        if json:
            show({"findings": [finding.as_json() for finding in findings]})
        else:
            for finding in findings:
                print(
                    f"{'✓' if finding.well else '✗' if finding.serious else '–'} {finding.name}: {finding.text}"
                )
        if any(finding.serious and not finding.well for finding in findings):
            raise typer.Exit(1)

    run(work())


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("run")(run_command)
    app.command("demo")(demo)
    app.command("chat")(chat)
    app.add_typer(db, name="db")
    app.command("doctor")(doctor)
