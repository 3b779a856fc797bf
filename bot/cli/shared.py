"""What the commands share: options, printing, files, and batches of JSON Lines."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bot.failures import ConfigurationError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Batch = Annotated[str | None, typer.Option("--batch", help="JSON Lines file, or - for standard input.")]

Serve = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Serves one object of a batch; raises ServeError where it cannot."""


class ServeError(Exception):
    """A line of a batch, or a single request, that cannot be served; one sentence."""


def today() -> date:
    """The day it is, where this machine is."""
    return datetime.now(UTC).astimezone().date()


def run(work: Awaitable[None]) -> None:
    """Run a coroutine to its end."""

    async def until_done() -> None:
        await work

    asyncio.run(until_done())


def show(value: Any) -> None:
    """Print one JSON object on one line, at once."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)


def tell(sentence: str) -> None:
    """Say something that is no result."""
    print(sentence, file=sys.stderr, flush=True)


def fail(sentence: str, code: int = 1) -> NoReturn:
    """End the command with one sentence."""
    tell(sentence)
    raise typer.Exit(code)


def read_text(text: str) -> str:
    """Return the text, or standard input where it is "-"."""
    return sys.stdin.read() if text == "-" else text


def read_file(path: str) -> str:
    """Return a file's text, or standard input for "-". Raises ConfigurationError in one sentence."""
    if path == "-":
        return sys.stdin.read()
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is no UTF-8 text.") from error


def read_object(path: str) -> dict[str, Any]:
    """Return the JSON object of a file. Raises ConfigurationError in one sentence."""
    try:
        found = json.loads(read_file(path))
    except ValueError as error:
        raise ConfigurationError(f"{path} is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} must hold one JSON object.")
    return found


def write_file(path: Path, content: bytes) -> None:
    """Write a file, and say so; end the command where that fails."""
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.")
    print(f"Written: {path}", file=sys.stderr)


async def batch(path: str, serve: Serve) -> int:
    """Serve JSON Lines in order, one answer a line; returns the exit code."""
    code = 0
    for number, line in _lines(path):
        id: Any = number
        try:
            given = _object(line)
            id = given.get("id", number) if given.get("id") is not None else number
            show({"id": id, **await serve(given)})
        except ServeError as error:
            show({"id": id, "error": str(error)})
            code = 1
    return code


def _lines(path: str) -> Iterator[tuple[int, str]]:
    if path == "-":
        source: Any = sys.stdin
    else:
        source = read_file(path).splitlines()
    for number, line in enumerate(source, 1):
        if line.strip():
            yield number, line


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ServeError('This line is no JSON; give one object such as {"id": 1, …}.') from error
    if not isinstance(found, dict):
        raise ServeError('This line is JSON but no object; give one object such as {"id": 1, …}.')
    return found


async def served(work: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """Return what was worked out; what cannot be served is an object too, and exit code 1."""
    try:
        return await work
    except ServeError as error:
        show({"id": 1, "error": str(error)})
        raise typer.Exit(1) from None


def required(value: str | None, how: str) -> str:
    """Return an argument, or standard input for "-"; end the command where there is none."""
    if value is None or not value.strip():
        fail(how, 2)
    return read_text(value) if value == "-" else value
