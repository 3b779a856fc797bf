"""Markdown documents: front matter, sections, and what is wrong with them.

A document may open with TOML between two `+++` lines: `title`, `stage`, `sources`, `language`, and a table
`[questions]` from a heading's slug to the questions it answers. Every `## Heading` begins a section.
A document without front matter is fine; its title is then the first heading, or the file's name.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.schema import Problem, Section

_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^(#{1,2})\s+(.+?)\s*#*\s*$")
_MARKUP = re.compile(r"[*`]|(?<!\w)_|_(?!\w)|\[([^\]]*)\]\([^)]*\)")


class FrontMatter(BaseModel):
    """What a document says about itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    stage: str = ""
    language: str = "en"
    sources: tuple[str, ...] = ()
    questions: dict[str, tuple[str, ...]] = Field(default_factory=dict)


@dataclass(frozen=True)
class Passage:
    """A heading and the text below it; `line` counts from 1 in the file."""

    heading: str
    slug: str
    text: str
    line: int


def slug_of(heading: str) -> str:
    """Return the slug of a heading: "LoRA, or QLoRA?" becomes "lora-or-qlora"."""
    plain = unicodedata.normalize("NFKC", _MARKUP.sub(r"\1", heading)).casefold()
    return re.sub(r"[^\w]+", "-", plain).strip("-")


def parse_document(path: str, source: str, revision: str) -> tuple[tuple[Section, ...], tuple[Problem, ...]]:
    """Split a document into sections.

    `path` is relative to the knowledge folder. Nothing is raised: front matter that cannot be read is
    reported and left out, and the prose below it still counts.
    """
    front, body, first_line, problems = _split_front_matter(path, source)
    title_heading, passages = _passages(body, first_line)
    title = front.title or title_heading or _title_from(path)
    sections = []
    for passage in passages:
        sections.append(
            Section(
                id=f"{path}#{passage.slug}",
                path=path,
                heading=passage.heading or title,
                title=title,
                text=passage.text,
                questions=front.questions.get(passage.slug, ()),
                stage=front.stage,
                sources=front.sources,
                revision=revision,
                language=front.language,
            )
        )
    problems += _heading_problems(path, source, front, passages)
    if not sections:
        problems.append(
            Problem(path, 1, "The document holds no text.", "Write a paragraph, or delete the file.")
        )
    return tuple(sections), tuple(problems)


def _split_front_matter(path: str, source: str) -> tuple[FrontMatter, list[str], int, list[Problem]]:
    lines = source.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != "+++":
        return FrontMatter(), lines, 1, []
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "+++"), None)
    if end is None:
        problem = Problem(path, 1, "The front matter is not closed.", "Add a line with +++ below it.")
        return FrontMatter(), lines[1:], 2, [problem]
    body, first_line = lines[end + 1 :], end + 2
    try:
        front = FrontMatter.model_validate(tomllib.loads("\n".join(lines[1:end])))
    except tomllib.TOMLDecodeError as error:
        return FrontMatter(), body, first_line, [toml_problem(path, error, offset=1)]
    except ValidationError as error:
        found = [field_problem(path, "\n".join(lines), detail) for detail in error.errors()]
        return FrontMatter(), body, first_line, found
    return front, body, first_line, []


def _passages(lines: list[str], first_line: int) -> tuple[str, list[Passage]]:
    """Return the text of the first `#` heading, and the passages that hold text."""
    title, heading, start, fenced = "", "", first_line, False
    gathered: list[str] = []
    found: list[Passage] = []
    taken: dict[str, int] = {}

    def close() -> None:
        text = "\n".join(gathered).strip()
        if text:
            slug = slug_of(heading) or "introduction"
            taken[slug] = taken.get(slug, 0) + 1
            unique = slug if taken[slug] == 1 else f"{slug}-{taken[slug]}"
            found.append(Passage(heading, unique, text, start))

    for number, line in enumerate(lines, first_line):
        fenced ^= bool(_FENCE.match(line))
        match = None if fenced else _HEADING.match(line)
        if not match:
            gathered.append(line)
            continue
        close()
        gathered, start = [], number
        is_title = len(match[1]) == 1 and not title
        title = _plain(match[2]) if is_title else title
        heading = "" if is_title else _plain(match[2])
    close()
    return title, found


def _plain(heading: str) -> str:
    return _MARKUP.sub(r"\1", heading).strip()


def _title_from(path: str) -> str:
    stem = path.rsplit("/", 1)[-1].removesuffix(".md").removesuffix(".pdf")
    return re.sub(r"[-_]+", " ", stem).strip().capitalize()


def _heading_problems(path: str, source: str, front: FrontMatter, passages: list[Passage]) -> list[Problem]:
    slugs = {passage.slug for passage in passages}
    lines = source.splitlines()
    return [
        Problem(
            path,
            next((n for n, line in enumerate(lines, 1) if slug in line), 1),
            f'The questions for "{slug}" belong to no heading.',
            f"Use one of: {', '.join(sorted(slugs))}.",
            fatal=False,
        )
        for slug in front.questions
        if slug not in slugs
    ]


def toml_problem(path: str, error: tomllib.TOMLDecodeError, offset: int = 0) -> Problem:
    """Describe TOML that cannot be parsed. `offset` is how many lines stand above it."""
    text = str(error)
    at = re.search(r"at line (\d+)", text)
    message = re.sub(r"\s*\(at .*\)$", "", text).rstrip(".")
    line = int(at[1]) + offset if at else 1 + offset
    return Problem(path, line, f"This is not valid TOML: {message}.", "Mend that line; strings need quotes.")


def field_problem(path: str, source: str, detail: Any, first_line: int = 1) -> Problem:
    """Describe a value that does not fit its field. `first_line` is where its table begins."""
    name = ".".join(str(part) for part in detail["loc"]) or "the file"
    leaf = next((str(part) for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    lines = source.splitlines()
    match = re.compile(rf"(^|[\s{{,]){re.escape(leaf)}\s*=") if leaf else None
    line = next(
        (n for n in range(first_line, len(lines) + 1) if match and match.search(lines[n - 1])), first_line
    )
    if detail["type"] == "missing":
        return Problem(path, first_line, f"{name} is missing.", f"Add {name} = … there.")
    if detail["type"] == "extra_forbidden":
        return Problem(path, line, f"{name} is not a known field.", "Check its spelling, or leave it out.")
    return Problem(path, line, f"{name} does not fit: {detail['msg']}.", "Correct the value.")
