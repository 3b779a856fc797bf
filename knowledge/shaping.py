"""Brings the sections of a team's documents to a length that can be found and quoted.

Long ones are split between paragraphs, then sentences; short neighbours are joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.schema import Section

MIN_WORDS, MAX_WORDS = 60, 200

_CHARACTERS_PER_WORD = 8  # where words are not parted by spaces
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'“‘(*_`]*[A-Z0-9À-Þ])|(?<=[。！？])")
_LIST_OR_TABLE = re.compile(r"^\s*(?:[-*+|]|\d{1,2}[.)]\s|```|~~~)")


def words_in(text: str) -> int:
    """Count words as a reader does: list marks and lone dashes are none."""
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def length_of(text: str) -> int:
    """Return a text's length in words, by its characters where it has no spaces."""
    return max(words_in(text), len(text) // _CHARACTERS_PER_WORD)


def shaped(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Return the sections of one document, long ones split and short neighbours joined."""
    return tuple(_joined([part for section in sections for part in _split(section)]))


def _split(section: Section) -> Iterator[Section]:
    if length_of(section.text) <= MAX_WORDS:
        yield section
        return
    for number, text in enumerate(_packed(_pieces(section.text)), 1):
        part = section.id if number == 1 else f"{section.id}-part-{number}"
        yield replace(section, id=part, text=text, questions=section.questions if number == 1 else ())


def _packed(pieces: Iterator[tuple[str, str]]) -> list[str]:
    """Fill passages with pieces; each piece says how it is joined to the one before."""
    packed: list[str] = []
    for glue, piece in pieces:
        if packed and length_of(packed[-1]) + length_of(piece) <= MAX_WORDS:
            packed[-1] += glue + piece
        else:
            packed.append(piece)
    if len(packed) > 1 and length_of(packed[-1]) < MIN_WORDS // 3:
        packed[-2:] = ["\n\n".join(packed[-2:])]
    return packed


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield paragraphs, and of long ones their lines or sentences, with what joins them."""
    for block in _blocks(text):
        if length_of(block) <= MAX_WORDS or _FENCE.match(block):
            yield "\n\n", block
            continue
        by_line = bool(_LIST_OR_TABLE.match(block))
        parts = block.splitlines() if by_line else _SENTENCE_END.split(block)
        for number, part in enumerate(part for whole in parts for part in _cut(whole)):
            yield "\n\n" if number == 0 else "\n" if by_line else " ", part


def _cut(sentence: str) -> Iterator[str]:
    """Cut what has no end, such as a table without lines, into pieces of allowed length."""
    words = sentence.split(" ")
    if len(words) <= 1:
        step = MAX_WORDS * _CHARACTERS_PER_WORD
        yield from (sentence[at : at + step] for at in range(0, len(sentence), step))
        return
    held: list[str] = []
    size = 0
    for word in words:
        if held and (len(held) >= MAX_WORDS or size + len(word) > MAX_WORDS * _CHARACTERS_PER_WORD):
            yield " ".join(held)
            held, size = [], 0
        held.append(word)
        size += len(word) + 1
    yield " ".join(held)


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs; a fence is one, and a minor heading stays with what follows it."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading_alone = len(lines) == 1 and lines[0].startswith("#")
        if line.strip() or fenced or heading_alone:
            lines += [line] if line.strip() or fenced else []
            continue
        if lines:
            yield "\n".join(lines)
        lines = []
    if lines:
        yield "\n".join(lines)


def _joined(sections: Sequence[Section]) -> Iterator[Section]:
    held: Section | None = None
    for section in sections:
        if held and _fits(held, section):
            held = replace(
                held,
                text=f"{held.text}\n\n{_with_heading(section)}",
                questions=(*held.questions, *section.questions),
            )
            continue
        if held:
            yield held
        held = section
    if held:
        yield held


def _fits(held: Section, section: Section) -> bool:
    held_words = length_of(held.text)
    return held_words < MIN_WORDS and held_words + length_of(section.text) <= MAX_WORDS


def _with_heading(section: Section) -> str:
    """Let a section that follows another keep its heading: "Refunds: within 14 days."."""
    if not section.heading or section.heading.startswith("Page "):
        return section.text
    mark = "" if section.heading[-1:] in "?!:.？" else ":"
    glue = "\n\n" if _LIST_OR_TABLE.match(section.text) else " "
    return f"{section.heading}{mark}{glue}{section.text}"
