"""What was advised is kept in the database and shown later, over a change of answers and of the knowledge folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_file import migrated_file
from sqlmodel import select

from bot.library import Library
from bot.model.identity import identities
from bot.model.pool import Models
from bot.model.record import Record, write_record
from bot.service import Service
from bot.storage import feedback
from bot.storage.store import Store
from bot.storage.tables import OutboxRow, SnapshotRow
from dialogs.turns import Person, Place, Turn

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
OPENING = (
    "we want a bot that answers guest mails from our house guides, which change weekly. Swedish and English, "
    "1,200 mails a day, own machines with one L4, no labels, a wrong answer is annoying, within 20 s, "
    "6 of 10 used with small edits"
)
MODEL = """
[[model]]
id = "house-8b"
title = "House 8B"
family = "House"
vendor = "House"
kind = "decoder"
hub_id = "house/house-8b"
params_b = 7.0
context_tokens = 32768
languages = ["en", "sv"]
licence = "Apache-2.0"
commercial_use = "yes"
released = "2026-11"
instruct = true
function_calling = true
thinking = "none"
strengths = ["chat", "rag", "writing", "multilingual"]
sources = ["our own card"]

[model.architecture]
layers = 32
hidden = 4096
heads = 32
kv_heads = 8
head_dim = 128
vocab = 32000
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(migrated_file(tmp_path))
    yield store
    await store.close()


def turn(number: int, text: str, kind: str = "message") -> Turn:
    place = Place("T1", "C1", None, True)
    at = NOW + timedelta(minutes=number)
    return Turn(
        kind=kind,  # type: ignore[arg-type]
        person=Person("ana", "Ana", "UTC"),
        place=place,
        at=at,
        text=text,
        mentioned=True,
        command="cairn" if kind == "command" else "",
        message_ts=f"{number}.0",
    )


async def kept(store: Store) -> list[SnapshotRow]:
    async with store.read() as session:
        return list((await session.exec(select(SnapshotRow))).all())


async def said(store: Store) -> str:
    async with store.read() as session:
        rows = (await session.exec(select(OutboxRow))).all()
    return "\n".join(str(row.content) for row in rows)


async def test_an_advice_can_be_shown_after_answers_and_knowledge_have_changed(
    store: Store, tmp_path: Path
) -> None:
    team, cache = tmp_path / "team", tmp_path / "cache"
    (team / "models").mkdir(parents=True)
    library, models = Library(team, cache), Models(None, None)
    service = Service(store, library, models)
    await service.handle(turn(1, OPENING))
    for number in range(2, 8):
        if await kept(store):
            break
        await service.handle(turn(number, "skip"))
    (first,) = await kept(store)
    assert first.inputs["scope"]["hardware"]
    assert first.rules
    assert first.knowledge_revision == library.knowledge.revision

    (team / "models" / "house.toml").write_text(MODEL)
    assert await library.refresh_if_changed()
    await service.handle(turn(20, "actually 3,000 mails a day"))
    rows = await kept(store)
    assert [row.knowledge_revision for row in rows] == [first.knowledge_revision, library.knowledge.revision]

    await service.handle(turn(30, "recommend first", "command"))
    told = await said(store)
    assert "My knowledge folder has changed since" in told
    assert first.advice["techniques"][0]["reasons"][0][:60] in told
    assert "load 1,200 a day → 3,000 a day" in told


async def test_the_same_advice_is_kept_once_and_the_newest_comes_first(store: Store) -> None:
    snapshot = {"inputs": {"scope": {}}, "rules": ["a"], "advice": {"models": []}, "knowledge_revision": "1"}
    for place, entry in enumerate((snapshot, snapshot, {**snapshot, "rules": ["b"]}, snapshot)):
        async with store.write() as session:
            await feedback.keep_snapshot(session, "P1", NOW + timedelta(hours=place), entry)
    async with store.read() as session:
        found = await feedback.told(session, "P1")
        assert await feedback.told(session, "P2") == ()
    assert [entry.rules for entry in found] == [("a",), ("b",), ("a",)]
    assert found[0].at == NOW + timedelta(hours=3)


class _Status(Models):
    """Models of which only the state is asked."""

    def __init__(self, **status: object) -> None:
        super().__init__(None, None)
        self._status = status

    def status(self) -> dict[str, object]:
        return self._status


def test_a_model_is_told_by_the_hash_that_was_recorded_else_by_name_or_server(tmp_path: Path) -> None:
    fetched, dropped = tmp_path / "fetched.gguf", tmp_path / "dropped.gguf"
    fetched.write_bytes(b"x")
    dropped.write_bytes(b"xyz")
    write_record(fetched, Record("repo", "main", 1, "abcdef0123456789", "MIT"))
    assert identities(_Status(embedding={"path": str(fetched)}, chat=None)) == {"embedding": "abcdef012345"}
    assert identities(_Status(chat={"path": str(dropped)})) == {"chat": "dropped.gguf, 3 bytes"}
    remote = {"base_url": "http://127.0.0.1:8000/v1", "model": "qwen"}
    assert identities(_Status(chat=remote)) == {"chat": "qwen at http://127.0.0.1:8000/v1"}
