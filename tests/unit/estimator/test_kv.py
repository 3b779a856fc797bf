"""The KV cache of every kind of attention."""

from __future__ import annotations

import pytest
from estimate_cases import catalog
from hypothesis import given
from hypothesis import strategies as st

from estimator.kinds import estimate
from estimator.kv import kv_cache_bytes
from estimator.shapes import Shape

GQA = {"layers": 32, "heads": 32, "kv_heads": 8, "head_dim": 128}


def gib(**inputs: object) -> float:
    return estimate("kv_cache", inputs).value


def test_grouped_queries_count_their_kv_heads_only() -> None:
    assert gib(**GQA, context_tokens=8192, batch=8) == pytest.approx(8.0)
    assert gib(**{**GQA, "kv_heads": 32}, context_tokens=8192, batch=8) == pytest.approx(32.0)


def test_the_formula_holds_the_numbers_in_both_units() -> None:
    said = estimate("kv_cache", {**GQA, "context_tokens": 8192, "batch": 8}).formula
    expected = (
        "KV = 2 × 32 layers × 8 kv_heads × 128 head_dim × 2 B × 8,192 tokens × 8 slots = 8.59 GB = 8.00 GiB"
    )
    assert said.startswith(expected)


def test_8_bit_elements_carry_their_block_scales() -> None:
    assert gib(**GQA, context_tokens=8192, batch=8, kv_dtype="q8_0") == pytest.approx(8.0 * 34 / 64)


def test_latent_attention_stores_the_compressed_rank() -> None:
    # DeepSeek-V3 (arXiv:2412.19437): 61 layers, rank 512 + 64 rotary dimensions, 70,272 bytes a token.
    tokens = 2**30 // 70_272
    assert gib(layers=61, kv_lora_rank=512, qk_rope_head_dim=64, context_tokens=tokens) == pytest.approx(
        1.0, rel=1e-4
    )


def test_a_sliding_window_stops_growing() -> None:
    window = {**GQA, "sliding_window": 4096}
    assert gib(**window, context_tokens=32768) == gib(**window, context_tokens=4096)
    assert gib(**window, context_tokens=2048) == gib(**GQA, context_tokens=2048)


def test_interleaved_windows_grow_in_their_full_layers_only() -> None:
    mixed = {**GQA, "sliding_window": 1024, "attention_layers": 8}
    grown = gib(**mixed, context_tokens=16384) - gib(**mixed, context_tokens=8192)
    assert grown == pytest.approx(gib(**{**GQA, "layers": 8}, context_tokens=8192))


def test_hybrids_count_their_attention_layers_and_say_so() -> None:
    made = estimate("kv_cache", {**GQA, "attention_layers": 8, "context_tokens": 8192})
    assert made.value == pytest.approx(0.25)
    assert any("24 layers" in text for text in made.assumptions)


@given(tokens=st.integers(1, 10**6), batch=st.integers(1, 512), factor=st.integers(2, 9))
def test_the_cache_is_linear_in_tokens_and_sequences(tokens: int, batch: int, factor: int) -> None:
    shape = Shape(layers=32, heads=32, kv_heads=8, head_dim=128)
    once = kv_cache_bytes(shape, 2.0, tokens, batch)
    assert kv_cache_bytes(shape, 2.0, factor * tokens, batch) == pytest.approx(factor * once)
    assert kv_cache_bytes(shape, 2.0, tokens, factor * batch) == pytest.approx(factor * once)


def test_inputs_overrule_what_the_card_publishes() -> None:
    by_card = estimate("kv_cache", {"model": "llama-3.1-8b", "context_tokens": 1024}, catalog()).value
    halved = estimate(
        "kv_cache", {"model": "llama-3.1-8b", "layers": 16, "context_tokens": 1024}, catalog()
    ).value
    assert halved == pytest.approx(by_card / 2)
