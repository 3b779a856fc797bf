"""Names find exactly one record or none, and the facts behind them hang together."""

from __future__ import annotations

import pytest

from knowledge.loader import load_knowledge
from knowledge.schema import Architecture, ModelCard

CATALOG = load_knowledge().catalog


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("llama 3.1 8b", "llama-3.1-8b-instruct"),
        ("Llama3.1 8B", "llama-3.1-8b-instruct"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct"),
        ("llama-3-1-8b", "llama-3.1-8b-instruct"),
        ("LLAMA_3.1_8B", "llama-3.1-8b-instruct"),
        ("llama2-7b", "llama-2-7b-chat"),
        ("llama3.1-405b", "llama-3.1-405b-instruct"),
        ("qwen3 4b", "qwen3-4b-instruct-2507"),
        ("Qwen/Qwen3.5-4B", "qwen3.5-4b"),
        ("qwen2.5-0.5b", "qwen2.5-0.5b-instruct"),
        ("Gemma 4 E4B", "gemma-4-e4b-it"),
        ("google/gemma-4-E4B-it", "gemma-4-e4b-it"),
        ("IBM Granite 4.1 8B", "granite-4.1-8b"),
        ("Mistral 7B", "mistral-7b-instruct-v0.3"),
        ("modernbert large", "modernbert-large"),
        ("ModernBERT", "modernbert-base"),
        ("bert", "bert-base-uncased"),
        ("gpt-oss 20b", "gpt-oss-20b"),
        ("DeepSeek-R1", "deepseek-r1"),
    ],
)
def test_a_model_is_found_however_it_is_written(name: str, id: str) -> None:
    found = CATALOG.find_model(name)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize(
    "name", ["qwen 34b", "llama 3 8b", "llama", "llama 3.1", "gpt-4", "qwen3 5b", "", "…", "8b"]
)
def test_what_only_looks_alike_is_not_found(name: str) -> None:
    assert CATALOG.find_model(name) is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("llama 3 8b", "llama-3.1-8b-instruct"),
        ("gemma 4 e4", "gemma-4-e4b-it"),
        ("granite 4.1 7b", "granite-4.1-8b"),
    ],
)
def test_near_misses_are_offered_instead(name: str, near: str) -> None:
    assert near in [card.id for card in CATALOG.near_models(name)]


def test_nothing_is_offered_for_words_that_name_no_model() -> None:
    assert CATALOG.near_models("our house guides") == ()
    assert len(CATALOG.near_models("llama", limit=2)) == 2


# Names as published measurements write them.
PUBLISHED_GPUS = [
    *("A100-40GB-SXM", "A100-80GB-PCIe", "A100-80GB-SXM", "A40", "B200-180GB", "GB200", "H100-80GB-PCIe"),
    *("H100-80GB-SXM", "H200-141GB-SXM", "H800-80GB", "M1-Max-24c", "M1-Max-32c", "M2-10c", "M2-Ultra-76c"),
    *("M3-10c", "M3-Max-40c", "RTX-2080", "RTX-3080-10GB", "RTX-3090", "RTX-4070Ti", "RTX-4080", "RTX-4090"),
    "RTX-A6000",
]


@pytest.mark.parametrize("name", PUBLISHED_GPUS)
def test_every_gpu_of_the_published_measurements_is_found(name: str) -> None:
    assert CATALOG.find_gpu(name) is not None


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("4090", "rtx-4090"),
        ("rtx 4090", "rtx-4090"),
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("l4", "l4"),
        ("L40", "l40"),
        ("L40S", "l40s"),
        ("h100", "h100-80gb-sxm"),
        ("H100 PCIe", "h100-80gb-pcie"),
        ("A100 40GB", "a100-40gb-sxm"),
        ("NVIDIA A100-SXM4-80GB", "a100-80gb-sxm"),
        ("4070 Ti Super", "rtx-4070-ti-super"),
        ("M3 Max", "m3-max-40c"),
    ],
)
def test_a_gpu_is_found_however_it_is_written(name: str, id: str) -> None:
    found = CATALOG.find_gpu(name)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize("name", ["tpu", "4091", "a 100 node", "two 4090s", "L", "rtx"])
def test_a_name_that_means_no_gpu_is_not_found(name: str) -> None:
    assert CATALOG.find_gpu(name) is None


def test_no_name_means_two_models() -> None:
    """Ids, titles and hub ids lead back to their own card."""
    for card in CATALOG.models:
        for name in (card.id, card.title, card.hub_id or card.id):
            assert CATALOG.find_model(name) == card, name
    for gpu in CATALOG.gpus:
        for name in (gpu.id, gpu.title, *gpu.aliases):
            assert CATALOG.find_gpu(name) == gpu, name


def test_successors_exist_and_are_current() -> None:
    ids = {card.id: card for card in CATALOG.models}
    for card in CATALOG.models:
        if card.superseded_by:
            assert card.superseded_by in ids, card.id


def test_the_catalogue_is_large_enough_to_choose_from() -> None:
    by_kind: dict[str, int] = {}
    for card in CATALOG.models:
        by_kind[card.kind] = by_kind.get(card.kind, 0) + 1
    assert by_kind["decoder"] >= 120
    assert by_kind["encoder"] >= 13
    assert by_kind["embedding"] >= 18
    assert by_kind["reranker"] >= 5
    assert by_kind["api"] >= 20


def test_a_card_without_a_licence_never_claims_commercial_use() -> None:
    for card in CATALOG.models:
        if card.licence is None:
            assert card.commercial_use == "unknown", card.id
        if card.commercial_use == "conditions":
            assert card.conditions, card.id


def test_prices_carry_their_day_and_source() -> None:
    priced = [gpu for gpu in CATALOG.gpus if gpu.usd_per_hour is not None]
    assert priced
    for gpu in priced:
        assert gpu.price_date
        assert gpu.price_source


def _counted_b(card: ModelCard) -> float | None:
    """Parameters in billions from the shape; None where a dimension is missing or the layers are of several kinds."""
    a = card.architecture
    shape = (a.layers, a.hidden, a.heads, a.kv_heads, a.head_dim, a.vocab, a.tied_embeddings)
    uniform = a.attention_layers in (None, a.layers) or a.sliding_window
    if None in shape or not uniform or a.kv_lora_rank or a.dense_ffn or card.kind != "decoder":
        return None
    if card.id == "muse-spark-open-816b-a42b":  # its experts work in a narrower space than the layers
        return None
    mlp = _mlp(a)
    if mlp is None:
        return None
    assert a.layers
    assert a.hidden
    assert a.heads
    assert a.kv_heads
    assert a.head_dim
    assert a.vocab
    attention = 2 * a.hidden * a.heads * a.head_dim + 2 * a.hidden * a.kv_heads * a.head_dim
    tables = a.vocab * a.hidden * (1 if a.tied_embeddings else 2)
    return (a.layers * (attention + mlp) + tables) / 1e9 + (a.extra_params_b or 0.0)


def _mlp(a: Architecture) -> float | None:
    assert a.hidden
    if a.experts and a.moe_ffn:
        return (
            a.experts + (a.shared_experts or 0)
        ) * a.mlp_linears * a.hidden * a.moe_ffn + a.hidden * a.experts
    return a.mlp_linears * a.hidden * a.ffn if a.ffn and not a.experts else None


COUNTABLE = [card for card in CATALOG.models if _counted_b(card) is not None]


def test_most_decoders_can_be_counted() -> None:
    assert len(COUNTABLE) >= 60


@pytest.mark.parametrize("card", COUNTABLE, ids=lambda card: card.id)
def test_the_shape_gives_the_published_size(card: ModelCard) -> None:
    assert card.params_b is not None
    assert _counted_b(card) == pytest.approx(card.params_b, rel=0.10)
