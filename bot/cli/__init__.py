"""`cairn …`: every command of the terminal. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import sys

import typer

from bot.cli import answers, estimates, folder, metrics, operate, project
from bot.failures import ConfigurationError, OperationError

app = typer.Typer(
    name="cairn",
    help="Walks a team through the generative-AI project lifecycle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for part in (operate, answers, estimates, project, folder, metrics):
    part.register(app)


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
