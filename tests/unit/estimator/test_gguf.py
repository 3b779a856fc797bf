"""GGUF sizes follow llama.cpp's type rules, tensor by tensor."""

from __future__ import annotations

import pytest
from estimate_cases import catalog

from estimator.gguf import Tensor, gguf_size, tensor_type
from estimator.kinds import estimate
from estimator.shapes import Shape

LLAMA_3_1_8B = Shape(
    params=8_030_261_248,
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_dim=128,
    ffn=14336,
    vocab=128_256,
)

# Whole-file bits per weight of Llama 3.1 8B, from llama.cpp's tools/quantize/README.md.
PUBLISHED_BITS = {
    "IQ1_S": 2.0042,
    "IQ1_M": 2.1460,
    "IQ2_XXS": 2.3824,
    "IQ2_XS": 2.5882,
    "IQ2_S": 2.7403,
    "IQ2_M": 2.9294,
    "IQ3_XXS": 3.2548,
    "IQ3_S": 3.6606,
    "IQ3_M": 3.7628,
    "IQ4_XS": 4.4597,
    "IQ4_NL": 4.6818,
    "Q2_K": 3.1593,
    "Q3_K_S": 3.6429,
    "Q3_K_L": 4.2979,
    "Q4_K_S": 4.6672,
    "Q4_K_M": 4.8944,
    "Q5_K_S": 5.5704,
    "Q5_K_M": 5.7036,
    "Q6_K": 6.5633,
    "Q8_0": 8.5008,
    "F16": 16.0005,
}


@pytest.mark.parametrize(("file_type", "bits"), PUBLISHED_BITS.items())
def test_bits_per_weight_are_those_of_llama_cpp(file_type: str, bits: float) -> None:
    assert gguf_size(LLAMA_3_1_8B, file_type).bits_per_weight == pytest.approx(bits, rel=0.005)


def test_rows_that_do_not_divide_by_256_fall_back_to_a_wider_type() -> None:
    narrow = Shape(layers=24, hidden=896, heads=14, kv_heads=2, head_dim=64, ffn=4864, vocab=151_936)
    assert tensor_type(Tensor("attn_q", 0, 896 * 896, 896), "Q4_K_M", narrow) == "Q5_0"
    assert tensor_type(Tensor("ffn_down", 3, 896 * 4864, 4864), "Q4_K_M", narrow) == "Q4_K"


def test_a_tied_embedding_takes_the_type_of_the_output() -> None:
    tied = Shape(layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, tied_embeddings=True)
    untied = Shape(layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128)
    table = Tensor("token_embd", 0, 1.0, 4096)
    assert tensor_type(table, "Q4_K_M", tied) == "Q6_K"
    assert tensor_type(table, "Q4_K_M", untied) == "Q4_K"


def test_mixtral_like_models_keep_keys_and_values_at_eight_bits() -> None:
    mixtral = Shape(layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, experts=8)
    assert tensor_type(Tensor("attn_k", 0, 1.0, 4096), "Q4_K_M", mixtral) == "Q8_0"
    assert tensor_type(Tensor("attn_v", 9, 1.0, 4096), "Q4_K_M", mixtral) == "Q8_0"
    assert tensor_type(Tensor("attn_output", 0, 1.0, 4096), "Q4_K_M", mixtral) == "Q5_K"


def test_all_experts_count_for_the_file() -> None:
    shape = {
        "layers": 32,
        "hidden": 4096,
        "heads": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "ffn": 14336,
        "vocab": 32000,
    }
    dense = estimate("gguf_size", {**shape, "quant": "Q8_0"})
    mixture = estimate(
        "gguf_size", {**shape, "quant": "Q8_0", "experts": 8, "experts_per_token": 2, "moe_ffn": 14336}
    )
    assert mixture.value > 5 * dense.value


def test_spelling_of_the_type_does_not_matter() -> None:
    shape = {
        "layers": 2,
        "hidden": 512,
        "heads": 4,
        "kv_heads": 4,
        "head_dim": 128,
        "ffn": 1024,
        "vocab": 1000,
    }
    sizes = {
        estimate("gguf_size", {**shape, "quant": name}).value for name in ("q4_k_m", "Q4-K-M", "Q4_K_M", "q4")
    }
    assert len(sizes) == 1


def test_catalogue_files_that_no_rule_was_fitted_to_are_met() -> None:
    """Published sizes of dense decoders whose dimensions are all known, computed from the dimensions alone."""
    seen = 0
    for card in catalog().models:
        plain = card.architecture.attention_layers is None and card.modalities == ("text",)
        for file in card.gguf_files:
            if (
                card.kind == "decoder"
                and plain
                and card.params_b
                and file.size_bytes
                and "Q4_K_M" in file.file
            ):
                made = estimate("gguf_size", {"model": card.id, "params": card.params_b * 1e9}, catalog())
                assert made.extra["bytes"] == pytest.approx(file.size_bytes, rel=0.005), card.id
                seen += 1
    assert seen >= 4


def test_a_published_file_is_taken_as_it_is() -> None:
    made = estimate("gguf_size", {"model": "granite-4.1-8b", "quant": "Q4_K_M"}, catalog())
    assert made.low == made.value == made.high
    assert "published file" in made.formula


def test_parts_of_unknown_shape_are_said_and_widen_the_interval() -> None:
    made = estimate("gguf_size", {"model": "qwen3.5-4b", "quant": "Q5_K_M"}, catalog())
    assert any("outside the published dimensions" in text for text in made.assumptions)
    assert made.high / made.low > 1.1


def test_native_mxfp4_keeps_all_but_the_experts_at_eight_bits() -> None:
    # gpt-oss-20b-mxfp4.gguf, published by ggml-org: 12.1 GB.
    made = estimate("gguf_size", {"model": "gpt-oss-20b", "quant": "mxfp4"}, catalog())
    assert made.extra["gb"] == pytest.approx(12.1, rel=0.02)
