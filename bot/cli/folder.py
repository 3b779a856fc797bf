"""`knowledge`, `models`, `evaluate`, `feedback`: what Cairn knows and how well it answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from bot.cli.scoring import scorers
from bot.cli.shared import fail, quiet_core, run, show, tell
from bot.evaluation import as_json, evaluate_file
from bot.evaluation import report as evaluation_report
from bot.failures import ConfigurationError
from bot.model import registry
from bot.settings import load_settings
from bot.storage import feedback as kept
from knowledge.check import check as check_folder
from knowledge.check import report as folder_report
from knowledge.loader import load_knowledge
from knowledge.search import Hit, search

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

knowledge = typer.Typer(help="The knowledge folder.", no_args_is_help=True)
models = typer.Typer(help="Chat and embedding models that run here.", no_args_is_help=True)


@knowledge.command("list")
def list_sections(json: Json = False) -> None:
    """List what is in the folder."""
    found = load_knowledge(load_settings().cairn_knowledge_dir)
    if json:
        show({
            "sections": [{"id": s.id, "path": s.path, "heading": s.heading, "title": s.title, "revision": s.revision}
                         for s in found.sections],
            "models": [card.id for card in found.catalog.models],
            "gpus": [gpu.id for gpu in found.catalog.gpus],
            "techniques": list(found.techniques),
            "tasks": list(found.tasks),
            "metrics": list(found.metrics),
        })  # fmt: skip
        return
    path = ""
    for section in found.sections:
        if section.path != path:
            path = section.path
            print(f"{path}: {section.title}")
        print(f"  {section.heading}")
    print(f"{folder_report(found)}")


@knowledge.command("check")
def check(json: Json = False) -> None:
    """Check every file; exit code 1 where one is broken."""
    folder = load_settings().cairn_knowledge_dir
    found = load_knowledge(folder)
    problems = check_folder(found, folder)
    if json:
        show({"problems": [{"path": p.path, "line": p.line, "message": p.message, "cure": p.cure, "fatal": p.fatal}
                           for p in problems], "report": str(folder_report(found))})  # fmt: skip
    else:
        for problem in problems:
            print(f"{'' if problem.fatal else 'warning: '}{problem}")
        print(folder_report(found))
    if any(problem.fatal for problem in problems):
        raise typer.Exit(1)


@knowledge.command("search")
def search_folder(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=50)] = 8,
    json: Json = False,
) -> None:
    """Show which sections a query finds, best first."""

    async def work() -> None:
        async with quiet_core(warm=True) as parts:
            vectors = await parts.models.embed([query]) if parts.models.has_embedding else None
            hits = search(parts.library.index, query, vectors[0] if vectors else None, limit=limit)
        if json:
            show({"hits": [_hit_json(hit) for hit in hits]})
            return
        for hit in hits:
            print(f"{hit.score:.4f}  {hit.section.path} · {hit.section.heading}")
        if not hits:
            print("Nothing in the folder matches these words.")

    run(work())


def _hit_json(hit: Hit) -> dict[str, object]:
    return {
        "path": hit.section.path,
        "heading": hit.section.heading,
        "title": hit.section.title,
        "score": round(float(hit.score), 6),
        "bm25": round(float(hit.bm25), 4),
        "cosine": None if hit.cosine is None else round(float(hit.cosine), 4),
    }


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
        path = registry.pull(
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
    checked = [registry.check(each) for each in paths]
    if json:
        show({"models": [{"path": str(c.path), "kind": c.kind, "load_seconds": c.load_seconds,
                          "verified": c.verified} for c in checked]})  # fmt: skip
        return
    for each in checked:
        print(f"{each.path.name}: a working {each.kind} model, loaded in {each.load_seconds:.2f} s")


def evaluate(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines with questions, texts or scopes and what is expected.")
    ],
    json: Json = False,
) -> None:
    """Score questions, scopes or recommendations against their expected values."""

    async def work() -> None:
        async with quiet_core(warm=True) as parts:
            embed = parts.models.embed if parts.models.has_embedding else None
            outcomes = await evaluate_file(file, parts.library, embed, scorers(parts.library.knowledge))
        if not outcomes:
            raise ConfigurationError(f"{file} holds no case.")
        if json:
            show(as_json(outcomes))
        else:
            print(evaluation_report(outcomes))

    run(work())


def feedback(json: Json = False) -> None:
    """Questions that found no answer or were marked down, newest first."""

    async def work() -> None:
        async with quiet_core() as parts, parts.store.read() as session:
            rows = await kept.to_review(session)
        if json:
            show({"feedback": [{"at": row.at.isoformat(), "verdict": row.verdict, "question": row.question,
                                "passages": row.citations, "mode": row.answer} for row in rows]})  # fmt: skip
            return
        for row in rows:
            print(
                f"{row.at:%Y-%m-%d}  {'no answer' if row.verdict == 'unanswered' else 'marked down'}: {row.question}"
            )
        if not rows:
            print("Nothing to review: every question found an answer, and none was marked down.")

    run(work())


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(knowledge, name="knowledge")
    app.add_typer(models, name="models")
    app.command("evaluate")(evaluate)
    app.command("feedback")(feedback)
