"""What the commands share: running the core quietly, printing, and batches of JSON Lines."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

from bot.app import Core, core
from bot.failures import ConfigurationError
from bot.needs import fulfil, nothing_given
from bot.settings import load_settings
from dialogs.world import Hold

Serve = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Serves one object of a batch; raises ServeError where it cannot."""


class ServeError(Exception):
    """A line of a batch, or a single request, that cannot be served; one sentence."""


def run(work: Awaitable[None]) -> None:
    """Run a coroutine to its end."""

    async def until_done() -> None:
        await work

    asyncio.run(until_done())


@asynccontextmanager
async def quiet_core(*, warm: bool = False) -> AsyncIterator[Core]:
    """Open the core for one command; with `warm`, wait until every section has its vector."""
    async with core(load_settings(), quiet=True) as parts:
        if warm:
            if not parts.models.has_embedding:
                tell("The embedding model is missing; answers rest on words alone. `make setup` fetches it.")
            await parts.library.warm()
        yield parts


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


async def with_needs(parts: Core, ask: Callable[[Any], Any]) -> Any:
    """Call the core with what it needs until it has an answer."""
    given = nothing_given(parts.models)
    for _ in range(6):
        try:
            return ask(given)
        except Hold as hold:
            given = await fulfil(hold.need, given, parts.models, embed_seconds=2.0)
    raise AssertionError("the core keeps asking for more")
