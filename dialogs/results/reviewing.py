"""A named expert's review: one click a draft, or all verdicts in one go; the share becomes a result.

The three verdicts are those of documents/alignment.md, "Expert review".
"""

from __future__ import annotations

import json
import re
from typing import Literal, get_args

from dialogs.people import called, find_person, is_known
from dialogs.plan.progress import record
from dialogs.project import EvaluationRun, Review, Verdict
from dialogs.results.judging import judge
from dialogs.results.recording import keep
from dialogs.results.review_words import MOST_DRAFTS, read_counts, read_request
from dialogs.results.targets import REVIEW, wilson
from dialogs.sources import source
from dialogs.speaking.marking import who
from dialogs.speaking.speech import compose
from dialogs.turns import Choice, Form, FormField, OpenForm, Redraw, Reply
from dialogs.world import Context

METRIC = "expert-approval"
VerdictName = Literal["good", "edits", "wrong"]
LABELS: dict[VerdictName, str] = {"good": "Good", "edits": "Small edits", "wrong": "Wrong"}
_UNTOUCHED = re.compile(
    r"\b(without (any )?(edits?|changes?)|unchanged|untouched|unedited|as (it|they) (is|are)|as-is)\b",
    re.IGNORECASE,
)


def hear(ctx: Context, text: str) -> bool:
    """Begin the review that a message asks for; False where it asks for none."""
    request = read_request(text)
    project = ctx.project
    if request is None or project is None or project.status != "active":
        return False
    named = {name.lower(): id for id, name in ctx.turn.mentions.items()}
    expert = named.get(request.who.lstrip("@").lower()) or find_person(project, request.who, ctx.turn.person)
    if not is_known(project, expert):
        if not request.who.startswith("@") and ctx.turn.kind != "command":
            return False  # "the model reads 20 mails" names nobody
        ctx.say(compose("review_who", name=request.who.lstrip("@")))
        return True
    review = Review(
        id=str(len(project.reviews) + 1),
        expert=expert,
        asked_by=ctx.turn.person.id,
        asked_at=ctx.now,
        wanted=request.count,
    )
    project.reviews.append(review)
    record(project, ctx.now, ctx.turn.person.id, "review", expert=expert, drafts=request.count)
    ctx.say(_tally(ctx, review), to="thread")
    return True


def hear_counts(ctx: Context, text: str) -> bool:
    """Take verdicts that the expert tells in one go; False where the message tells none."""
    review = _open_review(ctx)
    counts = read_counts(text) if review else None
    if review is None or counts is None or not 0 < sum(counts.values()) <= MOST_DRAFTS:
        return False
    _take_counts(ctx, review, counts)
    return True


def click(ctx: Context, value: str) -> None:
    """Take one verdict, or take the last one back; only the named expert may."""
    id, action = json.loads(value)
    review = next((entry for entry in ctx.require().reviews if entry.id == id), None)
    if review is None or review.ended_at is not None:
        ctx.say(compose("gone"), to="asker")
        return
    if ctx.turn.person.id != review.expert:
        ctx.say(compose("review_not_yours", expert=called(ctx.require(), review.expert)), to="asker")
        return
    if action == "counts":
        _open_form(ctx, review)
        return
    if action == "undo":
        del review.verdicts[-1:]
    else:
        review.verdicts.append(Verdict(verdict=action, at=ctx.now))
    if len(review.verdicts) >= review.wanted:
        _finish(ctx, review)
    _redraw(ctx, review)


def submit(ctx: Context) -> None:
    """Take the counts of the form."""
    review = _open_review(ctx)
    counts = {name: _whole(ctx.turn.fields.get(name, "")) for name in get_args(VerdictName)}
    total = sum(count or 0 for count in counts.values())
    if review is None:
        ctx.say(compose("gone"), to="asker")
    elif None in counts.values() or not 0 < total <= MOST_DRAFTS:
        ctx.say(compose("review_counts_how", most=MOST_DRAFTS), to="asker")
    else:
        _take_counts(ctx, review, {name: count or 0 for name, count in counts.items()})


def _whole(text: str) -> int | None:
    """Return a count; nothing means none, None stands for what is no count."""
    text = text.strip()
    return int(text) if text.isdecimal() else None if text else 0


def _open_review(ctx: Context) -> Review | None:
    """Return the newest review that waits for this person."""
    project = ctx.project
    waiting = [
        entry
        for entry in (project.reviews if project else [])
        if entry.ended_at is None and entry.expert == ctx.turn.person.id
    ]
    return waiting[-1] if waiting else None


def _open_form(ctx: Context, review: Review) -> None:
    review.message_ts = ctx.turn.message_ts
    hint = {
        "good": "Sent as it is",
        "edits": "A minute's work, same meaning",
        "wrong": "Rewritten, or must not go out",
    }
    fields = tuple(
        FormField(name, label, str(review.count(name) or ""), hint[name], "0")
        for name, label in LABELS.items()
    )
    intro = f"How many of the drafts you read? {review.wanted} were asked for."
    form = Form(id="review", title="Verdicts", fields=fields, context=ctx.require().id, intro=intro)
    ctx.effects.append(OpenForm(form))


def _take_counts(ctx: Context, review: Review, counts: dict[str, int]) -> None:
    review.verdicts = [
        Verdict(verdict=name, at=ctx.now)
        for name in get_args(VerdictName)
        for _ in range(counts.get(name, 0))
    ]
    _finish(ctx, review)
    _redraw(ctx, review)


def _redraw(ctx: Context, review: Review) -> None:
    """Bring the message with the buttons up to date, in place; the first effect, before what follows from it."""
    ts = ctx.turn.message_ts if ctx.turn.kind == "button" else review.message_ts
    if ts:
        ctx.effects.insert(0, Redraw(ts, _tally(ctx, review)))


def _tally(ctx: Context, review: Review) -> Reply:
    """Return the message of a review: which draft is next and what was said, or how it ended."""
    project = ctx.require()
    choices = [
        Choice("verdict", label, json.dumps([review.id, name]), "primary" if name == "good" else "")
        for name, label in LABELS.items()
    ]
    if review.verdicts:
        choices.append(Choice("verdict", "Undo", json.dumps([review.id, "undo"])))
    choices.append(Choice("verdict", "All at once", json.dumps([review.id, "counts"])))
    return compose(
        "review",
        said=project.said if not review.verdicts else None,
        choices=[] if review.ended_at else choices,
        expert=called(project, review.expert),
        asker=called(project, review.asked_by),
        own=review.asked_by == review.expert,
        review=review,
        done=len(review.verdicts),
        good=review.count("good"),
        edits=review.count("edits"),
        wrong=review.count("wrong"),
        document=source(ctx.world.knowledge, "documents/alignment.md", "Expert review"),
    )


def _finish(ctx: Context, review: Review) -> None:
    """End a review: its share of usable drafts becomes a result, with Wilson's interval."""
    project = ctx.require()
    review.ended_at = ctx.now
    count = len(review.verdicts)
    scope = project.scope
    wanted = " ".join(filter(None, (scope.success_target, scope.success_metric, scope.description)))
    usable = review.count("good") + (0 if _UNTOUCHED.search(wanted) else review.count("edits"))
    share = usable / count
    run = EvaluationRun(
        at=ctx.now,
        person=review.expert,
        results={METRIC: share},
        cases=count,
        source=REVIEW,
        note=f"{who(ctx)}: {review.count('good')} good, {review.count('edits')} with small edits, "
        f"{review.count('wrong')} wrong",
        intervals={METRIC: wilson(share, count)},
    )
    keep(ctx, run)
    judge(ctx, run)
