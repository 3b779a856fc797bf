"""The chart of a project's runs: a PNG that can be opened, and the same in words."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from bot.run_chart import runs_alt, runs_png
from dialogs.project import Answer, EvaluationRun, Project

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def project(target: str, *scores: float) -> Project:
    found = Project(
        id="p", workspace="T", channel="C", slug="p", name="Leases", created_at=AT, created_by="U1"
    )
    if target:
        found.answers.append(Answer(field="success_target", value=target, person="U1", at=AT))
    found.runs = [EvaluationRun(at=AT, person="U1", results={"f1": score, "judge": 3.9}) for score in scores]
    return found


@pytest.mark.parametrize(
    ("target", "scores", "words"),
    [
        (".92", (0.81, 0.9), "Leases: 81 %, 90 % against a target of 92 %"),
        ("at least 4 of judge", (3.5,), "Leases: 3.9 against a target of 4"),
        ("", (0.81,), "Leases: 1 evaluation run, no target"),
        (".92", (), "Leases: no result has been recorded yet"),
        (".92", (1.0, 0.0), "Leases: 100 %, 0 % against a target of 92 %"),
    ],
)
def test_runs_are_drawn_and_said(target: str, scores: tuple[float, ...], words: str) -> None:
    found = project(target, *scores)
    png = runs_png(found)
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (1040, 520)
    assert runs_alt(found) == words
