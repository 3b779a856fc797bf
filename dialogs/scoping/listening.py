"""Listening: what a message says about the project, and whether it was meant for Cairn at all."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.answers.asking import looks_like_question
from dialogs.project import Project
from dialogs.results.targets import is_share, read_target
from dialogs.steps import Embed
from dialogs.understanding import Reading, read_message
from dialogs.understanding.nearness import LEAST_VOTE, Near
from dialogs.world import Context, Hold

DESCRIBING_WORDS = 4
"""From so many words on, a sentence can describe a use case."""

FREE_TEXT = {
    "hardware",
    "deadline",
    "success_metric",
    "success_target",
    "output_format",
    "task",
    "tried",
    "description",
}
"""Fields that almost any words could answer; in a dispute only words that name them clearly count."""

_YES_OR_NO = re.compile(
    r"\W*(?:(?:yes|yep|yeah|nope|none|ja|nein|oui|sí|si|nej)\b|(?:no|non)\s*(?:$|[,.;:!–—-]))", re.IGNORECASE
)

FACTS = {
    "languages", "data.labelled_examples", "data.documents", "data.preference_data", "latency_seconds",
    "requests_per_day", "budget_usd_per_month", "budget_usd_total", "privacy", "hardware", "deadline",
    "knowledge_changes", "success_target", "input_tokens", "output_tokens", "concurrency",
}  # fmt: skip
"""Fields that say something about the project in a thread that is about its scope, whatever was asked."""

LONGEST_ANSWER = 1_500
LONGEST_QUESTION_WORDS = 30  # a longer one tells about a project, too
LONGEST_TEXT = 12_000  # characters read of one message


def read(ctx: Context, text: str, expecting: str | None = None) -> Reading:
    """Read a message as an answer to what is expected, if anything."""
    words, knowledge, near = text[:LONGEST_TEXT], ctx.world.knowledge, _near(ctx, text, expecting)
    first = read_message(words, today=ctx.today, knowledge=knowledge, near=near)
    if first.wanted:
        raise Hold(Embed(first.wanted))
    plainly = _without_idle_guesses(ctx, first, expecting)
    unread = not plainly.values and ctx.project is not None and ctx.project.scope.success_target is None
    if unread and is_share(words):
        expecting = "success_target"  # "80 % without a human" is a target whatever was asked
    if expecting is None or expecting in plainly.values:
        return plainly
    others = {name for name, found in plainly.values.items() if not found.guessed} - {"description"}
    if others and not _YES_OR_NO.match(words):
        return plainly  # it answers something else; the open question must not swallow it
    answer = read_message(words, today=ctx.today, expecting=expecting, knowledge=knowledge, near=near)
    return _without_idle_guesses(ctx, answer, expecting)


def _without_idle_guesses(ctx: Context, reading: Reading, expecting: str | None) -> Reading:
    """Keep likely values only where they may stand."""
    kept = {
        name: found
        for name, found in reading.values.items()
        if not found.guessed or _may_be_guessed(ctx, name, expecting)
    }
    return replace(reading, values=kept)


def _may_be_guessed(ctx: Context, field: str, expecting: str | None) -> bool:
    """Whether a likely value may stand: nothing is known yet, and the words are meant for Cairn."""
    answers = ctx.project.answers if ctx.project else ()
    meant = ctx.turn.mentioned or ctx.turn.kind in {"command", "shortcut"}
    known = any(answer.field == field and answer.state != "replaced" for answer in answers)
    return not known and (meant or field == expecting)


def _near(ctx: Context, text: str, expecting: str | None) -> Near | None:
    """Return what is needed to read by meaning, or None where it cannot be or nothing is left to read so."""
    examples, given = ctx.world.examples, ctx.given
    fields = [field for field in LEAST_VOTE if _may_be_guessed(ctx, field, expecting)]
    if examples is None or not given.has_embedding or not fields or _is_short_question(text):
        return None
    return Near(examples, given.vectors, fields)


def _is_short_question(text: str) -> bool:
    return looks_like_question(text) and len(text.split()) <= LONGEST_QUESTION_WORDS


def expected_field(project: Project | None) -> str | None:
    """Return the field that the open question asks for, or None."""
    asked = project.open_question if project else None
    if asked is None or asked.kind not in {"scope", "dispute"}:
        return None
    field = str(asked.context.get("field", "")) or None
    return None if asked.kind == "dispute" and field in FREE_TEXT else field


def answers_a_question(ctx: Context, reading: Reading) -> bool:
    """Whether a message that was not addressed to Cairn answers one of the questions it asked."""
    project = ctx.require()
    asked = {ctx.world.lifecycle.question(id).field for id in project.asked}
    open_field = expected_field(project)
    if open_field:
        asked.add(open_field)
    if "success_target" in asked:
        asked.add("success_metric")
    if "task" in asked:
        asked.add("description")
    answered = asked & set(reading.values)
    if answered:
        return ctx.turn.mentioned or _sounds_like_an_answer(ctx, answered)
    facts = {name: found.value for name, found in reading.values.items() if name in FACTS}
    if project.advised_at is not None or not facts:
        return False
    current = {name: project.current(name) for name in facts}
    contradicts = any(held is not None and held.value != facts[name] for name, held in current.items())
    return is_partner(ctx) or (contradicts and not ctx.turn.text.strip().endswith("?"))


def _sounds_like_an_answer(ctx: Context, answered: set[str]) -> bool:
    """Whether words that nobody addressed to Cairn are meant for it all the same.

    They name the field, or they are short and no chatter. A remark among colleagues must not become an
    answer only because a question is open.
    """
    text = ctx.turn.text.strip()
    if answered & set(read(ctx, text).values):
        return True
    words = text.split()
    if text.startswith("@") or text.endswith("?") or len(text) > LONGEST_ANSWER:
        return False
    if "success_target" in answered and read_target(text) is not None:
        return True
    if not answered <= FREE_TEXT:
        return len(words) <= 8
    return is_partner(ctx) and (len(words) >= 3 or any(character.isdigit() for character in text))


def is_partner(ctx: Context) -> bool:
    """Whether this is the person Cairn is talking with: whoever answered last, at first whoever started."""
    spoke = [answer for answer in ctx.require().answers if answer.message_ts]
    partner = max(spoke, key=lambda answer: answer.at).person if spoke else ctx.require().created_by
    return ctx.turn.person.id == partner


def describes(ctx: Context, text: str) -> bool:
    """Whether words that nobody addressed to Cairn describe the use case it has just asked for."""
    plain_words = not text.startswith("@") and not text.endswith("?")
    return plain_words and len(text.split()) >= DESCRIBING_WORDS and is_partner(ctx)
