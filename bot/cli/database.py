"""`cairn db`: the database's tables."""

from __future__ import annotations

import typer

from bot.cli.shared import Json, fail, show
from bot.settings import load_settings
from bot.storage import migrate

db = typer.Typer(help="The database's tables.", no_args_is_help=True)


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


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(db, name="db")
