"""Which models a snapshot was made beside: the hash of each file, so that an advice can be traced to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.model.pool import Models
from bot.model.record import read_record

_SHOWN = 12  # hexadecimal digits: enough to tell files apart


def identities(models: Models) -> dict[str, str]:
    """Return "embedding" and "chat" → the beginning of the file's SHA-256, or its name and size, or its server."""
    found = {name: _identity(status) for name, status in models.status().items() if status}
    return {name: identity for name, identity in found.items() if identity}


def _identity(status: Mapping[str, Any]) -> str:
    """Return the hash that was recorded when the file was fetched; reading gigabytes again takes too long."""
    if not status.get("path"):
        return f"{status.get('model') or 'a model'} at {status.get('base_url', '')}"
    path = Path(str(status["path"]))
    record = read_record(path)
    if record is not None:
        return record.sha256[:_SHOWN]
    return f"{path.name}, {path.stat().st_size:,} bytes" if path.is_file() else path.name


def with_models(snapshot: Mapping[str, Any], models: Models) -> dict[str, Any]:
    """Return a snapshot with the models that were there when it was made."""
    return {**snapshot, "inputs": {**snapshot.get("inputs", {}), "models": identities(models)}}
