"""The team's answers in words, for the sentences that repeat them."""

from __future__ import annotations

import re

from dialogs.advice.facts import Facts, data
from dialogs.advice.sizes import lora_gb, target_b
from dialogs.speaking.speech import language_name, listing, number, seconds

_LONGEST_QUOTE = 44
_MOST_WORDS = 6
_FEWEST_WORDS = 2
_LINKING = re.compile(
    r"^(?:a|an|the|our|of|for|from|into|in|on|with|to|and|or|that|which|who|by|at|as|is|are|der|die|das|und|für|"
    r"mit|aus|de|la|le|les|des|el|los|para|con|en|och|för|med|som|av)$",
    re.IGNORECASE,
)
_CHOPS = re.compile(
    r"^(?:that|which|who|so|for|from|into|with|by|für|pour|para|för|som|que|qui)$", re.IGNORECASE
)
_CHINCHILLA_TOKENS_PER_PARAMETER = 20

_CHANGES = {
    "static": "hardly ever change{s}",
    "weekly": "change{s} weekly",
    "daily": "change{s} daily",
    "realtime": "change{s} by the minute",
}
_PLACES = {
    "on_premises": "your own machines",
    "private_cloud": "a cloud you control",
    "any": "any cloud",
}


_GREETING = re.compile(
    r"^(?:(?:hey|hi|hello|hallo|hej|hola|bonjour|ok|okay|so|well|good morning)\b[\s,!.:–-]*)+", re.I
)
_INTRODUCTION = re.compile(
    r"(?:we're|we are|i'm|i am|i run|i work (?:at|for|in)|wir sind|nous sommes|on est|somos|vi är|siamo|wij zijn)\s"
    r"(?:a|an|the|one|running(?:\sa|\san)?|ein\w*|une?|una?|en|ett|een|uma?"
    r"|\w+ (?:museum|company|startup|school|office))\b"
    r"(?:\s[^\s.,;:!?]+){0,4}\s?[.,;:!?\n]",
    re.I,
)
_LEADING = re.compile(
    r"^(?:(?:and|so|we'd like to|we would like to|we want to|building|we're building)\s+)+", re.I
)


def words_of(facts: Facts) -> dict[str, str]:
    """Return what a reason may repeat; every value stands on its own in the middle of a sentence."""
    scope = facts.scope
    labels = scope.data.labelled_examples
    size_b = target_b(facts)
    plain = {
        "size": f"{number(round(size_b, 1) if size_b < 1 else round(size_b))}B model",
        "lora_gb": f"{number(round(lora_gb(facts, size_b)))} GB",
        "full_gb": f"{number(round(16 * size_b))} GB",
        "chinchilla": _chinchilla(facts),
        "thing": thing(facts),
        "task": data("defaults")["words"][facts.task],
        "labels": _labels(labels),
        "material": facts.material,
        "changes": _changes(facts),
        "tried": _tried(scope.tried),
        "languages": listing([language_name(code) for code in scope.languages or ["en"]]),
        "hardware": facts.machine.name if facts.machine else (scope.hardware or "a machine not named yet"),
        "place": _PLACES.get(scope.privacy or "", "a place not chosen yet"),
        "volume": f"{number(scope.requests_per_day)} requests a day"
        if scope.requests_per_day
        else "a load not stated yet",
        "latency": seconds(scope.latency_seconds) if scope.latency_seconds else "a time limit not stated yet",
        "target": _target(facts),
        "budget": _budget(facts),
        "corpus": f"{number(facts.corpus_tokens)} tokens of text"
        if facts.corpus_tokens
        else "no count of raw text",
        "pairs": _pairs(facts),
        "team": f"“{_short(scope.team)}”" if scope.team else "a team you have not described",
        "format": f"{scope.output_format}" if scope.output_format else "your format",
        "inputs": f"inputs of {number(scope.input_tokens)} tokens" if scope.input_tokens else "your inputs",
        "deadline": f"“{scope.deadline}”" if scope.deadline else "no deadline",
        "media": listing(sorted(facts.modalities)) or "text",
        "compute": _compute(facts),
    }
    return plain | {f"{name}_capital": text[:1].upper() + text[1:] for name, text in plain.items()}


def thing(facts: Facts) -> str:
    """Return what the project is about, in the team's words where there are any."""
    if description := without_introduction(facts.scope.description or ""):
        return f"“{_short(description)}”"
    return data("defaults")["words"][facts.task] if facts.scope.task else "your project"


def without_introduction(description: str) -> str:
    """Return a description without greeting and "we're a small museum": what they want, not who they are."""
    rest = _GREETING.sub("", description.strip())
    while match := _INTRODUCTION.match(rest):
        rest = rest[match.end() :].lstrip(" ,;:.–-")
    rest = _LEADING.sub("", rest)
    return rest or description.strip()


def _short(text: str) -> str:
    """Return at most six words of what somebody wrote, ended where a clause or a phrase ends if that can be."""
    plain = re.sub(r"\s+", " ", text).strip().rstrip(".")
    words = plain.split(" ")
    if len(words) <= _MOST_WORDS and len(plain) <= _LONGEST_QUOTE:
        return plain
    clause = re.split(r"[;:(,–]\s|\.\s", plain, maxsplit=1)[0].strip().split(" ")
    if _FEWEST_WORDS <= len(clause) <= _MOST_WORDS and len(" ".join(clause)) <= _LONGEST_QUOTE:
        return " ".join(clause)
    ends = [place for place, word in enumerate(clause[: _MOST_WORDS + 1]) if _CHOPS.match(word)]
    if ends and ends[-1] > _FEWEST_WORDS:
        return " ".join(clause[: ends[-1]])
    return _cut(clause[:_MOST_WORDS])


def _cut(words: list[str]) -> str:
    """Return as many words as fit, the last one none that only links."""
    kept = list(words)
    while len(kept) > 1 and (_LINKING.match(kept[-1].strip(",;:")) or len(" ".join(kept)) > _LONGEST_QUOTE):
        kept.pop()
    return " ".join(kept)[:_LONGEST_QUOTE].rstrip(",;: ") + " …"


def _changes(facts: Facts) -> str:
    material = facts.material
    one = not material.endswith("s") or material == "news"
    verb = _CHANGES.get(facts.scope.knowledge_changes or "", "hold{s} what the answers need")
    return verb.format(s="s" if one else "")


def _tried(tried: list[str] | None) -> str:
    """Return the last thing that was tried, in the team's words."""
    if tried is None:
        return "nothing that you told me of"
    if not tried:
        return "nothing so far"
    words = re.sub(r"\s+", " ", tried[-1]).strip().rstrip(".")
    return f"“{words if len(words) <= _LONGEST_QUOTE else _cut(words.split(' '))}”"


def _labels(labels: int | None) -> str:
    if labels is None:
        return "no counted examples"
    return f"{number(labels)} {'example' if labels == 1 else 'examples'}" if labels else "no examples"


def _pairs(facts: Facts) -> str:
    if facts.pairs is None:
        return "ratings without a count" if facts.scope.data.preference_data else "no comparisons of answers"
    return f"{number(facts.pairs)} comparisons" if facts.pairs else "no comparisons of answers"


def _target(facts: Facts) -> str:
    scope = facts.scope
    if scope.success_target:
        return f"your target ({scope.success_target})"
    return f"a target for {scope.success_metric}" if scope.success_metric else "your target (still open)"


def _budget(facts: Facts) -> str:
    scope = facts.scope
    if scope.budget_usd_total:
        return f"{number(scope.budget_usd_total)} USD"
    if scope.budget_usd_per_month:
        return f"{number(scope.budget_usd_per_month)} USD a month"
    return "no stated budget"


def _compute(facts: Facts) -> str:
    if facts.gpu_count:
        return f"{facts.gpu_count} data-centre GPU{'s' if facts.gpu_count > 1 else ''}"
    return facts.machine.name if facts.machine else "no GPUs"


def _chinchilla(facts: Facts) -> str:
    if not facts.corpus_tokens:
        return "no model at all"
    params = facts.corpus_tokens / _CHINCHILLA_TOKENS_PER_PARAMETER
    return f"a model of {number(float(f'{params:.2g}'))} parameters"
