"""Free text to a request for an estimate, against the shipped catalogue."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.estimates.request import FITS, read_estimate_request
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


H100, A100, RTX = "h100-80gb-sxm", "a100-80gb-sxm", "rtx-4090"


@pytest.mark.parametrize(
    ("text", "kind", "inputs"),
    [
        # Corpora: what one document holds, times the documents
        (
            "rag index 50000 documents 12 pages each",
            "rag_index",
            {"documents": 50_000, "pages": 600_000},
        ),
        ("50k 12-page pdfs rag", "rag_index", {"documents": 50_000, "pages": 600_000}),
        (
            "RAG über 50.000 Dokumente mit je 12 Seiten",
            "rag_index",
            {"documents": 50_000, "pages": 600_000},
        ),
        ("rag over 900 manuals, 200k pages in all", "rag_index", {"documents": 900, "pages": 200_000}),
        ("índice rag de 200.000 páginas", "rag_index", {"pages": 200_000}),
        ("rag with a 100 pages", "rag_index", {"pages": 100}),
        (
            "embedding index 10k pdfs, 40 pages per pdf, 512 token chunks",
            "rag_index",
            {"documents": 10_000, "pages": 400_000, "chunk_tokens": 512},
        ),
        (
            "vector db for 2 million documents of 800 tokens each",
            "rag_index",
            {"documents": 2_000_000, "tokens": 1_600_000_000},
        ),
        ("rag index 300 GB", "rag_index", {}),
        ("RAG 1,200 docs x 30 pages", "rag_index", {"documents": 1200, "pages": 36_000}),
        ("rag request top 8 chunks 300 tokens per chunk", "rag_request", {"top_k": 8, "chunk_tokens": 300}),
        # Contexts: a bare "32k" beside a model
        (
            "kv cache qwen3-8b 32k 4 slots",
            "kv_cache",
            {"model": "qwen3-8b", "context_tokens": 32_768, "batch": 4},
        ),
        ("llama.cpp llama 3.1 8b 128k", "infer_memory", {"runtime": "llama.cpp", "context_tokens": 131_072}),
        ("300 users qwen3 8b l40s 4k", "infer_memory", {"gpu": "l40s", "batch": 300, "context_tokens": 4096}),
        (
            "serve 8x32k llama 3.1 8b q8_0 kv on a 4090",
            "infer_memory",
            {"kv_dtype": "q8_0", "batch": 8, "context_tokens": 32_768, "gpu": RTX},
        ),
        ("ttft llama 3.1 8b 4k prompt on l4", "prefill_speed", {"prompt_tokens": 4000, "gpu": "l4"}),
        # Formats of weights and of the cache
        (
            "serve qwen3 8b 4 bit 8k on a 4090",
            "infer_memory",
            {"quant": "int4", "context_tokens": 8192, "gpu": RTX},
        ),
        ("gguf llama 3.1 8b 4 bit", "gguf_size", {"quant": "Q4_K_M"}),
        (
            "qwen3 8b 8bit llama.cpp on l4",
            "infer_memory",
            {"quant": "Q8_0", "runtime": "llama.cpp", "gpu": "l4"},
        ),
        ("kv llama 3.1 8b 8k 16 users", "kv_cache", {"context_tokens": 8192, "batch": 16}),
        (
            "kv-cache-größe für qwen3 8b bei 32k mit 8 nutzern",
            "kv_cache",
            {"context_tokens": 32_768, "batch": 8},
        ),
        ("cache kv de llama 3.1 8b con 16k tokens de contexto", "kv_cache", {"context_tokens": 16_384}),
        ("vram qwen3 8b in Q4", "infer_memory", {"quant": "Q4_K_M"}),
        (
            "Wie viel VRAM braucht Llama 3.1 8B in 4 Bit mit 8k Kontext?",
            "infer_memory",
            {"quant": "int4", "context_tokens": 8192},
        ),
        (
            "¿cuánta memoria necesita qwen3 8b en 8 bits con 4 usuarios?",
            "infer_memory",
            {"quant": "int8", "batch": 4},
        ),
        ("kv cache fp8 qwen3 8b 32k", "kv_cache", {"kv_dtype": "fp8", "context_tokens": 32_768}),
        (
            "kv cache llama 3.1 70b 4x32k q8",
            "kv_cache",
            {"kv_dtype": "q8_0", "batch": 4, "context_tokens": 32_768},
        ),
        (
            "serve llama 3.1 8b int4 vllm a100 kv fp8",
            "infer_memory",
            {"quant": "int4", "kv_dtype": "fp8", "runtime": "vllm", "gpu": A100},
        ),
        # Training
        (
            "dpo mistral 7b lora 64k pairs a100",
            "finetune_gpu_hours",
            {"method": "dpo", "samples": 64_000, "gpu": A100},
        ),
        ("rlhf llama 3.1 8b 20k prompts", "finetune_gpu_hours", {"method": "ppo", "samples": 20_000}),
        (
            "distill llama 3.3 70b into llama 3.1 8b with 100k samples",
            "finetune_gpu_hours",
            {"method": "distillation", "model": LLAMA, "teacher_params": 70.6e9, "samples": 100_000},
        ),
        (
            "vram for lora qwen3 8b seq 2048 bs4?",
            "train_memory",
            {"method": "lora", "model": "qwen3-8b", "seq": 2048, "batch": 4},
        ),
        (
            "full ft qwen3 4b bs8 seq2048 4xh100 oom?",
            "train_memory",
            {"method": "full", "seq": 2048, "batch": 8, "gpu": H100, "n_gpus": 4},
        ),
        (
            "batch 4 a100 lora llama 3.1 8b seq 4096",
            "train_memory",
            {"method": "lora", "batch": 4, "seq": 4096, "gpu": A100, "n_gpus": 1},
        ),
        (
            "fine-tune mistral 7b v0.3 on 3090 examples",
            "finetune_gpu_hours",
            {"method": "sft", "samples": 3090},
        ),
        (
            "wie lange dauert qlora mit llama 3.1 8b auf einer 4090 mit 5.000 beispielen",
            "finetune_gpu_hours",
            {"method": "qlora", "gpu": RTX, "samples": 5000},
        ),
        (
            "cuánto tarda lora de llama 3.1 8b con 10k ejemplos en una a100",
            "finetune_gpu_hours",
            {"method": "lora", "gpu": A100, "samples": 10_000},
        ),
        (
            "lora r=32 qwen3 8b 10k samples 2048 seq h100",
            "finetune_gpu_hours",
            {"method": "lora", "lora_rank": 32, "samples": 10_000, "seq": 2048, "gpu": H100},
        ),
        (
            "10k examples of 700 tokens, qlora llama 3.1 8b, l4, 2 epochs",
            "finetune_gpu_hours",
            {"method": "qlora", "samples": 10_000, "seq": 700, "epochs": 2, "gpu": "l4"},
        ),
        # Pre-training: billions of tokens are no size and no GPU
        (
            "pretrain a 13B model on 300 billion tokens on h100s",
            "pretrain_gpu_hours",
            {"method": "pretrain", "params": 13e9, "tokens": 3e11, "gpu": H100},
        ),
        (
            "pretrain on 300B tokens a 13B model, 128 h100",
            "pretrain_wall_days",
            {"method": "pretrain", "params": 13e9, "tokens": 3e11, "gpu": H100, "n_gpus": 128},
        ),
        (
            "pretrain 3b 1.5T on 128 h100",
            "pretrain_wall_days",
            {"method": "pretrain", "params": 3e9, "tokens": 1.5e12, "gpu": H100, "n_gpus": 128},
        ),
        (
            "pretrain 7b auf 2 Billionen Tokens mit 256 h100",
            "pretrain_wall_days",
            {"method": "pretrain", "params": 7e9, "tokens": 2e12, "gpu": H100, "n_gpus": 256},
        ),
        # Money
        (
            "api cost 100k requests a month 2000 in 250 out $3/M in $15/M out",
            "api_cost",
            {
                "requests_per_day": 100_000 / 30,
                "prompt_tokens": 2000,
                "gen_tokens": 250,
                "usd_per_million_input_tokens": 3,
                "usd_per_million_output_tokens": 15,
            },
        ),
        (
            "cost per 1k requests llama 3.1 8b h100 at $2.5/h 1000 in 300 out",
            "serve_cost",
            {"usd_per_gpu_hour": 2.5, "prompt_tokens": 1000, "gen_tokens": 300, "gpu": H100},
        ),
        ("was kostet llama 3.1 8b auf einer h100", "serve_cost", {"gpu": H100}),
        ("cuánto cuesta servir llama 3.1 8b en una h100", "serve_cost", {"gpu": H100}),
        (
            "kosten api 20.000 anfragen pro tag, 1,5k tokens eingabe",
            "api_cost",
            {"requests_per_day": 20_000, "prompt_tokens": 1500},
        ),
        (
            "precio de 5000 peticiones al día con 1000 tokens de entrada y 200 tokens de salida, "
            "$1/M input, $2/M output",
            "api_cost",
            {
                "requests_per_day": 5000,
                "prompt_tokens": 1000,
                "gen_tokens": 200,
                "usd_per_million_input_tokens": 1,
                "usd_per_million_output_tokens": 2,
            },
        ),
        (
            "energía para entrenar 7b con 300 mil millones de tokens en 64 h100",
            "train_energy",
            {"method": "pretrain", "params": 7e9, "tokens": 3e11, "gpu": H100, "n_gpus": 64},
        ),
        # Schedules
        (
            "timeline for fine-tuning with 4 people, go live by 1 june 2027, in the UK",
            "schedule",
            {
                "deadline": "2027-06-01",
                "country": "GB",
                "techniques": "instruction_tuning",
                "team_size": 4,
            },
        ),
        ("plan from 2026-12-01 team size 5 schedule", "schedule", {"start": "2026-12-01", "team_size": 5}),
        (
            "schedule for a rag chatbot team of 2 start 1 jan 2027",
            "schedule",
            {"team_size": 2, "start": "2027-01-01"},
        ),
        (
            "schedule start 1 jan 2027 deadline end of march, two languages, 3 people, in Sweden",
            "schedule",
            {
                "start": "2027-01-01",
                "deadline": "2027-03-31",
                "languages": 2,
                "team_size": 3,
                "country": "SE",
            },
        ),
        (
            "Zeitplan für einen RAG-Chatbot, Team von 3, Start 1. Februar 2027, zwei Sprachen, in Deutschland",
            "schedule",
            {"start": "2027-02-01", "languages": 2, "team_size": 3, "country": "DE"},
        ),
        (
            "cronograma para un chatbot rag, equipo de 4 personas, inicio 1 de febrero de 2027, en España",
            "schedule",
            {"start": "2027-02-01", "team_size": 4, "country": "ES"},
        ),
        (
            "project schedule for a lora fine-tune with rag, 3 devs",
            "schedule",
            {"techniques": "rag,lora", "team_size": 3},
        ),
    ],
)
def test_exactly_what_was_said_is_read(text: str, kind: str, inputs: dict[str, Any]) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.kind == kind
    named = {"model"} if "model" not in inputs else set()
    one = {"n_gpus"} if "n_gpus" not in inputs and request.inputs.get("n_gpus") == 1 else set()
    assert {key: value for key, value in request.inputs.items() if key not in named | one} == pytest.approx(
        inputs
    )
    assert not request.question


def test_a_day_without_a_year_needs_to_know_which_day_it_is() -> None:
    text = "schedule, 3 people, deadline end of march"
    dated = read_estimate_request(text, CATALOG, today=date(2026, 11, 21))
    assert dated.inputs == {"team_size": 3, "deadline": "2027-03-31"}
    undated = read_estimate_request(text, CATALOG)
    assert undated.inputs == {"team_size": 3}
    assert undated.unused == ("deadline end of march",)


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("cost of 1 million requests with 300 output tokens on gpt-6", ("1 million",)),
        ("serve llama 3.1 8b for 20 engineers", ("20 engineers",)),
        ("dpo mistral 7b lora 64k pairs a100", ("LoRA (that method is reckoned with all weights)",)),
        ("rag index 300 GB", ("300 gb",)),
        ("serve qwen3 8b on 4 l4 with 200 requests per minute", ("200 requests per minute",)),
        ("schedule 2 engineers, start march, deadline 30 june 2027", ("start march",)),
        ("kv cache qwen3-8b 32k 4 slots", ()),
        ("vector db for 2 million documents of 800 tokens each", ()),
        ("serve llama 3.1 8b int4 vllm a100 kv fp8", ()),
    ],
)
def test_a_number_that_does_not_count_is_named(text: str, unused: tuple[str, ...]) -> None:
    assert read_estimate_request(text, CATALOG).unused == unused


@pytest.mark.parametrize(
    ("text", "gpu"),
    [
        ("serve llama 3.1 8b on a GB300", "gb300"),
        ("serve llama 3.1 8b for 300 users", None),
        ("api cost 200 requests a day", None),
        ("serve llama 3.1 8b, 24 gb, 10 users", None),
    ],
)
def test_a_number_is_a_gpu_only_where_one_is_written(text: str, gpu: str | None) -> None:
    assert read_estimate_request(text, CATALOG).inputs.get("gpu") == gpu


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        (
            "cost of 1 million requests with 300 output tokens on gpt-4o",
            ("OpenAI GPT-6 (API)", "OpenAI GPT-5.4 mini (API)"),
        ),
        ("gpt-4.1 monthly cost 2k requests/day", ("OpenAI GPT-6 (API)", "OpenAI GPT-5.4 mini (API)")),
        ("gemini 1.5 pro 500 requests a day cost", ("Google Gemini 3 Flash (API)", "Google Gemini 4 (API)")),
    ],
)
def test_a_hosted_model_that_is_unknown_is_asked_about_with_its_family(
    text: str, choices: tuple[str, ...]
) -> None:
    request = read_estimate_request(text, CATALOG)
    assert request.kind == "api_cost"
    assert request.choices == choices
    chosen = read_estimate_request(text.replace(request.unclear, choices[0]), CATALOG)
    assert chosen.kind == "api_cost"
    assert not chosen.question


def test_an_unknown_kind_is_asked_about_with_the_nearest_or_with_all() -> None:
    near = read_estimate_request("kvcache model=qwen3-8b", CATALOG)
    assert near.choices == ("kv_cache model=qwen3-8b",)
    assert near.question == "There is no estimate called “kvcache”. Which of these do you mean?"
    unknown = read_estimate_request("foo model=x", CATALOG)
    assert unknown.kind is None
    assert "there are api_cost, " in unknown.question
    assert "kv_cache" in unknown.question


@pytest.mark.parametrize(
    "text",
    [
        "qlora llama-3.1-8b on one rtx 4090, 5k examples",
        "rag index 50000 documents 12 pages each",
        "dpo mistral 7b lora 64k pairs a100",
        "pretrain a 13B model on 300 billion tokens on h100s",
        "schedule start 1 jan 2027 deadline end of march, two languages, 3 people, in Sweden",
        "serve llama 3.1 8b int4 vllm a100 kv fp8",
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


@pytest.mark.parametrize("text", ["does llama 70b fit on 2x3090", "lora llama 3.1 8b on an rtx 4095"])
def test_a_choice_put_in_place_of_the_unclear_words_is_understood(text: str) -> None:
    request = read_estimate_request(text, CATALOG)
    again = read_estimate_request(text.replace(request.unclear, request.choices[0]), CATALOG)
    assert not again.question
    assert again.kind == request.kind


@pytest.mark.parametrize(
    ("text", "model", "taken"),
    [
        ("llama 8b on a 4090", "llama-3.1-8b-instruct", "I took “llama 8b” for Llama 3.1 8B"),
        ("lama 3.1 8b q4 on l4", "llama-3.1-8b-instruct", "I took “lama 3.1 8b” for Llama 3.1 8B"),
    ],
)
def test_a_name_that_can_only_mean_one_model_is_taken_for_it_and_said(
    text: str, model: str, taken: str
) -> None:
    request = read_estimate_request(text, CATALOG)
    assert not request.question
    assert (request.inputs["model"], request.taken) == (model, taken)


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("size of deepseek r1 distill qwen 32b q4_k_m gguf", 32e9),
        ("will qwen 72b fit on 2 a100", 72e9),
        ("memory for llama 3 40b at 8k", 40e9),
    ],
)
def test_an_unknown_name_with_a_size_gets_a_typical_shape_of_that_size(text: str, params: float) -> None:
    request = read_estimate_request(text, CATALOG)
    assert (request.inputs.get("model"), request.inputs["params"]) == (None, params)
    assert "method" not in request.inputs
    assert "is not in the catalogue" in request.taken


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("index for 400k pages", "rag_index"),
        ("how many gpu hours did llama 2 70b take", "pretrain_gpu_hours"),
        ("when is an own gpu cheaper than gpt-5.4 mini at 2k requests a day", "api_cost"),
        ("energy for training 7b on 2T tokens", "train_energy"),
        ("how long until we are live with 3 people", "schedule"),
        ("when can we launch if we do rag", "schedule"),
        ("qlora on 32b with 4k sequences, memory", "train_memory"),
    ],
)
def test_the_kind_is_read_from_how_people_ask(text: str, kind: str) -> None:
    assert read_estimate_request(text, CATALOG).kind == kind


def test_thousands_of_sequences_are_their_length() -> None:
    request = read_estimate_request("memory for qlora on 32b with 4k sequences", CATALOG)
    assert (request.inputs["seq"], request.inputs.get("batch")) == (4096, None)


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


def test_a_bare_length_is_the_context_of_the_model_that_the_project_names() -> None:
    request = read_estimate_request("serve q4_k_m, 8 slots x 8k, same card ok?", CATALOG, {"model", "gpu"})
    assert request.inputs["context_tokens"] == 8192
    assert request.unused == ()
