"""The catalogue behind `cairn models`: which GGUFs fit Cairn, fetching one, and testing that it loads."""

from __future__ import annotations

import os
import tomllib
from asyncio import run
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.failures import ModelError
from bot.model.embedding_model import ensure_embedding_model
from bot.model.hub import OnProgress, download, look_up
from bot.model.pool import Models
from bot.model.record import Record, read_record, verify, write_record
from dialogs.steps import Complete

Kind = Literal["chat", "embedding"]


class KnownModel(BaseModel):
    """One file of the catalogue. Sizes: GB is 1e9 bytes, GiB 2**30."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    name: str
    title: str
    repo: str
    file: str
    size_gb: float
    memory_gib: float
    licence: str
    terms_url: str | None = None
    commercial_use: Literal["yes", "conditions", "no", "unknown"]
    converted: bool = False
    note: str


class ChatDefault(BaseModel):
    """The chat model to suggest from so much machine memory on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine_gib: float
    name: str


@dataclass(frozen=True)
class Registry:
    """The whole catalogue, best first within a kind."""

    models: tuple[KnownModel, ...]
    chat_defaults: tuple[ChatDefault, ...]

    def get(self, name: str) -> KnownModel:
        """Return the model of that name; raises ModelError that lists the names."""
        for model in self.models:
            if model.name == name.lower():
                return model
        names = ", ".join(model.name for model in self.models)
        raise ModelError(f"There is no model called {name!r}; `cairn models pull` knows {names}.")

    def default_chat(self, machine_gib: float) -> KnownModel | None:
        """Return the chat model to suggest for a machine, or None where none would fit."""
        fitting = [entry for entry in self.chat_defaults if entry.machine_gib <= machine_gib + 0.5]
        return self.get(max(fitting, key=lambda entry: entry.machine_gib).name) if fitting else None


@cache
def load_registry() -> Registry:
    """Return the shipped catalogue."""
    data = tomllib.loads(files("bot.model").joinpath("registry.toml").read_text("utf-8"))
    kinds: tuple[Kind, ...] = ("chat", "embedding")
    models = tuple(KnownModel(kind=kind, **entry) for kind in kinds for entry in data[kind])
    return Registry(models, tuple(ChatDefault(**entry) for entry in data["chat_default"]))


def machine_memory_gib() -> float:
    """Return this machine's memory in GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


@dataclass(frozen=True)
class ListedModel:
    """A line of `cairn models list`."""

    model: KnownModel
    path: Path | None  # where it is, if it has been fetched
    is_default: bool


def list_models(models_dir: Path, machine_gib: float | None = None) -> list[ListedModel]:
    """Return the catalogue with what is there already and what is suggested for this machine."""
    registry = load_registry()
    suggested = registry.default_chat(machine_memory_gib() if machine_gib is None else machine_gib)
    defaults = {suggested.name if suggested else "", "all-minilm-l6-v2"}
    return [
        ListedModel(model, pulled_path(model, models_dir), model.name in defaults)
        for model in registry.models
    ]


def pulled_path(model: KnownModel, models_dir: Path) -> Path | None:
    """Return where the model's file is, if it is there and has the size that was recorded."""
    path = models_dir / model.file
    if not path.is_file():
        return None
    record = read_record(path)
    return path if record is None or record.size_bytes == path.stat().st_size else None


def find_chat_model(chosen: str | None, models_dir: Path) -> Path | None:
    """Return the chat model to use: `chosen` is a path, a catalogue name, or None for whatever was pulled.

    Raises ModelError where something was chosen and is not there.
    """
    if not chosen:
        chat = (model for model in load_registry().models if model.kind == "chat")
        return next((path for model in chat if (path := pulled_path(model, models_dir))), None)
    path = Path(chosen).expanduser()
    if path.suffix == ".gguf" or path.exists():
        if not path.is_file():
            raise ModelError(f"There is no model file at {path}.")
        return path
    model = load_registry().get(chosen)
    if pulled := pulled_path(model, models_dir):
        return pulled
    raise ModelError(f"{model.title} is not here yet; run `cairn models pull {model.name}`.")


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
