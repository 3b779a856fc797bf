"""Scores in free text: "exact match went up to 83% on 200 mails" → exact-match 0.83, 200 cases."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from dialogs.project import Project
from dialogs.results.metrics import safety_metric
from dialogs.results.targets import read_result

_VALUE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:of|out of|/)\s*\d+"
    r"|(?<![\w.,])(?<!\w-)(?P<plain>[-+]?\d*[.,]?\d+)(?P<percent>\s*(?:%|per ?cent\b))?(?![.,]?\w|-\w)",
    re.IGNORECASE,
)
_OF = re.compile(r"(\d+)\s*(?:of|out of|/)\s*(\d+)", re.IGNORECASE)
_COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)(k)?(?![\d.,]*\d|\s*%)"
_LEAST_COUNTED = 20  # "6 of 10" is a way to say 60 %, "176 of 200" is a count of cases


@cache
def _words() -> dict[str, frozenset[str]]:
    text = (resources.files("dialogs.results") / "scores.toml").read_text("utf-8")
    return {name: frozenset(words) for name, words in tomllib.loads(text).items()}


def words_for_cases() -> frozenset[str]:
    """Return what cases of a test set are called: "cases", "mails", "drafts"."""
    return _words()["cases"]


@cache
def _cases() -> re.Pattern[str]:
    nouns = "|".join(sorted(_words()["cases"], key=len, reverse=True))
    kinds = "|".join(sorted(_words()["of_a_test"], key=len, reverse=True))
    return re.compile(
        rf"\bn\s*=\s*{_COUNT}"
        rf"|\b(?:on|over|across|from)\s+(?:(?:the|our|all|these|my|a set of|a sample of)\s+)*{_COUNT}"
        rf"(?:\s+(?!and\b)[a-z][a-z'-]*){{0,2}}"
        rf"|(?<![\w.,/-]){_COUNT}\s+(?:(?:{kinds})\s+)+[a-z'-]+"
        rf"|(?<![\w.,/-]){_COUNT}\s+(?:{nouns})\b",
        re.IGNORECASE,
    )


def read_cases(text: str) -> int | None:
    """Return on how many cases a score was measured ("on 200 mails", "500 test cases", "n=500"), or None."""
    if match := _cases().search(text):
        count, thousand = next(
            (match[place], match[place + 1]) for place in (1, 3, 5, 7) if match[place] is not None
        )
        return int(count.replace(",", "")) * (1000 if thousand else 1) or None
    if (match := _OF.search(text)) and int(match[2]) >= _LEAST_COUNTED:
        return int(match[2])
    return None


def read_results(text: str) -> dict[str, float]:
    """Read scores by metric; one without a name is called "score". Shares are shares of one.

    "f1=0.83 judge=3.9", "exact match went up to 83%", "we got 7 of 10", ".88 F1", "f1 from .81 to .90".
    """
    text = _cases().sub(lambda match: " " * len(match[0]), text)
    found: dict[str, float] = {}
    last, end = "", 0
    for match in _VALUE.finditer(text):
        before, after = text[end : match.start()], text[match.end() :]
        value = read_result(match[0].lstrip("+-"))
        if value is None or _is_count(match, before, after) or _is_change(match, before):
            continue
        value = -value if match[0].startswith("-") else value
        continues = last and re.fullmatch(r"\W*(to|now|then|→|->|up to|down to)?\W*", before.strip().lower())
        name = last if continues else _name_before(before) or _name_after(after) or "score"
        end = match.end()
        if name in _words()["no_metric"]:
            continue
        found[name] = value
        last = name
    return found


def _is_count(match: re.Match[str], before: str, after: str) -> bool:
    """Whether a bare whole number counts things ("3 prompts") instead of scoring them."""
    if match["plain"] is None or match["percent"] or not match["plain"].isdigit():
        return False
    word = re.match(r"\s+([a-z][\w-]*)", after, re.IGNORECASE)
    named = re.search(r"[=:]\s*$", before)
    return bool(word and not named and word[1].lower() not in _words()["fillers"])


def _is_change(match: re.Match[str], before: str) -> bool:
    """Whether a value with a sign tells a difference ("f1 .90, -.02") and no score."""
    return match[0][0] in "+-" and not re.search(r"[=:]\s*$", before)


def _name_before(text: str) -> str:
    """Return the metric's name as it stands before a value: "the exact match went up to" → "exact-match"."""
    words = re.findall(r"(?<![\w-])[^\W\d_][\w@./-]*", re.split(r"[,;!?\n]|\.\s|→|\band\b", text.lower())[-1])
    kept = [word.strip("./-") for word in words if word.strip("./-") not in _words()["fillers"]]
    return "-".join(kept[-3:])


def _name_after(text: str) -> str:
    """Return the metric's name behind a value (".88 F1", "92% accuracy"), or ""."""
    word = re.match(r"\s*([a-z][\w-]*(?:\s+(?:match|score|accuracy|rate))?)", text, re.IGNORECASE)
    name = re.sub(r"\s+", "-", word[1].lower()) if word else ""
    return name if name in _words()["metrics"] else ""


_REPORT = re.compile(
    r"\b(score[ds]?|scoring|accuracy|exact match|f1|rouge\S*|bleu|judge|recall|precision|went up|went down|result)\b",
    re.IGNORECASE,
)


def reports_result(project: Project, text: str) -> bool:
    """Whether a message reports a score in a project that evaluates."""
    if not project.advised_at or len(text) >= 200 or "?" in text:
        return False
    results = read_results(text)
    return bool(results) and (bool(_REPORT.search(text)) or any(map(safety_metric, results)))
