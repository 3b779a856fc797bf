"""A team's file in the place of a shipped one: said aloud, and never the end of a conversation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dialogs.advice import advise
from dialogs.recommending.choosing import advice_reply
from dialogs.scope import Scope
from knowledge.check import check
from knowledge.loader import SHIPPED, load_knowledge

BOX = """
[[gpu]]
id = "our-box"
title = "Our box in Stockholm"
memory_gb = 48.0
bandwidth_gb_s = 864.0
tflops_bf16 = 181.0
tdp_w = 300.0
sources = ["purchase order 4711"]
"""


def test_a_file_that_leaves_shipped_records_out_is_warned_of_with_how_many_and_the_cure(
    tmp_path: Path,
) -> None:
    (tmp_path / "hardware.toml").write_text(BOX, "utf-8")
    knowledge = load_knowledge(tmp_path)
    (warning,) = check(knowledge, tmp_path)
    shipped = len(load_knowledge().catalog.gpus)
    assert [gpu.id for gpu in knowledge.catalog.gpus] == ["our-box"]
    assert not warning.fatal
    assert f"{shipped} of its {shipped} records are gone (t4, " in warning.message
    assert "our-hardware.toml" in warning.cure


def test_what_the_cure_says_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "our-hardware.toml").write_text(BOX, "utf-8")
    knowledge = load_knowledge(tmp_path)
    assert check(knowledge, tmp_path) == ()
    assert len(knowledge.catalog.gpus) == len(load_knowledge().catalog.gpus) + 1


def test_a_copy_with_one_record_more_is_no_reason_to_warn(tmp_path: Path) -> None:
    shipped = (SHIPPED / "hardware.toml").read_text("utf-8")
    (tmp_path / "hardware.toml").write_text(shipped + BOX, "utf-8")
    assert check(load_knowledge(tmp_path), tmp_path) == ()


@pytest.mark.parametrize("kept", ["", "broken ["])
def test_a_team_that_replaces_every_fact_still_gets_advice(tmp_path: Path, kept: str) -> None:
    for file in SHIPPED.rglob("*.toml"):
        place = tmp_path / file.relative_to(SHIPPED)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(kept, "utf-8")
    knowledge = load_knowledge(tmp_path)
    advice = advise(Scope(task="chatbot", hardware="one L4"), knowledge, today=date(2026, 11, 23))
    assert knowledge.catalog.gpus == ()
    assert advice_reply(advice, knowledge).body
