"""`cairn …`: every command of the terminal. Results go to standard output, everything else to standard error.

A command's module is loaded when the command is called, and only then: `cairn --help` needs none of them, and
`cairn estimate` needs neither Slack nor a database.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from bot.failures import ConfigurationError, OperationError

COMMANDS = {
    "run": ("operate", "Run the bot on real Slack: Socket Mode with an app token, else HTTP."),
    "demo": ("operate", "A local Slack in the browser with the bot in it; no account, no token."),
    "chat": ("chat", "The same conversation in the terminal, or through a pipe."),
    "doctor": ("doctor", "Check tokens, scopes, database, knowledge, models and clock, and say what to do."),
    "ask": ("ask", "Answer a question from the knowledge folder, with sources."),
    "scope": ("scope", "Read a project's scope out of free text."),
    "recommend": ("recommend", "Recommend techniques and base models for a scope."),
    "estimate": ("estimates", "Estimate memory, compute, speed, money or calendar time."),
    "plan": ("plan", "Plan the stages of a scope, with likely and 9-in-10 dates."),
    "export": ("project", "Export a project: its brief, decisions, plan."),
    "nudges": ("project", "Scheduled reminders."),
    "evaluate": ("review", "Score questions, scopes or recommendations against their expected values."),
    "feedback": ("review", "Questions that found no answer or were marked down, newest first."),
    "metrics": ("metrics", "Compute exact match, F1, ROUGE-L and BLEU, each with a 95 % interval."),
    "knowledge": ("folder", "The knowledge folder."),
    "models": ("models", "Chat and embedding models that run here."),
    "db": ("database", "The database's tables."),
}
"""Every command: the module of `bot.cli` that holds it, and its line in the help (a test holds both to it)."""


class Commands(TyperGroup):
    """The commands by name. Until one is called it is its line in the help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {name: TyperCommand(name, help=line) for name, (_, line) in COMMANDS.items()}

    def load(self, name: str) -> None:
        """Put the command itself in place of its line."""
        part = typer.Typer()
        import_module(f"bot.cli.{COMMANDS[name][0]}").register(part)
        self.commands[name] = typer.main.get_group(part).commands[name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that is called; a name that is no command is typer's usage error."""
        if args[0] in COMMANDS:
            self.load(args[0])
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="cairn", cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def cairn() -> None:
    """Walks a team through the generative-AI project lifecycle."""


def main() -> None:
    """Run the command line; errors are one sentence, exit code 1 for failures and 2 for wrong configuration."""
    try:
        app()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OperationError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
