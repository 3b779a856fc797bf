"""`cairn knowledge`: what is in the folder, whether it is valid, what a query finds."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opening import warm_reading
from bot.cli.shared import Json, run, show
from bot.settings import load_settings
from knowledge.check import check as check_folder
from knowledge.check import report as folder_report
from knowledge.loader import load_knowledge
from knowledge.search import Hit, search

knowledge = typer.Typer(help="The knowledge folder.", no_args_is_help=True)


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
        async with warm_reading() as parts:
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


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(knowledge, name="knowledge")
