"""A section's Markdown as sentences and list items that can be quoted one by one, in Slack's mrkdwn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dialogs.speaking.speech import escape

_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+")
_TABLE = re.compile(r"^\s*\|")
_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_END = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+(?=[\"'“‘(\[*_`]*[A-Z0-9À-Þ])|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|fig|eq|no|al|etc|resp|ca|dr|mr|ms|st|z\.B)|\b[A-Z])\.$", re.I
)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*|__(.+?)__")
_MASS_MENTION = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.I)


@dataclass(frozen=True)
class Unit:
    """A whole sentence or list item. `block` numbers its paragraph or list; `lead_in` ends with a colon."""

    text: str
    block: int
    kind: Literal["sentence", "item", "code"] = "sentence"

    @property
    def lead_in(self) -> bool:
        return self.text.rstrip("*_ ").endswith(":")

    @property
    def word_count(self) -> int:
        return count_words(self.text)


def units_of(text: str) -> list[Unit]:
    """Split a section's Markdown into its sentences and list items, in order."""
    return [unit for number, lines in enumerate(_blocks(text)) for unit in _units(lines, number)]


def split_sentences(text: str) -> list[str]:
    """Split running text into sentences; abbreviations and decimals do not end one."""
    sentences: list[str] = []
    start = 0
    for match in _END.finditer(text):
        piece = text[start : match.start()]
        if _ABBREVIATION.search(piece):
            continue
        sentences.append(text[start : match.end()].strip())
        start = match.end()
    rest = text[start:].strip()
    return [*(s for s in sentences if s), *([rest] if rest else [])]


def count_words(text: str) -> int:
    """Count words as people do; text without spaces counts two characters as a word."""
    unspaced = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]", text))
    return len(re.findall(r"[^\W\u3040-\u30ff\u3400-\u9fff]+(?:[-'’.,][^\W]+)*", text)) + unspaced // 2


def mrkdwn(markdown: str) -> str:
    """Return a piece of Markdown as Slack mrkdwn: escaped, without links, unable to mention anyone."""
    text = _LINK.sub(r"\1", markdown)
    text = _BOLD.sub(lambda found: f"*{found[1] or found[2]}*", text)
    return _MASS_MENTION.sub("@\u200b", escape(text))


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield paragraphs, lists, tables and code, each as its lines."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            if not fenced and lines:
                yield lines
                lines = []
            fenced = not fenced
            lines.append(line)
            if not fenced:
                yield lines
                lines = []
            continue
        starts_list = bool(_ITEM.match(line)) and bool(lines) and not _ITEM.match(lines[0])
        if not fenced and (not line.strip() or starts_list):
            if lines:
                yield lines
            lines = [line] if starts_list else []
            continue
        lines.append(line)
    if lines:
        yield lines


def _units(lines: list[str], block: int) -> Iterator[Unit]:
    if _FENCE.match(lines[0]):
        yield Unit("\n".join(lines), block, "code")
    elif _TABLE.match(lines[0]):
        yield from _rows(lines, block)
    elif _ITEM.match(lines[0]):
        items: list[str] = []
        for line in lines:
            if _ITEM.match(line) or not items:
                items.append(_ITEM.sub("", line).strip())
            else:
                items[-1] += " " + line.strip()
        yield from (Unit(item, block, "item") for item in items)
    else:
        paragraph = " ".join(line.strip().removeprefix("### ").removeprefix("> ") for line in lines)
        yield from (Unit(sentence, block) for sentence in split_sentences(paragraph))


def _rows(lines: list[str], block: int) -> Iterator[Unit]:
    """Read a table row as an item: "LoRA: memory 16 GB, time 3 h"."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not _RULE.match(line)
    ]
    if len(rows) < 2:
        return
    header = rows[0]
    for row in rows[1:]:
        values = [f"{name} {cell}".strip() for name, cell in zip(header[1:], row[1:], strict=False) if cell]
        yield Unit(f"{row[0]}: {', '.join(values)}", block, "item")
