"""Checks the knowledge folder: what a reader, a citation or the search would stumble over.

The shipped folder is held to all of it. A team's own folder may be as plain as it likes: there the same
findings are warnings (`fatal=False`), and front matter is not asked for. What could not be read at all, and
is therefore missing from answers, stays an error wherever it stands.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, get_args

from knowledge.documents import parse_document, slug_of
from knowledge.loader import SHIPPED, Knowledge, files_of
from knowledge.replacing import replaced_facts
from knowledge.schema import Problem, Section, Stage
from knowledge.shaping import MAX_WORDS, MIN_WORDS, words_in

MIN_QUESTIONS = 2

_ARXIV = re.compile(r"\b\d{4}\.\d{4,5}\b")
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_NUMBER = re.compile(
    r"\d|\b(half|third|quarter|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(if|when|unless|until|except|exception|as long as|only where|counter-example|but not)\b",
    re.IGNORECASE,
)
_STAGES = get_args(Stage)


@dataclass(frozen=True)
class Report:
    """What the folder holds. The tuples at the end name sections by id."""

    documents: int
    sections: int
    words: int
    questions: int
    without_substance: tuple[str, ...]  # no number, no condition, no counter-example
    short_of_questions: tuple[str, ...]  # fewer than two questions that no other section answers
    out_of_length: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.sections} sections in {self.documents} documents, {self.words:,} words, "
            f"{self.questions:,} questions; {len(self.without_substance)} without a number or a condition, "
            f"{len(self.short_of_questions)} with fewer than {MIN_QUESTIONS} questions of their own, "
            f"{len(self.out_of_length)} outside {MIN_WORDS}–{MAX_WORDS} words."
        )


def check(knowledge: Knowledge, overlay: Path | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong, in the order of files and lines, loading problems included.

    `overlay` is the team's folder that `knowledge` was loaded with. Raises nothing.
    """
    files = _Files(overlay)
    found = [*knowledge.problems]
    sections = _as_written(files, knowledge.sections)
    for path, group in groupby(sections, key=lambda section: section.path):
        document = list(group)
        found += _front_matter_problems(files, document[0])
        found += _heading_problems(files, path, document)
        for section in document:
            found += _section_problems(files, section) if path.endswith(".md") else ()
    found += _question_problems(files, sections)
    found += _link_problems(files, sections)
    found += _citation_problems(files, sections)
    found += replaced_facts(knowledge, overlay)
    return tuple(sorted(found, key=lambda problem: (problem.path, problem.line)))


def _as_written(files: _Files, loaded: Iterable[Section]) -> list[Section]:
    """Return the sections by document, the shipped ones first; a team's own before they are split or joined."""
    sections: list[Section] = []
    by_document = sorted(loaded, key=lambda section: (files.is_own(section.path), section.path))
    for path, group in groupby(by_document, key=lambda section: section.path):
        if files.is_own(path) and path.endswith(".md"):
            sections += parse_document(path, "\n".join(files.lines(path)), "")[0]
        else:
            sections += group
    return sections


def report(knowledge: Knowledge) -> Report:
    """Count what the folder holds and name the sections that fall short."""
    sections = knowledge.sections
    asked = _askers(sections)
    return Report(
        documents=len({section.path for section in sections}),
        sections=len(sections),
        words=sum(words_in(section.text) for section in sections),
        questions=len(asked),
        without_substance=tuple(s.id for s in sections if not has_substance(s.text)),
        short_of_questions=tuple(s.id for s in sections if _own_questions(s, asked) < MIN_QUESTIONS),
        out_of_length=tuple(s.id for s in sections if not MIN_WORDS <= words_in(s.text) <= MAX_WORDS),
    )


def has_substance(text: str) -> bool:
    """Whether a text holds a number, a condition or a counter-example."""
    return bool(_NUMBER.search(_ARXIV.sub("", text)) or _CONDITION.search(text))


class _Files:
    """The files behind the loaded sections, read when a line number is needed."""

    def __init__(self, overlay: Path | None) -> None:
        self.by_path = {path: file for path, file in files_of(overlay).items() if path}
        self._lines: dict[str, list[str]] = {}

    def is_own(self, path: str) -> bool:
        """Whether a file belongs to the team's folder."""
        file = self.by_path.get(path)
        return file is not None and not file.is_relative_to(SHIPPED)

    def exists(self, path: str, target: str, goal: str) -> bool:
        """Whether the link `target` of document `path` is a file; `goal` is its path in the folder."""
        beside = self.by_path[path].parent / target if path in self.by_path else None
        return goal in self.by_path or (beside is not None and beside.exists())

    def lines(self, path: str) -> list[str]:
        if path not in self._lines:
            try:
                self._lines[path] = self.by_path[path].read_text(encoding="utf-8").splitlines()
            except (KeyError, OSError, UnicodeDecodeError):
                self._lines[path] = []
        return self._lines[path]

    def line_with(self, path: str, words: str, nth: int = 1) -> int:
        """Return the number of the nth line that holds `words`; 1 if there is none."""
        found = [number for number, line in enumerate(self.lines(path), 1) if words in line]
        return found[min(nth, len(found)) - 1] if found else 1

    def line_of(self, section: Section, nth: int = 1) -> int:
        """Return the line of a section's heading; the nth of that name in the file."""
        slug = slug_of(section.heading)
        found = [
            number
            for number, line in enumerate(self.lines(section.path), 1)
            if line.startswith("#") and slug_of(line.lstrip("#")) == slug
        ]
        return found[min(nth, len(found)) - 1] if found else 1

    def problem(self, path: str, line: int, message: str, cure: str) -> Problem:
        return Problem(path, line, message, cure, fatal=not self.is_own(path))


def _front_matter_problems(files: _Files, first: Section) -> Iterator[Problem]:
    if files.is_own(first.path):
        return
    if first.stage not in _STAGES:
        line = files.line_with(first.path, "stage =")
        message = f'The stage is "{first.stage}".' if first.stage else "The stage is missing."
        yield files.problem(first.path, line, message, f"Write stage = one of: {', '.join(_STAGES)}.")
    if not first.sources:
        line = files.line_with(first.path, "sources")
        cure = 'Add sources = ["Author year, title", …] to the front matter.'
        yield files.problem(first.path, line, "No source is named.", cure)


def _heading_problems(files: _Files, path: str, document: Iterable[Section]) -> Iterator[Problem]:
    seen: Counter[str] = Counter()
    for section in document:
        slug = slug_of(section.heading)
        seen[slug] += 1
        if seen[slug] > 1:
            line = files.line_of(section, seen[slug])
            message = f'The heading "{section.heading}" stands here twice.'
            yield files.problem(path, line, message, "Rename one, so that each can be cited.")


def _section_problems(files: _Files, section: Section) -> Iterator[Problem]:
    path, line = section.path, files.line_of(section)
    count = words_in(section.text)
    if count < MIN_WORDS:
        cure = f"Add what is missing to reach {MIN_WORDS}, or join it with its neighbour."
        yield files.problem(path, line, f'"{section.heading}" has {count} words.', cure)
    if count > MAX_WORDS:
        cure = f"Split it into ideas of at most {MAX_WORDS} words, each with a heading."
        yield files.problem(path, line, f'"{section.heading}" has {count} words.', cure)
    if not has_substance(section.text):
        message = f'"{section.heading}" holds no number, no condition and no counter-example.'
        yield files.problem(path, line, message, "Say how many, when, or when not.")
    for paper in sorted(set(_ARXIV.findall(section.text)) if section.sources else ()):
        if not any(paper in source for source in section.sources):
            message = f"arXiv:{paper} is cited in the text and not among the sources."
            cure = "Add the paper to the sources in the front matter."
            yield files.problem(path, files.line_with(path, paper), message, cure)


def _question_problems(files: _Files, sections: Iterable[Section]) -> Iterator[Problem]:
    sections = list(sections)
    asked = _askers(sections)
    for section in sections:
        own = _own_questions(section, asked)
        if own < MIN_QUESTIONS and not files.is_own(section.path):
            message = f'"{section.heading}" has {own or "no"} question{"s" * (own != 1)} of its own.'
            cure = f"Add {MIN_QUESTIONS} under [questions], as people would type them."
            yield files.problem(section.path, files.line_of(section), message, cure)
        for question in section.questions:
            first = asked[_normal(question)][0]
            if first != section.id:
                line = files.line_with(section.path, question, nth=1 + first.startswith(f"{section.path}#"))
                message = f'"{question}" is answered by {first} too.'
                yield files.problem(section.path, line, message, "Keep it where the answer is better.")


def _link_problems(files: _Files, sections: Iterable[Section]) -> Iterator[Problem]:
    sections = list(sections)
    ids = {section.id for section in sections}
    for section in sections:
        for target in _LINK.findall(_FENCED.sub("", section.text)):
            if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
                continue
            path, _, anchor = target.partition("#")
            folder = PurePosixPath(section.path).parent
            goal = normpath(folder / path) if path else section.path
            if not files.exists(section.path, path, goal):
                message, cure = f"The link to {target} leads nowhere.", "Correct the path, or drop the link."
            elif anchor and goal.endswith(".md") and f"{goal}#{anchor}" not in ids:
                message = f'The link to {target} names no heading of "{goal}".'
                cure = f"Use one of: {_slugs_of(goal, ids) or 'a heading that stands there'}."
            else:
                continue
            yield files.problem(section.path, files.line_with(section.path, target), message, cure)


def _citation_problems(files: _Files, sections: Iterable[Section]) -> Iterator[Problem]:
    """Documents that records in TOML files send the reader to."""
    ids = {section.id for section in sections}
    for path in files.by_path:
        if not path.endswith(".toml"):
            continue
        for record in _records(files, path):
            document, heading = record.get("document"), record.get("heading")
            if not isinstance(document, str):
                continue
            if document not in files.by_path:
                line = files.line_with(path, document)
                cure = "Write that document, or name one that exists."
                yield files.problem(path, line, f"{document} does not exist.", cure)
            elif heading and f"{document}#{slug_of(str(heading))}" not in ids:
                line = files.line_with(path, str(heading))
                message = f'{document} has no heading "{heading}".'
                yield files.problem(path, line, message, f"Use one of: {_slugs_of(document, ids)}.")


def _records(files: _Files, path: str) -> Iterator[Mapping[str, Any]]:
    try:
        tables = tomllib.loads("\n".join(files.lines(path)))
    except tomllib.TOMLDecodeError:
        return  # the loader has reported it
    for rows in tables.values():
        if isinstance(rows, list):
            yield from (row for row in rows if isinstance(row, dict))


def _slugs_of(path: str, ids: Iterable[str]) -> str:
    return ", ".join(sorted(found.partition("#")[2] for found in ids if found.startswith(f"{path}#")))


def _askers(sections: Iterable[Section]) -> dict[str, list[str]]:
    """Return the ids of the sections that answer each question, the question without case and marks."""
    asked: dict[str, list[str]] = {}
    for section in sections:
        for question in section.questions:
            asked.setdefault(_normal(question), []).append(section.id)
    return asked


def _own_questions(section: Section, asked: Mapping[str, list[str]]) -> int:
    return sum(
        set(asked[key]) == {section.id} for key in {_normal(question) for question in section.questions}
    )


def _normal(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.casefold()))
