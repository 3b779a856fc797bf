"""The commands of the terminal: one table, and nothing loaded that a command does not use."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

import bot.cli
from bot.cli import COMMANDS

HEAVY = {
    "aiohttp", "alembic", "apscheduler", "httpx", "huggingface_hub", "llama_cpp", "matplotlib", "nltk", "PIL",
    "pypdf", "sacrebleu", "slack_bolt", "slack_sdk", "sqlalchemy",
}  # fmt: skip
LOADED = "import sys; from bot.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"


def registered() -> dict[str, tuple[str, str]]:
    """Return every command that a module of `bot.cli` registers, with its module and its line of help."""
    found = {}
    for path in Path(bot.cli.__file__).parent.glob("[!_]*.py"):
        module = import_module(f"bot.cli.{path.stem}")
        if hasattr(module, "register"):
            part = typer.Typer()
            module.register(part)
            for name, command in typer.main.get_group(part).commands.items():
                found[name] = (path.stem, str(command.help).splitlines()[0])
    return found


def test_the_table_names_every_command_with_its_module_and_its_own_words() -> None:
    assert registered() == COMMANDS


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["--help"], set()),
        (["estimate", "kv cache of llama 3.1 8b at 8k"], set()),
        (["scope", "we sort 300 tickets a day"], set()),
        (["nudges", "list"], {"sqlalchemy", "alembic"}),
    ],
)
def test_a_command_loads_only_what_it_uses(words: list[str], needed: set[str], tmp_path: Path) -> None:
    environment = {"CAIRN_DATA_DIR": str(tmp_path), "CAIRN_MODELS_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], env=environment, capture_output=True, text=True, check=True
    )
    assert set(done.stderr.split()) & HEAVY == needed
