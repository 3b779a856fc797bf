"""Answers by a chat model: real workers and real llama.cpp, scripted or babbling."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_gguf import write_scripted

from bot import answering
from bot.answering import write
from bot.model.pool import Models
from dialogs.steps import Complete, Write
from dialogs.turns import Reply
from knowledge.schema import Section

LORA = Section(
    "lora.md#a",
    "lora.md",
    "Memory of a LoRA run",
    "LoRA",
    "LoRA trains two small matrices beside each frozen weight matrix. Rank 8 is a sensible start.",
)
TRUE = "LoRA trains two small matrices [1]."
REPLY = f"{TRUE} Rank 8 is a sensible start for it [1]."


def need(question: str, **options: float) -> Write:
    request = Complete("answer", (("system", "Be brief."), ("user", question)), max_tokens=240)
    return Write(replace(request, **options), (LORA,))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripted")
    return write_scripted(folder / "s.gguf", {"lora?": REPLY}, "Bananas are 7 euros. Pears are 9.")


@pytest.fixture
async def models(scripted: Path) -> AsyncIterator[Models]:
    running = await Models.start(chat_path=scripted)
    yield running
    await running.close()


class Page:
    """Where drafts are shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def show(self, reply: Reply) -> bool:
        self.shown.append(reply.body)
        return True


async def test_a_supported_answer_comes_whole(models: Models) -> None:
    assert await write(need("lora?"), models) == REPLY


async def test_a_quick_answer_needs_no_draft(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PATIENCE_SECONDS", 60.0)  # quick beside it, however busy the machine is
    page = Page()
    await write(need("lora?"), models, page.show)
    assert page.shown == []


async def test_generation_ends_after_two_sentences_that_nothing_supports(models: Models) -> None:
    text = await write(need("fruit"), models)
    assert text
    assert models.chat_waiting == 0


@pytest.fixture
async def stalled(models: Models, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Models]:
    """Models whose chat worker has been stopped; drafts come soon, and patience is short."""
    monkeypatch.setattr(answering, "FIRST_SENTENCE_SECONDS", 0.5)
    monkeypatch.setattr(answering, "PATIENCE_SECONDS", 0.1)
    pid = models.status()["chat"]["process_id"]
    os.kill(pid, signal.SIGSTOP)
    yield models
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


async def test_ten_seconds_without_a_sentence_are_enough(
    stalled: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page()
    start = time.monotonic()
    assert not await write(need("lora?"), stalled, page.show)
    assert 0.4 < time.monotonic() - start < 3
    assert page.shown == ["Reading _Memory of a LoRA run_ …"], "the same words are shown once"
    os.kill(stalled.status()["chat"]["process_id"], signal.SIGCONT)
    monkeypatch.setattr(answering, "FIRST_SENTENCE_SECONDS", 10.0)
    assert await write(need("lora?"), stalled) == REPLY, "the worker is free again"


async def test_who_stands_in_line_is_told(stalled: Models) -> None:
    first, second = Page(), Page()
    await asyncio.gather(write(need("a"), stalled, first.show), write(need("b"), stalled, second.show))
    assert first.shown[0].startswith("Reading")
    assert second.shown[0].startswith("You're 2nd in line.")


@pytest.mark.kill
async def test_a_worker_killed_while_it_writes_ends_the_answer_and_is_back(
    stalled: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "FIRST_SENTENCE_SECONDS", 10.0)
    writing = asyncio.create_task(write(need("lora?"), stalled))
    await asyncio.sleep(0.1)
    start = time.monotonic()
    os.kill(stalled.status()["chat"]["process_id"], signal.SIGKILL)
    assert not await writing
    assert time.monotonic() - start < 3, "nobody waits for what will not come"
    assert await write(need("lora?"), stalled) == REPLY
    assert time.monotonic() - start < 5


async def test_without_a_chat_model_there_is_nothing_to_use() -> None:
    models = await Models.start()
    assert not await write(need("lora?"), models)
    await models.close()
