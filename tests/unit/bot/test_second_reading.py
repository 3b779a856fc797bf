"""A chat model's second reading over the real service: a scripted model run by llama.cpp, and SQLite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_file import migrated_file
from sqlmodel import select
from tiny_gguf import write_scripted

from bot.library import Library
from bot.model.pool import Models
from bot.second_reading import MOST_AT_ONCE, SecondReadings
from bot.service import Service
from bot.storage import projects
from bot.storage.store import Store
from bot.storage.tables import OutboxRow
from dialogs.project import Project
from dialogs.steps import Complete
from dialogs.turns import Person, Place, Turn
from dialogs.understanding.reading_prompt import reading_prompt

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
OPENING = (
    "we want an assistant that answers skippers about berths from our harbour guide, in English; 300 calls a day, all "
    "data on our own servers, a slip-up means a stranded yacht"
)
FOUND = {"field": "quality_risk", "value": "high", "quote": "a slip-up means a stranded yacht"}
INVENTED = {"field": "budget_usd_per_month", "value": "900", "quote": "300 calls a day"}


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    replies = {"stranded yacht": json.dumps({"stated": [FOUND, INVENTED]})}
    return write_scripted(tmp_path_factory.mktemp("scripted") / "s.gguf", replies, '{"stated": []}')


@pytest.fixture
async def models(scripted: Path) -> AsyncIterator[Models]:
    running = await Models.start(chat_path=scripted)
    yield running
    await running.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(migrated_file(tmp_path))
    yield store
    await store.close()


def turn(text: str, number: int = 1) -> Turn:
    place, at = Place("T1", "C1", None, True), NOW + timedelta(minutes=number)
    return Turn(
        "message", Person("ana", "Ana", "UTC"), place, at, text, mentioned=True, message_ts=f"{number}.0"
    )


async def said(store: Store) -> list[str]:
    async with store.read() as session:
        rows = (await session.exec(select(OutboxRow))).all()
    return [str(row.content) for row in rows]


async def project(store: Store) -> Project:
    async with store.read() as session:
        (found,) = await projects.in_channel(session, "T1", "C1", status=None)
    return found


async def test_the_answer_is_owed_before_the_model_has_read_and_its_finding_follows(
    store: Store, models: Models, tmp_path: Path
) -> None:
    service = Service(store, Library(None, tmp_path / "cache"), models)
    await service.handle(turn(OPENING))
    at_once = await said(store)
    assert len(at_once) == 1
    assert (await project(store)).scope.quality_risk is None

    await service.settled(30)
    later = [text for text in await said(store) if text not in at_once]
    assert len(later) == 1
    assert "risk of a wrong answer: high" in later[0]
    scope = (await project(store)).scope
    assert (scope.quality_risk, scope.budget_usd_per_month, scope.requests_per_day) == ("high", None, 300)


async def test_a_model_that_finds_nothing_stays_silent(store: Store, models: Models, tmp_path: Path) -> None:
    service = Service(store, Library(None, tmp_path / "cache"), models)
    await service.handle(turn(OPENING.replace("a slip-up means a stranded yacht", "that is all there is")))
    before = await said(store)
    await service.settled(30)
    assert await said(store) == before


async def test_a_model_that_is_gone_changes_nothing(store: Store, models: Models, tmp_path: Path) -> None:
    service = Service(store, Library(None, tmp_path / "cache"), models)
    await service.handle(turn(OPENING))
    await models.close()
    await service.settled(30)
    assert len(await said(store)) == 1
    assert (await project(store)).scope.requests_per_day == 300


async def test_a_question_goes_first_and_the_reading_starts_again(models: Models) -> None:
    handled: list[Turn] = []

    async def handle(turn: Turn) -> None:
        handled.append(turn)

    readings = SecondReadings(models, handle)
    readings.start(turn(OPENING), reading_prompt(OPENING))
    await asyncio.sleep(0.1)
    aside = readings.give_way()
    assert [asked.text for asked, _ in aside] == [OPENING]
    question = Complete("answer", (("user", "What is stated?"),), max_tokens=40)
    assert await models.complete(question) == '{"stated": []}'
    assert handled == []
    for asked in aside:
        readings.start(*asked)
    await readings.settled(60)
    assert [json.loads(entry.value)["stated"][0] for entry in handled] == [FOUND]


async def test_only_so_many_readings_wait_for_the_model() -> None:
    async def handle(turn: Turn) -> None:
        raise AssertionError("there is no model to read")

    readings = SecondReadings(Models(None, None), handle)
    for number in range(MOST_AT_ONCE + 3):
        readings.start(turn(OPENING, number), reading_prompt(OPENING))
    waiting = readings.give_way()
    assert [asked.message_ts for asked, _ in waiting] == [f"{number}.0" for number in range(MOST_AT_ONCE)]
    await readings.settled(1)
