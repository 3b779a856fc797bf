"""The built wheel is all that a machine without the checkout needs: code, data files, migrations."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "dialogs", "estimator", "knowledge")
NOT_SHIPPED = {".pyc", ".pyo"}
SKIPPED = shutil.ignore_patterns("__pycache__", "*.egg-info")


def source_files() -> set[str]:
    """Return every file of the packages, as a path from the checkout's root."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED
    }


def package_folders() -> list[Path]:
    """Return every folder that holds Python files."""
    return sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, and unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    sources.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, sources / package, ignore=SKIPPED)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    built = subprocess.run(
        [*command, "--disable-pip-version-check", "--wheel-dir", str(folder), str(sources)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_every_file_of_the_packages_is_in_the_wheel(installed: Path) -> None:
    missing = sorted(path for path in source_files() if not (installed / path).is_file())
    assert not missing, f"not packed, see package-data in pyproject.toml: {missing}"


def test_the_wheel_holds_nothing_but_the_four_packages(installed: Path) -> None:
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == set(PACKAGES)


def test_the_licence_comes_along(installed: Path) -> None:
    (licence,) = installed.glob("*.dist-info/licenses/LICENSE")
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_cairn_answers_from_the_unpacked_wheel_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    """Loading the knowledge, the lifecycle, the templates and the migrations takes every kind of data file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "SLACK_"))}
    start = "import sys, bot; from bot.cli import main; print(bot.__file__, file=sys.stderr); main()"
    said = subprocess.run(
        [sys.executable, "-c", start, "chat"],
        input="/cairn start Far away\n",
        env={
            **kept,
            "PYTHONPATH": str(installed),
            "PYTHONSAFEPATH": "1",
            "CAIRN_DATA_DIR": str(tmp_path / "data"),
            "CAIRN_MODELS_DIR": str(tmp_path / "models"),
        },
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("Far away · Scope")
    assert str(installed / "bot") in said.stderr
    assert (tmp_path / "data" / "cairn.db").is_file()


@pytest.mark.parametrize("folder", package_folders(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_package_folder_has_its_init(folder: Path) -> None:
    """Without it, an installed package of the same name elsewhere could lend it its modules."""
    assert (folder / "__init__.py").is_file()


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_is_the_checkouts_own(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__file__ is not None
    assert Path(package.__file__).resolve() == ROOT / name / "__init__.py"
