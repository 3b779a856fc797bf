"""Which sentences of which sections answer a question, and in which order: an answer without a chat model."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from dialogs.answers.sentences import Unit, mrkdwn, units_of
from knowledge.schema import Section
from knowledge.search import Hit, SearchIndex
from knowledge.words import Term, index_terms, plain

MAX_WORDS = 120
_ENOUGH_WORDS = 75
_SECOND_SECTION_WORDS = 45
_WORTHWHILE_GAIN = 0.4  # share of the question, by rarity, that a second section must add
_STANDS_OUT = 0.62  # cosine of a question that a section names: then it is that section which is asked for
_OVERVIEW_SECTIONS = 6

Form = Literal["why", "number", "comparison", "what"]


@dataclass(frozen=True)
class Wanted:
    """What a question asks for: its terms and the form of the answer."""

    index: SearchIndex
    terms: tuple[Term, ...]
    form: Form


@dataclass(frozen=True)
class Extract:
    """The units chosen from one section, in the order in which they are said."""

    section: Section
    units: tuple[Unit, ...]

    @property
    def word_count(self) -> int:
        return sum(unit.word_count for unit in self.units)


def form_of(question: str) -> Form:
    """Return what kind of answer a question asks for."""
    text = plain(question)
    forms: tuple[Form, ...] = ("why", "number", "comparison")
    for form in forms:
        if _pattern("questions", form).search(text):
            return form
    return "what"


def extract(
    index: SearchIndex, question: str, terms: Sequence[Term], hits: Sequence[Hit]
) -> tuple[Extract, ...]:
    """Choose sentences from the best hit and, where it adds a side or a word asked for, from one more."""
    wanted = Wanted(index, tuple(terms), form_of(question))
    if overview := _overview(wanted, hits):
        return overview
    second = _second(wanted, hits)
    budget = MAX_WORDS - (_SECOND_SECTION_WORDS if second else 0)
    extracts = [Extract(hits[0].section, choose(wanted, hits[0], budget, enough=min(_ENOUGH_WORDS, budget)))]
    if second:
        left = MAX_WORDS - extracts[0].word_count
        units = choose(wanted, second, left, enough=_SECOND_SECTION_WORDS // 2)
        extracts += [Extract(second.section, units)] if units else []
    return tuple(extracts)


def choose(wanted: Wanted, hit: Hit, budget: int, enough: int) -> tuple[Unit, ...]:
    """Choose units of a section worth at most `budget` words, stopping at `enough` once the best are in."""
    units = units_of(hit.section.text)
    worth = [_worth(wanted, unit, at, hit.question) for at, unit in enumerate(units)]
    chosen: set[int] = set()
    for at in sorted(range(len(units)), key=lambda at: (-worth[at], at)):
        group = _with_what_it_needs(units, at) - chosen
        size = sum(units[i].word_count for i in group)
        used = sum(units[i].word_count for i in chosen)
        if used + size <= budget and used < enough:
            chosen |= group
    return tuple(units[at] for at in _order(units, sorted(chosen), worth, wanted.form))


def render(extracts: Sequence[Extract]) -> str:
    """Write extracts as mrkdwn; each ends with the number of its source."""
    return "\n".join(f"{_joined(part.units)} [{number}]" for number, part in enumerate(extracts, 1))


def _joined(units: Sequence[Unit]) -> str:
    text = ""
    for unit in units:
        if unit.kind == "item":
            text += f"\n• {mrkdwn(unit.text)}"
        elif unit.kind == "code":
            text += f"\n{mrkdwn(unit.text)}\n"
        else:
            text += f"{' ' if text and not text.endswith(chr(10)) else ''}{mrkdwn(unit.text)}"
    return text.strip()


def _worth(wanted: Wanted, unit: Unit, at: int, matched: str) -> float:
    """How much a unit adds: the question's words, its section's matching question, its place, its form."""
    index = wanted.index
    held = set(index_terms(unit.text, index.lexicon))
    worth = _share(index, held, {t.text: t.weight for t in wanted.terms})
    worth += 0.5 * _share(index, held, dict.fromkeys(index_terms(matched, index.lexicon), 1.0))
    worth += 0.4 if at == 0 else 0.1 if at == 1 else 0.0
    if wanted.form in ("why", "number") and _gives(unit, wanted.form):
        worth += 0.4
    return worth - (0.5 if unit.kind == "code" else 0.0)


def _gives(unit: Unit, form: Form) -> bool:
    """Tell whether a unit holds a reason, or a number that is not part of a reference."""
    text = plain(unit.text)
    if form == "number":
        return bool(_pattern("sentences", "number").search(_pattern("sentences", "reference").sub("", text)))
    return bool(_pattern("sentences", "reason").search(text))


def _leans_back(unit: Unit) -> bool:
    return unit.kind == "sentence" and bool(_pattern("sentences", "leaning").search(plain(unit.text)))


def _share(index: SearchIndex, held: set[str], weights: dict[str, float]) -> float:
    total = sum(weight * index.rarity(text) for text, weight in weights.items())
    found = sum(weight * index.rarity(text) for text, weight in weights.items() if text in held)
    return found / total if total else 0.0


def _with_what_it_needs(units: Sequence[Unit], at: int) -> set[int]:
    """Return a unit with those it cannot stand without: the sentence it leans back on, a list's lead-in."""
    group = {at}
    if units[at].kind == "item":
        lead = next((i for i in range(at - 1, -1, -1) if units[i].block != units[at].block), None)
        if lead is not None and units[lead].lead_in:
            group.add(lead)
    elif at and _leans_back(units[at]):
        group |= _with_what_it_needs(units, at - 1)
    if units[at].lead_in and at + 1 < len(units):
        group.add(at + 1)
    return group


def _order(units: Sequence[Unit], chosen: Sequence[int], worth: Sequence[float], form: Form) -> list[int]:
    """Keep the section's order, but say the reason or the number first where that sentence stands alone."""
    if form not in ("why", "number"):
        return list(chosen)
    for at in sorted(chosen, key=lambda at: -worth[at]):
        unit = units[at]
        followed = at + 1 in chosen and _leans_back(units[at + 1])
        stands = unit.kind == "sentence" and not _leans_back(unit) and not unit.lead_in
        if stands and not followed and _gives(unit, form):
            return [at, *(other for other in chosen if other != at)]
    return list(chosen)


def _second(wanted: Wanted, hits: Sequence[Hit]) -> Hit | None:
    """Return another hit that adds what the first lacks: the other side of a comparison, or a rare term."""
    index = wanted.index
    sure = [hit for hit in hits[1:5] if hit.score >= 0.6 * hits[0].score]
    if wanted.form == "comparison":
        opening = _opening_terms(index, hits[0])
        sides = [t.text for t in wanted.terms if t.weight == 1 and t.text not in opening]
        return next((hit for hit in sure if any(side in _heading_terms(index, hit) for side in sides)), None)
    total = sum(t.weight * index.rarity(t.text) for t in wanted.terms)
    missing = [t for t in wanted.terms if not index.holds(hits[0].section, t.text)]
    for hit in sure:
        gain = sum(t.weight * index.rarity(t.text) for t in missing if index.holds(hit.section, t.text))
        if total and gain / total >= _WORTHWHILE_GAIN:
            return hit
    return None


def _heading_terms(index: SearchIndex, hit: Hit) -> set[str]:
    return set(index_terms(hit.section.heading, index.lexicon))


def _opening_terms(index: SearchIndex, hit: Hit) -> set[str]:
    """Return the terms of a section's heading and first sentence: what it is about."""
    opening = next((unit.text for unit in units_of(hit.section.text)), "")
    return _heading_terms(index, hit) | set(index_terms(opening, index.lexicon))


def _overview(wanted: Wanted, hits: Sequence[Hit]) -> tuple[Extract, ...]:
    """Answer a question about a whole document with the first sentence of its best sections.

    That is what a question asks for when a document's title holds its words, but no section of it stands
    out; the sections come in the document's order.
    """
    index = wanted.index
    same = [hit for hit in hits if hit.section.path == hits[0].section.path][:_OVERVIEW_SECTIONS]
    title = set(index_terms(hits[0].section.title, index.lexicon))
    asked = [t for t in wanted.terms if t.weight == 1]
    stands_out = (hits[0].question_cosine or 0.0) >= _STANDS_OUT
    if wanted.form != "what" or stands_out or len(same) < 3 or not all(t.text in title for t in asked):
        return ()
    if hits[0].question_cosine is None and any(t.text in _heading_terms(index, hits[0]) for t in asked):
        return ()
    extracts: list[Extract] = []
    for hit in sorted(same, key=lambda hit: index.position(hit.section)):
        lead = Unit(units_of(hit.section.text)[0].text, 0, "item")
        if sum(part.word_count for part in extracts) + lead.word_count <= MAX_WORDS:
            extracts.append(Extract(hit.section, (lead,)))
    return tuple(extracts)


@cache
def _pattern(table: str, name: str) -> re.Pattern[str]:
    source = (files("dialogs.answers") / "extraction.toml").read_text(encoding="utf-8")
    return re.compile("|".join(tomllib.loads(source)[table][name]))
