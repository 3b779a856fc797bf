"""Hosted or own: who is told to pay by the token, with which figures, and who never is."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.advice import Advice, Overrule, advise, glance
from dialogs.advice.barriers import in_europe
from dialogs.advice.facts import facts_of
from dialogs.advice.fit import Shelf
from dialogs.advice.hosting import bill_of
from dialogs.advice.machine import names_no_machine
from dialogs.advice.models import load_of
from dialogs.scope import Scope
from knowledge.loader import load_knowledge

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)
SMALL_SHOP: dict[str, Any] = {
    "description": "answers questions about our product catalogue",
    "task": "question_answering",
    "requests_per_day": 200,
    "privacy": "any",
    "hardware": "no gpu",
    "data": {"documents": True},
}
CARDS = {card.id: card for card in KNOWLEDGE.catalog.models}


def advice_for(**changes: Any) -> Advice:
    return advise(Scope.model_validate(SMALL_SHOP | changes), KNOWLEDGE, today=TODAY)


def is_hosted(advice: Advice) -> bool:
    assert advice.first_model is not None
    return advice.first_model.params_b is None


def test_a_small_load_without_a_gpu_is_paid_for_by_the_token_and_says_when_that_turns() -> None:
    first = advice_for().models[0]
    card = CARDS[first.id]
    assert first.params_b is None
    assert card.usd_per_million_input_tokens
    assert card.usd_per_million_output_tokens
    each = (2000 * card.usd_per_million_input_tokens + 200 * card.usd_per_million_output_tokens) / 1e6
    cheapest = min(
        gpu.usd_per_hour for gpu in KNOWLEDGE.catalog.gpus if gpu.usd_per_hour and gpu.kind == "datacenter"
    )
    told = re.search(r"about ([\d.,]+) USD a month", first.reasons[0])
    turns = re.search(r"from about ([\d,]+) requests", first.reasons[0])
    assert told
    assert turns
    assert float(told[1].replace(",", "")) == pytest.approx(200 * 30 * each, rel=0.05)
    assert float(turns[1].replace(",", "")) == pytest.approx(cheapest * 24 / each, rel=0.05)
    assert any(card.price_date and card.price_date in reason for reason in first.reasons)


def test_the_model_that_runs_at_home_stands_beside_it() -> None:
    beside = advice_for().models[1]
    assert beside.role == "alternative"
    assert beside.params_b is not None
    assert "your CPUs" in beside.reasons[0]


@pytest.mark.parametrize(
    ("changes", "hosted"),
    [
        ({"hardware": None}, True),
        ({"hardware": "cpu only"}, True),
        ({"hardware": "we have no GPU"}, True),
        ({"hardware": "one RTX 4090"}, False),
        ({"hardware": "our own blade server"}, False),
        ({"hardware": "M2 laptop"}, False),
        ({"requests_per_day": None}, True),
        ({"requests_per_day": 10_000_000, "hardware": None}, False),
        ({"requests_per_day": 10_000_000}, True),  # CPUs cannot keep up: begin by the token, then rent
        ({"latency_seconds": 0.3}, False),
        ({"latency_seconds": 5}, True),
        ({"privacy": None}, False),
        ({"privacy": "private_cloud"}, False),
        ({"privacy": "private_cloud", "region": "EU"}, True),
        ({"privacy": "private_cloud", "region": "Germany"}, True),
        ({"privacy": "private_cloud", "region": "Canada"}, False),
        ({"tried": ["llama 3.1 8b with a prompt"]}, False),
        ({"task": "classification", "data": {"labelled_examples": 60_000}}, False),
        ({"task": "information_retrieval"}, False),
    ],
)
def test_who_is_sent_to_a_hosted_model(changes: dict[str, Any], hosted: bool) -> None:
    assert is_hosted(advice_for(**changes)) is hosted


@settings(max_examples=25, deadline=None)
@given(
    task=st.sampled_from(["chatbot", "summarization", "classification", "code_generation", None]),
    hardware=st.sampled_from([None, "no gpu", "one l4"]),
    region=st.sampled_from([None, "EU", "Sweden"]),
    requests=st.sampled_from([None, 10, 5_000, 10_000_000]),
)
def test_what_stays_on_premises_never_meets_a_hosted_model(
    task: str | None, hardware: str | None, region: str | None, requests: int | None
) -> None:
    stated = {"task": task, "hardware": hardware, "region": region, "requests_per_day": requests}
    advice = advice_for(privacy="on_premises", **stated)
    assert all(CARDS[model.id].kind != "api" for model in advice.models)


def test_the_gpu_to_compare_with_holds_the_model_beside_it_and_is_none_for_gamers() -> None:
    scope = Scope.model_validate(SMALL_SHOP | {"hardware": None})
    facts, shelf = facts_of(scope, KNOWLEDGE.catalog), Shelf(KNOWLEDGE.catalog, KNOWLEDGE.revision)
    hosted = CARDS["openai-gpt-5.4-mini"]
    for least_gb in (0.0, 60.0, 150.0):
        bill = bill_of(hosted, facts, shelf, load_of(facts), least_gb)
        assert bill is not None
        assert bill.gpu.memory_gb >= least_gb
        assert bill.gpu.kind == "datacenter"
    assert bill_of(hosted, facts, shelf, load_of(facts), 10_000.0) is None


def test_a_load_above_the_break_even_still_offers_the_hosted_one_and_says_that_own_pays() -> None:
    hosted = next(
        model
        for model in advice_for(requests_per_day=10_000_000, hardware=None).models
        if model.params_b is None
    )
    assert hosted.role == "alternative"
    assert "and you have more" in hosted.reasons[0]


def test_a_cloud_in_the_eu_gets_a_family_that_is_sold_there_and_its_condition() -> None:
    first = advice_for(privacy="private_cloud", region="EU").models[0]
    assert "eu_hosting" in CARDS[first.id].strengths
    assert any("data-processing terms" in reason for reason in first.reasons)


def test_a_budget_below_the_price_of_one_family_takes_a_cheaper_one() -> None:
    dear = advice_for(task="code_generation", requests_per_day=5_000, budget_usd_per_month=None).models[0]
    thrifty = advice_for(task="code_generation", requests_per_day=5_000, budget_usd_per_month=400).models[0]
    assert dear.params_b is None
    assert thrifty.id != dear.id


def test_a_budget_below_every_family_takes_weights_of_ones_own_and_says_why() -> None:
    advice = advice_for(budget_usd_per_month=1, requests_per_day=5_000, hardware=None)
    hosted = next(model for model in advice.models if model.params_b is None)
    assert not is_hosted(advice)
    assert "which is over 1 USD a month" in hosted.reasons[0]


def test_training_an_adapter_all_the_same_needs_weights_of_ones_own() -> None:
    scope = Scope.model_validate(SMALL_SHOP)
    decided = (Overrule("technique", "lora", "Ana", TODAY),)
    assert glance(scope, KNOWLEDGE, today=TODAY).first_size_class == "hosted"
    assert glance(scope, KNOWLEDGE, overrules=decided, today=TODAY).first_size_class != "hosted"
    assert not is_hosted(advise(scope, KNOWLEDGE, overrules=decided, today=TODAY))


@pytest.mark.parametrize(
    ("words", "nothing"),
    [
        ("no gpu", True), ("No GPUs", True), ("CPU only", True), ("only CPUs", True), ("without a GPU", True),
        ("we don't have any GPU", True), ("laptop with 16 GB", False), ("cpu server with 64 GB", False),
        ("two 4090s", False), ("M3 Max", False),
    ],
)  # fmt: skip
def test_which_words_name_no_machine(words: str, nothing: bool) -> None:
    assert names_no_machine(words) is nothing


@pytest.mark.parametrize(
    ("region", "european"),
    [("EU", True), ("AWS Frankfurt", True), ("eu-west-1", True), ("US", False), (None, False)],
)
def test_which_regions_lie_in_the_union(region: str | None, european: bool) -> None:
    assert in_europe(region) is european
