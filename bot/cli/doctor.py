"""`cairn doctor`: is everything there that Cairn needs, and what to do about the rest."""

from __future__ import annotations

import typer

from bot.cli.shared import Json, run, show
from bot.doctor import examine


def doctor(json: Json = False) -> None:
    """Check tokens, scopes, database, knowledge, models and clock, and say what to do."""

    async def work() -> None:
        findings = await examine()
        if json:
            show({"findings": [finding.as_json() for finding in findings]})
        else:
            for finding in findings:
                print(finding)
        if any(finding.serious and not finding.well for finding in findings):
            raise typer.Exit(1)

    run(work())


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("doctor")(doctor)
