"""Words below a nudge: an answer closes the step, "tomorrow" puts the nudge off, chatter does neither."""

from __future__ import annotations

import re
from datetime import timedelta

from dialogs.answers.asking import looks_like_question
from dialogs.nudges import snoozing
from dialogs.people import stands_in
from dialogs.plan import moving
from dialogs.plan.progress import state_of
from dialogs.plan.substeps import phrases
from dialogs.world import Context

_ASK_LATER = re.compile(
    r"^(?:ok(?:ay)?[,.]?\s+|please\s+|pls\s+)*"
    r"(?:(?:remind|ask|ping|nudge)\s+(?:me|us)?(?:\s+again)?|snooze(?:\s+(?:it|this))?|come back)?\s*"
    r"(?:(?:on|in|until|till|for)\s+)?(?P<when>.*?)[\s.!]*$",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"^(?:(?:it'?s\s+|we'?re\s+|i'?m\s+|that'?s\s+)?(?:still\s+)?(?:running|in progress|working on it|on it|wip|"
    r"not done(?: yet)?|not ready(?: yet)?|not yet|not finished(?: yet)?)|later|soon|not now|nope?)[\s.!]*$",
    re.IGNORECASE,
)
_MOST_WORDS_OF_A_TIME = 6
_ANSWER_AT_ONCE = timedelta(minutes=30)


def puts_off(ctx: Context, text: str) -> bool:
    """Snooze the nudge whose question is open when the words say when to ask again; False otherwise."""
    project = ctx.require()
    asked = project.open_question
    if asked is None or not asked.id.startswith("due:"):
        return False
    substep = str(asked.context["substep"])
    sent = [entry for entry in project.reminders if entry.substep == substep and entry.state == "sent"]
    match = _ASK_LATER.match(text.strip())
    when = match["when"] if match else ""
    if _NOT_YET.match(text.strip()) or (match and match[0].strip() and not when):
        when = "tomorrow"
    if not sent or not when or len(when.split()) > _MOST_WORDS_OF_A_TIME:
        return False
    reminder = max(sent, key=lambda entry: entry.sent_at or entry.due_at)
    if not snoozing.can_snooze(ctx, when, reminder):
        return False
    project.open_question = None
    snoozing.snooze(ctx, when, reminder.id)
    return True


def hear(ctx: Context, text: str) -> bool:
    """Take what was said to Cairn as a time to ask again, or as the reason to close the step; else False."""
    asked = ctx.require().open_question
    if asked is None or looks_like_question(text):
        return False
    if puts_off(ctx, text):
        return True
    if asked.kind != "criterion":
        return False
    moving.close(ctx, ctx.world.lifecycle.substep(str(asked.context["substep"])), reason=text[:500])
    return True


def overhear(ctx: Context, text: str) -> None:
    """Take words that nobody addressed to Cairn only when they answer what it asked."""
    asked = ctx.require().open_question
    if not _is_asked(ctx) or puts_off(ctx, text) or asked is None or asked.kind != "criterion":
        return
    if _at_once(ctx, text) or _is_about_it(ctx, text):
        hear(ctx, text)


def _is_asked(ctx: Context) -> bool:
    """Whether the speaker is the one whom the question was for."""
    project, asked = ctx.require(), ctx.require().open_question
    if asked is None or ctx.turn.text.strip().startswith(("@", "<@")):
        return False
    owner = state_of(project, str(asked.context["substep"])).owner or project.owner
    return ctx.turn.person.id in {owner, asked.context.get("person"), stands_in(project, owner, ctx.today)}


def _at_once(ctx: Context, text: str) -> bool:
    """Whether whoever called the step done goes on talking about it."""
    asked = ctx.require().open_question
    assert asked is not None
    same = asked.context.get("person") == ctx.turn.person.id
    return same and ctx.now - asked.asked_at < _ANSWER_AT_ONCE and len(text.split()) >= 3


def _is_about_it(ctx: Context, text: str) -> bool:
    """Whether the words share a word of weight with the step or with one of its criteria."""
    asked = ctx.require().open_question
    assert asked is not None
    substep = ctx.world.lifecycle.substep(str(asked.context["substep"]))
    about = " ".join(
        [substep.title, *phrases(substep.id), *(f"{entry.text} {entry.check}" for entry in substep.criterion)]
    )
    return len(text.split()) >= 3 and bool(_stems(text) & _stems(about))


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[^\W\d_]{4,}", text.lower())} - _COMMON


_COMMON_WORDS = (
    "with that this they them their there what which where when have been will your does says many "
    "much down left need needed first each every real case cases used uses users already stand "
    "stands should today late back good done here from into than then most kind also some just over "
    "about after before "
)
_COMMON = {word[:5] for word in _COMMON_WORDS.split()}
