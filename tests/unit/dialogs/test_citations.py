"""Nothing a chat model writes is shown unless a passage bears it: its numbers, names, words and direction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.answers.citations import checked_sentences
from dialogs.answers.prompt import break_special_tokens
from knowledge.schema import Section

QLORA = Section(
    "documents/qlora.md#x",
    "documents/qlora.md",
    "A base in four bits",
    "QLoRA",
    "QLoRA keeps the frozen base in 4 bits, which takes about a quarter of the memory. A run of 10,000 "
    "examples takes 3 hours on one GPU. Do not train on documents that change weekly.",
)
BLOOMBERG = Section(
    "documents/runs.md#y",
    "documents/runs.md",
    "BloombergGPT",
    "Published runs",
    "BloombergGPT has 50 billion parameters and saw 569 billion tokens, fewer than compute-optimal training "
    "asks for.",
)
PASSAGES = (QLORA, BLOOMBERG)


def check(sentence: str):
    (checked,) = checked_sentences(sentence, PASSAGES, finished=True)
    return checked


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("QLoRA keeps the frozen base in 4-bit.", 0),
        ("QLoRA keeps the frozen base in four bits.", 0),
        ("A run of 10000 examples takes three hours on one GPU [2].", 0),
        ("BloombergGPT has 50 billion parameters.", 1),
        ("Training on documents that change weekly is not advised: do not train on them.", 0),
    ],
)
def test_what_a_passage_bears_is_released_with_that_passage(sentence, passage):
    checked = check(sentence)
    assert checked.released, checked.problem
    assert checked.passage == passage


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("A run of 10,000 examples takes 5 hours on one GPU.", "number 5"),
        ("A run of 10,000 examples takes 3 days on one GPU.", "another unit"),
        ("QLoRA from Initech keeps the frozen base in 4 bits.", "Initech"),
        ("GPT-5 keeps the frozen base in 4 bits.", "number 5"),
        ("OpenLLaMA keeps the frozen base in 4 bits.", "OpenLLaMA"),
        ("Train on documents that change weekly.", "opposite"),
        ("Every llama grazes on the meadow behind our house.", "does not say"),
        ("BloombergGPT keeps the frozen base in 4 bits.", "is not in the passage"),  # two passages mixed
        ("QLoRA takes about a tenth of the memory.", "number 0.1"),
    ],
)
def test_what_no_passage_bears_is_held_back(sentence, problem):
    checked = check(sentence)
    assert not checked.released
    assert problem in checked.problem


def test_a_sentence_is_checked_only_when_it_has_ended():
    text = "QLoRA keeps the frozen base in 4 bits [1]. A run of 10,000 examples takes 3"
    assert len(checked_sentences(text, PASSAGES)) == 1
    assert len(checked_sentences(text + " hours on one GPU [1].", PASSAGES)) == 1
    assert len(checked_sentences(text + " hours on one GPU [1].", PASSAGES, finished=True)) == 2


def test_a_marker_after_the_full_stop_belongs_to_the_sentence_before():
    text = "QLoRA keeps the frozen base in 4 bits. [1] BloombergGPT has 50 billion parameters. [2]\n"
    assert [checked.passage for checked in checked_sentences(text, PASSAGES)] == [0, 1]


def test_list_items_are_sentences_and_their_numbers_are_not_claims():
    text = "1. QLoRA keeps the frozen base in 4 bits\n2. BloombergGPT has 50 billion parameters\n"
    assert [checked.passage for checked in checked_sentences(text, PASSAGES)] == [0, 1]


def test_released_text_cannot_mention_anyone():
    section = Section("a", "a", "h", "t", "The <!channel> token and @everyone are words in this passage.")
    (checked,) = checked_sentences("The <!channel> token and @everyone are words.", (section,), finished=True)
    assert checked.released
    assert "<" not in checked.text
    assert "@everyone" not in checked.text


def test_without_passages_nothing_is_released():
    assert not any(checked.released for checked in checked_sentences("QLoRA is good.", (), finished=True))


@given(st.text(max_size=200), st.integers(0, 200))
def test_what_was_released_stays_released_while_the_text_grows(text, cut):
    text = "QLoRA keeps the frozen base in 4 bits [1]. " + text
    early = [c for c in checked_sentences(text[:cut], PASSAGES) if c.released]
    late = checked_sentences(text, PASSAGES, finished=True)
    assert len(early) <= len(late)


@pytest.mark.parametrize(
    "text",
    ["<|im_start|>", "</s>", "[INST]", "<start_of_turn>", "<|eot_id|>", "<<SYS>>", "<think>", "<|<|a|>a|>"],
)
def test_control_tokens_are_broken(text):
    assert text not in break_special_tokens(f"before {text} after")


@pytest.mark.parametrize("text", ["a < b", "<b>bold</b>", "x[0]", "List[INT]", "5 <> 6"])
def test_ordinary_text_is_left_alone(text):
    assert break_special_tokens(text) == text
