"""How the fields of a scope are named and their values put into words."""

from __future__ import annotations

from typing import Any

from dialogs.speaking.speech import language_name, listing, number, seconds
from dialogs.understanding.hardware import hardware_title

LABELS: dict[str, str] = {
    "description": "use case",
    "task": "task",
    "breadth": "breadth",
    "domain": "domain",
    "languages": "languages",
    "data.labelled_examples": "examples",
    "data.documents": "documents to look up",
    "data.preference_data": "ratings",
    "latency_seconds": "longest wait",
    "requests_per_day": "load",
    "budget_usd_per_month": "monthly budget",
    "privacy": "where data may go",
    "region": "region",
    "hardware": "hardware",
    "deadline": "deadline",
    "quality_risk": "risk of a wrong answer",
    "knowledge_changes": "how often documents change",
    "users": "users",
    "success_metric": "metric",
    "success_target": "target",
    "tried": "tried so far",
    "budget_usd_total": "one-off budget",
    "input_tokens": "length of an input",
    "output_tokens": "length of an output",
    "input_modality": "kind of input",
    "output_format": "format of the output",
    "concurrency": "requests at once",
    "team": "team",
}

_WORDS: dict[str, dict[Any, str]] = {
    "privacy": {"on_premises": "own machines", "private_cloud": "a cloud you control", "any": "any cloud"},
    "breadth": {"single_task": "one task", "multi_task": "several tasks"},
    "quality_risk": {"low": "low", "medium": "medium", "high": "high"},
    "knowledge_changes": {
        "static": "documents hardly change",
        "weekly": "documents change weekly",
        "daily": "documents change daily",
        "realtime": "documents change by the minute",
    },
    "data.documents": {True: "documents to look up", False: "no documents to look up"},
    "data.preference_data": {True: "ratings of outputs", False: "no ratings"},
    "task": {
        "chatbot": "chatting with people",
        "essay_writing": "writing",
        "summarization": "summarising",
        "translation": "translating",
        "code_generation": "writing code",
        "information_retrieval": "finding information",
        "named_entity_recognition": "extracting fields",
        "tool_use_and_api": "using tools and APIs",
        "classification": "sorting into classes",
        "question_answering": "answering questions",
        "other": "a task of your own",
    },
}


def phrase(field: str, value: Any) -> str:  # noqa: PLR0912  (one line a field reads better than a table)
    """Put a value into a few words, without its label."""
    if value is None:
        return "open"
    if field in _WORDS and value in _WORDS[field]:
        return _WORDS[field][value]
    match field:
        case "languages":
            return listing([language_name(code) for code in value])
        case "data.labelled_examples":
            return f"{number(value)} examples" if value else "no examples"
        case "requests_per_day":
            return f"{number(value)} a day" if value >= 1 and value == int(value) else _by_period(value)
        case "latency_seconds":
            return f"within {seconds(value)}"
        case "budget_usd_per_month":
            return f"{number(value)} USD a month"
        case "budget_usd_total":
            return f"{number(value)} USD once"
        case "hardware":
            return hardware_title(value)
        case "input_tokens":
            return f"inputs of {number(value)} tokens"
        case "output_tokens":
            return f"outputs of {number(value)} tokens"
        case "concurrency":
            return f"{number(value)} at once"
        case "tried":
            return "nothing tried yet" if value in ([], ["nothing"]) else f"tried {listing(value)}"
        case "region":
            return _region(str(value))
        case "deadline":
            return str(value).rstrip(".")
        case "input_modality":
            return listing(value)
    return str(value)


def _region(words: str) -> str:
    """ "eu" → "EU", "stockholm" → "Stockholm"; a cloud's region code, such as "eu-north-1", stays."""
    if words != words.lower() or any(character.isdigit() for character in words):
        return words
    return words.upper() if len(words) <= 3 else words.title()


def _by_period(per_day: float) -> str:
    """Say a load that is no whole number a day by the week, the month or the year, where that is one."""
    for days, period in ((7, "week"), (30, "month"), (365, "year")):
        if abs(per_day * days - round(per_day * days)) < 0.02:
            return f"{number(round(per_day * days))} a {period}"
    return f"{number(per_day)} a day"


def labelled(field: str, value: Any) -> str:
    """Put a value into a few words that stand on their own, with the label where it needs one."""
    text = phrase(field, value)
    if field in {"deadline", "region", "success_target", "success_metric", "users", "team", "domain",
                 "quality_risk", "output_format", "input_modality", "task", "breadth"}:  # fmt: skip
        return f"{LABELS[field]}: {text}"
    return text
