"""Short messages that steer the conversation: skip, back, undo, why, help, thanks."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

COMMANDS = (
    "start", "status", "next", "ask", "recommend", "plan", "estimate", "evaluate", "decide", "remind",
    "export", "settings", "forget", "help", "done", "archive", "reopen", "loop", "owner", "digest",
)  # fmt: skip
"""Words that open a `/cairn` command; said in a thread they do the same."""

_NEEDS_ARGUMENT = {"start", "ask", "estimate", "evaluate", "decide", "owner"}
_TAKES_NONE = {"status", "next", "plan", "help", "settings", "forget", "archive", "reopen"}
_FIRST_ARGUMENT = {
    "remind": r"snooze\b.*|pause|resume|at \d.*|off|on",
    "export": r"(as |in |to )?(md|markdown|json|csv|ics|png|brief|five( lines)?|runs|chart)",
    "digest": r"(please )?(stop|off|on|start)( it| please)?",
    "recommend": r"(please|now|pls|before|first)|(on )?(\d{4}-\d\d-\d\d|\d{1,2} [a-z]{3,9}|[a-z]{3,9} \d{1,2})",
    "done": r"(with )?[\w &-]{0,60}",
    "loop": r"(back )?(to )?[\w &-]{0,60}",
}


_NUDGE_HOUR = re.compile(
    r"(?:please\s+|pls\s+)?"
    r"(?:(?:nudge|ping)\s+(?:me|us)|remind\s+(?:me|us)(?=.*(?:from now on|every day|daily))|"
    r"(?:(?:change|move|set|shift|switch)\s+(?:(?:the|my|our)\s+)?)?(?:nudges?|reminders?)(?:\s+(?:time|hour))?)"
    r"\s+(?:to|at)\s+(?P<at>\d{1,2}(?:[:.h]\d{2})?\s*(?:am|pm)?)"
    r"(?:\s+(?:from now on|every day|daily|please|instead))*\s*[.!]?",
    re.IGNORECASE,
)


_AGREEING = re.compile(r"(?:ok|okay|k|yes|yep|alright|all right|fine|great|perfect|cool|good)[,.!]? (.+)")


@cache
def _phrases() -> dict[str, str]:
    text = (resources.files("dialogs") / "controls.toml").read_text("utf-8")
    return {phrase: control for control, phrases in tomllib.loads(text).items() for phrase in phrases}


def read_control(text: str) -> str | None:
    """Return the control that the whole message is, such as "skip", or None."""
    words = re.sub(r"[\s]+", " ", text.strip().lower()).rstrip(".!… ").replace("’", "'")
    phrases = _phrases()
    found = phrases.get(words) or phrases.get(words.rstrip("?").strip())
    if found is None and (greeted := re.match(r"(\w+(?: \w+)?)[,!]\s+(.+)", words)):
        rest = phrases.get(greeted[2]) or phrases.get(greeted[2].rstrip("?").strip())
        found = rest if phrases.get(greeted[1]) in {"greeting", "thanks"} else None
    if found is None and (agreed := _AGREEING.match(words)) and phrases.get(agreed[1]) == "accept":
        found = "accept"
    return found


def read_command(text: str) -> tuple[str, str] | None:
    """Split a command that is said instead of typed: "decide we take Llama" → ("decide", "we take Llama").

    A sentence that merely begins with such a word ("next we want to …") is no command.
    """
    if hour := _NUDGE_HOUR.fullmatch(text.strip()):
        return "remind", f"at {hour['at'].strip()}"
    word, _, rest = text.strip().partition(" ")
    word, rest = word.lower().rstrip(":,"), rest.strip()
    if word not in COMMANDS:
        return None
    if word == "ask" and re.match(r"(?:me|us)\b", rest, re.IGNORECASE):
        return None
    if word in _NEEDS_ARGUMENT:
        return (word, rest) if rest else None
    if word in _TAKES_NONE:
        return (word, rest) if not rest or rest.lower() in {"please", "now", "pls"} else None
    pattern = _FIRST_ARGUMENT.get(word, "")
    return (word, rest) if re.fullmatch(pattern, rest, re.IGNORECASE) or not rest else None
