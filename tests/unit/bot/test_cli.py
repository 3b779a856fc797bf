"""The command line: JSON forms, batches, exit codes, and nothing but results on standard output."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.failures import ConfigurationError
from dialogs.scope import Scope

TECHNIQUES = 17


@pytest.fixture
def cairn(tmp_path: Path) -> Any:
    """Run a command in a fresh data directory, without models."""
    runner = CliRunner()
    kept = {name: "" for name in os.environ if name.startswith(("CAIRN_", "SLACK_"))}
    environment = {
        **kept,
        "CAIRN_DATA_DIR": str(tmp_path / "data"),
        "CAIRN_MODELS_DIR": str(tmp_path / "models"),
    }

    def run(*words: str, given: str = "") -> Result:
        return runner.invoke(app, list(words), input=given, env=environment)

    return run


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_ask_prints_one_object_with_the_public_keys(cairn: Any) -> None:
    result = cairn("ask", "what is catastrophic forgetting?", "--json")
    (answer,) = objects(result)
    assert result.exit_code == 0
    assert {"id", "answer", "refused", "citations", "mode", "latency_ms"} <= set(answer)
    assert answer["refused"] is False
    assert {"path", "heading", "title"} <= set(answer["citations"][0])


def test_ask_in_a_batch_keeps_the_order_and_goes_on_after_a_bad_line(cairn: Any) -> None:
    lines = [
        '{"id": "a", "question": "what is LoRA?"}',
        "this is no json",
        '{"question": "who won the world cup?"}',
        '{"id": "d"}',
        "[1, 2]",
        '{"id": 0, "question": "what is DPO?"}',
    ]
    result = cairn("ask", "--batch", "-", given="\n".join(lines))
    answers = objects(result)
    assert [answer["id"] for answer in answers] == ["a", 2, 3, "d", 5, 0]
    assert [sorted(answer)[0] == "error" or "error" in answer for answer in answers] == [
        False, True, False, True, True, False,
    ]  # fmt: skip
    assert answers[2]["refused"] is True
    assert answers[2]["citations"] == []
    assert result.exit_code == 1


def test_scope_has_every_field_and_says_what_it_was_read_from(cairn: Any) -> None:
    result = cairn("scope", "we sort 300 tickets a day, English, on our own machines", "--json")
    (found,) = objects(result)
    assert set(found["scope"]) == set(Scope.model_fields)
    assert set(found["scope"]["data"]) == {"labelled_examples", "documents", "preference_data"}
    assert found["scope"]["requests_per_day"] == 300
    assert found["scope"]["budget_usd_per_month"] is None
    assert "300" in found["evidence"]["requests_per_day"]
    assert found["mode"] == "rules"


def test_later_messages_correct_earlier_ones(cairn: Any) -> None:
    result = cairn(
        "scope", "--batch", "-", given='{"messages": ["300 tickets a day", "actually make it 500 a day"]}'
    )
    assert objects(result)[0]["scope"]["requests_per_day"] == 500


def test_recommend_lists_every_technique_once_in_order(cairn: Any, tmp_path: Path) -> None:
    file = tmp_path / "scope.json"
    file.write_text('{"task": "classification", "data": {"labelled_examples": 20000}, "unknown_key": 1}')
    result = cairn("recommend", "--scope", str(file), "--json")
    (advice,) = objects(result)
    order = ["now", "next", "later", "not_advised"]
    whens = [order.index(entry["when"]) for entry in advice["techniques"]]
    assert len({entry["id"] for entry in advice["techniques"]}) == len(whens) == TECHNIQUES
    assert whens == sorted(whens)
    assert {"id", "hub_id", "params_b", "quantization", "memory_gib", "reasons", "citations"} <= set(
        advice["models"][0]
    )
    assert advice["needs_commercial_licence"] is True


def test_an_empty_scope_is_answered_with_assumptions(cairn: Any) -> None:
    result = cairn(
        "recommend", "--batch", "-", given='{"scope": {}}\n{"scope": {"task": "juggling"}}\n{"scope": 7}'
    )
    empty, wrong, number = objects(result)
    assert empty["assumptions"]
    assert empty["open_questions"]
    assert "task" in wrong["error"]
    assert "object" in number["error"]
    assert result.exit_code == 1


def test_estimate_takes_key_values_free_text_and_batches(cairn: Any) -> None:
    (one,) = objects(cairn("estimate", "kv_cache", "model=llama-3.1-8b", "context_tokens=8192", "--json"))
    assert one["value"] == pytest.approx(1.0)
    assert one["unit"] == "GiB"
    assert {"kind", "low", "high", "formula", "assumptions", "sources"} <= set(one)
    (same,) = objects(cairn("estimate", "kv cache of llama 3.1 8b at 8k", "--json"))
    assert same["value"] == pytest.approx(one["value"])
    batch = cairn(
        "estimate", "--batch", "-",
        given='{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "context_tokens": -1}}\n{"kind": "nope"}\n{}',
    )  # fmt: skip
    assert all("error" in answer for answer in objects(batch))
    assert batch.exit_code == 1


def test_a_plan_has_dates_stages_and_files(cairn: Any, tmp_path: Path) -> None:
    file = tmp_path / "scope.json"
    file.write_text('{"task": "question_answering", "data": {"documents": true}}')
    png, ics = tmp_path / "plan.png", tmp_path / "plan.ics"
    (plan,) = objects(cairn("plan", "--scope", str(file), "--json", "--png", str(png), "--ics", str(ics)))
    assert {"start", "p50", "p90", "effort_person_weeks", "critical_stage", "seed", "stages"} <= set(plan)
    assert [stage["id"] for stage in plan["stages"]] == ["scope", "select", "adapt", "integrate"]
    assert all(stage["exit_criteria"] for stage in plan["stages"])
    assert plan["start"] <= plan["p50"] <= plan["p90"]
    assert png.read_bytes().startswith(b"\x89PNG")
    assert ics.read_text().count("BEGIN:VEVENT") == 4


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("ask",), 2, "Give a question"),
        (("recommend",), 2, "Give a scope"),
        (("export", "nothing"), 1, "There is no project"),
        (("export", "nothing", "--format", "pdf"), 2, "is no format"),
        (("models", "check"), 1, "No model has been fetched"),
    ],
)
def test_wrong_use_is_one_sentence_on_standard_error(
    cairn: Any, words: tuple[str, ...], code: int, says: str
) -> None:
    result = cairn(*words)
    assert result.exit_code == code
    assert says in result.stderr
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("file", ["missing.jsonl", "."])
def test_a_batch_file_that_cannot_be_read_is_a_wrong_configuration(cairn: Any, file: str) -> None:
    error = cairn("ask", "--batch", file).exception
    assert isinstance(error, ConfigurationError)
    assert "cannot be read" in str(error)


def test_running_without_tokens_says_which_one_is_missing(cairn: Any) -> None:
    error = cairn("run").exception
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith("SLACK_BOT_TOKEN is not set")


def test_the_folder_and_the_database_can_be_looked_at(cairn: Any) -> None:
    assert "no such" not in cairn("knowledge", "check").stdout
    assert cairn("knowledge", "check").exit_code == 0
    assert cairn("db", "check").exit_code == 1
    assert "at revision" in cairn("db", "upgrade").stdout
    assert cairn("db", "check").exit_code == 0
    (hits,) = objects(cairn("knowledge", "search", "catastrophic forgetting", "--json"))
    assert hits["hits"][0]["path"].startswith("documents/")
    assert "No reminder waits." in cairn("nudges", "list").stdout
    assert "Nothing to review" in cairn("feedback").stdout
    assert "embedding model: missing" in cairn("doctor").stdout


def test_a_chat_through_a_pipe_ends_each_reply_with_a_blank_line(cairn: Any) -> None:
    said = "we want to sort 300 support tickets a day into 12 queues, English\n1\n/cairn status\n"
    replies = cairn("chat", given=said).stdout.strip().split("\n\n")
    assert len(replies) == 3
    assert "300 a day" in replies[0]
    assert "Support tickets" in replies[2]
    assert "1. " in replies[0]


def test_a_chat_goes_on_with_the_project_and_new_starts_over(cairn: Any) -> None:
    cairn("chat", given="we want to sort 300 support tickets a day into 12 queues\n")
    assert "Support tickets" in cairn("chat", given="status\n").stdout
    assert "no project" in cairn("chat", "--new", given="status\n").stdout
