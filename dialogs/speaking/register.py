"""Who is being spoken to: an engineer gets figures and percentiles, everybody else gets plain words."""

from __future__ import annotations

import re

from dialogs.project import Project

_JARGON = re.compile(
    r"\b(p\d\d|f1|rouge|bleu|q?lora|dpo|rlhf|k-?shot|\d-?shot|zero-?shot|few-?shot|\d+b\b|gguf|q\d_|vllm|vram|"
    r"kv.?cache|tokens?|fine-?tun\w+ (?:on|with)|json|epochs?|rtx|h100|a100|4090|3090|l40s?|eval|quanti[sz]\w+)\b",
    re.IGNORECASE,
)


def is_technical(project: Project) -> bool:
    """Whether the team's own words hold at least three different terms of the trade."""
    words = " ".join(
        f"{answer.evidence} {answer.value if answer.field == 'description' else ''}"
        for answer in project.answers
    )
    return len({match.lower() for match in _JARGON.findall(words)}) >= 3
