"""Speeds, GPU-hours, energy, money, retrieval."""

from __future__ import annotations

import pytest
from estimate_cases import catalog

from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError

LLAMA = {"model": "llama-3.1-8b"}


def made(kind: str, **inputs: object) -> Estimate:
    return estimate(kind, inputs, catalog())


def test_a_batch_shares_the_reading_of_the_weights() -> None:
    one = made("decode_speed", **LLAMA, gpu="4090", quant="q4_k_m", batch=1)
    eight = made("decode_speed", **LLAMA, gpu="4090", quant="q4_k_m", batch=8)
    assert 4 * one.value < eight.value < 8 * one.value


def test_a_layer_split_does_not_speed_up_decoding_and_a_tensor_split_does() -> None:
    one = made("decode_speed", **LLAMA, gpu="3090", quant="q4_k_m")
    layers = made("decode_speed", **LLAMA, gpu="3090", quant="q4_k_m", n_gpus=2, split_mode="layer")
    tensors = made("decode_speed", **LLAMA, gpu="3090", quant="q4_k_m", n_gpus=2, split_mode="tensor")
    assert layers.value == pytest.approx(one.value)
    assert one.value < tensors.value < 2 * one.value


def test_a_mixture_of_experts_reads_its_active_share() -> None:
    dense = made("decode_speed", params="30b", gpu="4090", quant="q4_k_m")
    mixture = made("decode_speed", params="30b", params_active="3b", moe=True, gpu="4090", quant="q4_k_m")
    assert mixture.value > 2 * dense.value
    assert made("train_flops", params="30b", params_active="3b", tokens="1t").value == pytest.approx(1.8e22)


def test_active_parameters_follow_from_the_experts_where_none_are_given() -> None:
    # Mixtral 8x7B (arXiv:2401.04088): 46.7B parameters, 12.9B of them active.
    shape = {
        "layers": 32,
        "hidden": 4096,
        "heads": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "ffn": 14336,
        "vocab": 32000,
    }
    flops = made("train_flops", **shape, experts=8, experts_per_token=2, tokens=1e12)
    assert flops.value == pytest.approx(6 * 12.9e21, rel=0.01)


def test_small_models_are_bound_by_their_layers_not_by_bandwidth() -> None:
    small = made("decode_speed", model="qwen2.5-0.5b", gpu="a100", quant="bf16", runtime="vllm",
                 params=494_032_768, layers=24, hidden=896, heads=14, kv_heads=2, head_dim=64, ffn=4864,
                 vocab=151_936, tied_embeddings=True)  # fmt: skip
    assert small.extra["overhead_ms"] > 5 * small.extra["moving_ms"]


def test_flops_follow_six_times_parameters_times_tokens() -> None:
    assert made("train_flops", params="8e9", tokens="15t").value == pytest.approx(7.2e23)
    assert made("train_flops", params="8e9", tokens="15t", method="lora").value == pytest.approx(4.8e23)


def test_wall_time_is_gpu_hours_over_gpus_and_goodput() -> None:
    days = made("pretrain_wall_days", gpu_hours=24_000, n_gpus=100, gpu="h100")
    assert days.value == pytest.approx(10 / 0.85)
    assert sum(part.value for part in days.parts) == pytest.approx(days.value)


def test_energy_scales_with_hours_and_pue() -> None:
    bare = made("train_energy", gpu="h100", gpu_hours=1000)
    cooled = made("train_energy", gpu="h100", gpu_hours=1000, pue=1.3)
    assert bare.value == pytest.approx(0.7, rel=0.1)  # 1,000 h × 700 W
    assert cooled.value == pytest.approx(1.3 * bare.value)


def test_a_hosted_api_costs_its_tokens_and_breaks_even_with_a_gpu() -> None:
    cost = made("api_cost", requests_per_day=1000, prompt_tokens=2000, gen_tokens=500,
                usd_per_million_input_tokens=0.5, usd_per_million_output_tokens=2, usd_per_gpu_hour=1.0)  # fmt: skip
    assert cost.value == pytest.approx(30 * 1000 * (2000 * 0.5 + 500 * 2) / 1e6)
    assert cost.extra["break_even_requests_per_day"] == pytest.approx(24 * 1.0 / 0.002)
    assert "an own GPU pays from 12,000 requests a day" in cost.formula


def test_a_price_is_never_guessed() -> None:
    with pytest.raises(EstimateError, match="usd_per_million_input_tokens"):
        made("api_cost", requests_per_day=1000)
    with pytest.raises(EstimateError, match="usd_per_gpu_hour"):
        made("serve_cost", **LLAMA, gpu="l4")


def test_the_dated_price_of_a_gpu_is_named() -> None:
    cost = made("serve_cost", **LLAMA, gpu="h100")
    assert any("USD an hour" in text and "20" in text for text in cost.assumptions)


def test_busier_gpus_serve_cheaper() -> None:
    idle = made("serve_cost", **LLAMA, gpu="h100", utilisation="10 %")
    busy = made("serve_cost", **LLAMA, gpu="h100", utilisation=0.8)
    assert idle.value == pytest.approx(8 * busy.value)


def test_a_cached_prompt_is_cheaper() -> None:
    common = {"requests_per_day": 1000, "prompt_tokens": 2000, "usd_per_million_input_tokens": 1}
    assert made("prompt_cost", **common, cached_share=0.9).value < 0.5 * made("prompt_cost", **common).value


def test_a_model_that_does_not_fit_says_how_many_gpus_it_takes() -> None:
    with pytest.raises(EstimateError, match=r"n_gpus=\d+"):
        made("serve_throughput", model="llama-3.1-70b", gpu="rtx 4090")


def test_an_index_grows_with_pages_and_vector_width() -> None:
    small = made("rag_index", pages="200k")
    assert made("rag_index", pages="400k").value == pytest.approx(2 * small.value)
    assert made("rag_index", pages="200k", embedding_dim=1024).value > small.value


def test_retrieval_adds_its_passages_to_a_request() -> None:
    assert made("rag_request", top_k=5, chunk_tokens=400, question_tokens=300).value == 2300


def test_quantizing_takes_hours_and_distilling_many() -> None:
    quantized = made("compress_gpu_hours", **LLAMA, quant="awq")
    distilled = made("compress_gpu_hours", **LLAMA, method="distillation", gpu="h100")
    assert quantized.value < 1
    assert distilled.value > 50
    assert made("compress_gpu_hours", **LLAMA, quant="q4_k_m").value == 0
