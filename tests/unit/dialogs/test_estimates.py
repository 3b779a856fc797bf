"""What an estimate is read from, filled with, compared with; the words around its figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.estimates.catalogue import kind_facts, label, options
from dialogs.estimates.comparing import changes_that_fit, comparable, compare
from dialogs.estimates.filling import Filling
from dialogs.estimates.fitting import room_of, what_fits
from dialogs.estimates.forms import filled_form, submitted
from dialogs.estimates.pages import formula_citation
from dialogs.estimates.reply import Asking, reply_to
from dialogs.estimates.request import read_estimate_request
from dialogs.estimates.words import spread
from dialogs.estimates.work import work_out
from dialogs.speaking.speech import rough
from dialogs.understanding.estimate_inputs import also_of, key_values, request_text
from estimator.inference import fits
from estimator.inputs import KEYS, read_back
from estimator.kinds import KINDS, estimate
from estimator.result import Estimate, EstimateError
from knowledge.loader import Knowledge, load_knowledge

KNOWLEDGE: Knowledge = load_knowledge()
CATALOG = KNOWLEDGE.catalog
TODAY = date(2026, 11, 23)
QWEN = {
    "model": "qwen3-4b-instruct-2507",
    "quant": "Q4_K_M",
    "gpu": "l4",
    "context_tokens": 8192,
    "batch": 20,
}


# Reading


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "serve llama 3.1 8b with -5 users on an l4",
            "batch must be a whole number of sequences at once; '-5' is not.",
        ),
        (
            "serve llama 3.1 8b with 0 users on an l4",
            "batch must be a whole number of sequences at once; '0' is not.",
        ),
        ("kv cache of llama 3.1 8b at -8k", "context_tokens must be a number of tokens such as 8192 or 8k; "),
        (
            "serve llama 3.1 8b, nan users, on an l4",
            "batch must be a whole number of sequences at once; 'nan' is not.",
        ),
        (
            "serve llama 3.1 8b, infinite users, on an l4",
            "batch must be a whole number of sequences at once; ",
        ),
        (
            "qlora llama 3.1 8b on a 4090, 1e30 examples",
            "samples must be a number of samples such as 5000 or 5k; ",
        ),
        (
            "lora llama 3.1 8b on a tpu v9",
            "The hardware table has no GPU 'tpu v9'; gpu is a GPU of the catalogue",
        ),
        (
            "kv cache of llama 3.1 8b context_tokens=many",
            "context_tokens must be a number of tokens such as 8192 or 8k; ",
        ),
        (
            "kv cache of llama 3.1 8b contxt_tokens=8",
            "There is no input called 'contxt_tokens'; did you mean context_tokens?",
        ),
        ("gguf_size model=llama-3.1-8b quant=Q4_K_X", "quant 'Q4_K_X' is not a GGUF type; take "),
        ("rag index", "rag_index needs pages or documents"),
        (
            "cost of serving llama 3.1 8b on an l4",
            "The price table has no row for NVIDIA L4; give usd_per_gpu_hour.",
        ),
        ("what fits in 0 gb", "The memory must be a size in GB such as 24; 0 GB is not."),
    ],
)
def test_what_makes_no_sense_comes_back_as_one_sentence_that_says_what_is_accepted(
    text: str, sentence: str
) -> None:
    reply = reply_to(text, Asking(KNOWLEDGE, today=TODAY))
    assert reply.body.startswith(sentence), reply
    assert "\n" not in reply.body


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("quantize llama 3.1 8b with gptq, how long", "compress_gpu_hours"),
        ("how big is llama 3.1 8b in awq", "infer_memory"),
        ("how big is llama 3.1 8b in bf16", "gguf_size"),
    ],
)
def test_formats_without_files_are_asked_of_memory(text: str, kind: str) -> None:
    assert read_estimate_request(text, CATALOG).kind == kind


def test_a_number_of_gpus_is_not_invented_for_a_pretraining() -> None:
    assert "n_gpus" not in read_estimate_request("pretrain 7b on 2T tokens on h100", CATALOG).inputs
    assert read_estimate_request("pretrain 7b on 2T tokens on 8 h100", CATALOG).inputs["n_gpus"] == 8


def test_keys_may_stand_inside_free_text() -> None:
    request = read_estimate_request("cost of serving llama 3.1 8b on an l4 usd_per_gpu_hour=0.8", CATALOG)
    assert (request.kind, request.inputs["usd_per_gpu_hour"], request.inputs["gpu"]) == (
        "serve_cost",
        0.8,
        "l4",
    )


values = st.one_of(
    st.integers(1, 10**12),
    st.floats(0.001, 1e9, allow_nan=False),
    st.booleans(),
    st.sampled_from(["llama-3.1-8b", "Q4_K_M", "rag,lora", "8k"]),
)


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(sorted(KEYS)), values, max_size=6))
def test_a_request_written_down_is_read_back(kind: str, inputs: dict[str, Any]) -> None:
    assert key_values(request_text(kind, inputs)) == (kind, inputs)


# Data


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_title_fields_that_it_reads_and_a_document_that_exists(kind: str) -> None:
    facts = kind_facts(kind)
    assert facts.title
    assert formula_citation(kind, KNOWLEDGE), facts.document
    read = set(KINDS[kind].keys) | {"usd_per_gpu_hour"}
    read |= {key for other in also_of(kind, {"gpu": "x"}) for key in KINDS[other].keys}
    assert set(facts.fields) <= read, set(facts.fields) - read
    assert all(label(key) != key for key in facts.fields)


@pytest.mark.parametrize("kind", [kind for kind in sorted(KINDS) if "arXiv" in kind_facts(kind).behind])
def test_a_paper_that_is_named_is_one_that_the_estimator_cites_for_that_kind(kind: str) -> None:
    behind = kind_facts(kind).behind
    inputs: dict[str, Any] = {
        "model": "llama-3.1-8b", "gpu": "h100", "tokens": "1t", "n_gpus": 8, "pages": 10, "context_tokens": 10,
        "usd_per_gpu_hour": 1,
    }  # fmt: skip
    cited = " ".join(estimate(kind, inputs, CATALOG).sources)
    cited += " ".join(estimate("kv_cache", inputs, CATALOG).sources) if kind == "infer_memory" else ""
    cited += " ".join(estimate("train_memory", inputs, CATALOG).sources) if kind == "checkpoint_size" else ""
    assert behind.split("arXiv:")[1] in cited


# Words


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (13.347, "13.3"), (0.0597, "0.0597"), (61_924, "61,900"), (8.4e22, "8.4e22"), (100, "100"),
     (1, "1"), (999.6, "1,000"), (2e-5, "2e-5"), (1e13, "1e13"), (-4.5, "-4.5")],
)  # fmt: skip
def test_figures_have_three_digits_that_count(value: float, said: str) -> None:
    assert rough(value) == said


@given(st.floats(1e-6, 1e20))
def test_a_figure_is_never_more_than_half_a_percent_off(value: float) -> None:
    assert float(rough(value).replace(",", "")) == pytest.approx(value, rel=0.006)


def test_a_wide_interval_is_said_with_two_digits_and_a_narrow_one_not_at_all() -> None:
    def said(low: float, high: float) -> str:
        return spread(Estimate("x", 10, "GiB", low, high, ""))

    assert said(9.49, 16.01) == "9.5–16"
    assert said(9.81, 10.43) == "9.81–10.4"
    assert said(10.0, 10.1) == ""


def test_inputs_are_read_back_with_their_unit_and_number() -> None:
    assert read_back("epochs", 1) == "1 epoch"
    assert read_back("epochs", 3) == "3 epochs"
    assert read_back("utilisation", 0.4) == "40% busy"
    assert read_back("context_tokens", 8192) == "8,192 tokens of context"


# Filling


def test_only_what_is_missing_and_what_the_kind_reads_is_filled() -> None:
    filling = Filling(
        {"model": "qwen3-8b", "quant": "Q8_0", "gpu": "l4", "n_gpus": 2, "requests_per_day": 10}
    )
    inputs, filled = filling.fill("infer_memory", {"gpu": "rtx-4090"})
    assert inputs == {"gpu": "rtx-4090", "model": "qwen3-8b", "quant": "Q8_0"}
    assert filled == ("model", "quant")
    inputs, _ = filling.fill("infer_memory", {"model": "llama-3.1-8b"})
    assert "quant" not in inputs, "a format chosen for another model says nothing about this one"


def test_one_answer_assumes_one_sequence_length() -> None:
    worked = work_out(read_estimate_request("qlora llama 3.1 8b on a 4090, 5k examples", CATALOG), CATALOG)
    hours, memory = worked.results
    assert "1,024 tokens a sequence (every sample padded or packed to it)" in hours.assumptions
    assert "1,024 tokens" in memory.formula


# Comparing


def test_methods_are_ordered_as_their_arithmetic_says() -> None:
    inputs = {"method": "qlora", "model": "llama-3.1-8b", "gpu": "rtx-4090", "samples": 5000}
    by_label = {option.label: option for option in compare("finetune_gpu_hours", inputs, "method", CATALOG)}
    memory = [by_label[name].memory for name in ("QLoRA", "LoRA", "full fine-tuning")]
    assert [result.value for result in memory if result] == sorted(
        result.value for result in memory if result
    )
    assert by_label["full fine-tuning"].fits is False
    assert [option.asked for option in by_label.values()] == [False, True, False]


def test_what_does_not_estimate_is_left_out_of_the_comparison_and_the_rest_goes_on() -> None:
    inputs = {"model": "llama-3.1-8b", "gpu": "l4"}
    costs = compare("serve_cost", inputs, "gpu", CATALOG)
    assert [option.unpriced for option in costs if option.label in {"L4", "L40S"}] == [True, True]
    assert any("serve_cost" in option.results for option in costs)


def test_dpo_is_not_compared_with_lora() -> None:
    assert comparable("finetune_gpu_hours", {"method": "dpo"}) == ("gpu",)
    assert comparable("finetune_gpu_hours", {"method": "sft"}) == ("method", "gpu")


def test_what_would_make_it_fit_does_make_it_fit() -> None:
    assert changes_that_fit("infer_memory", QWEN, CATALOG) == ("a q8_0 KV cache", "15 at once")
    for change in ({"kv_dtype": "q8_0"}, {"batch": 15}):
        assert estimate("infer_memory", {**QWEN, **change}, CATALOG).extra["fits"]


# What fits


@pytest.mark.parametrize(
    "room", [{"memory_gb": 24}, {"memory_gb": 8}, {"gpu": "rtx-3090", "n_gpus": 2}, {"gpu": "l4"}]
)
def test_what_fits_does_fit_largest_first_one_of_a_family(room: dict[str, Any]) -> None:
    where = room_of(room, CATALOG)
    found = what_fits(where, CATALOG)
    assert 0 < len(found) <= options()["fits"]["most"]
    sizes = [fitting.card.params_b or 0 for fitting in found]
    assert sizes == sorted(sizes, reverse=True)
    assert len({fitting.card.family for fitting in found}) == len(found)
    for fitting in found:
        assert where.holds(fitting.memory)
        if where.gpu:
            assert fits(where.gpu, fitting.memory.value)


def test_nothing_fits_into_a_tenth_of_a_gigabyte() -> None:
    reply = reply_to("what fits in 0.1 gb", Asking(KNOWLEDGE, today=TODAY))
    assert reply.body.startswith("*No model of the catalogue fits in 0.1 GB*")


def test_room_needs_a_size_or_a_card() -> None:
    with pytest.raises(EstimateError, match="Say where it has to fit"):
        room_of({"context_tokens": 8192}, CATALOG)


# The form


def test_the_form_gives_back_what_it_was_filled_with() -> None:
    form = filled_form("infer_memory", {**QWEN, "runtime": "vllm"}, CATALOG)
    fields = {field.id: field.value for field in form.fields}
    request = submitted(form.context, fields)
    assert request is not None
    assert request.inputs["runtime"] == "vllm", "what the form does not show stays"
    again = estimate("infer_memory", request.inputs, CATALOG)
    assert again.value == estimate("infer_memory", {**QWEN, "runtime": "vllm"}, CATALOG).value


def test_a_field_that_was_emptied_is_left_out() -> None:
    form = filled_form("infer_memory", QWEN, CATALOG)
    request = submitted(form.context, {"model": "Qwen3 4B", "gpu": " "})
    assert request is not None
    assert "gpu" not in request.inputs


def test_the_empty_form_is_no_filled_one() -> None:
    assert submitted("project-id", {"what": "serve"}) is None
    assert submitted("", {}) is None
