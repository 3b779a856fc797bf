"""Estimates in a conversation: asked privately, changed in a form, compared, shared once, filled by a project."""

from __future__ import annotations

import pytest
from talk import Heard, Talk, faults

from dialogs.turns import Form, OpenForm, Say

ENG = "eneko"
LEASES = (
    "@Cairn 12k labelled leases (en) → parties, dates, rents as json. on prem, 1x 4090. 3k/d, p95 5s. "
    "llama 3.1 8b 5-shot: .81 field f1, need .92 by mid march."
)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def where(heard: Heard) -> list[str]:
    return [effect.to for effect in heard.effects if isinstance(effect, Say)]


def form_of(heard: Heard) -> Form:
    return next(effect.form for effect in heard.effects if isinstance(effect, OpenForm))


def test_the_answer_comes_first_then_its_parts_then_what_was_read_and_assumed(talk: Talk) -> None:
    heard = talk.command(ENG, "/estimate serve llama 3.1 8b q4_k_m, 8 slots × 8k on a 4090")
    lines = heard.text.splitlines()
    assert lines[0].startswith("Yes: 13.3 GiB (12.8–14.3) of the RTX 4090's 24. Weights 4.58 + KV cache 8.00")
    assert lines[1].startswith("Writing speed: ")
    assert "2 × 32 layers × 8 kv_heads × 128 head_dim × 2 B × 8,192 tokens × 8 slots" in heard.text
    assert (
        "Read: Llama 3.1 8B · Q4_K_M · 1× RTX 4090 · 8 at once · 8,192 tokens of context [1][2]" in heard.text
    )
    assert "Assumed: runtime llama.cpp; f16 KV cache" in heard.text
    assert "[1] Llama 3.1 8B (models/llama-3.toml)" in heard.text
    assert where(heard) == ["asker"], "the first answer is for the asker alone"
    assert heard.labels == ["Change inputs", "Compare", "Share to channel"]


@pytest.mark.parametrize(
    ("request_", "first"),
    [
        ("qlora llama-3.1-8b on one rtx 4090, 5k examples", "Fine-tuning: "),
        ("serve qwen3 4b q4_k_m 8k context 20 users on an l4", "No: 25.6 GiB"),
        ("pretrain 7b on 2T tokens 256 h100", "Pre-training: 12 days"),
        ("how big is gemma 3 12b in q5", "File size: 7.87 GiB"),
        ("what fits in 24 gb", "6 of the largest that fit in 24 GB"),
        ("rag over 200k pages", "Index: 1 GB"),
        ("cheat sheet", "The cheat sheet"),
        ("schedule with 2 people", "Likely "),
        ("effort", "Effort: "),
        ("rag index 50000 documents 12 pages each", "Index: 3 GB"),
        ("kv cache qwen3-8b 32k 4 slots", "KV cache: "),
        ("schedule for a rag chatbot team of 2 start 1 jan 2027", "Likely "),
        ("dpo mistral 7b lora 64k pairs a100", "No: 150 GiB"),
        ("Wie viel VRAM braucht Llama 3.1 8B in 4 Bit mit 8k Kontext?", "Memory to serve it: "),
        ("cost of serving llama 3.1 8b on an h100", "Serving cost: "),
        ("api cost 3000 requests a day at $3 per million input, $15 per million out", "API cost: "),
        ("how fast is llama 3.1 8b q4_k_m on a 4090", "Writing speed: 128 tokens/s"),
        ("energy of pretraining 7b on 2T tokens on h100", "Training energy: "),
    ],
)
def test_every_kind_of_request_is_answered_in_its_first_line(talk: Talk, request_: str, first: str) -> None:
    heard = talk.command(ENG, f"/estimate {request_}")
    assert heard.text.startswith(first)
    (reply,) = heard.replies
    assert len(reply.citations) <= 3
    assert all("://" not in entry.path for entry in reply.citations)
    assert not faults(reply), faults(reply)


def test_a_near_miss_is_asked_about_and_the_click_keeps_the_rest_of_the_request(talk: Talk) -> None:
    asked = talk.command(ENG, "/estimate serve llama 70b q4_k_m on 2 a100")
    assert asked.replies[0].question == "Which model do you mean by “llama 70b”?"
    chosen = talk.click(ENG, "Llama 3.3 70B")
    assert chosen.text.startswith("Yes: ")
    assert "A100 80GB SXM" in chosen.text
    assert where(chosen) == ["asker"]
    assert chosen.marks[0].startswith("eneko chose Llama 3.3 70B")


def test_a_misspelled_name_that_can_mean_one_model_only_is_taken_and_said(talk: Talk) -> None:
    heard = talk.command(ENG, "/estimate serve lama 3.1 8b q4_k_m on an l4")
    assert heard.text.startswith("Yes: ")
    assert "the L4's 24" in heard.text
    assert "I took “lama 3.1 8b” for Llama 3.1 8B" in heard.text


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("will mistral 7b in 8 bit fit on a 12gb card?", "Yes: "),
        ("llama 3.1 8b q4 on 8 gb with 32k context", "No: "),
    ],
)
def test_a_card_may_be_known_by_its_memory_alone(talk: Talk, said: str, answered: str) -> None:
    heard = talk.command(ENG, f"/estimate {said}")
    assert heard.text.startswith(answered)
    assert "card" in heard.text.splitlines()[0]


def test_training_without_a_named_gpu_is_reckoned_on_a_usual_one_and_says_so(talk: Talk) -> None:
    heard = talk.command(ENG, "/estimate dpo on mistral 7b, 10k pairs")
    assert "GPU-hours" in heard.text
    assert "H100 80GB SXM, since no GPU was named" in heard.text


def test_inputs_are_changed_in_a_form_that_holds_what_was_asked(talk: Talk) -> None:
    talk.command(ENG, "/estimate serve qwen3 4b q4_k_m 8k context 20 users on an l4")
    form = form_of(talk.click(ENG, "Change inputs"))
    held = {field.id: field.value for field in form.fields}
    assert held["model"] == "Qwen3 4B Instruct"
    assert (held["gpu"], held["quant"], held["context_tokens"], held["batch"]) == (
        "NVIDIA L4",
        "Q4_K_M",
        "8192",
        "20",
    )
    again = talk.form(ENG, form.id, context=form.context, **{**held, "batch": "8", "context_tokens": "8k"})
    assert again.text.startswith("Yes: ")
    assert "8 at once" in again.text
    assert where(again) == ["asker"]


def test_an_impossible_value_in_the_form_comes_back_as_one_sentence_and_the_form_again(talk: Talk) -> None:
    talk.command(ENG, "/estimate kv cache of llama 3.1 8b at 8k")
    form = form_of(talk.click(ENG, "Change inputs"))
    held = {field.id: field.value for field in form.fields}
    wrong = talk.form(ENG, form.id, context=form.context, **{**held, "context_tokens": "-4"})
    assert (
        wrong.replies[0].body == "context_tokens must be a number of tokens such as 8192 or 8k; '-4' is not."
    )
    assert {field.id: field.value for field in form_of(talk.click(ENG, "Change inputs")).fields}[
        "context_tokens"
    ] == "-4"


def test_methods_are_compared_under_the_same_settings(talk: Talk) -> None:
    talk.command(ENG, "/estimate qlora llama-3.1-8b on one rtx 5090, 5k examples")
    heard = talk.click(ENG, "Compare")
    assert heard.text.startswith("LoRA and QLoRA fit one RTX 5090, full fine-tuning does not.")
    assert "All with activation checkpointing" in heard.text
    assert "what you asked" in heard.text
    assert "usd_per_gpu_hour" in heard.text, "a card without a dated price says what to give"
    gpus = talk.click(ENG, "Compare GPUs")
    assert "A100 80GB SXM" in gpus.text
    assert " USD" in gpus.text
    assert where(heard) == where(gpus) == ["asker"]


def test_an_answer_is_shared_to_the_channel_and_its_buttons_become_a_record(talk: Talk) -> None:
    talk.command(ENG, "/estimate how big is gemma 3 12b in q5")
    shared = talk.click(ENG, "Share to channel")
    assert where(shared) == ["channel"]
    assert "File size: 7.87 GiB" in shared.text
    assert "eneko asked for this estimate" in shared.text
    assert shared.marks[0].startswith("eneko shared it")
    assert "Share to channel" not in shared.labels


def test_a_comparison_can_be_shared_too(talk: Talk) -> None:
    talk.command(ENG, "/estimate how big is gemma 3 12b in q5")
    talk.click(ENG, "Compare")
    assert "Weight formats, side by side" in talk.click(ENG, "Share to channel").text


def test_a_mention_is_answered_where_everybody_reads_it(talk: Talk) -> None:
    heard = talk.say(ENG, "@Cairn kv cache of llama 3.1 8b at 8k")
    assert where(heard) == ["thread"]
    assert "Share to channel" not in heard.labels


def test_what_does_not_fit_says_what_would(talk: Talk) -> None:
    heard = talk.command(ENG, "/estimate serve qwen3 4b q4_k_m 8k context 20 users on an l4")
    assert "It fits with a q8_0 KV cache or 15 at once." in heard.text
    assert "Writing speed" not in heard.text, "what does not fit has no speed"


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        ("cost of serving llama 3.1 8b on an l4", "usd_per_gpu_hour"),
        ("cost of serving llama 3.1 8b on a 5090", "usd_per_gpu_hour"),
        ("api cost 3000 requests a day", "usd_per_million_input_tokens"),
    ],
)
def test_a_missing_price_names_the_key(talk: Talk, request_: str, key: str) -> None:
    heard = talk.command(ENG, f"/estimate {request_}")
    assert key in heard.replies[0].body
    assert (
        talk.command(ENG, f"/estimate {request_} {key}=2 usd_per_million_output_tokens=4").text.count("USD")
        >= 1
    )


def test_a_dated_price_says_its_date(talk: Talk) -> None:
    heard = talk.command(ENG, "/estimate qlora llama 3.1 8b on an a100, 5k examples")
    assert "USD per GPU-hour (Lambda" in heard.text
    assert "2026-" in heard.text


class TestInAProject:
    @pytest.fixture
    def talk(self) -> Talk:
        talk = Talk()
        talk.say(ENG, LEASES)
        return talk

    def test_the_scope_fills_what_is_missing_and_says_so(self, talk: Talk) -> None:
        heard = talk.say(ENG, "how much memory does qlora take?", mention=True)
        assert "From the project: " in heard.text
        for part in ("Llama 3.1 8B", "1× RTX 4090", "12,000 examples"):
            assert part in heard.text.split("From the project: ")[1].splitlines()[0], part

    def test_what_is_asked_overrules_the_scope(self, talk: Talk) -> None:
        heard = talk.command(ENG, "/estimate lora qwen3 4b on an a100")
        assert "Qwen3 4B" in heard.text
        assert "A100 80GB SXM" in heard.text
        assert "RTX 4090" not in heard.text

    def test_the_schedule_is_the_projects_own(self, talk: Talk) -> None:
        heard = talk.command(ENG, "/estimate schedule with 2 people")
        assert heard.text.startswith("Likely ")
        assert "15 March" in heard.text, "its deadline"
        assert "What moves it most: " in heard.text
        assert "a team of 2" in heard.text
        assert heard.replies[0].image.startswith("gantt schedule ")
        assert heard.replies[0].image_alt.startswith("Gantt chart: Scope until ")
