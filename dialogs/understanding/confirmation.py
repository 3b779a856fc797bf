"""What was read, in one line, for the team to correct."""

from __future__ import annotations

import re
from datetime import date

from dialogs.scope import FIELDS, Scope, get_field
from dialogs.understanding.dates import deadline_date
from dialogs.understanding.hardware import hardware_title
from dialogs.understanding.languages import language_title
from dialogs.understanding.reading import Reading

PRIVACY = {"on_premises": "on-premises", "private_cloud": "private cloud", "any": "any cloud"}
CHANGES = {
    "static": "hardly change",
    "weekly": "change weekly",
    "daily": "change daily",
    "realtime": "change by the minute",
}
RISK = {"low": "low risk", "medium": "medium risk", "high": "high risk"}
MODALITY = {"image": "images", "audio": "audio", "video": "video", "text": "text"}
_SCORE = re.compile(r"(?:0?\.\d+|\d+(?:\.\d+)?\s?%)")
_LONG_DESCRIPTION_WORDS = 14
_NOT_OURS = re.compile(
    r"\b(?:everything|is|are|it|all|in|the|our|from|over|on|based|ugh|a|of|answers?|using)\b"
)


def confirmation(source: Reading | Scope, today: date | None = None) -> str:
    """Return the one-line read-back of a reading, or of a scope where the writer's words are not at hand.

    It follows the writer: terse notation ("3k/d") is read back tersely ("3,000/day").
    """
    scope = source.scope if isinstance(source, Reading) else source
    said = source.evidence if isinstance(source, Reading) else {}
    described = _description(scope, said)
    terse = not described and bool(said)
    parts = [
        described,
        _labels(scope) if terse else "",
        _languages(scope),
        _place(scope) if terse else "",
        _load(scope, said, terse),
        _latency(scope, said),
        "" if terse else _labels(scope),
        "ratings of answers" if scope.data.preference_data else "",
        "no ratings" if scope.data.preference_data is False else "",
        _knowledge(scope, said),
        "" if terse else _place(scope),
        *_lengths(scope),
        *_money(scope),
        RISK.get(scope.quality_risk or "", ""),
        _modality(scope),
        f"{scope.output_format} out" if scope.output_format and not terse else "",
        f"team: {scope.team}" if scope.team else "",
        _tried(scope),
        *_goal(scope, terse, today),
    ]
    return " · ".join(part for part in parts if part)


def field_text(scope: Scope, field: str, today: date | None = None) -> str:
    """Return one field of a scope as it is read back, or "" where it is not stated."""
    if field not in FIELDS or get_field(scope, field) is None:
        return ""
    return confirmation(_only(scope, field), today) or str(get_field(scope, field))


def _only(scope: Scope, field: str) -> Scope:
    top = field.partition(".")[0]
    alone = Scope.model_validate({top: scope.model_dump()[top]})
    if top == "data":
        alone = Scope.model_validate({"data": {field.removeprefix("data."): get_field(scope, field)}})
    return alone


def _description(scope: Scope, said: dict[str, str]) -> str:
    words = scope.description or ""
    if not words or len(words.split()) > _LONG_DESCRIPTION_WORDS or re.search(r"[→/=]|\d", words):
        return ""
    words = re.sub(r"^(?:please|to|the|that)\s+", "", words, flags=re.I).strip()
    words = re.sub(r"^(\w+) the (answers|replies)\b", r"\1 \2", words)
    return words[:1].upper() + words[1:]


def _labels(scope: Scope) -> str:
    count = scope.data.labelled_examples
    if count is None:
        return ""
    return "no labels" if count == 0 else f"{count:,} labels"


def _languages(scope: Scope) -> str:
    return ", ".join(language_title(code) for code in scope.languages or ())


def _place(scope: Scope) -> str:
    privacy = PRIVACY.get(scope.privacy or "", "")
    hardware = hardware_title(scope.hardware) if scope.hardware else ""
    return ", ".join(part for part in (privacy, _region(scope.region), hardware) if part)


def _region(words: str | None) -> str:
    """ "eu" is read back as EU, "stockholm" as Stockholm; a cloud's region code stays."""
    if not words or words != words.lower() or any(character.isdigit() for character in words):
        return words or ""
    return words.upper() if len(words) <= 3 else words.title()


def _load(scope: Scope, said: dict[str, str], terse: bool) -> str:
    parts = []
    if scope.requests_per_day is not None:
        number = plain(scope.requests_per_day)
        slash = terse or "/" in said.get("requests_per_day", "")
        parts.append(f"{number}/day" if slash else f"{number} a day")
    if scope.concurrency is not None:
        parts.append(f"{plain(scope.concurrency)} at once")
    return " · ".join(parts)


def _latency(scope: Scope, said: dict[str, str]) -> str:
    if scope.latency_seconds is None:
        return ""
    percentile = re.search(r"p\d\d", said.get("latency_seconds", "").lower())
    seconds = scope.latency_seconds
    amount = f"{plain(seconds * 1000)} ms" if seconds < 1 else f"{plain(seconds)} s"
    return f"{percentile[0]} {amount}" if percentile else f"within {amount}"


def _knowledge(scope: Scope, said: dict[str, str]) -> str:
    changes = CHANGES.get(scope.knowledge_changes or "", "")
    if scope.data.documents is False:
        return "no documents to look up"
    if scope.data.documents:
        words = re.sub(r"\W+", " ", _NOT_OURS.sub(" ", said.get("data.documents", "").lower())).strip()
        words = re.split(r"\b(?:that|which|chang|updat|edit)", words)[0].strip()
        things = words if 0 < len(words.split()) <= 4 else "documents to look up"
        return f"{things}, {changes}" if changes else things
    return f"facts {changes}" if changes else ""


def _lengths(scope: Scope) -> list[str]:
    return [
        f"{plain(count)} tokens {side}"
        for count, side in ((scope.input_tokens, "in"), (scope.output_tokens, "out"))
        if count is not None
    ]


def _money(scope: Scope) -> list[str]:
    return [
        f"${amount:,.0f} {kind}"
        for amount, kind in ((scope.budget_usd_per_month, "a month"), (scope.budget_usd_total, "once"))
        if amount is not None
    ]


def _modality(scope: Scope) -> str:
    return " + ".join(MODALITY.get(kind, kind) for kind in scope.input_modality or ()) + (
        " in" if scope.input_modality else ""
    )


def _tried(scope: Scope) -> str:
    if not scope.tried:
        return ""
    if scope.tried == ["nothing"]:
        return "nothing tried yet"
    return "tried " + "; ".join(_short(words) for words in scope.tried)


def _short(words: str) -> str:
    """ "5-shot: .81 field f1" becomes "5-shot, .81"."""
    score = _SCORE.search(words)
    if score is None:
        return words
    name = words[: score.start()].strip(" :(,=")
    return f"{name}, {score[0]}" if name and len(name.split()) <= 5 else words


def _goal(scope: Scope, terse: bool, today: date | None) -> list[str]:
    deadline = _deadline(scope.deadline, terse, today) if scope.deadline else ""
    target = scope.success_target or ""
    if not target:
        return [scope.success_metric or "", deadline]
    metric = (
        f" {scope.success_metric}"
        if scope.success_metric and not terse and scope.success_metric not in target
        else ""
    )
    if deadline.startswith("by "):
        return [f"target {target}{metric} {deadline}"]
    return [f"target {target}{metric}", deadline]


def _deadline(words: str, terse: bool, today: date | None) -> str:
    """Read a deadline back as a day where it names one: "before feb" is "before 1 February"."""
    day = deadline_date(words, today) if today else _any_year(words)
    if day is None:
        return words
    before = re.match(r"\W*(?:before|vor|avant|antes|före|innan|prima)\b", words.lower())
    if before:
        day = date.fromordinal(day.toordinal() + 1)
    month = day.strftime("%b") if terse else day.strftime("%B")
    return f"{'before' if before else 'by'} {day.day} {month}"


def _any_year(words: str) -> date | None:
    """Without today only a day that every year has can be named."""
    one, other = (deadline_date(words, date(year, 1, 1)) for year in (2027, 2030))
    same = one and other and (one.month, one.day) == (other.month, other.day)
    return one if same and not re.search(r"\b(?:in|within)\s+\w+\s+(?:day|week|month)", words) else None


def plain(number: float) -> str:
    """Return a number as people read it: thousands separated, no idle decimals."""
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 100 else f"{number:,.1f}"
