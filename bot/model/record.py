"""What is known about a fetched model file, kept beside it as `FILE.json`, so that damage is noticed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.failures import ModelError


@dataclass(frozen=True)
class Record:
    """Where a file came from and what it was when it arrived."""

    repo: str
    revision: str
    size_bytes: int
    sha256: str
    licence: str


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_record(path: Path, record: Record) -> None:
    """Keep the record of the model file at `path`."""
    _beside(path).write_text(json.dumps(asdict(record), indent=1) + "\n", "utf-8")


def read_record(path: Path) -> Record | None:
    """Return the record of a model file; None for a file that somebody else put there."""
    try:
        return Record(**json.loads(_beside(path).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def verify(path: Path) -> bool:
    """Compare a file with its record; return False where there is none. Raises ModelError where they differ.

    Reads the whole file, which loading has to do anyway.
    """
    record = read_record(path)
    if record is None or not path.is_file():
        return False
    if path.stat().st_size != record.size_bytes or sha256_of(path) != record.sha256:
        raise ModelError(
            f"{path} is not the file that was fetched (its SHA-256 differs); delete it and fetch it again."
        )
    return True


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
