"""A team's knowledge folder, and the mirror that holds the last good version of each of its files."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bot.failures import OperationError
from bot.pdf_reader import read_pdf
from bot.settings import Settings
from knowledge.documents import parse_document
from knowledge.loader import PDF_WORDS, READ, Knowledge, load_knowledge, parse_facts
from knowledge.pdf import PdfError
from knowledge.schema import Problem

MAX_FILE_BYTES = 20 * 1000 * 1000

Stamps = dict[str, tuple[int, int]]
"""Modification time (ns) and size (bytes) of each file, by its path in the folder."""


def folder_in_use(settings: Settings) -> Knowledge:
    """Return the knowledge that the settings name, for a command that needs neither search nor vectors."""
    return load_mirrored(settings.cairn_knowledge_dir, settings.knowledge_cache_dir)


def load_mirrored(folder: Path | None, cache_dir: Path) -> Knowledge:
    """Load the shipped folder with the last good version of a team's folder over it.

    Raises OperationError where the mirror cannot be written.
    """
    if folder is None or not folder.is_dir():
        return load_knowledge(folder)
    mirror = mirror_of(folder, cache_dir)
    broken = synchronise(folder, mirror)
    knowledge = load_knowledge(mirror)
    seen = {(problem.path, problem.message) for problem in broken}
    rest = [problem for problem in knowledge.problems if (problem.path, problem.message) not in seen]
    return replace(knowledge, problems=(*broken, *rest))


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
            if path.suffix not in READ or name.startswith((".", "_")):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found[path.relative_to(folder).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found


def synchronise(folder: Path, mirror: Path) -> list[Problem]:
    """Bring the mirror up to date with every file that reads well; returns what is wrong with the others.

    A PDF is mirrored as its words. Raises OperationError where the mirror cannot be written.
    """
    current = stamps_of(folder)
    held = {path.removesuffix(".md") if path.endswith(PDF_WORDS) else path: stamp
            for path, stamp in stamps_of(mirror).items()}  # fmt: skip
    problems: list[Problem] = []
    try:
        for path in held.keys() - current.keys():
            _place(mirror, path).unlink(missing_ok=True)
        for path, (changed, size) in current.items():
            before = held.get(path)
            if before and before[0] == changed and (before[1] == size or path.endswith(".pdf")):
                continue
            wrong = _mirror_file(folder / path, path, size, _place(mirror, path), before is not None)
            problems += [_kept(problem) for problem in wrong] if before else wrong
    except OSError as error:
        raise OperationError(
            f"The knowledge folder cannot be copied to {mirror} ({error.strerror}); free some space there."
        ) from error
    return problems


def _place(mirror: Path, path: str) -> Path:
    return mirror / (f"{path}.md" if path.endswith(".pdf") else path)


def _mirror_file(file: Path, path: str, size: int, place: Path, has_good_version: bool) -> list[Problem]:
    """Bring one file into the mirror, and return what keeps it from being used whole.

    A broken text without a good version is mirrored too: what can be read of it is better than nothing.
    """
    if size > MAX_FILE_BYTES:
        return [Problem(path, 1, f"The file has {size / 1e6:.0f} MB; 20 MB is the limit.", "Split it.")]
    if path.endswith(".pdf"):
        try:
            words = read_pdf(file)
        except PdfError as error:
            return [Problem(path, 1, str(error), error.cure)]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(words, encoding="utf-8")
        shutil.copystat(file, place)
        return []
    wrong = _what_is_wrong(file, path)
    if not (wrong and has_good_version):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)
    return wrong


def _what_is_wrong(file: Path, path: str) -> list[Problem]:
    """Return what keeps a text from being used whole."""
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
