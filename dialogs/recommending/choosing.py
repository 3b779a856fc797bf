"""What people do with a recommendation: ask for more, ask why not, take it, or cut the scope to make a date."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from dialogs.advice.overrules import meant_technique
from dialogs.advice.result import Advice, WhyNot
from dialogs.plan.progress import record, sync_reminders
from dialogs.project import Decision
from dialogs.recommending import card, told
from dialogs.recommending.advising import advised, schedule_inputs
from dialogs.recommending.differences import headlines
from dialogs.recommending.money import monthly_cost
from dialogs.sources import source
from dialogs.speaking.marking import mark, who
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import compose, figure, number
from dialogs.turns import Choice, Reply
from dialogs.world import Context
from estimator.schedule import simulate, smallest_cut, with_cuts
from knowledge.loader import Knowledge

_WHY_NOT = re.compile(
    r"^\s*(?:but\s+)?(?:why (?:not|no|don'?t we|can'?t we|shouldn'?t we)|warum (?:nicht|kein\w*)|"
    r"pourquoi pas|por qué no|varför inte)\b(?P<what>.*)",
    re.IGNORECASE,
)
_SHOULD_WE = re.compile(
    r"^\s*(?:so |and |but |ok,? )?(?:should|shall|do|would|could|can|must) (?:we|i)\b"
    r"(?: (?:really|also|already|now|still|just|do|use|try|need|add|consider|start|run|go for|go with|have to|want))*"
    r"(?: to)?\s(?P<what>[^?]{2,60})\?\s*$"
    r"|^\s*(?:is|would) (?P<what2>[^?]{2,40}?) (?:be )?"
    r"(?:worth it|worth a try|a good idea|useful|an option|right)(?: for us| here)?\s*\?\s*$",
    re.IGNORECASE,
)


def recommend(ctx: Context, words: str = "") -> None:
    """List techniques in the order to try them, and the models, each with its reason.

    With "before", "first" or a day, what was said then and why, and what has changed since.
    """
    found = advised(ctx)
    if words.strip():
        told.say(ctx, found, words)
        return
    earlier = told.earlier(ctx, found)
    told.keep(ctx, found)
    reply = advice_reply(found.advice, ctx.world.knowledge, assumed=card.assumed_line(found))
    before = (Choice("told", "What I said before", ""),) if earlier else ()
    ctx.say(replace(reply, choices=(*reply.choices, *before)))


def advice_reply(advice: Advice, knowledge: Knowledge, *, assumed: str = "") -> Reply:
    """Put a whole advice into words: techniques in order, models, and why not the ones named."""
    by_when = {
        when: [entry for entry in advice.techniques if entry.when == when]
        for when in ("now", "next", "later", "not_advised")
    }
    return compose(
        "recommend",
        now=by_when["now"],
        following=by_when["next"][:3],
        later=by_when["later"] + by_when["next"][3:],
        refused=by_when["not_advised"],
        models=advice.models[:3],
        not_models=advice.not_models[:1],
        titles=headlines(),
        names={id: technique.title for id, technique in knowledge.techniques.items()},
        assumed=assumed or "; ".join(advice.assumptions[:4]),
    )


def find_refusals(ctx: Context, what: str) -> WhyNot | None:
    """Return why something named is not advised; what the team wished for comes first."""
    found = advised(ctx).advice
    words = re.sub(r"[^a-z0-9.]+", " ", what.lower()).strip()
    stated = [*found.why_not, *found.not_models]
    for why in stated:
        keys = {why.id.replace("_", " "), why.title.lower()}
        if any(key in words or (words and words in key) for key in keys):
            return why
    aliases = {
        "full_fine_tuning": r"\bfull (ft|fine.?tun\w*)|full.?ft\b",
        "rag": r"\b(rag|retrieval)\b",
        "qlora": r"\bqlora\b",
        "lora": r"\blora\b",
        "rlhf": r"\brlhf|ppo\b",
        "dpo": r"\bdpo\b",
        "distillation": r"\bdistil",
        "pruning": r"\bprun",
        "quantization": r"\bquanti",
        "continued_pretraining": r"\bcontinued pre",
        "pretraining_from_scratch": r"\b(pre.?train|from scratch|own model)",
        "prompt_tuning": r"\bprompt.?tuning|soft prompt",
        "few_shot": r"\bfew.?shot|examples in",
        "prompt_engineering": r"\bprompt",
        "lora ": r"\bfine.?tun",
    }
    for id, pattern in aliases.items():
        if re.search(pattern, words):
            entry = found.technique(id.strip())
            if entry.when in {"now"}:
                return None
            title = ctx.world.knowledge.techniques[entry.id].title
            return WhyNot(entry.id, title, entry.reasons[0] if entry.reasons else entry.how, entry.citations)
    return None


def why_not(ctx: Context, text: str) -> Reply | None:
    """Answer "why not …?" for a technique or a model; None where the message asks nothing like it."""
    project = ctx.require()
    if not project.advised_at:
        return None
    match = _WHY_NOT.match(text)
    wanted = (match["what"] if match else text).strip(" ?!.")
    if match is None and text.strip() not in {why.id for why in advised(ctx).advice.why_not}:
        return None
    why = find_refusals(ctx, wanted)
    if why is None:
        return None
    entry = next((t for t in advised(ctx).advice.techniques if t.id == why.id), None)
    return compose(
        "why_not",
        said=project.said,
        title=why.title,
        reason=why.reason,
        citations=why.citations,
        when=entry.when if entry else "not_advised",
        how=entry.how if entry else "",
        choices=[Choice("overrule", "We do it anyway", f"{'technique' if entry else 'model'}:{why.id}")],
    )


def should_we(ctx: Context, text: str) -> Reply | None:
    """Answer "should we do DPO?" for this project; None where the message asks nothing like it."""
    match = _SHOULD_WE.match(text)
    if match is None or not ctx.require().advised_at:
        return None
    found = advised(ctx).advice
    named = meant_technique((match["what"] or match["what2"]).strip(" ?!."), found.techniques)
    entry = found.technique(named) if named else None
    if entry is None or not entry.reasons:
        return None
    if entry.when in {"later", "not_advised"}:
        return why_not(ctx, f"why not {match['what'] or match['what2']}")
    return compose(
        "should_we",
        said=ctx.require().said,
        first=entry is found.techniques[0],
        when=entry.when,
        reason=entry.reasons[0],
        citations=entry.citations,
        how=entry.how,
    )


def why_first(ctx: Context) -> None:
    """Say all the reasons for what is first."""
    first = advised(ctx).advice.techniques[0]
    ctx.say(
        compose(
            "why_first",
            said=ctx.require().said,
            first=headlines()[first.id],
            reasons=list(first.reasons),
            citations=first.citations,
            how=first.how,
        ),
        to="thread",
    )


def formulas(ctx: Context) -> None:
    """Show how memory, speed and dates came about."""
    project = ctx.require()
    found = advised(ctx)
    lines = []
    if found.memory:
        lines.append(f"Memory: {found.memory.formula}")
    if found.duration:
        took, request = found.duration, found.request
        reading = f"{number(request.prompt_tokens)} prompt tokens ÷ {figure(took.prefill_tokens_s)} tokens/s"
        writing = ""
        if took.decode_tokens_s is not None:
            writing = f" + {number(request.output_tokens)} ÷ {figure(took.decode_tokens_s)} tokens/s"
        lines.append(f"Speed: {reading}{writing} = {figure(took.seconds)} s")
    if cost := monthly_cost(found, found.facts.catalog):
        lines.append(f"Cost: {cost.formula} ({cost.price})")
    schedule = found.schedule
    movers = [f"{mover.change} ({mover.weeks:+.1f} weeks)" for mover in schedule.movers]
    ctx.say(
        compose(
            "formulas",
            said=project.said,
            lines=lines,
            schedule=schedule,
            movers=movers,
            today=ctx.today,
            assumed=list(found.memory.assumptions[:3]) if found.memory else [],
            sources=list(found.memory.sources[:3]) if found.memory else [],
            durations=source(ctx.world.knowledge, card.DURATIONS),
        ),
        to="thread",
    )


def accept(ctx: Context) -> None:
    """Take the recommendation: recorded as a decision, the candidates noted."""
    project = ctx.require()
    if project.accepted:
        ctx.say(compose("accepted_already", said=project.said), to="asker")
        return
    model = advised(ctx).model
    chosen = card.first_step(ctx) + (f", with {model.title}" if model else "")
    project.accepted = ctx.turn.person.id
    project.decisions.append(
        Decision(
            at=ctx.now, person=ctx.turn.person.id, person_name=ctx.turn.person.name, text=f"First {chosen}"
        )
    )
    record(project, ctx.now, ctx.turn.person.id, "accepted")
    card.refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    mark(ctx, f"{who(ctx)} goes with it")
    substep = next((state for state in project.substeps if state.status == "active"), None)
    ctx.say(
        compose(
            "accepted",
            said=project.said,
            chosen=chosen,
            substep=ctx.world.lifecycle.substep(substep.id) if substep else None,
            due=substep.due if substep else None,
            today=ctx.today,
            at=project.nudge_time,
            choices=[Choice("next", "What's next?", substep.id, "primary")] if substep else [],
        ),
        to="thread",
    )


def offer_pilot(ctx: Context) -> None:
    """Propose the smallest cut in scope that makes the deadline likely."""
    project = ctx.require()
    found = advised(ctx)
    if found.deadline is None:
        ctx.say(compose("no_deadline", said=project.said), to="thread")
        return
    cut = smallest_cut(schedule_inputs(project, ctx.today, found.advice), found.deadline)
    wanted = card.deadline_words(found.deadline, found.scope.deadline or "")
    mark(ctx, f"{who(ctx)} asked how to make {wanted}")
    if cut is None:
        ctx.say(
            compose("deadline_holds", said=project.said, deadline=found.deadline, today=ctx.today),
            to="thread",
        )
        return
    ctx.say(
        compose(
            "pilot",
            said=project.said,
            cut=cut,
            names=set(cut.cuts),
            deadline=found.deadline,
            today=ctx.today,
            target=found.scope.success_target,
            technical=is_technical(project),
            durations=source(ctx.world.knowledge, card.DURATIONS),
            choices=[
                Choice("pilot_yes", "Yes, the smaller scope first", json.dumps(list(cut.cuts)), "primary"),
                Choice("pilot_no", "Keep the full plan", "[]"),
                Choice("stages", "Show stages", ""),
            ],
        ),
        to="thread",
    )


def choose_pilot(ctx: Context, value: str, *, take: bool) -> None:
    """Take or leave the smaller scope; taken, it changes the dates and is a decision on record."""
    project = ctx.require()
    if not take:
        mark(ctx, f"{who(ctx)} keeps the full plan")
        record(project, ctx.now, ctx.turn.person.id, "kept_full_plan")
        return
    project.cuts = [str(name) for name in json.loads(value)]
    project.decisions.append(
        Decision(
            at=ctx.now,
            person=ctx.turn.person.id,
            person_name=ctx.turn.person.name,
            text=f"Smaller scope first: {', '.join(name.replace('_', ' ') for name in project.cuts)}",
        )
    )
    record(project, ctx.now, ctx.turn.person.id, "pilot", cuts=project.cuts)
    mark(ctx, f"{who(ctx)} takes the smaller scope first")
    card.refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    smaller = simulate(with_cuts(schedule_inputs(project, ctx.today, advised(ctx).advice), project.cuts))
    ctx.say(
        compose(
            "pilot_taken",
            said=project.said,
            p50=smaller.p50,
            p90=smaller.p90,
            today=ctx.today,
            technical=is_technical(project),
        ),
        to="thread",
    )
    card.update(ctx)
