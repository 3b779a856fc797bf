"""Reads the knowledge folder: facts in TOML, prose in Markdown, and a team's own folder laid over both.

A broken file never stops Cairn. It becomes a `Problem` that names file, line and cure, and the rest loads.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import ValidationError

from knowledge.catalog import Catalog
from knowledge.documents import field_problem, parse_document, toml_problem
from knowledge.pdf import PdfError, markdown_of_pdf
from knowledge.schema import (
    Currency,
    Fact,
    Gpu,
    Metric,
    ModelCard,
    Problem,
    Section,
    Task,
    Technique,
    TechniqueId,
)
from knowledge.shaping import shaped

SHIPPED = Path(__file__).parent
"""The knowledge folder that comes with Cairn."""

READ = frozenset({".md", ".pdf", ".toml"})
"""Endings of the files that count."""

PDF_WORDS = ".pdf.md"
"""Ending of a file that holds the words of the PDF of that name."""

_FILES_REMEMBERED = 512  # a team saves one file; the others need not be parsed again

_Record = TypeVar("_Record", bound=Fact)
_TABLES: Mapping[str, type[Fact]] = {
    "model": ModelCard,
    "gpu": Gpu,
    "technique": Technique,
    "task": Task,
    "metric": Metric,
    "currency": Currency,
}


@dataclass(frozen=True)
class Knowledge:
    """Everything the knowledge folder holds. `revision` changes with any byte of any file."""

    catalog: Catalog
    sections: tuple[Section, ...]
    techniques: dict[str, Technique]
    tasks: dict[str, Task]
    metrics: dict[str, Metric]
    currencies: dict[str, Currency]
    problems: tuple[Problem, ...]
    revision: str


@dataclass(frozen=True)
class _Records:
    """The facts of all files; a team's own count before shipped ones of the same id."""

    shipped: list[Fact]
    own: list[Fact]

    def by_id(self, kind: type[_Record], problems: list[Problem]) -> dict[str, _Record]:
        return _by_id(kind, self.shipped, problems) | _by_id(kind, self.own, problems)


def load_knowledge(overlay: Path | None = None) -> Knowledge:
    """Load the shipped folder, with the team's own folder over it.

    A file of `overlay` replaces the shipped file with the same relative path; others are added, and a record
    of theirs with the id of a shipped one takes its place. Every technique stays described. Documents may be
    Markdown or PDF and, in `overlay`, of any length: see `knowledge.shaping`.
    Raises nothing: see `Knowledge.problems`.
    """
    problems: list[Problem] = []
    files = files_of(overlay)
    sources = _read(files, problems)
    records = _Records([], [])
    sections: list[Section] = []
    for path, source in sources.items():
        own = not files[path].is_relative_to(SHIPPED)
        if path.endswith(".toml"):
            facts, wrong = _facts_of(path, source)
            (records.own if own else records.shipped).extend(facts)
            problems += wrong
        else:
            found, wrong = _document_of(path, source)
            sections += (replace(section, own=True) for section in shaped(found)) if own else found
            problems += wrong
    models = records.by_id(ModelCard, problems)
    gpus = records.by_id(Gpu, problems)
    return Knowledge(
        catalog=Catalog(tuple(models.values()), tuple(gpus.values())),
        sections=tuple(sections),
        techniques=_every_technique(records.by_id(Technique, problems)),
        tasks=records.by_id(Task, problems),
        metrics=records.by_id(Metric, problems),
        currencies=records.by_id(Currency, problems),
        problems=tuple(problems),
        revision=_digest("".join(f"{path}\0{source}\0" for path, source in sources.items())),
    )


@lru_cache(maxsize=_FILES_REMEMBERED)
def _facts_of(path: str, source: str) -> tuple[tuple[Fact, ...], tuple[Problem, ...]]:
    problems: list[Problem] = []
    return tuple(parse_facts(path, source, problems)), tuple(problems)


@lru_cache(maxsize=_FILES_REMEMBERED)
def _document_of(path: str, source: str) -> tuple[tuple[Section, ...], tuple[Problem, ...]]:
    sections, problems = parse_document(path, source, _digest(source))
    return tuple(sections), tuple(problems)


def _every_technique(found: dict[str, Technique]) -> dict[str, Technique]:
    """Return `found` with the shipped record of each technique it lacks: advice names every one of them."""
    if found.keys() >= set(get_args(TechniqueId)):
        return found
    paths = [path for path, _ in _files_in(SHIPPED) if path.startswith("techniques/")]
    shipped = [fact for path in paths for fact in parse_facts(path, (SHIPPED / path).read_text("utf-8"), [])]
    return _by_id(Technique, shipped, []) | found


def files_of(overlay: Path | None) -> dict[str, Path]:
    """Return every file by its path relative to the folder; the overlay's stand in for shipped ones.

    A file `x.pdf.md` holds the words of `x.pdf`, and counts as that file.
    Raises nothing: an overlay that is not a folder adds nothing, and `_read` reports it.
    """
    found = dict(_files_in(SHIPPED))
    if overlay is not None:
        found |= dict(_files_in(overlay)) if overlay.is_dir() else {"": overlay}
    return dict(sorted(found.items()))


def parse_facts(path: str, source: str, problems: list[Problem]) -> list[Fact]:
    """Return the records of a TOML file; what is wrong with it is added to `problems`."""
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        problems.append(toml_problem(path, error))
        return []
    records: list[Fact] = []
    for name, rows in tables.items():
        kind = _TABLES.get(name)
        starts = _lines_of_table(source, name)
        if kind is None or not isinstance(rows, list):
            cure = f"Begin each record with one of: {', '.join(f'[[{known}]]' for known in _TABLES)}."
            problems.append(Problem(path, starts[0], f'"{name}" is not a known table.', cure))
            continue
        for number, row in enumerate(rows):
            first_line = starts[min(number, len(starts) - 1)]
            where = {"path": path} if "path" in kind.model_fields and isinstance(row, dict) else {}
            try:
                records.append(kind.model_validate({**row, **where} if where else row))
            except ValidationError as error:
                problems += [field_problem(path, source, detail, first_line) for detail in error.errors()]
    return records


def _lines_of_table(source: str, name: str) -> list[int]:
    header = re.compile(rf"^\s*\[\[?\s*{re.escape(name)}\s*\]?\]|^\s*{re.escape(name)}\s*=")
    return [n for n, line in enumerate(source.splitlines(), 1) if header.match(line)] or [1]


def _by_id(kind: type[_Record], records: Iterable[Fact], problems: list[Problem]) -> dict[str, _Record]:
    found: dict[str, _Record] = {}
    for record in records:
        if not isinstance(record, kind):
            continue
        key = str(getattr(record, "id", ""))
        if key in found:
            path = str(getattr(record, "path", "") or f"{kind.__name__.lower()}s")
            problems.append(Problem(path, 1, f'The id "{key}" is used twice.', "Rename one of the two."))
            continue
        found[key] = record
    return found


def _files_in(folder: Path) -> Iterable[tuple[str, Path]]:
    for file in folder.rglob("*"):
        relative = file.relative_to(folder)
        hidden = any(part.startswith((".", "_")) for part in relative.parts)
        elsewhere = relative.parts[0] == "lexicon"  # word lists of the search, which reads them itself
        if file.is_file() and file.suffix in READ and not hidden and not elsewhere:
            path = relative.as_posix()
            yield path.removesuffix(".md") if path.endswith(PDF_WORDS) else path, file


def _read(files: Mapping[str, Path], problems: list[Problem]) -> dict[str, str]:
    sources = {}
    for path, file in files.items():
        if not path:
            cure = "Point CAIRN_KNOWLEDGE_DIR at a folder that exists."
            problems.append(Problem(str(file), 1, "This is not a folder.", cure))
            continue
        try:
            if file.suffix == ".pdf":
                sources[path] = markdown_of_pdf(file.read_bytes())
            else:
                sources[path] = file.read_text(encoding="utf-8")
        except PdfError as error:
            problems.append(Problem(path, 1, str(error), error.cure))
        except UnicodeDecodeError:
            problems.append(Problem(path, 1, "This is not UTF-8 text.", "Save the file as UTF-8."))
        except OSError as error:
            problems.append(
                Problem(path, 1, f"The file cannot be read: {error.strerror}.", "Check its rights.")
            )
    return sources


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
