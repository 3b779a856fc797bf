"""The words of a PDF as a Markdown document: its title, and a section for each page."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence

_MIN_PAGES_FOR_RUNNING_LINES = 3
_BULLET = re.compile(r"^\s*[•▪‣◦●○–*-]\s+")
_ENDS = re.compile(r"[.!?:;。！？][\"'”’)\]]*$")
_UNTITLED = re.compile(
    r"^(?:untitled|microsoft word|slide|document\d*|.*\.(?:docx?|pptx?|pdf|tex|indd))", re.I
)


class PdfError(Exception):
    """A PDF whose words cannot be had; the message is one sentence, `cure` another."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def markdown_of_pdf(data: bytes) -> str:
    """Return a PDF's text as Markdown. Raises PdfError for what is damaged, locked or only pictures."""
    from pypdf import PdfReader  # slow to load, and most folders hold no PDF
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise PdfError("The PDF is locked with a password.", "Save a copy without one.")
        title = str((reader.metadata and reader.metadata.title) or "").strip()
        pages = [page.extract_text().splitlines() for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        message = "The PDF is damaged or of an unknown kind."
        raise PdfError(message, "Open it and save it anew as a PDF.") from error
    texts = [_prose(lines) for lines in _without_running_lines(pages)]
    if not any(texts):
        raise PdfError("The PDF holds pictures of text and no text.", "Run text recognition (OCR) on it.")
    parts = [f"# {title}"] if title and not _UNTITLED.match(title) else []
    parts += [f"## Page {number}\n\n{text}" for number, text in enumerate(texts, 1) if text]
    return "\n\n".join(parts) + "\n"


def _without_running_lines(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Leave out page numbers, and what stands at the top or bottom of most pages."""
    stripped = [[line.strip() for line in page if line.strip()] for page in pages]
    edges = Counter(_without_digits(line) for page in stripped for line in {*page[:1], *page[-1:]})
    needed = max(len(pages) / 2, _MIN_PAGES_FOR_RUNNING_LINES)
    running = {line for line, count in edges.items() if count >= needed}
    return [
        [
            line
            for at, line in enumerate(page)
            if not (at in (0, len(page) - 1) and (_without_digits(line) in running or line.isdigit()))
        ]
        for page in stripped
    ]


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _prose(lines: Sequence[str]) -> str:
    """Join printed lines into paragraphs and list items; a word broken at a line's end is made whole."""
    width = max(map(len, lines), default=0)
    text = ""
    ended = True
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet:
            text += f"\n- {line[bullet.end() :]}" if text else f"- {line[bullet.end() :]}"
        elif ended:
            text += f"\n\n{_unmarked(line)}" if text else _unmarked(line)
        elif text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower():
            text = text[:-1] + line
        else:
            text += f" {line}"
        ended = bool(_ENDS.search(line)) and len(line) < 0.8 * width
    return text


def _unmarked(line: str) -> str:
    """Keep a line of a PDF from being read as a Markdown heading, fence or front matter."""
    return re.sub(r"^(#|```|~~~|\+\+\+)", r"\\\1", line)
