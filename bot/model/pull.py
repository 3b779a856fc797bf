"""Fetching a model of the catalogue, and testing that one loads."""

from __future__ import annotations

from asyncio import run
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.failures import ModelError
from bot.model.embedding_model import ensure_embedding_model
from bot.model.hub import OnProgress, download, look_up
from bot.model.pool import Models
from bot.model.record import Record, verify, write_record
from bot.model.registry import Kind, KnownModel, load_registry, pulled_path
from dialogs.steps import Complete


def pull(
    name: str,
    models_dir: Path,
    *,
    report: Callable[[str], None],
    accept_licence: Callable[[KnownModel], bool],
    on_progress: OnProgress | None = None,
    endpoint: str | None = None,
) -> Path:
    """Fetch a model of the catalogue and return its path; at once if it is there.

    The licence is reported. Where commercial use is conditional or unknown, `accept_licence` is asked (on a
    terminal by a question, else by `--accept-licence`). Raises ModelError in one sentence.
    """
    model = load_registry().get(name)
    if path := pulled_path(model, models_dir):
        report(f"{model.title} is already at {path}.")
        return path
    terms = f", {model.terms_url}" if model.terms_url else ""
    report(f"{model.title}: {model.size_gb:.2f} GB, licence {model.licence}{terms}.")
    if model.commercial_use != "yes" and not accept_licence(model):
        raise ModelError(f"{model.title} was not fetched: its licence has to be accepted (--accept-licence).")
    if model.converted:
        converted = ensure_embedding_model(models_dir, report)
        if converted is None:
            raise ModelError(f"{model.title} could not be fetched.")
        return converted
    return _fetch(model, models_dir, on_progress, endpoint)


def _fetch(model: KnownModel, models_dir: Path, on_progress: OnProgress | None, endpoint: str | None) -> Path:
    file = look_up(model.repo, model.file, endpoint=endpoint)
    path = models_dir / model.file
    sha256 = download(file, path, on_progress)
    write_record(path, Record(file.repo, file.revision, file.size_bytes, sha256, model.licence))
    return path


@dataclass(frozen=True)
class Checked:
    """A model that loads and works."""

    path: Path
    kind: Kind
    load_seconds: float
    verified: bool  # against the SHA-256 recorded when it was fetched


def check(path: Path) -> Checked:
    """Load a GGUF in a process of its own and use it once. Raises ModelError in one sentence.

    Where the download's SHA-256 was recorded, the file is compared with it first.
    """
    return run(_try_out(path, verify(path)))


async def _try_out(path: Path, verified: bool) -> Checked:
    models = await Models.start(embedding_path=path, wait_seconds=60)
    try:
        if await models.embed(["A first test."]):
            return Checked(path, "embedding", models.status()["embedding"]["load_seconds"], verified)
    finally:
        await models.close()
    models = await Models.start(chat_path=path, wait_seconds=300)
    try:
        status = models.status()["chat"]
        if status["state"] != "ready":
            raise ModelError(status["problem"] or f"{path} did not load within five minutes.")
        request = Complete("check", (("user", "Say hello."),), max_tokens=8, deadline_seconds=120)
        if not [piece async for piece in models.stream(request)]:
            raise ModelError(f"{path} loads, but says nothing; it is no chat model.")
        return Checked(path, "chat", status["load_seconds"], verified)
    finally:
        await models.close()
