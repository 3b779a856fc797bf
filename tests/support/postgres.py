"""A real PostgreSQL for tests: started in a folder of its own, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

ROLE = "cairn"
INSTALL = "no PostgreSQL server is installed here: apt-get install postgresql"


@dataclass
class PostgresServer:
    """A running server that belongs to the tests."""

    port: int
    databases: int = 0

    def url(self, database: str) -> str:
        """Return the plain URL of a database, as an operator would write it."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """Create a database and return its URL."""
        self.databases += 1
        name = f"cairn_{self.databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server, and end it and delete its folder afterwards. Fails the test where none is installed."""
    programs = _programs()
    if programs is None:
        pytest.fail(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="cairn-postgres-"))
    data, port = folder / "data", _free_port()
    try:
        _give_away(folder)
        _run(programs / "initdb", "-D", data, "-A", "trust", "-U", ROLE, "--no-sync", "-E", "UTF8")
        # A zone far from UTC: a time that is stored or read carelessly is off by hours.
        settings = (
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "max_connections=200",
            "timezone=Pacific/Auckland",
        )
        options = " ".join((f"-p {port} -k {folder}", *(f"-c {setting}" for setting in settings)))
        _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield PostgresServer(port)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    on_path = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if versions:
        return versions[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def _run(program: Path, *arguments: object) -> None:
    """Run a server program; it refuses to work for root, so root hands it to postgres."""
    command = [str(program), *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    # The server inherits the output, so a pipe would never end.
    with tempfile.TemporaryFile() as output:
        ended = subprocess.run(command, stdout=output, stderr=output, cwd="/", timeout=60, check=False)
        output.seek(0)
        said = output.read().decode(errors="replace")
    assert ended.returncode == 0, f"{program.name} failed: {said}"


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
