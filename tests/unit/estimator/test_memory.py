"""Memory while serving and while training."""

from __future__ import annotations

import pytest
from estimate_cases import catalog

from estimator.kinds import estimate
from estimator.result import Estimate

LLAMA = {"model": "Llama3.1 8B"}


def made(kind: str, **inputs: object) -> Estimate:
    return estimate(kind, inputs, catalog())


def training(**inputs: object) -> float:
    return made(
        "train_memory", **{**LLAMA, "seq": 2048, "batch": 1, "activation_checkpointing": True, **inputs}
    ).value


def test_a_lora_run_on_leases_needs_about_nineteen_gib() -> None:
    # Rank 16 on all linear layers, one sequence of 6,144 tokens, recomputation, fused cross-entropy.
    run = made("train_memory", **LLAMA, gpu="rtx 4090", method="lora", lora_rank=16, batch=1, seq=6144,
               activation_checkpointing=True)  # fmt: skip
    assert run.extra["gib"] == pytest.approx(18.9, rel=0.02)
    parts = {part.name: part.value / 1.073741824 for part in run.parts}
    assert parts["weights"] == pytest.approx(15.0, abs=0.1)
    assert parts["adapters"] == pytest.approx(0.6, abs=0.05)
    assert parts["activations"] == pytest.approx(2.6, abs=0.2)
    assert "fused cross-entropy" in " ".join(run.assumptions)
    assert run.extra["fits"] is True


def test_plain_logits_of_that_run_would_take_eight_to_eleven_gb() -> None:
    common = {"method": "lora", "lora_rank": 16, "seq": 6144}
    assert 8 <= training(**common, fused_loss=False) - training(**common, fused_loss=True) <= 11


def test_serving_it_with_eight_slots_takes_about_thirteen_and_a_half_gib() -> None:
    serve = made("infer_memory", **LLAMA, gpu="4090", quant="q4_k_m", batch=8, context_tokens="8k")
    assert serve.extra["gib"] == pytest.approx(13.6, rel=0.03)
    assert serve.low / 1.0737 < 13.6 < serve.high / 1.0737
    assert "context_tokens 8k read as 8,192 tokens" in serve.assumptions


@pytest.mark.parametrize(
    "kind", ["infer_memory", "train_memory", "checkpoint_size", "rag_index", "rag_request"]
)
def test_the_addends_sum_to_the_value(kind: str) -> None:
    inputs = {"model": "llama-3.1-8b"} if "rag" not in kind else {"pages": 1000}
    result = made(kind, **inputs)
    assert sum(part.value for part in result.parts) == pytest.approx(result.value)


def test_each_cheaper_method_takes_less() -> None:
    order = [training(method=method) for method in ("prompt-tuning", "lora", "full")]
    assert order == sorted(order)
    assert training(method="qlora") < training(method="lora")


def test_alignment_holds_more_models_than_fine_tuning() -> None:
    full, dpo, ppo = (training(method=method) for method in ("full", "dpo", "ppo"))
    assert full < dpo < ppo
    assert training(method="distillation", teacher_params="70b") - full == pytest.approx(140, rel=0.02)


def test_each_zero_stage_shards_more() -> None:
    stages = [
        training(method="full", n_gpus=8, sharding=stage) for stage in ("none", "zero-1", "zero-2", "zero-3")
    ]
    assert stages == sorted(stages, reverse=True)
    # ZeRO-3 over 8 GPUs leaves an eighth of the states on each (Rajbhandari et al. 2019).
    states = estimate(
        "train_memory", {**LLAMA, "method": "full", "n_gpus": 8, "sharding": "zero-3"}, catalog()
    )
    alone = estimate("train_memory", {**LLAMA, "method": "full"}, catalog())
    assert states.parts[0].value == pytest.approx(alone.parts[0].value / 8)


@pytest.mark.parametrize(
    ("optimizer", "bytes_each"),
    [("adamw bf16 states", 8), ("adamw-8bit", 6), ("paged-adamw-8bit", 4), ("sgd", 12), ("muon", 12)],
)
def test_optimizers_hold_their_bytes_a_parameter(optimizer: str, bytes_each: float) -> None:
    run = made("train_memory", **LLAMA, method="full", optimizer=optimizer)
    assert run.parts[0].value == pytest.approx(8.03 * bytes_each, rel=0.01)


def test_recomputation_and_flash_attention_save_activations() -> None:
    assert training(activation_checkpointing=True) < training(activation_checkpointing=False)
    assert training(flash_attention=True) < training(flash_attention=False)


def test_a_mixture_of_experts_holds_all_of_them() -> None:
    dense = made("infer_memory", params="47b", quant="bf16", context_tokens=1024)
    mixture = made(
        "infer_memory", params="47b", params_active="13b", moe=True, quant="bf16", context_tokens=1024
    )
    assert mixture.value == pytest.approx(dense.value)


def test_several_gpus_give_the_peak_of_one_and_the_sum() -> None:
    one = made("infer_memory", **LLAMA, runtime="vllm")
    two = made("infer_memory", **LLAMA, runtime="vllm", n_gpus=2)
    assert one.value / 2 < two.value < one.value
    assert two.extra["total"] == pytest.approx(2 * two.value)


def test_a_bare_parameter_count_is_served_and_said() -> None:
    run = made("train_memory", params="7b", method="qlora")
    assert any("typical 7.00B decoder" in text for text in run.assumptions)
