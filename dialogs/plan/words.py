"""Changes to a plan as people say them: "move evaluation to friday", "colin owns fine-tuning"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dialogs.lifecycle import Lifecycle, Substep
from dialogs.plan.days import read_day, read_length
from dialogs.plan.substeps import find_substep, phrases

Kind = Literal["move", "free", "own", "finish", "away", "back", "left"]
LONGEST = 160


@dataclass(frozen=True)
class PlanChange:
    """What somebody wants changed. `who` and `deputy` are words, not ids."""

    kind: Kind
    substep: Substep | None = None
    day: date | None = None
    by: timedelta | None = None  # move by a length instead of to a day
    since: date | None = None  # the first day away
    who: str = ""
    deputy: str = ""
    whole: bool = False  # the project itself, not a step of it


_WHO = r"(?:<@[A-Z0-9]+(?:\|[^>]*)?>|@?[^\W\d_][\w.'-]*(?:\s[^\W\d_][\w.'-]*)?)"
_FILL = (
    r"(?:please\s+|pls\s+|plan\s+|ok(?:ay)?,?\s+|so\s+|and\s+|let'?s\s+|(?:can|could) (?:you|we)\s+|"
    r"we\s+(?=(?:move|push|postpone|shift)))*"
)
_AWAY = (
    r"(?:away|off|out|out of office|ooo|on (?:holiday|vacation|leave|(?:parental|paternity|maternity) leave)|"
    r"sick|ill|travelling)"
)

_WORDINGS: tuple[tuple[Kind, str], ...] = (
    (
        "away",
        rf"(?P<who>{_WHO}?)(?:\s+is|\s+am|'s|'m|\s+will be)\s+{_AWAY}(?:\s+from\s+(?P<since>[^,;]+?))?\s+"
        r"(?:until|till|til|through|to|up to)\s+"
        rf"(?P<when>[^,;]+?)(?:[,;]?\s+(?:and\s+)?(?P<deputy>{_WHO}?)\s+"
        r"(?:stands? in|takes? over|covers?|fills? in|deputises?|is (?:the |her |his |their )?deputy)"
        r"(?:\s+for \w+)?)?",
    ),
    ("back", rf"(?P<who>{_WHO}?)(?:\s+is|\s+am|'s|'m)\s+back(?:\s+again)?"),
    (
        "left",
        rf"(?P<who>{_WHO}?)\s+(?:has\s+)?(?:left|quit)(?:\s+(?:us|the (?:company|team|project)))?"
        rf"|(?P<who2>{_WHO}?)\s+(?:no longer works here|doesn'?t work here any ?more|is gone|has gone)",
    ),
    (
        "move",
        r"(?:move|push|postpone|shift|reschedule|delay|bring|pull)\s+(?P<step>.+?)\s+(?:back\s+|forward\s+|out\s+)?"
        r"(?P<how>to|until|till|by|for|on)\s+(?P<when>.+)",
    ),
    (
        "move",
        r"(?:set|change)\s+(?P<step>.+?)(?:'s)?\s+(?:due\s+)?(?:date\s+)?(?P<how>to|for|on)\s+(?P<when>.+)",
    ),
    (
        "move",
        r"(?!(?:it|this|that)\b)(?P<step>.+?)\s+is\s+(?:now\s+)?due\s+(?P<how>on|by|until)\s+(?P<when>.+)",
    ),
    ("move", r"(?P<step>.+?)\s+(?:moves|slips|goes)\s+(?P<how>to|by)\s+(?P<when>.+)"),
    ("free", r"(?:unpin|free|release)\s+(?P<step>.+?)(?:'s date)?"),
    (
        "own",
        rf"(?P<who>{_WHO}?)(?:'ll|\s+will)?\s+(?:owns?|takes?(?:\s+over|\s+on)?|"
        r"(?:is|am) responsible for|looks? after|handles?|leads?|"
        r"(?:is|am) (?:the )?owner of)\s+(?P<step>.+)",
    ),
    ("own", rf"(?:assign|give)\s+(?P<step>.+?)\s+to\s+(?P<who>{_WHO})"),
    ("own", rf"make\s+(?P<who>{_WHO}?)\s+(?:the\s+)?owner\s+of\s+(?P<step>.+)"),
    ("own", rf"(?P<step>.+?)\s+(?:is owned by|belongs to|goes to|is up to)\s+(?P<who>{_WHO})"),
    ("own", rf"owner\s+(?:of|for)\s+(?P<step>.+?)\s*(?:is|:|=)\s*(?P<who>{_WHO})"),
    ("own", rf"owner\s+(?P<who>{_WHO}?)\s+(?P<step>.+)"),
    (
        "finish",
        r"(?:(?:we|i|we've|i've|they)\s+)?(?:have\s+|has\s+|are\s+|am\s+|just\s+|now\s+)*"
        r"(?:finished|completed|closed|wrapped up|(?:done|through) with)\s+(?P<step>.+)",
    ),
    (
        "finish",
        r"(?!(?:it|this|that|the model|model)\b)(?P<step>.+?)\s+(?:is|are)\s+(?:now\s+|all\s+)?"
        r"(?:done|finished|complete|completed|closed)",
    ),
)
_PATTERNS = tuple(
    (kind, re.compile(rf"^{_FILL}{wording}\s*[.!]*$", re.IGNORECASE)) for kind, wording in _WORDINGS
)
_STEP_FILL = re.compile(
    r"\b(?:the|our|step|stage|phase|part|work|of|date|due|deadline|that|this|with|a|an|all)\b|[^\w\s-]"
)
_THE_PROJECT = {"project", "everything", "it all", "whole thing", "lot"}


def read_plan_change(
    text: str, lifecycle: Lifecycle, current: Substep | None, today: date
) -> PlanChange | None:
    """Return what a message changes in the plan, or None: only a whole message that names a step counts."""
    text = " ".join(text.replace("’", "'").split())
    if len(text) > LONGEST or "?" in text:
        return None
    for kind, pattern in _PATTERNS:
        match = pattern.match(text)
        change = _change(kind, match, lifecycle, current, today) if match else None
        if change is not None:
            return change
    return None


def _change(
    kind: Kind, match: re.Match[str], lifecycle: Lifecycle, current: Substep | None, today: date
) -> PlanChange | None:
    parts = {name: value for name, value in match.groupdict().items() if value}
    who = parts.get("who") or parts.get("who2") or ""
    if kind in {"away", "back", "left"}:
        return _about_a_person(kind, who, parts, today)
    whole = kind == "own" and _STEP_FILL.sub(" ", parts["step"].lower()).strip() in _THE_PROJECT
    substep = named_substep(parts["step"], lifecycle, current)
    if substep is None and not whole:
        return None
    if kind == "own":
        if who.lower() in {"we", "they", "it", "who", "nobody", "everybody"}:
            return None
        return PlanChange(kind, substep, who=who, whole=whole)
    if kind != "move":
        return PlanChange(kind, substep)
    by = read_length(parts["when"]) if parts["how"] == "by" else None
    if by is not None:
        earlier = re.search(r"\b(earlier|forward|sooner)\b", match[0], re.IGNORECASE)
        return PlanChange(kind, substep, by=-by if earlier else by)
    day = read_day(parts["when"], today)
    return PlanChange(kind, substep, day=day) if day else None


def _about_a_person(kind: Kind, who: str, parts: dict[str, str], today: date) -> PlanChange | None:
    if who.lower() in {"it", "this", "that", "everything", "everybody", "nothing", "time", "which", "what"}:
        return None
    if kind != "away":
        return PlanChange(kind, who=who)
    day = read_day(parts["when"], today)
    since = read_day(parts["since"], today) if "since" in parts else None
    if since and day and day < since:  # "from 20 december to 6 january": that of the year after
        day = read_day(parts["when"], since)
    return PlanChange(kind, who=who, day=day, since=since, deputy=parts.get("deputy", "")) if day else None


def named_substep(words: str, lifecycle: Lifecycle, current: Substep | None) -> Substep | None:
    """Return the step that is all the words name; "it" and "this step" are the current one."""
    bare = " ".join(_STEP_FILL.sub(" ", words.lower()).split())
    if bare in {"", "it", "this", "that", "current"}:
        return current
    found = find_substep(lifecycle, bare)
    if found is None or len(bare.split()) > 8:
        return None
    left = set(bare.split()) - _vocabulary(found, lifecycle)
    return None if left else found


def _vocabulary(substep: Substep, lifecycle: Lifecycle) -> set[str]:
    """Return every word by which a step may be called."""
    stage = lifecycle.stage_of(substep.id)
    own = " ".join((substep.title, substep.id.replace("_", " "), stage.title, *phrases(substep.id))).lower()
    return {*re.findall(r"[\w-]+", own), "and", "against", "target", "run"}
