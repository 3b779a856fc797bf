"""Time to first token when tasks alternate: Cairn's lane beside plain llama-cpp-python in arrival order.

Forty requests, four arriving at once, alternating among three tasks with a constant part of their own.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import pytest
from tiny_gguf import write_random

from bot.model.convert import quantise
from bot.model.embedding_model import embedding_model_path
from bot.model.pool import Models
from bot.settings import load_settings
from dialogs.steps import Complete

TASKS = ("answer", "extract", "reword")
CONSTANT_CHARACTERS = 1200  # the tiny vocabulary has about one token a character
REQUESTS, AT_ONCE, OUTPUT_TOKENS = 40, 4, 16


def request(number: int) -> Complete:
    """One request of the alternating stream; its own part is 300 tokens."""
    task = TASKS[number % len(TASKS)]
    constant = (f"{task}: keep to the rules of this task. " * 60)[:CONSTANT_CHARACTERS]
    own = (f"request {number} has passages and a question of its own. " * 8)[:300]
    messages = (("system", constant), ("user", own))
    return Complete(task, messages, max_tokens=OUTPUT_TOKENS, deadline_seconds=120)


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 105M parameters, Q8_0, with random weights: speed does not depend on what they say."""
    folder = tmp_path_factory.mktemp("bench")
    quantise(write_random(folder / "f16.gguf", layers=10, width=1024), folder / "q8_0.gguf")
    return folder / "q8_0.gguf"


def plain_waits(path: Path) -> Iterator[float]:
    """Seconds to first token, waves of four served in arrival order."""
    llama = llama_cpp.Llama(str(path), n_ctx=8192, flash_attn=True, n_threads=2, verbose=False)
    for first in range(0, REQUESTS, AT_ONCE):
        arrived = time.perf_counter()
        for number in range(first, first + AT_ONCE):
            messages = [{"role": role, "content": text} for role, text in request(number).messages]
            stream = llama.create_chat_completion(
                messages, stream=True, max_tokens=OUTPUT_TOKENS, temperature=0
            )
            spoken = (chunk for chunk in stream if chunk["choices"][0]["delta"].get("content"))
            next(spoken, None)
            yield time.perf_counter() - arrived
            for _ in spoken:
                pass
    llama.close()


async def cairn_waits(path: Path) -> list[float]:
    """The same through Cairn's worker."""
    models = await Models.start(chat_path=path, wait_seconds=60)

    async def wait(number: int) -> float:
        arrived, first = time.perf_counter(), 0.0
        async for _ in models.stream(request(number)):
            first = first or time.perf_counter() - arrived
        return first

    waits: list[float] = []
    for first in range(0, REQUESTS, AT_ONCE):
        waits += await asyncio.gather(*(wait(number) for number in range(first, first + AT_ONCE)))
    await models.close()
    return waits


@pytest.mark.timeout(900)
async def test_alternating_tasks_start_answering_three_times_sooner(
    model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = list(plain_waits(model_path))
    cairn = await cairn_waits(model_path)
    ratio = statistics.median(plain) / statistics.median(cairn)
    worst = max(mine / theirs for mine, theirs in zip(cairn[AT_ONCE:], plain[AT_ONCE:], strict=True))
    with capsys.disabled():
        sys.stdout.write(
            f"\ntime to first token, median of {REQUESTS}: plain {statistics.median(plain):.2f} s, "
            f"Cairn {statistics.median(cairn):.2f} s, {ratio:.1f} times sooner; "
            f"the least lucky request waited {worst:.2f} times its plain wait\n"
        )
    assert ratio >= 3
    assert worst <= 2


async def test_embedding_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    path = embedding_model_path(load_settings().cairn_models_dir)
    assert path, "the default embedding model is missing; run `make setup`"
    models = await Models.start(embedding_path=path)
    seconds = []
    for number in range(100):
        start = time.perf_counter()
        assert await models.embed([f"How many examples does fine-tuning number {number} need?"])
        seconds.append(time.perf_counter() - start)
    await models.close()
    p50, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    with capsys.disabled():
        sys.stdout.write(f"\nembedding a question: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms\n")
    assert p95 < 0.1
