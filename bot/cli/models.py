"""`cairn models`: the catalogue of chat and embedding models, fetching one, and trying one out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from bot.cli.shared import Json, fail, show, tell
from bot.model import pull as pulling
from bot.model import registry
from bot.settings import load_settings

models = typer.Typer(help="Chat and embedding models that run here.", no_args_is_help=True)


@models.command("list")
def list_models(json: Json = False) -> None:
    """List the models that fit Cairn, with size, licence and memory need."""
    rows = registry.list_models(load_settings().cairn_models_dir)
    if json:
        show({"models": [{**row.model.model_dump(), "path": str(row.path) if row.path else None,
                          "default": row.is_default} for row in rows]})  # fmt: skip
        return
    for row in rows:
        model = row.model
        marks = ", ".join(
            word for word, holds in (("here", row.path), ("suggested", row.is_default)) if holds
        )
        print(f"{model.name}  {model.kind}  {model.size_gb:.2f} GB, needs {model.memory_gib:.1f} GiB  {model.licence}"
              f"{f'  ({marks})' if marks else ''}")  # fmt: skip
        print(f"  {model.title}: {model.note}")


@models.command("pull")
def pull(
    name: Annotated[str, typer.Argument(help="A name from `cairn models list`.")],
    accept_licence: Annotated[bool, typer.Option("--accept-licence")] = False,
) -> None:
    """Fetch a model; downloads resume and are checked."""

    def accepted(model: registry.KnownModel) -> bool:
        if accept_licence or not sys.stdin.isatty():
            return accept_licence
        return typer.confirm(
            f"Commercial use of {model.title} is {model.commercial_use}. Accept {model.licence}?"
        )

    console = Console(stderr=True)
    with Progress(TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console,
                  disable=not console.is_terminal, transient=True) as bar:  # fmt: skip
        task = bar.add_task(name, total=None, start=True)
        path = pulling.pull(
            name,
            load_settings().cairn_models_dir,
            report=tell,
            accept_licence=accepted,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    print(path)


@models.command("check")
def check_models(
    path: Annotated[Path | None, typer.Argument(help="A GGUF; without it, everything fetched.")] = None,
    json: Json = False,
) -> None:
    """Load a model and use it once."""
    if path is not None:
        paths = [path]
    else:
        rows = registry.list_models(load_settings().cairn_models_dir)
        paths = list(dict.fromkeys(row.path for row in rows if row.path))
    if not paths:
        fail("No model has been fetched yet; `cairn models list` shows which fit.")
    checked = [pulling.check(each) for each in paths]
    if json:
        show({"models": [{"path": str(c.path), "kind": c.kind, "load_seconds": c.load_seconds,
                          "verified": c.verified} for c in checked]})  # fmt: skip
        return
    for each in checked:
        print(f"{each.path.name}: a working {each.kind} model, loaded in {each.load_seconds:.2f} s")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(models, name="models")
