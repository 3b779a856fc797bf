"""Free text to a request for an estimate, against the shipped catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.estimate_request import FITS, read_estimate_request
from dialogs.understanding import hardware_gpu
from estimator.kinds import estimate
from knowledge.catalog import Catalog
from knowledge.loader import load_knowledge

CATALOG: Catalog = load_knowledge().catalog
LLAMA = "llama-3.1-8b-instruct"


@pytest.mark.parametrize(
    ("text", "kind", "inputs"),
    [
        (
            "qlora llama-3.1-8b on one rtx 4090, 5k examples",
            "finetune_gpu_hours",
            {"method": "qlora", "model": LLAMA, "gpu": "rtx-4090", "n_gpus": 1, "samples": 5000},
        ),
        (
            "serve qwen3 4b q4_k_m 8k context 20 users on an l4",
            "infer_memory",
            {"quant": "Q4_K_M", "context_tokens": 8192, "batch": 20, "gpu": "l4", "n_gpus": 1},
        ),
        (
            "pretrain 7b on 2T tokens 256 h100",
            "pretrain_wall_days",
            {"method": "pretrain", "params": 7e9, "tokens": 2e12, "n_gpus": 256},
        ),
        ("how big is gemma 3 12b in q5", "gguf_size", {"model": "gemma-3-12b-it", "quant": "Q5_K_M"}),
        ("what fits in 24 gb", FITS, {"memory_gb": 24}),
        ("what runs on two 3090s?", FITS, {"gpu": "rtx-3090", "n_gpus": 2}),
        ("kv cache of llama 3.1 8b at 8k", "kv_cache", {"model": LLAMA, "context_tokens": 8192}),
        (
            "q8_0 kv cache llama 3.1 8b 8 slots × 8k",
            "kv_cache",
            {"model": LLAMA, "kv_dtype": "q8_0", "batch": 8, "context_tokens": 8192},
        ),
        ("rag over 200k pages", "rag_index", {"pages": 200_000}),
        (
            "how long does it take to fine-tune llama 3.1 8b on 10k examples with an a100",
            "finetune_gpu_hours",
            {"method": "sft", "samples": 10_000, "n_gpus": 1},
        ),
        ("how long does the project take with 2 people", "schedule", {"team_size": 2}),
        ("how fast is llama 3.1 8b q4_k_m on a 4090", "decode_speed", {"model": LLAMA, "gpu": "rtx-4090"}),
        (
            "full fine-tune llama 3.1 8b, seq 2048, batch 4, 8xh100: memory?",
            "train_memory",
            {"method": "full", "seq": 2048, "batch": 4, "n_gpus": 8},
        ),
        ("checkpoint size of a 70b model", "checkpoint_size", {"params": 70e9}),
        (
            "api cost 3000 requests a day, 2000 tokens in, 250 tokens out, $3 per million input, $15 per million out",
            "api_cost",
            {
                "requests_per_day": 3000,
                "prompt_tokens": 2000,
                "gen_tokens": 250,
                "usd_per_million_input_tokens": 3,
                "usd_per_million_output_tokens": 15,
            },
        ),
        ("kv_cache model=llama-3.1-8b context_tokens=8192", "kv_cache", {"model": "llama-3.1-8b"}),
    ],
)
def test_a_request_is_understood(text: str, kind: str, inputs: dict[str, Any]) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.kind == kind
    assert inputs.items() <= request.inputs.items()
    assert not request.question


@pytest.mark.parametrize(
    "text",
    [
        "qlora llama-3.1-8b on one rtx 4090, 5k examples",
        "serve qwen3 4b q4_k_m 8k context 20 users on an l4",
        "pretrain 7b on 2T tokens 256 h100",
        "how big is gemma 3 12b in q5",
        "kv cache of llama 3.1 8b at 8k",
        "rag over 200k pages",
        "how fast is llama 3.1 8b q4_k_m on a 4090",
    ],
)
def test_what_was_understood_can_be_estimated(text: str) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.kind is not None
    assert estimate(request.kind, request.inputs, CATALOG).value > 0
    for kind in request.also:
        assert estimate(kind, request.inputs, CATALOG).value > 0


@pytest.mark.parametrize(
    ("text", "question", "first"),
    [
        ("llama 8b on a 4090", "Llama 3.1 8B?", "Llama 3.1 8B"),
        ("lama 3.1 8b q4 on l4", "Llama 3.1 8B?", "Llama 3.1 8B"),
        ("does llama 70b fit on 2x3090", "Which model do you mean by “llama 70b”?", "Llama 3.3 70B"),
        (
            "dpo on llama 3.1 8b, 3k pairs, rtx 4095",
            "Which accelerator do you mean by “rtx 4095”?",
            "RTX 4090",
        ),
        ("kv cache at 32k", "Which model is it for?", "Llama 3.1 8B"),
        (
            "pretrain our own llm",
            "How many parameters, and how many tokens?",
            "pretrain 7b on 2T tokens on 256 h100",
        ),
    ],
)
def test_a_near_miss_comes_back_as_a_question(text: str, question: str, first: str) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.question == question
    assert request.choices[0] == first


@pytest.mark.parametrize(
    "text", ["llama 8b on a 4090", "lama 3.1 8b q4 on l4", "lora llama 3.1 8b on an rtx 4095"]
)
def test_a_choice_put_in_place_of_the_unclear_words_is_understood(text: str) -> None:
    request = read_estimate_request(text, CATALOG)
    again = read_estimate_request(text.replace(request.unclear, request.choices[0]), CATALOG)
    assert not again.question
    assert again.kind == request.kind


@pytest.mark.parametrize("text", ["", "hello there", "5k", "🤖", "what is rain?"])
def test_nothing_understood_says_what_is_accepted_with_two_examples(text: str) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.kind is None
    assert request.question.startswith("I can estimate")
    assert len(request.choices) == 2
    for example in request.choices:
        assert read_estimate_request(example, CATALOG).question == ""


@given(st.text(max_size=60))
def test_any_text_gives_a_kind_or_a_question(text: str) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.kind or request.question


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("an L4", ("l4", 1)),
        ("two 4090s", ("rtx-4090", 2)),
        ("1x 4090", ("rtx-4090", 1)),
        ("8xH100 box", ("h100-80gb-sxm", 8)),
        ("4xA100 80GB", ("a100-80gb-sxm", 4)),
        ("zwei h100", ("h100-80gb-sxm", 2)),
        ("cpu only", None),
        ("one old dell", None),
    ],
)
def test_hardware_words_name_a_card_of_the_catalogue(words: str, named: tuple[str, int] | None) -> None:
    assert hardware_gpu(words, CATALOG) == named
