"""A terse engineer: figures first, no pleasantries, answers to either-or questions."""

from __future__ import annotations

import pytest
from talk import Talk, faults

ENG = "eneko"

OPENING = (
    "@Cairn 12k labelled leases (en) → parties, dates, rents as json. on prem, 1x 4090. 3k/d, p95 5s. "
    "llama 3.1 8b 5-shot: .81 field f1, need .92 by mid march. lora or qlora?"
)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_leases_from_either_or_to_a_result(talk: Talk) -> None:
    first = talk.say(ENG, OPENING)
    assert first.text.startswith("LoRA up to about")
    assert "QLoRA beyond" in first.text
    assert "documents/finetuning-memory.md" in first.text
    for read in (
        "12,000 examples",
        "English",
        "own machines",
        "1× RTX 4090",
        "3,000 a day",
        "within 5 s",
        ".92 field f1",
    ):
        assert read in first.text, read
    assert "That's enough to start" not in first.text

    talk.say(ENG, "p95 6k, mean 3k", mention=True)
    while talk.project.advised_at is None:
        talk.say(ENG, "idk", mention=True)
    card = talk.say(ENG, "card", mention=True)
    assert "First: LoRA fine-tuning on your examples." in card.text
    assert "12,000 examples" in card.text
    assert "P50" in card.text
    assert "15 March holds at" in card.text
    assert "Scope done" in card.text

    why = talk.say(ENG, "why not full ft", mention=True)
    assert "[1]" in why.text
    assert "12,000 examples" in why.text

    result = talk.say(ENG, "evaluate f1=.86", mention=True)
    assert "86 %: still 6 points short of 92 %" in result.text
    assert "± " in result.text
    assert {"Better prompt", "Better data", "Fine-tune", "Other model"} <= set(result.labels)
    looped = talk.click(ENG, "Better data")
    assert "Loop 1: back to Prepare data" in looped.text
    for reply in talk.said:
        assert not faults(reply), faults(reply)


def test_a_gap_inside_the_sampling_error_is_not_called_missed(talk: Talk) -> None:
    talk.say(ENG, OPENING)
    talk.say(ENG, "p95 6k", mention=True)
    while talk.project.advised_at is None:
        talk.say(ENG, "idk", mention=True)
    assert "not proven either way" in talk.say(ENG, "evaluate f1=.90", mention=True).text
    assert "is reached" in talk.say(ENG, "f1 went up to 93%", mention=True).text
