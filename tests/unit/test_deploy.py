"""What is deployed fits the code: folders that must be writable, files that the image is built from, versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
IMAGE = (DEPLOY / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def copied() -> list[str]:
    """Return what the image takes from the checkout."""
    lines = re.findall(r"^COPY ((?!--from).+)$", IMAGE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def settings_of_the_image() -> Settings:
    """Return the settings that the image's own variables make."""
    stated = dict(re.findall(r"\b(CAIRN_[A-Z_]+)=(\S+)", IMAGE))
    return Settings(_env_file=None, **{name.lower(): value for name, value in stated.items()})


def mounts_of_the_chart() -> list[str]:
    return re.findall(r"mountPath: (\S+)", (DEPLOY / "helm/templates/deployment.yaml").read_text("utf-8"))


@pytest.mark.parametrize("source", copied())
def test_what_the_image_copies_is_there_and_let_through(source: str) -> None:
    let_through = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert (ROOT / source).exists()
    assert f"!{source}" in let_through


def test_the_image_holds_every_package() -> None:
    packages = {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= set(copied())


def test_what_cairn_writes_belongs_to_its_user_in_the_image() -> None:
    settings = settings_of_the_image()
    owned = re.search(r"install -d -o cairn -g cairn (.+?)(?: \\)?$", IMAGE, re.MULTILINE)
    assert owned
    written = {settings.cairn_data_dir, settings.cairn_models_dir, settings.knowledge_cache_dir}
    assert {str(folder) for folder in written} <= set(owned[1].split())


def test_what_cairn_writes_is_mounted_in_the_chart_whose_image_is_read_only() -> None:
    settings = settings_of_the_image()
    assert {str(settings.cairn_data_dir), str(settings.knowledge_cache_dir), "/tmp"} <= set(
        mounts_of_the_chart()
    )


def test_what_the_service_writes_is_let_through_by_systemd() -> None:
    unit = (DEPLOY / "cairn.service").read_text("utf-8")
    stated = dict(re.findall(r"\b(CAIRN_(?:DATA|MODELS)_DIR)=(\S+)", unit.partition("[Service]")[2]))
    assert (
        stated["CAIRN_DATA_DIR"] == "/var/lib/" + re.findall(r"^StateDirectory=(\S+)", unit, re.MULTILINE)[0]
    )
    assert stated["CAIRN_MODELS_DIR"].startswith(
        "/var/cache/" + re.findall(r"^CacheDirectory=(\S+)", unit, re.MULTILINE)[0]
    )


def test_the_chart_has_the_projects_version() -> None:
    chart = yaml.safe_load((DEPLOY / "helm/Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == chart["version"] == PROJECT["project"]["version"]


def test_the_compose_file_sets_variables_that_exist() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    assert {name.lower() for name in services["cairn"]["environment"]} <= set(Settings.model_fields)
