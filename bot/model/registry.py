"""The catalogue behind `cairn models`: which GGUFs fit Cairn, and which of them are here."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.failures import ModelError
from bot.model.record import read_record

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
