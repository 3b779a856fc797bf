"""What may be shown of an answer while it is written, and when to stop writing it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.answers.drafting import look, shown, usable
from dialogs.steps import Complete, Write
from knowledge.schema import Section

LORA = Section(
    "lora.md#a",
    "lora.md",
    "Memory of a LoRA run",
    "LoRA",
    "LoRA trains two small matrices beside each frozen weight matrix. Rank 8 is a sensible start.",
)
CHUNKS = Section("c.md#a", "c.md", "Chunk size", "Chunks", "Start with chunks of 200 to 400 tokens.")
NEED = Write(Complete("answer", (("user", "?"),)), (LORA, CHUNKS))
TRUE = "LoRA trains two small matrices [1]. "
ALSO_TRUE = "Chunks start at 200 to 400 tokens [2]. "
FALSE = "LoRA was made by Initech in 900 days [1]. "


def test_nothing_is_shown_before_a_sentence_has_ended() -> None:
    assert look("LoRA trains two small matrices [1", NEED).answer is None
    assert look(TRUE.strip(), NEED).answer is None, "more of the sentence may follow"


def test_a_sentence_is_shown_once_it_passed_the_check() -> None:
    draft = look(TRUE + "Chunks", NEED)
    assert draft.answer
    assert draft.answer.text == "LoRA trains two small matrices [1]."
    assert [citation.path for citation in draft.answer.citations] == ["lora.md"]
    assert not draft.over


@pytest.mark.parametrize(
    ("text", "over"),
    [(FALSE, False), (FALSE + FALSE + "And", True), (TRUE + FALSE + FALSE + "And", False)],
)
def test_two_failures_at_the_beginning_end_it(text: str, over: bool) -> None:
    assert look(text, NEED).over is over


def test_an_unsupported_sentence_is_left_out_between_others() -> None:
    draft = look(TRUE + FALSE + ALSO_TRUE, NEED, finished=True)
    assert draft.answer
    assert "Initech" not in draft.answer.text
    assert draft.answer.text.endswith("Chunks start at 200 to 400 tokens [2].")


def test_that_the_passages_hold_nothing_ends_it() -> None:
    assert look("NOT IN THE PASSAGES", NEED).over


@given(st.lists(st.sampled_from([TRUE, ALSO_TRUE, FALSE]), max_size=5), st.integers(min_value=0))
def test_what_was_shown_stays_as_more_comes(sentences: list[str], cut: int) -> None:
    text = "".join(sentences)
    earlier, later = look(text[: cut % (len(text) + 1)], NEED), look(text, NEED, finished=True)
    if earlier.answer and not later.over:
        assert later.answer
        assert later.answer.text.startswith(earlier.answer.text)
        assert later.answer.citations[: len(earlier.answer.citations)] == earlier.answer.citations


def test_a_text_that_was_cut_off_ends_with_its_last_whole_sentence() -> None:
    assert usable(TRUE + "Rank 8 is a", finished=False) == TRUE.strip()
    assert usable(TRUE + "Rank 8 is a start", finished=True).endswith("start")


@pytest.mark.parametrize(
    ("language", "ahead", "words"),
    [
        ("en", 1, "You're 2nd in line. Reading _Memory of a LoRA run_, _Chunk size_ …"),
        ("en", 11, "You're 12th in line."),
        ("en", 0, "Reading _Memory"),
        ("de", 2, "Vor dir: 2."),
        ("sv", 2, "You're 3rd in line."),
    ],
)
def test_who_waits_is_told_the_place_and_what_is_being_read(language: str, ahead: int, words: str) -> None:
    need = Write(NEED.request, NEED.passages, language)
    assert shown(look("", need), need, ahead).body.startswith(words)


def test_a_growing_answer_shows_its_sources() -> None:
    reply = shown(look(TRUE + "Chunks", NEED), NEED, ahead=3)
    assert reply.body == "LoRA trains two small matrices [1]. …"
    assert [citation.path for citation in reply.citations] == ["lora.md"]
