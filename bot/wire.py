"""Turns, replies and effects as JSON and back, for the inbox and the outbox.

Unknown keys are ignored and missing ones take their defaults, so rows of another version can be read.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.failures import OperationError
from dialogs.turns import Effect, Export, Mark, OpenForm, Publish, Redraw, Reply, Say, Turn

_TURN = TypeAdapter(Turn)
_REPLY = TypeAdapter(Reply)
_EFFECTS: dict[str, TypeAdapter[Any]] = {
    "say": TypeAdapter(Say),
    "mark": TypeAdapter(Mark),
    "redraw": TypeAdapter(Redraw),
    "open_form": TypeAdapter(OpenForm),
    "publish": TypeAdapter(Publish),
    "export": TypeAdapter(Export),
}
_NAMES: dict[type[Any], str] = {
    Say: "say",
    Mark: "mark",
    Redraw: "redraw",
    OpenForm: "open_form",
    Publish: "publish",
    Export: "export",
}


def turn_to_json(turn: Turn) -> dict[str, Any]:
    """Return a turn as plain JSON data."""
    return _plain(_TURN, turn)


def turn_from_json(data: dict[str, Any]) -> Turn:
    """Return the turn. Raises OperationError when the data holds none."""
    turn: Turn = _read(_TURN, data, "turn")
    return turn


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Return a reply as plain JSON data."""
    return _plain(_REPLY, reply)


def reply_from_json(data: dict[str, Any]) -> Reply:
    """Return the reply. Raises OperationError when the data holds none."""
    reply: Reply = _read(_REPLY, data, "reply")
    return reply


def effect_to_json(effect: Effect) -> dict[str, Any]:
    """Return an effect as plain JSON data; the key `effect` names its kind."""
    name = _NAMES[type(effect)]
    return {"effect": name, **_plain(_EFFECTS[name], effect)}


def effect_from_json(data: dict[str, Any]) -> Effect:
    """Return the effect. Raises OperationError when the data holds none."""
    adapter = _EFFECTS.get(str(data.get("effect")))
    if adapter is None:
        raise OperationError(f"stored data holds no known effect: {data.get('effect')!r}; update Cairn")
    effect: Effect = _read(adapter, data, "effect")
    return effect


def _plain(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    plain: dict[str, Any] = adapter.dump_python(value, mode="json")
    return plain


def _read(adapter: TypeAdapter[Any], data: dict[str, Any], what: str) -> Any:
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise OperationError(f"stored data holds no {what}: {where}: {first['msg']}") from error
