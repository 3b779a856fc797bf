"""The team's words inside reasons: short, whole, and in grammar."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dialogs.advice import advise
from dialogs.advice.facts import facts_of
from dialogs.advice.words import words_of
from dialogs.scope import Scope, ScopeData, with_fields
from knowledge.loader import load_knowledge

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)
FILE = Path(__file__).parents[2] / "evaluation" / "advice.jsonl"
SCOPES = [json.loads(line)["scope"] for line in FILE.read_text("utf-8").splitlines()]
BASE = Scope(
    description="answers guest mails from our house guides",
    task="question_answering",
    languages=["sv"],
    data=ScopeData(documents=True, labelled_examples=900),
    knowledge_changes="weekly",
    hardware="one L4",
    privacy="on_premises",
    latency_seconds=20,
    requests_per_day=1200,
)


def said(scope: Scope) -> list[str]:
    advice = advise(scope, KNOWLEDGE, today=TODAY)
    return [reason for entry in (*advice.techniques, *advice.models) for reason in entry.reasons]


@pytest.mark.parametrize(
    ("description", "quoted"),
    [
        ("internal code assistant that knows our monorepo and our style", "internal code assistant"),
        ("translate service manuals from German into English", "translate service manuals from German"),
        ("extract skills from CVs", "extract skills from CVs"),
        ("support replies; facts are right, our letter format is not", "support replies"),
        ("nurses look up our hospital's treatment protocols", "nurses look up our hospital's treatment …"),
    ],
)
def test_a_description_is_quoted_in_six_words_at_most(description: str, quoted: str) -> None:
    facts = facts_of(Scope(description=description), KNOWLEDGE.catalog)
    assert words_of(facts)["thing"] == f"“{quoted}”"


def test_no_reason_quotes_more_than_a_line_of_anybody() -> None:
    for scope in SCOPES:
        for reason in said(Scope.model_validate(scope)):
            for quote in re.findall(r"“([^”]*)”", reason):
                assert len(quote) <= 46, reason


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("answers from our help centre", "Your help centre changes weekly"),
        ("answers from our manuals", "Your manuals change weekly"),
        ("answers from our FAQ", "Your FAQ changes weekly"),
    ],
)
def test_one_handbook_changes_and_many_change(description: str, words: str) -> None:
    assert any(words in reason for reason in said(with_fields(BASE, {"description": description})))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("knowledge_changes", "daily"),
        ("data.labelled_examples", 40),
        ("hardware", "one H100"),
        ("languages", ["fi"]),
        ("privacy", "any"),
        ("latency_seconds", 0.5),
        ("requests_per_day", 90_000),
        ("quality_risk", "high"),
        ("success_target", "9 of 10"),
        ("tried", ["few-shot, dates wrong"]),
        ("description", "sums up hearings for judges"),
    ],
)
def test_a_scope_that_differs_in_one_answer_gets_other_reasons(field: str, value: Any) -> None:
    assert said(with_fields(BASE, {field: value})) != said(BASE)


def test_a_model_that_reads_images_only_is_not_for_plain_text() -> None:
    for scope in SCOPES:
        read = Scope.model_validate(scope)
        if facts_of(read, KNOWLEDGE.catalog).modalities:
            continue
        cards = {card.id: card for card in KNOWLEDGE.catalog.models}
        for model in advise(read, KNOWLEDGE, today=TODAY).models:
            strengths = set(cards[model.id].strengths)
            assert not strengths or not strengths <= {"vision", "ocr", "document_understanding"}, model.title
            assert not re.search(r"\bVL\b|OCR|Vision", model.title), model.title


def test_strengths_that_every_model_claims_are_no_reason() -> None:
    scope = Scope(description="polish short e-mails", task="essay_writing", languages=["en"])
    assert not [reason for reason in said(scope) if "names chat among its strengths" in reason]
