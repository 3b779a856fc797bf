"""A scope that comes in as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from bot.cli.shared import ServeError
from dialogs.scope import Scope


def checked_scope(given: Any) -> Scope:
    """Return a scope from JSON. Raises ServeError naming the first field that does not fit."""
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise ServeError('"scope" must be an object with the fields of a scope.')
    cleaned = {name: value for name, value in given.items() if not (name == "data" and value is None)}
    try:
        return Scope.model_validate(cleaned)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ServeError(
            f"The scope's {where} does not fit: {first['msg'][:1].lower()}{first['msg'][1:]}."
        ) from error
