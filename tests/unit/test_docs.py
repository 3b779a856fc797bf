"""What the documents say about the code is so: variables, commands, targets, files, folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from typer.core import TyperGroup

from bot.cli import COMMANDS as COMMANDS_OF_THE_TERMINAL
from bot.cli import Commands, app
from bot.settings import Settings
from bot.slack import ids
from dialogs.commands import COMMANDS
from dialogs.projects.keeping import FORMATS
from dialogs.scope import FIELDS
from estimator.answer import UNITS
from estimator.kinds import KINDS
from knowledge.schema import TaskId, TechniqueId

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
)
SUFFIXES = ("py", "toml", "md", "j2", "yaml", "jsonl", "example", "service", "png")

VARIABLE = re.compile(r"\b(?:CAIRN|SLACK)_[A-Z_]+\b")
PLACE = re.compile(rf"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:{'|'.join(SUFFIXES)})|[\w-]+)?)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(?: {4}|\t)(make \w+|make$)", re.MULTILINE)
PACKAGES = ("bot", "dialogs", "estimator", "knowledge")


def text_of(path: str) -> str:
    """Return a document of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")


def rows_of(text: str) -> list[str]:
    """Return the first cells of all table rows."""
    return [re.split(r"(?<!\\)\|", line)[1] for line in text.splitlines() if line.startswith("|")]


def section_of(path: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its rank."""
    rank = heading.split(" ", maxsplit=1)[0]
    _, _, below = text_of(path).partition(f"\n{heading}\n")
    assert below, f"{path} has no heading {heading!r}"
    return re.split(rf"^{rank} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def variables() -> set[str]:
    """Return the names of all settings as the environment spells them."""
    return {name.upper() for name in Settings.model_fields}


def terminal_commands() -> Iterator[str]:
    """Return every command of the terminal: "ask", "db upgrade"."""
    root = typer.main.get_command(app)
    assert isinstance(root, Commands)
    for name in COMMANDS_OF_THE_TERMINAL:
        root.load(name)
        command = root.commands[name]
        if isinstance(command, TyperGroup):
            yield from (f"{name} {inner}" for inner in command.commands)
        else:
            yield name


def documented_commands() -> set[str]:
    """Return the commands that the table of docs/interfaces.md names, options and arguments left out."""
    found = set()
    for cell in rows_of(section_of("docs/interfaces.md", "## Commands")):
        for usage in re.findall(r"`cairn ([^`]+)`", cell):
            name, _, rest = usage.replace("\\|", "|").partition(" ")
            inner = [word for part in rest.split("|") if re.fullmatch("[a-z]+", word := part.split(" ")[0])]
            found |= {f"{name} {word}" for word in inner} or {name}
    return found


def make_targets() -> set[str]:
    """Return the targets that the Makefile explains."""
    return set(re.findall(r"^([a-z]+):.*##", text_of("Makefile"), re.MULTILINE))


def data_and_package_folders() -> list[str]:
    """Return every folder below the packages that holds files of the checkout."""
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(folders)


def test_every_setting_has_its_row_and_every_row_its_setting() -> None:
    rows = {name for cell in rows_of(text_of("docs/configuration.md")) for name in VARIABLE.findall(cell)}
    assert rows == variables()


def test_the_example_environment_holds_every_setting_once() -> None:
    lines = re.findall(r"^#?([A-Z_]+)=", text_of("deploy/env.example"), re.MULTILINE)
    assert sorted(lines) == sorted(variables())


def test_the_defaults_in_the_table_are_those_of_the_code() -> None:
    stated = dict(
        re.findall(r"^\| `([A-Z_]+)` \|.*\| `([^`]+)` \|$", text_of("docs/configuration.md"), re.MULTILINE)
    )
    held = {name: Settings.model_fields[name.lower()].default for name in stated}
    assert stated == {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in held.items()
    }
    assert "CAIRN_HTTP_PORT" in stated


def test_no_deployment_sets_a_variable_that_cairn_does_not_read() -> None:
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    named = {name for path in files for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert named <= variables()


def test_every_command_of_the_terminal_has_its_row() -> None:
    assert documented_commands() == set(terminal_commands())


def test_every_slash_subcommand_has_its_row() -> None:
    rows = rows_of(section_of("docs/interfaces.md", "## Slack"))
    named = [usage.split(" ")[0] for cell in rows for usage in re.findall(r"`([^`]+)`", cell)]
    assert set(COMMANDS) <= set(named)
    assert {name for name in named if name not in COMMANDS} == {"pause", "resume", "at"}, "kinds of `remind`"


def test_every_export_format_has_its_row() -> None:
    rows = rows_of(section_of("docs/interfaces.md", "## Exports"))
    assert [name for cell in rows for name in re.findall(r"`(\w+)`", cell)] == list(FORMATS)


def test_the_readme_names_only_subcommands_that_exist() -> None:
    said = re.findall(r"`/(\w+) (\w+)", text_of("README.md"))
    assert {command for command, _ in said} == set(ids.COMMANDS)
    assert {word for command, word in said if command == "cairn"} <= set(COMMANDS)


def test_every_field_task_and_technique_is_spelled_out() -> None:
    text = text_of("docs/interfaces.md")
    names = [*FIELDS, *TaskId.__args__, *TechniqueId.__args__]  # type: ignore[attr-defined]
    assert not [name for name in names if f"`{name}`" not in text]


def test_every_kind_of_estimate_stands_beside_its_unit() -> None:
    table = section_of("docs/interfaces.md", "### estimate")
    units = {
        kind: line.split("|")[2].strip()
        for line in table.splitlines()
        if line.startswith("|")
        for kind in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert units == UNITS


def test_every_key_of_an_estimate_is_named() -> None:
    text = section_of("docs/interfaces.md", "### estimate")
    keys = {key for kind in KINDS.values() for key in kind.keys}
    assert not sorted(key for key in keys if f"`{key}`" not in text)


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "docs/operations.md"])
def test_every_make_target_that_is_named_exists(path: str) -> None:
    text = text_of(path)
    named = set(re.findall(r"`make (\w+)", text)) | {
        call.split()[1] for call in FENCE.findall(text) if " " in call
    }
    assert named
    assert named <= make_targets()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_leads_somewhere(path: str) -> None:
    folder = (ROOT / path).parent
    targets = [target for target in LINK.findall(text_of(path)) if "://" not in target]
    missing = []
    for target in targets:
        file, _, anchor = target.partition("#")
        place = folder / file if file else ROOT / path
        headings = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        if not place.exists() or (anchor and anchor not in slugs):
            missing.append(target)
    assert not missing


@pytest.mark.parametrize(
    "path", ["CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md", "docs/interfaces.md"]
)
def test_every_file_that_is_named_exists(path: str) -> None:
    named = PLACE.findall(text_of(path))
    assert named or path == "docs/operations.md"
    assert not [place for place in named if not (ROOT / place).exists()]


def test_the_architecture_names_every_folder_of_the_packages() -> None:
    named = {place.rstrip("/") for place in PLACE.findall(text_of("docs/architecture.md"))}
    assert not [folder for folder in data_and_package_folders() if folder not in named]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_files_in_a_packages_table_exist(package: str) -> None:
    title = {"bot": "effects", "dialogs": "conversation", "estimator": "arithmetic", "knowledge": "facts"}[
        package
    ]
    table = section_of("docs/architecture.md", f"### `{package}/`: {title}")
    named = [name for cell in rows_of(table) for name in re.findall(r"`([\w.]+\.(?:py|toml))`", cell)]
    assert named
    assert not [name for name in named if not (ROOT / package / name).is_file()]


def test_the_hooks_run_only_what_the_checkout_holds() -> None:
    hooks = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    tools = [hook["entry"].split()[0] for repo in hooks for hook in repo["hooks"]]
    assert all(tool.startswith(".venv/bin/") and tool.split("/")[-1] in text_of("Makefile") for tool in tools)


def test_the_picture_of_the_readme_is_a_png_that_loads_quickly() -> None:
    picture = (ROOT / "docs" / "demo.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 600_000
