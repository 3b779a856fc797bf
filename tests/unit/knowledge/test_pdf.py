"""A PDF becomes a document: a title, a section for each page, whole words and paragraphs."""

import io

import pytest
from pypdf import PdfReader, PdfWriter
from tiny_pdf import pdf

from knowledge.documents import parse_document
from knowledge.pdf import PdfError, markdown_of_pdf

FIRST = (
    "The sternlight is checked every second Tuesday, because its lens",
    "fogs within fifteen days of sea air. The check takes twenty min-",
    "utes and needs two people.",
    "Bring these along:",
    "\x95 a ladder of 4 m",
    "\x95 two cloths",
)


def test_pages_are_sections_under_the_title_of_the_pdf() -> None:
    sections, problems = parse_document(
        "lamps.pdf", markdown_of_pdf(pdf(FIRST, ["Second page."], title="Lamps")), "r"
    )
    assert not problems
    assert [(section.title, section.heading) for section in sections] == [
        ("Lamps", "Page 1"),
        ("Lamps", "Page 2"),
    ]
    assert sections[0].id == "lamps.pdf#page-1"


@pytest.mark.parametrize("title", ["", "Microsoft Word - final_v3.docx", "Untitled"])
def test_without_a_telling_title_the_file_name_stands_in(title: str) -> None:
    sections, _ = parse_document("harbour-lamps.pdf", markdown_of_pdf(pdf(FIRST, title=title)), "r")
    assert sections[0].title == "Harbour lamps"


def test_lines_become_paragraphs_and_broken_words_are_whole() -> None:
    text = markdown_of_pdf(pdf(FIRST))
    assert "takes twenty minutes and needs two people." in text
    assert "lens fogs" in text
    assert "\n- a ladder of 4 m\n- two cloths" in text


def test_what_stands_on_every_page_is_left_out() -> None:
    pages = [
        ["Harbour Inc.", f"Rule {word} is about boats.", f"page {n}"] for n, word in enumerate("abcd", 1)
    ]
    text = markdown_of_pdf(pdf(*pages))
    assert "Harbour Inc." not in text
    assert "page 2" not in text
    assert "Rule b is about boats." in text


def test_a_line_cannot_pose_as_a_heading() -> None:
    sections, _ = parse_document("x.pdf", markdown_of_pdf(pdf(["# Not a title", "+++"])), "r")
    assert [section.heading for section in sections] == ["Page 1"]


def locked() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(FIRST))))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no pdf at all", "damaged"),
        (pdf(FIRST)[:300], "damaged"),
        (pdf([]), "pictures of text"),
        (locked(), "locked with a password"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_a_cure(data: bytes, message: str) -> None:
    with pytest.raises(PdfError, match=message) as raised:
        markdown_of_pdf(data)
    assert raised.value.cure
