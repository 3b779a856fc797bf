"""Evaluation files are scored line by line; a file that cannot be scored is one clear sentence."""

import json
from pathlib import Path

import pytest

from bot.evaluation import as_json, evaluate_file, report
from bot.failures import OperationError
from bot.library import Library
from dialogs.answers.evaluation import Case, Outcome


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    return Library(None, tmp_path_factory.mktemp("cache"))


def write(path: Path, *rows: dict) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def question(text: str, **expect: object) -> dict:
    return {"id": text[:8], "set": "tune", "language": "en", "question": text, "expect": expect}


async def test_questions_are_scored_and_reported(tmp_path, library):
    file = write(
        tmp_path / "q.jsonl",
        question("what is LoRA?", facts=[["low rank"]], citations=["documents/lora-and-qlora.md"]),
        question("what is QLoRA?", facts=[["zeppelin"]]),
        question("best pizza dough hydration?", refused=True),
    )
    outcomes = await evaluate_file(file, library, None)
    assert [all(outcome.checks.values()) for outcome in outcomes] == [True, False, True]
    printed = report(outcomes)
    assert "1/2 = 50.0%" in printed
    assert "lacks zeppelin" in printed
    plain = as_json(outcomes)
    assert [miss["id"] for miss in plain["missed"]] == ["what is "]
    assert all(row["low"] <= row["share"] <= row["high"] for row in plain["shares"])


async def test_other_kinds_of_cases_go_to_their_scorers(tmp_path, library):
    row = {"id": "s1", "set": "held_out", "text": "1,200 mails a day", "expect": {"requests_per_day": 1200}}
    file = write(tmp_path / "s.jsonl", row)

    async def read(case: Case) -> Outcome:
        return Outcome(case, {"fields": True})

    outcomes = await evaluate_file(file, library, None, {"text": read})
    assert outcomes[0].case.given == "1,200 mails a day"
    with pytest.raises(OperationError, match="text"):
        await evaluate_file(file, library, None)


@pytest.mark.parametrize(
    ("content", "problem"), [(b"{", "Line 1 is not JSON"), (b"\xff\xfe{}", "utf-8"), (b'{"a": 1}', "Line 1")]
)
async def test_a_file_that_cannot_be_scored_is_one_sentence(tmp_path, library, content, problem):
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    with pytest.raises(OperationError, match=problem):
        await evaluate_file(file, library, None)


async def test_a_missing_file_is_one_sentence(tmp_path, library):
    with pytest.raises(OperationError, match="cannot be read"):
        await evaluate_file(tmp_path / "none.jsonl", library, None)
