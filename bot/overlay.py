"""A team's knowledge folder, and the mirror that holds the last good version of each of its files."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path

from bot.failures import OperationError
from knowledge.documents import parse_document
from knowledge.loader import parse_facts
from knowledge.schema import Problem

MAX_FILE_BYTES = 20 * 1000 * 1000
_READ = {".md", ".toml"}

Stamps = dict[str, tuple[int, int]]
"""Modification time (ns) and size (bytes) of each file, by its path in the folder."""


def mirror_of(folder: Path, cache_dir: Path) -> Path:
    """Return where the mirror of a folder is kept."""
    return cache_dir / "last-good" / sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def stamps_of(folder: Path | None) -> Stamps:
    """Return time and size of every file that counts; a file that vanishes meanwhile is left out."""
    found: Stamps = {}
    if folder is None or not folder.is_dir():
        return found
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in names:
            path = Path(parent, name)
            if path.suffix not in _READ or name.startswith((".", "_")):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found[path.relative_to(folder).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found


def synchronise(folder: Path, mirror: Path) -> list[Problem]:
    """Bring the mirror up to date with every file that reads well; returns what is wrong with the others.

    Raises OperationError where the mirror cannot be written.
    """
    current, held = stamps_of(folder), stamps_of(mirror)
    problems: list[Problem] = []
    try:
        for path in held.keys() - current.keys():
            (mirror / path).unlink(missing_ok=True)
        for path, (changed, size) in current.items():
            if held.get(path) == (changed, size):
                continue
            wrong = _what_is_wrong(folder / path, path, size)
            if wrong and (path in held or size > MAX_FILE_BYTES):
                problems += [_kept(problem) for problem in wrong] if path in held else wrong
                continue
            (mirror / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / path, mirror / path)
    except OSError as error:
        raise OperationError(
            f"The knowledge folder cannot be copied to {mirror} ({error.strerror}); free some space there."
        ) from error
    return problems


def _what_is_wrong(file: Path, path: str, size: int) -> list[Problem]:
    """Return what keeps a file from being used whole."""
    if size > MAX_FILE_BYTES:
        return [Problem(path, 1, f"The file has {size / 1e6:.0f} MB; 20 MB is the limit.", "Split it.")]
    try:
        source = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [Problem(path, 1, "This is not UTF-8 text.", "Save the file as UTF-8.")]
    problems: list[Problem] = []
    if path.endswith(".toml"):
        parse_facts(path, source, problems)
    else:
        problems += parse_document(path, source, "")[1]
    return [problem for problem in problems if problem.fatal]


def _kept(problem: Problem) -> Problem:
    cure = f"{problem.cure} Until then its last good version is used."
    return Problem(problem.path, problem.line, problem.message, cure, problem.fatal)
