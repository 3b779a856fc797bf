"""Whatever is wrong with kind or inputs, the answer is one sentence that says what is accepted."""

from __future__ import annotations

import pytest
from estimate_cases import catalog
from hypothesis import given
from hypothesis import strategies as st

from estimator.inputs import KEYS
from estimator.kinds import KINDS, estimate
from estimator.result import Estimate, EstimateError

LLAMA = {"model": "llama-3.1-8b"}
BAD: list[tuple[str, dict[str, object], str]] = [
    ("kv_cache", {**LLAMA, "batch": -1}, "batch must be"),
    ("kv_cache", {**LLAMA, "batch": 0}, "batch must be"),
    ("kv_cache", {**LLAMA, "batch": 1.5}, "whole number"),
    ("kv_cache", {**LLAMA, "batch": True}, "batch must be"),
    ("kv_cache", {**LLAMA, "context_tokens": float("nan")}, "context_tokens must be"),
    ("kv_cache", {**LLAMA, "context_tokens": float("inf")}, "context_tokens must be"),
    ("kv_cache", {**LLAMA, "context_tokens": 1e30}, "context_tokens must be"),
    ("kv_cache", {**LLAMA, "context_tokens": 10**400}, "context_tokens must be"),
    ("kv_cache", {**LLAMA, "context_tokens": "many"}, "'many' is not"),
    ("kv_cache", {**LLAMA, "context_tokens": [1]}, "context_tokens must be"),
    ("kv_cache", {**LLAMA, "kv_dtype": "q3"}, "q8_0"),
    ("kv_cache", {**LLAMA, "contxt_tokens": 1}, "did you mean context_tokens"),
    ("kv_cache", {}, "needs a model"),
    ("kv_cache", {"model": "lama 3.1 8b"}, "did you mean Llama 3.1 8B"),
    ("kv_cache", {"model": "zzzzzz"}, "layers, kv_heads, head_dim"),
    ("infer_memory", {"model": "claude"}, "hosted"),
    ("kv_cache", {"model": ""}, "model must be"),
    ("kv_cache", {"layers": 0, "kv_heads": 8, "head_dim": 128}, "from 1 to 10,000"),
    ("kv_cache", {"layers": 2, "heads": 2, "kv_heads": 8, "head_dim": 128}, "must not exceed heads"),
    ("kv_cash", {}, "did you mean kv_cache"),
    ("nonsense", {}, "there are gguf_size"),
    ("gguf_size", {**LLAMA, "quant": "Q4_K_X"}, "Q4_K_M"),
    ("infer_memory", {**LLAMA, "quant": "nothing"}, "Q4_K_M"),
    ("infer_memory", {**LLAMA, "runtime": "magic"}, "llama.cpp, vllm"),
    ("decode_speed", {**LLAMA}, "needs gpu"),
    ("decode_speed", {**LLAMA, "gpu": "rtx 4900"}, "did you mean NVIDIA GeForce RTX 4090"),
    ("train_memory", {**LLAMA, "method": "magic"}, "lora, qlora"),
    ("train_memory", {**LLAMA, "optimizer": "magic"}, "adamw"),
    ("train_memory", {**LLAMA, "precision": "int4"}, "fp32, fp16, bf16"),
    ("train_memory", {**LLAMA, "activation_checkpointing": "perhaps"}, "true or false"),
    ("train_flops", {"params": "8b", "params_active": "9b", "tokens": "1t"}, "must not exceed params"),
    ("pretrain_gpu_hours", {"params": "8b", "gpu": "h100"}, "needs tokens"),
    ("pretrain_wall_days", {"params": "8b", "gpu": "h100", "tokens": "1t"}, "needs n_gpus"),
    ("train_energy", {"gpu": "h100", "gpu_hours": 10, "pue": 0.5}, "from 1 to 5"),
    ("serve_cost", {**LLAMA, "gpu": "h100", "utilisation": 0}, "utilisation must be"),
    ("compress_gpu_hours", {**LLAMA, "techniques": "2"}, "techniques must"),
    ("rag_index", {}, "pages or documents"),
    ("rag_index", {"pages": 10, "embedding_model": "zzzz"}, "embedding model"),
    ("schedule", {"techniques": ["rga"]}, "did you mean rag"),
    ("schedule", {"start": "soon"}, "2026-11-23"),
    ("schedule", {"start": "2026-11-23", "deadline": "2026-11-01"}, "must not be before the start"),
    ("schedule", {"team_size": 0}, "team_size must be"),
    ("schedule", {"languages": 0}, "at least one language"),
    ("schedule", {"country": "XX"}, "ISO code"),
    ("schedule", {"done": ["everything"]}, "use_case"),
    ("schedule", {"evaluation_pass_probability": 2}, "up to 1"),
]


@pytest.mark.parametrize(("kind", "inputs", "words"), BAD)
def test_bad_input_gets_one_sentence(kind: str, inputs: dict[str, object], words: str) -> None:
    with pytest.raises(EstimateError) as caught:
        estimate(kind, inputs, catalog())
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.endswith((".", "?"))
    assert "\n" not in sentence
    assert len(sentence) < 500


def test_inputs_that_are_no_object_get_a_sentence_too() -> None:
    with pytest.raises(EstimateError, match="object"):
        estimate("kv_cache", [1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tokens"), [("8192", 8192), ("8k", 8192), ("8,192", 8192), ("8_192", 8192), ("8.192e3", 8192)]
)
def test_numbers_written_as_text_are_read(text: str, tokens: int) -> None:
    made = estimate("kv_cache", {**LLAMA, "context_tokens": text}, catalog())
    assert f"{tokens:,} tokens" in made.formula


def test_a_key_given_as_none_counts_as_not_given() -> None:
    given = estimate("kv_cache", {**LLAMA, "batch": None}, catalog())
    assert given == estimate("kv_cache", LLAMA, catalog())


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.lists(st.integers(), max_size=2),
    st.sampled_from(["llama-3.1-8b", "rtx 4090", "q4_k_m", "8k", "lora", "2026-11-23", "rag", "vllm"]),
)  # fmt: skip


@given(
    kind=st.sampled_from(sorted(KINDS)),
    inputs=st.dictionaries(st.sampled_from(sorted(KEYS)), _VALUES, max_size=4),
)
def test_no_input_breaks_an_estimate(kind: str, inputs: dict[str, object]) -> None:
    made = estimate_or_none(kind, {"model": "llama-3.1-8b", "gpu": "h100", "tokens": 1e9, **inputs})
    if made is not None:
        assert 0 <= made.low <= made.value <= made.high
        assert made.unit
        assert made.formula


def estimate_or_none(kind: str, inputs: dict[str, object]) -> Estimate | None:
    try:
        return estimate(kind, inputs, catalog())
    except EstimateError:
        return None
