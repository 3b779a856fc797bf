"""A team's sections come to a length that can be found and quoted; no word of them is lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from knowledge.schema import Section
from knowledge.shaping import MAX_WORDS, MIN_WORDS, length_of, shaped

SENTENCE = "The harbour master notes the draught of every boat that comes in. "


def section(
    text: str, heading: str = "Boats", slug: str = "boats", questions: tuple[str, ...] = ()
) -> Section:
    return Section(f"h.md#{slug}", "h.md", heading, "Harbour", text, questions)


def words(sections: tuple[Section, ...]) -> list[str]:
    return re.findall(r"\w+", " ".join(part.text for part in sections))


def test_a_long_section_is_split_between_paragraphs() -> None:
    paragraphs = [(SENTENCE * 9).strip()] * 3
    parts = shaped([section("\n\n".join(paragraphs), questions=("which boats?",))])
    assert [part.text for part in parts] == paragraphs
    assert [part.id for part in parts] == ["h.md#boats", "h.md#boats-part-2", "h.md#boats-part-3"]
    assert {part.heading for part in parts} == {"Boats"}
    assert [part.questions for part in parts] == [("which boats?",), (), ()]


def test_a_long_paragraph_is_split_between_sentences() -> None:
    parts = shaped([section(SENTENCE * 40)])
    assert all(part.text.strip().endswith(".") for part in parts)
    assert all(length_of(part.text) <= MAX_WORDS for part in parts)


def test_a_long_list_is_split_between_items() -> None:
    parts = shaped([section("\n".join(f"- {SENTENCE.strip()}" for _ in range(40)))])
    assert len(parts) > 1
    assert all(line.startswith("- ") for part in parts for line in part.text.splitlines())


def test_text_without_spaces_is_split_by_its_characters() -> None:
    parts = shaped([section("港の灯台は隔週の火曜日に点検します。" * 200)])
    assert len(parts) > 1
    assert all(length_of(part.text) <= MAX_WORDS for part in parts)


def test_short_neighbours_are_joined_and_keep_their_headings() -> None:
    joined = shaped(
        [
            section("Paid within 14 days.", "Refunds", "refunds"),
            section("Ask the office.", "Who pays?", "who"),
            section("- ropes\n- lamps", "Covered", "covered"),
        ]
    )
    assert len(joined) == 1
    assert joined[0].id == "h.md#refunds"
    assert joined[0].text == (
        "Paid within 14 days.\n\nWho pays? Ask the office.\n\nCovered:\n\n- ropes\n- lamps"
    )


def test_a_section_of_good_length_stays_as_it_is() -> None:
    good = section(SENTENCE * 8)
    assert MIN_WORDS <= length_of(good.text) <= MAX_WORDS
    assert shaped([good, section(SENTENCE * 9, "More", "more")]) == (
        good,
        section(SENTENCE * 9, "More", "more"),
    )


TEXTS = st.text(alphabet="ab .\n-|#`灯", max_size=3000) | st.lists(
    st.sampled_from([SENTENCE, "\n\n", "- item\n", "```\ncode\n```\n", "x" * 900, "| a | b |\n"]), max_size=60
).map("".join)


@given(st.lists(TEXTS, max_size=4))
def test_no_word_is_lost_and_nothing_is_longer_than_code_allows(texts: list[str]) -> None:
    given_sections = tuple(section(text, "", f"s{number}") for number, text in enumerate(texts))
    parts = shaped(given_sections)
    assert "".join(words(parts)) == "".join(words(given_sections))
    assert len({part.id for part in parts}) == len(parts)
    longest = 2 * MAX_WORDS
    assert all(length_of(part.text) <= longest or "```" in part.text for part in parts)
