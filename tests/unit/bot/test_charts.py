"""Charts: every name that a reply gives can be drawn, and what is drawn holds what the estimate says."""

from __future__ import annotations

import io
from datetime import date

import pytest
from matplotlib.image import imread

from bot.charts import draw, gantt_png
from bot.failures import OperationError
from dialogs.estimates.reply import Asking, reply_to
from dialogs.estimates.request import read_estimate_request
from dialogs.estimates.table import comparison
from estimator.schedule import ScheduleInputs, simulate
from knowledge.loader import Knowledge, load_knowledge

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def colours(png: bytes) -> set[tuple[int, ...]]:
    """Return the colours that cover something."""
    pixels = (imread(io.BytesIO(png))[..., :3] * 255).round().astype(int).reshape(-1, 3)
    return {tuple(int(value) for value in row) for row in pixels[::7]}


def hexed(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


@pytest.mark.parametrize(
    "text",
    [
        "serve llama 3.1 8b q4_k_m, 8 slots × 8k on a 4090",
        "serve llama 3.1 8b q4_k_m at 8k",
        "qlora llama-3.1-8b on one rtx 4090, 5k examples",
        "full fine-tune llama 3.1 8b on 8 h100, 10k examples",
        "schedule start=2026-11-23 team_size=2",
    ],
)
def test_the_chart_that_a_reply_names_is_drawn(knowledge: Knowledge, text: str) -> None:
    reply = reply_to(text, Asking(knowledge, today=TODAY))
    assert reply.image
    assert reply.image_alt.endswith(".")
    image = imread(io.BytesIO(draw(reply.image, knowledge.catalog, TODAY)))
    height, width, _ = image.shape
    assert width == 1110
    assert 300 < height < 1500


@pytest.mark.parametrize(
    ("along", "text"),
    [
        ("method", "qlora llama-3.1-8b on an a100, 5k examples"),
        ("quant", "serve qwen3 4b q4_k_m 8k context 20 users on an l4"),
        ("gpu", "serve qwen3 4b q4_k_m 8k context 20 users on an l4"),
        ("gpu", "pretrain 7b on 2T tokens 256 h100"),
        ("quant", "how big is gemma 3 12b in q5"),
    ],
)
def test_a_comparison_is_drawn(knowledge: Knowledge, along: str, text: str) -> None:
    request = read_estimate_request(text, knowledge.catalog)
    reply = comparison(request, along, Asking(knowledge, today=TODAY))
    assert len(reply.image_alt) > 60
    assert draw(reply.image, knowledge.catalog, TODAY).startswith(b"\x89PNG")


def test_what_does_not_fit_is_red_and_what_fits_is_not(knowledge: Knowledge) -> None:
    fits = "memory infer_memory model=llama-3.1-8b-instruct quant=Q4_K_M context_tokens=8192"
    with_card = f"{fits} gpu=rtx-4090"
    red = hexed("#c0392b")
    assert red not in colours(draw(fits, knowledge.catalog, TODAY)), "no card, no line where it is full"
    assert red in colours(draw(with_card, knowledge.catalog, TODAY))


def test_the_gantt_has_todays_line_and_a_row_for_each_step_that_takes_work() -> None:
    short = simulate(ScheduleInputs(start=TODAY))
    long = simulate(ScheduleInputs(start=TODAY, techniques=("rag", "lora", "rlhf")))
    sizes = [imread(io.BytesIO(gantt_png(plan, TODAY, "Plan"))).shape[0] for plan in (short, long)]
    assert sizes[0] < sizes[1], "fine-tuning and alignment are rows of their own"
    assert hexed("#c0392b") in colours(gantt_png(short, TODAY, "Plan"))


@pytest.mark.parametrize(
    "name", ["", "pie kv_cache model=x", "memory hello", "options gpu", "memory infer_memory model=zzz"]
)
def test_a_name_that_means_nothing_is_one_sentence(knowledge: Knowledge, name: str) -> None:
    with pytest.raises(OperationError, match=r"chart"):
        draw(name, knowledge.catalog, TODAY)
