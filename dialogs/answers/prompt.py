"""The prompt for an answer by a chat model: constant part first, passages next, the question last."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from dialogs.steps import Complete
from knowledge.search import Hit

NOT_HELD = "NOT IN THE PASSAGES"
MAX_PASSAGES = 4
DEADLINE_SECONDS = 40.0
MAX_PASSAGE_CHARACTERS = 1_600  # about 450 tokens; four of them leave room in a context of 4,096

_SPECIAL = re.compile(
    r"<\|[^<>|\n]{0,40}\|>|</?s>|<(?:bos|eos|pad|unk|mask)>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|"
    r"</?(?:think|tool_call|tool_response|tools)>|\[(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]",
    re.I,
)


def answer_prompt(question: str, hits: Sequence[Hit], history: Sequence[str] = ()) -> Complete:
    """Return the completion that answers a question from the best of `hits`.

    `history` are the person's earlier questions in the thread. Every text that is not ours has its
    special-token strings broken.
    """
    passages = "\n\n".join(
        f"[{number}] {hit.section.title}: {hit.section.heading}\n{_cut(hit.section.text)}"
        for number, hit in enumerate(hits[:MAX_PASSAGES], 1)
    )
    earlier = "".join(f"Earlier question: {text}\n" for text in history[-2:])
    content = f"Passages:\n\n{passages}\n\n{earlier}Question: {question}"
    return Complete(
        task="answer",
        messages=(("system", _system()), ("user", break_special_tokens(content))),
        max_tokens=240,
        deadline_seconds=DEADLINE_SECONDS,
    )


def break_special_tokens(text: str) -> str:
    """Put a space into every string that a chat model's tokenizer could read as a control token."""
    while (cut := _SPECIAL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)) != text:
        text = cut
    return text


def _cut(text: str) -> str:
    if len(text) <= MAX_PASSAGE_CHARACTERS:
        return text
    return text[:MAX_PASSAGE_CHARACTERS].rsplit(" ", 1)[0] + " …"


@cache
def _system() -> str:
    source = (files("dialogs.answers") / "prompt.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(source)["system"]).strip()
