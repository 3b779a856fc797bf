"""The project card: what to do first, with which model, what it takes and when it is likely done."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dialogs.lifecycle import Question
from dialogs.plan.progress import (
    finish_substep,
    progress_words,
    set_due_dates,
    skip_unneeded,
    state_of,
    sync_reminders,
    unmet_criteria,
)
from dialogs.project import Project
from dialogs.recommending import told
from dialogs.recommending.advising import Advised, advised, advisor, busy_share
from dialogs.recommending.differences import Headline, busy_words, differences, headline_of, headlines
from dialogs.recommending.money import monthly_cost
from dialogs.results.harm import shown
from dialogs.scoping.given import Heard
from dialogs.scoping.questions import impact
from dialogs.scoping.remarks import remarks
from dialogs.sources import source
from dialogs.speaking.register import is_technical
from dialogs.speaking.speech import Mrkdwn, compose, day, figure, number
from dialogs.speaking.wording import labelled, phrase
from dialogs.turns import Choice, Citation, Reply
from dialogs.world import Context
from estimator.schedule import Schedule
from knowledge.schema import Gpu

DURATIONS = "documents/stage-durations.md"


def headline(ctx: Context) -> Headline:
    """Return what holds now."""
    return headline_of(advised(ctx))


def forecast(ctx: Context) -> Schedule:
    """Return the project's calendar from today on."""
    return advised(ctx).schedule


def first_step(ctx: Context) -> str:
    """Return what to do first, in a few words."""
    return headlines()[advised(ctx).advice.first_technique]


def step_title(ctx: Context, substep_id: str) -> str:
    """Return the title of a sub-step, or its id where the lifecycle no longer has it."""
    known = {substep.id: substep.title for substep in ctx.world.lifecycle.substeps}
    return known.get(substep_id, substep_id)


def refresh_dates(ctx: Context) -> None:
    """Bring sub-steps and due dates in line with what is advised and done."""
    project, lifecycle = ctx.require(), ctx.world.lifecycle
    if not project.advised_at:
        return
    advice = advised(ctx).advice
    wanted = {entry.id for entry in advice.techniques if entry.when in {"now", "next"}}
    skip_unneeded(project, lifecycle, wanted)
    dates = {row.id: row.p50 for row in forecast(ctx).substeps}
    set_due_dates(project, dates, lifecycle, ctx.today)


def show(ctx: Context, *, heard: Heard | None = None) -> None:
    """Post the card, or bring the pinned one up to date, and plan the dates."""
    project = ctx.require()
    first_time = project.advised_at is None
    project.advised_at = ctx.now
    scoping_step = ctx.world.lifecycle.substep("use_case")
    if state_of(project, "use_case").status == "active" and not unmet_criteria(project, scoping_step):
        finish_substep(project, scoping_step, ctx.now, ctx.turn.person.id)
    refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    found = advised(ctx)
    said = remarks(project, heard, ctx.world.knowledge) if heard else []
    ctx.say(card_reply(ctx, found, said), to="thread", card=True)
    if not first_time and project.card_ts:
        ctx.say(compose("card_updated", said=project.said), to="thread")


def show_again(ctx: Context) -> None:
    """Show the card where it was asked for; the pinned one stays where it is."""
    ctx.say(card_reply(ctx, advised(ctx), []))


def update(ctx: Context) -> None:
    """Bring the pinned card up to date without a word."""
    project = ctx.require()
    if project.advised_at and project.card_ts:
        ctx.say(card_reply(ctx, advised(ctx), []), to="thread", card=True)


def card_reply(ctx: Context, found: Advised, said: Sequence[tuple[str, Citation | None]]) -> Reply:
    """Compose the card."""
    project, knowledge = ctx.require(), ctx.world.knowledge
    told.keep(ctx, found)
    technical = is_technical(project)
    advice = found.advice
    first = advice.techniques[0]
    return compose(
        "card",
        said=None,
        choices=card_choices(project, found),
        name=project.name,
        line=Mrkdwn(progress_words(project, ctx.world.lifecycle)),
        target=target_line(found, project.limits),
        first=headlines()[first.id],
        reason=first.reasons[0] if first.reasons else "",
        reason_sources=first.citations[:1],
        model=found.model,
        others=[
            entry
            for entry in advice.models[1:]
            if entry.role in {"smaller", "larger", "baseline", "alternative"}
        ][:2],
        not_models=advice.not_models[:1],
        memory=memory_line(found),
        speed=speed_line(found),
        cost=cost_line(found),
        finish=found.schedule,
        deadline=found.deadline,
        deadline_chance=found.deadline_chance,
        languages=len(found.scope.languages or []),
        assumed=assumed_line(found),
        remarks=said,
        technical=technical,
        today=ctx.today,
        durations=source(knowledge, DURATIONS),
    )


def card_choices(project: Project, found: Advised) -> list[Choice]:
    """Buttons below the card: at most five."""
    choices = []
    if not project.accepted:
        choices.append(Choice("accept", "Go with this", "", "primary"))
    when = {entry.id: entry.when for entry in found.advice.techniques}
    for why in [why for why in found.advice.why_not if when.get(why.id) not in {"now", "next"}][:1]:  # type: ignore[call-overload]
        label = "fine-tune" if "fine_tuning" in project.wishes else short_title(why.title)
        choices.append(Choice("why_not", f"Why not {label}?"[:75], why.id))
    choices += _pilot_choice(project, found)
    choices.append(Choice("formulas", "Show formulas", ""))
    choices.append(Choice("wrong", "Something's off", ""))
    return choices


def short_title(title: str) -> str:
    """Return a technique's title as it stands in a question."""
    return title[:1].lower() + title[1:] if title[1:].islower() else title


def _pilot_choice(project: Project, found: Advised) -> list[Choice]:
    """Offer a smaller beginning where the deadline will rather not hold."""
    if not found.deadline or (found.deadline_chance or 0) >= 0.5 or project.cuts:
        return []
    return [Choice("pilot", f"Make {deadline_words(found.deadline, found.scope.deadline or '')}", "")]


def deadline_words(deadline: date, said: str) -> str:
    """Return the date as people call it: the last of January is "February" where they said "before feb"."""
    following = deadline + timedelta(days=1)
    month = f"{following:%B}"
    return month if following.day == 1 and month[:3].lower() in said.lower() else day(deadline)


def target_line(found: Advised, limits: Mapping[str, float] | None = None) -> str:
    """Return target, limits on harm, privacy and hardware in one line."""
    scope = found.scope
    parts = []
    if scope.success_target:
        metric = (
            f" {scope.success_metric}"
            if scope.success_metric and scope.success_metric not in scope.success_target
            else ""
        )
        parts.append(f"Target: {scope.success_target}{metric}")
    parts += shown(limits or {})
    if scope.privacy:
        parts.append(phrase("privacy", scope.privacy))
    if found.gpu and found.gpu.kind != "cpu":
        parts.append(f"{found.gpu_count}× {gpu_name(found.gpu)}")
    elif scope.hardware:
        parts.append(phrase("hardware", scope.hardware))
    return " · ".join(parts)


def gpu_name(gpu: Gpu) -> str:
    """Return a GPU's name without its maker: "RTX 4090"."""
    return re.sub(r"^(NVIDIA|AMD|Apple)\s+|GeForce\s+|\s*\(.*\)", "", gpu.title)


def memory_line(found: Advised) -> str:
    """Return the first model's memory with its range and its parts, or what stands in for it."""
    memory, model = found.memory, found.model
    if model is None or memory is None:
        return ""
    parts = " + ".join(f"{figure(part.value)} {part.name}" for part in memory.parts)
    of = ""
    if found.gpu:
        total = found.gpu.memory_gb * found.gpu_count
        of = (
            f" of {number(total)}"
            if found.gpu.kind == "cpu"
            else f" of the {gpu_name(found.gpu)}'s {number(total)}"
        )
    return f"about {figure(memory.value)} {memory.unit} ({figure(memory.low)}–{figure(memory.high)}){of}: {parts}"


def speed_line(found: Advised) -> str:
    """Return the seconds for one request with the arithmetic, and how busy the load keeps the card."""
    took = found.duration
    if took is None:
        return ""
    request = found.request
    if took.decode_tokens_s is None:
        how = f"{number(request.prompt_tokens)} tokens read at {figure(took.prefill_tokens_s)} tokens/s"
    else:
        how = (
            f"{number(request.output_tokens)} tokens ÷ {figure(took.decode_tokens_s)} tokens/s + "
            f"{figure(request.prompt_tokens / took.prefill_tokens_s)} s for the prompt"
        )
    text = f"about {figure(took.seconds)} s a request ({figure(took.low)}–{figure(took.high)}): {how}"
    share = busy_share(found)
    if share is not None:
        load = phrase("requests_per_day", found.scope.requests_per_day)
        text += f". {load} keep it {busy_words(share)} busy in an 8-hour day"
    return text


def cost_line(found: Advised) -> str:
    """Return what the first model costs a month with the arithmetic; "" without a dated price."""
    cost = monthly_cost(found, found.facts.catalog)
    return cost.formula if cost else ""


def assumed_line(found: Advised) -> str:
    """Return what was assumed, in one line."""
    return listed([entry.rstrip(".") for entry in found.advice.assumptions[:4]])


_LOWERED = frozenset(
    ["A", "An", "The", "No", "One", "Data", "Commercial", "Prompts", "Answers", "Text", "Each", "Nothing"]
)


def listed(sentences: Sequence[str]) -> str:
    """Join short sentences into one line: "a prompt of 2,000 tokens; English only"."""
    return "; ".join(
        entry[:1].lower() + entry[1:] if entry.split(" ")[0] in _LOWERED else entry for entry in sentences
    )


def say_changes(ctx: Context, before: Headline, heard: Heard) -> None:
    """After an answer changed: say old → new in at most five lines, and bring the card up to date."""
    project = ctx.require()
    refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    told.keep(ctx, advised(ctx))
    lines = differences(before, headline(ctx), ctx.today)
    noted = [
        labelled(name, dict(heard.added).get(name) or heard.corrected[name][1])
        for name in heard.changed
        if name != "description"
    ]
    ctx.say(
        compose(
            "changed",
            said=project.said,
            noted=" · ".join(noted),
            lines=lines,
            remarks=remarks(project, heard, ctx.world.knowledge),
            choices=_pilot_choice(project, advised(ctx)) if "deadline" in heard.changed else [],
        ),
        to="thread",
    )
    update(ctx)


def why_asked(ctx: Context, question: Question) -> Reply:
    """Say what the answer to a question would change, tried out on this project."""
    project = ctx.require()
    found = impact(question, project.scope, advisor(ctx))
    return compose(
        "why_asked",
        said=project.said,
        why=question.why,
        techniques=[headlines()[id] for id in found.techniques] if len(found.techniques) > 1 else [],
        sizes=[_size_words(size) for size in found.size_classes] if len(found.size_classes) > 1 else [],
    )


def _size_words(name: str) -> str:
    return {"none": "no model at all", "hosted": "a hosted model"}.get(name, f"a {name} model")
