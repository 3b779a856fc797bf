"""Models and techniques that somebody named: ideas, not decisions."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import lexicon, pattern, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found, Wish

TECHNIQUES = tuple(lexicon()["en"]["techniques"])
_FAMILIES = (
    r"llama|mistral|mixtral|ministral|qwen|gemma|gemini|phi|gpt|chatgpt|claude|deepseek|falcon|granite|olmo|smollm|"
    r"command[\s-]r|yi|bloom|bert|modernbert|roberta|xlm-r|t5|nllb|whisper|opus-mt|gpt-oss|kimi|glm|nemotron|o[134]"
)
MODEL = (
    rf"(?<!\w)(?:code\s?)?(?:{_FAMILIES})(?:[\s-]?v?\d{{1,2}}(?:\.\d{{1,2}})?(?![\w.]*[%$/]|\s?(?:mails|requests|k\b)))?o?"
    r"(?:[\s-](?:large|small|medium|mini|nano|nemo|instruct|turbo|opus|sonnet|haiku|flash|pro|base|e\d[bB]))*"
    r"(?:[\s-]?e?\d{1,3}(?:\.\d)?b(?!\w))?(?:[\s-]instruct)?(?!\w)"
)
"""The expression of a language model as people write it; it has no capturing groups."""

_MODEL = re.compile(MODEL)


def read_wishes(message: Message, tried: Found | None) -> tuple[Wish, ...]:
    """Return the models and techniques a message names as ideas.

    What it denies is none, nor what it says was tried, except a model that is still in use.
    """
    hits: list[tuple[int, Wish]] = []
    for match in _MODEL.finditer(message.text):
        name = message.raw[match.start() : match.end()].strip(" -")
        past = tried is not None and tried.start <= match.start() < tried.end
        if (
            not past
            and match[0] not in ("yi", "bloom", "falcon")
            and not message.negated(match.start(), match.end())
        ):
            hits.append((match.start(), Wish("model", name, name)))
    for technique in TECHNIQUES:
        for match in message.search("techniques", technique):
            if tried is not None and tried.start <= match.start() < tried.end:
                continue
            words = message.raw[match.start() : match.end()]
            hits.append((match.start(), Wish("technique", technique, words)))
            break
    return tuple(dict.fromkeys(wish for _, wish in _without_general(sorted(hits, key=lambda hit: hit[0]))))


def _without_general(hits: list[tuple[int, Wish]]) -> list[tuple[int, Wish]]:
    """ "Full fine-tuning" is not also "fine-tuning"."""
    special = {wish.name for _, wish in hits} & {"full_fine_tuning", "instruction_tuning"}
    return [hit for hit in hits if not (special and hit[1].name == "fine_tuning")]


def is_technique_question(message: Message) -> bool:
    """Say whether the message only asks what something is, which is no wish and no scope."""
    asks = starts(
        r"\W*(?:what(?:'s| is| are)|how do(?:es)?|why|explain|was ist|qu'est|qué es|vad är)\b", message.text
    )
    return asks is not None and pattern("intent", "before", message.languages).search(message.text) is None
