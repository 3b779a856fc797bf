"""How Cairn speaks: one template per utterance, with a block for each part of a `Reply`.

A template holds the blocks `body`, `quote`, `after`, `question`, `notes` (one note a line) and `more`; each may be
left out. `body_2`, `body_3` … are other wordings, used when the same thing is said again soon.
Every value is escaped for Slack's mrkdwn; a value that is mrkdwn already is wrapped in `Mrkdwn`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from math import floor, log, log10
from typing import Any

from babel import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined

from dialogs.turns import Choice, Citation, Reply

RECENT = 20  # turns within which no wording comes twice


class Mrkdwn(str):
    """Text that is already Slack mrkdwn and must not be escaped again."""

    __slots__ = ()


def escape(text: str) -> Mrkdwn:
    """Escape the three characters that Slack reads as markup."""
    if isinstance(text, Mrkdwn):
        return text
    return Mrkdwn(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def plain(text: str) -> str:
    """Return mrkdwn as plain text, for terminals and files."""
    for mark in "*_~":
        quoted = re.escape(mark)
        text = re.sub(rf"(?<!\w){quoted}([^{quoted}\n]+){quoted}(?!\w)", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def number(value: float) -> str:
    """Write a number as people do: 1,200 · 0.5 · 2.5 million."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g} million" if abs(value) < 1e9 else f"{value / 1e9:,.3g} billion"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def figure(value: float) -> str:
    """Write an estimate: two digits below ten, one decimal below a hundred, none above."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 10 else f"{value:.2g}"


def rough(value: float, significant: int = 3) -> str:
    """Write an estimate with so many significant digits: 13.3 · 0.0597 · 61,900 · 8.4e22."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e13 or size < 1e-4:
        mantissa, exponent = f"{value:.{significant - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"
    digits = significant - 1 - floor(log10(size))
    if digits <= 0:
        return f"{round(value, digits):,.0f}"
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".") or "0"


def day(value: date | datetime, today: date | None = None) -> str:
    """Write a day: "20 April", with the year when it is not this or next year's nearest."""
    text = f"{value.day} {value:%B}"
    if today is not None and (value.year != today.year and (value.year, value.month) > (today.year + 1, 8)):
        text += f" {value.year}"
    return text


def weekday(value: date) -> str:
    """Write a near day: "Thursday 3 December"."""
    return f"{value:%A} {value.day} {value:%B}"


def listing(items: Sequence[str], last: str = "and") -> str:
    """Join words: "a", "a and b", "a, b and c"."""
    items = list(items)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


_ODDS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50)
"""What people say of something unlikely: 1 in …"""


def chance(probability: float, technical: bool = False) -> str:
    """Write a probability for a person: "1 in 20", "2 in 3"; as a percentage for engineers."""
    if technical:
        return "under 1 %" if probability < 0.01 else f"{min(probability, 0.99):.0%}".replace("%", " %")
    if probability < 0.02:
        return "almost no chance"
    if probability < 0.45:
        return f"1 in {min(_ODDS, key=lambda odds: abs(log(odds * probability)))}"
    likely = ((1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10), (19, 20))
    above, below = min(likely, key=lambda pair: abs(pair[0] / pair[1] - probability))
    return f"{above} in {below}"


def score(value: float, is_share: bool = True) -> str:
    """Write a score: as a percentage where it is a share of one."""
    return f"{figure(value * 100)} %" if is_share else figure(value)


def points(value: float, is_share: bool = True) -> str:
    """Write the distance between two scores: "10 points" between 50 % and 60 %, as "10 %" of what is unclear."""
    if not is_share:
        return figure(value)
    return f"{figure(value * 100)} point{'' if figure(value * 100) == '1' else 's'}"


def span(ends: tuple[float, float]) -> str:
    """Write an interval of shares: "38–44 %"."""
    low, high = (figure(end * 100) for end in ends)
    return f"{low}–{high} %"


def seconds(value: float) -> str:
    """Write a duration given in seconds."""
    if value < 90:
        return f"{figure(value)} s"
    return f"{figure(value / 60)} min" if value < 5400 else f"{figure(value / 3600)} h"


def language_name(code: str) -> str:
    """Return the English name of an ISO 639-1 code, or the code itself."""
    return str(Locale("en").languages.get(code, code))


class Citations:
    """Numbers the sources of one reply in the order in which its text names them."""

    def __init__(self) -> None:
        self.listed: list[Citation] = []

    def __call__(self, *citations: Citation | None) -> Mrkdwn:
        marks = []
        for citation in citations:
            if citation is None:
                continue
            known = [(entry.path, entry.title) for entry in self.listed]
            if (citation.path, citation.title) not in known:
                self.listed.append(citation)
                known.append((citation.path, citation.title))
            marks.append(f"[{known.index((citation.path, citation.title)) + 1}]")
        return Mrkdwn("".join(dict.fromkeys(marks)))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dialogs.speaking", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: escape(value) if isinstance(value, str) else value,
        autoescape=False,
    )
    filters: dict[str, Callable[..., object]] = {
        "number": number,
        "figure": figure,
        "rough": rough,
        "day": day,
        "weekday": weekday,
        "listing": listing,
        "chance": chance,
        "seconds": seconds,
        "span": span,
        "score": score,
        "points": points,
        "quoted": lambda words: [f"“{word}”" for word in words],
        "mrkdwn": Mrkdwn,
        "language": language_name,
    }
    environment.filters.update(filters)
    return environment


_ENVIRONMENT = _environment()


def compose(
    template: str,
    *,
    said: list[str] | None = None,
    choices: Sequence[Choice] = (),
    image: str = "",
    image_alt: str = "",
    **values: Any,
) -> Reply:
    """Render a template into a reply. `said` is the project's memory of wordings and grows by this one."""
    page = _ENVIRONMENT.get_template(f"{template}.j2")
    citations = Citations()
    wordings = sorted(name for name in page.blocks if re.fullmatch(r"body(_\d+)?", name))
    turn = _next_wording(template, said or [], len(wordings))
    parts = {"body": wordings[turn]} if wordings else {}
    parts |= {name: name for name in ("quote", "after", "question", "notes", "more") if name in page.blocks}
    context = page.new_context({**values, "cite": citations})
    text = {part: _tidy("".join(page.blocks[block](context))) for part, block in parts.items()}
    if said is not None:
        said.append(f"{template}#{turn}")
        del said[:-RECENT]
    return Reply(
        body=text.get("body", ""),
        quote=text.get("quote", ""),
        after=text.get("after", ""),
        question=text.get("question", ""),
        choices=tuple(choices),
        notes=tuple(line for line in text.get("notes", "").splitlines() if line),
        citations=tuple(citations.listed),
        more=text.get("more", ""),
        image=image,
        image_alt=image_alt,
    )


def _next_wording(template: str, said: Sequence[str], wordings: int) -> int:
    """Return the place of the wording after the one used last."""
    last = next((entry for entry in reversed(said) if entry.partition("#")[0] == template), None)
    return 0 if last is None else (int(last.partition("#")[2] or 0) + 1) % max(wordings, 1)


def _tidy(text: str) -> str:
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.strip().splitlines()]
    return re.sub(r"\n{2,}", "\n", "\n".join(lines))
