"""What is read from a team's words where the scope has no field for it."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.advice.facts import Facts, facts_of
from dialogs.advice.machine import read_machine
from dialogs.advice.sizes import lora_gb, target_b
from dialogs.advice.wishes import wished_technique
from dialogs.scope import Scope
from knowledge.loader import load_knowledge

CATALOG = load_knowledge().catalog


def facts(*wishes: str, **scope: Any) -> Facts:
    return facts_of(Scope.model_validate(scope), CATALOG, wishes)


@pytest.mark.parametrize(
    ("words", "gpu", "count", "usable_gb"),
    [
        ("one L4", "l4", 1, 24),
        ("1x 4090", "rtx-4090", 1, 24),
        ("two 4090s", "rtx-4090", 2, 48),
        ("2 × RTX 4090", "rtx-4090", 2, 48),
        ("8 h100", "h100-80gb-sxm", 8, 640),
        ("H100 x8", "h100-80gb-sxm", 8, 640),
        ("a couple of A100 80GB", "a100-80gb-sxm", 2, 160),
        ("A100 40GB", "a100-40gb-sxm", 1, 40),
        ("an L4 in Stockholm", "l4", 1, 24),
        ("M3 Max with 64 GB", "m3-max-40c", 1, 48),
        ("M2 laptop", "m2-10c", 1, 12),
        ("RTX 4070 Ti Super", "rtx-4070-ti-super", 1, 16),
        ("cpu only laptop with 16 GB", "cpu-laptop-16gb", 1, 9.6),
        ("cpu server with 128 GB", "cpu-server-64gb", 1, 102.4),
        ("no GPUs", "cpu-laptop-16gb", 1, 9.6),
        ("phone with 8 GB", None, 1, 3.2),
        ("a 24 GB card", None, 1, 24),
    ],
)
def test_a_machine_is_read_with_its_count_and_memory(
    words: str, gpu: str | None, count: int, usable_gb: float
) -> None:
    machine = read_machine(words, CATALOG)
    assert machine is not None
    assert (machine.gpu.id if machine.gpu else None) == gpu
    assert machine.count == count
    assert machine.usable_gb == pytest.approx(usable_gb)


@pytest.mark.parametrize("words", [None, "", "the cloud", "whatever you advise", "our servers"])
def test_words_that_name_no_machine_give_none(words: str | None) -> None:
    assert read_machine(words, CATALOG) is None


@pytest.mark.parametrize(
    ("description", "tokens"),
    [
        ("40B tokens of Nordic text", 40e9),
        ("500 billion tokens", 500e9),
        ("2 GB of our documents", 0.5e9),
        ("1.5 TB of raw text", 375e9),
        ("30,000 documents", None),
        ("inputs of 6k", None),
    ],
)
def test_raw_text_is_counted_in_tokens(description: str, tokens: float | None) -> None:
    assert facts(description=description).corpus_tokens == tokens


@pytest.mark.parametrize(
    ("description", "pairs"),
    [("raters compared 15,000 pairs", 15000), ("20k thumbs up and down", 20000), ("people rated it", None)],
)
def test_comparisons_are_counted(description: str, pairs: int | None) -> None:
    assert facts(description=description, data={"preference_data": True}).pairs == pairs


@pytest.mark.parametrize(
    ("tried", "names"),
    [
        (["llama 3.1 8b 5-shot: .81"], {"prompting", "few_shot"}),
        (["rag", "prompt engineering"], {"prompting", "rag"}),
        (["LoRA rank 16 .84"], {"adapter"}),
        (["zero-shot, misses findings"], {"prompting", "zero_shot"}),
        ([], set()),
        (["nothing"], set()),
    ],
)
def test_what_was_tried_counts(tried: list[str], names: set[str]) -> None:
    assert facts(tried=tried).tried == names


def test_an_idea_is_not_a_try() -> None:
    said = facts(description="boss says fine-tune a llama. We tried prompting, it fell short")
    assert said.tried == {"prompting"}


@pytest.mark.parametrize(
    ("words", "met"),
    [
        ("our tuned 14b meets the target", True),
        ("does not meet the target", False),
        ("it doesn't meet the target", False),
        ("quality is good enough", True),
        ("not good enough", False),
    ],
)
def test_good_enough_is_told_from_not_good_enough(words: str, met: bool) -> None:
    assert ("meets_target" in facts(description=words).signals) is met


def test_a_model_that_was_tried_is_found_in_its_words() -> None:
    assert [card.id for card in facts(tried=["llama 3.1 8b 5-shot: .81 field f1"]).tried_models] == [
        "llama-3.1-8b-instruct"
    ]
    assert facts(tried=["our tuned 32b, too slow"]).tried_b == 32


def test_the_team_s_word_for_its_documents_is_kept() -> None:
    assert facts(description="answers from the house guides").material == "guides"
    assert facts(description="answers guests").material == "documents"


def test_more_risk_asks_for_more_and_less_time_for_less() -> None:
    plain = target_b(facts(task="chatbot"))
    assert target_b(facts(task="chatbot", quality_risk="high")) > plain
    assert target_b(facts(task="essay_writing", latency_seconds=0.5)) < target_b(facts(task="essay_writing"))
    assert target_b(facts(task="chatbot", hardware="cpu only")) < plain
    assert target_b(facts(task="code_generation", hardware="one rtx 3080")) < 13.0


def test_lora_on_llama_8b_takes_what_was_measured() -> None:
    """16.2 GiB at 2 × 2,048 tokens with torchtune on an RTX 4090: less than the card, more than the weights."""
    assert lora_gb(facts(input_tokens=4096), 8.03) * 1e9 / 2**30 == pytest.approx(16.2 + 1.0, rel=0.1)


@pytest.mark.parametrize(
    ("wish", "technique"),
    [
        ("fine_tuning", "lora"),
        ("fine-tune a model", "lora"),
        ("full fine-tuning", "full_fine_tuning"),
        ("QLoRA", "qlora"),
        ("our own LLM from scratch", "pretraining_from_scratch"),
        ("continued pre-training", "continued_pretraining"),
        ("RLHF", "rlhf"),
        ("rag", "rag"),
        ("llama", None),
    ],
)
def test_a_wish_is_understood_in_the_team_s_words(wish: str, technique: str | None) -> None:
    assert wished_technique(wish) == technique
