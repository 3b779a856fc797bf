"""The buttons: one table from a choice's id to what a click does."""

from __future__ import annotations

import json
from collections.abc import Callable

from dialogs import commands
from dialogs.answers import asking
from dialogs.estimates import estimating
from dialogs.nudges import leading, nudging, snoozing
from dialogs.plan import form, looping, moving, planning
from dialogs.projects import keeping, leaving, surroundings
from dialogs.recommending import choosing, overruling, whatif
from dialogs.results import evaluating, recording, reviewing
from dialogs.scoping import hearing, opening, second_reading, steering
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.world import Context

Click = Callable[[Context, str], object]


def _rate(ctx: Context, value: str, rating: int) -> None:
    ctx.feedback = {"question": value, "rating": rating}
    mark(ctx, "Thanks, noted", beside=True)


def _click_answer(ctx: Context, value: str) -> None:
    chosen = json.loads(value)
    hearing.click_answer(ctx, ctx.world.lifecycle.question(chosen["question"]), chosen["value"])


def _click_why_not(ctx: Context, value: str) -> None:
    if reply := choosing.why_not(ctx, value):
        ctx.say(reply, to="thread")


def _close_anyway(ctx: Context, value: str) -> None:
    mark(ctx, f"{who(ctx)} closes it anyway")
    moving.close(ctx, ctx.world.lifecycle.substep(value), reason="closed without a reason")


def _snooze(ctx: Context, value: str) -> None:
    chosen = json.loads(value)
    snoozing.snooze(ctx, chosen["for"], chosen["reminder"])


def _pause(ctx: Context, _: str) -> None:
    mark(ctx, f"{who(ctx)} paused the nudges")
    keeping.remind(ctx, "pause")


FREE_BUTTONS: dict[str, Click] = {
    "command": commands.run,
    "ask": asking.answer,
    "open": opening.click,
    "estimate": lambda ctx, value: estimating.choose(ctx, value, private=False),
    "estimate_mine": lambda ctx, value: estimating.choose(ctx, value, private=True),
    "change_inputs": estimating.change,
    "compare": lambda ctx, value: estimating.compare(ctx, value, private=False),
    "compare_mine": lambda ctx, value: estimating.compare(ctx, value, private=True),
    "share": estimating.share,
    "lead_stop": leading.ask_for,
    "rate_up": lambda ctx, value: _rate(ctx, value, 1),
    "rate_down": lambda ctx, value: _rate(ctx, value, -1),
}
"""Buttons that work without a project."""

PROJECT_BUTTONS: dict[str, Click] = {
    "answer": _click_answer,
    "skip": steering.skip,
    "suggest": lambda ctx, _: steering.suggest_target(ctx),
    "tasks": lambda ctx, _: steering.show_tasks(ctx),
    "settle": lambda ctx, value: hearing.click_settle(ctx, json.loads(value)),
    "reread": second_reading.choose,
    "accept": lambda ctx, _: choosing.accept(ctx),
    "why_not": _click_why_not,
    "overrule": overruling.click,
    "overrule_back": lambda ctx, _: overruling.take_back(ctx),
    "make_it_so": whatif.make_it_so,
    "pilot": lambda ctx, _: choosing.offer_pilot(ctx),
    "pilot_yes": lambda ctx, value: choosing.choose_pilot(ctx, value, take=True),
    "pilot_no": lambda ctx, value: choosing.choose_pilot(ctx, value, take=False),
    "wrong": lambda ctx, _: steering.something_off(ctx),
    "formulas": lambda ctx, _: choosing.formulas(ctx),
    "told": lambda ctx, _: choosing.recommend(ctx, "before"),
    "stages": lambda ctx, _: planning.plan(ctx),
    "plan_edit": lambda ctx, _: form.open_form(ctx),
    "next": moving.next_step,
    "done": moving.done,
    "done_anyway": _close_anyway,
    "criterion": moving.check_criterion,
    "loop": lambda ctx, value: looping.go_back(ctx, *json.loads(value)),
    "enter_score": evaluating.open_form,
    "take_out": recording.take_out,
    "verdict": reviewing.click,
    "export": keeping.export,
    "snooze": _snooze,
    "mine": nudging.take_over,
    "hand_over": leaving.hand_over,
    "leave_owner": lambda ctx, _: leaving.leave_as_it_is(ctx),
    "rest_project": lambda ctx, _: surroundings.rest(ctx),
    "rename_project": surroundings.rename,
    "keep_name": lambda ctx, _: surroundings.keep_name(ctx),
    "pause": _pause,
    "announce": lambda ctx, _: moving.announce(ctx),
    "forget_yes": lambda ctx, _: keeping.forget_for_good(ctx),
    "forget_no": lambda ctx, _: mark(ctx, "Kept"),
}
"""Buttons that belong to a project; one that belongs to nothing any more is answered kindly."""


def press(ctx: Context) -> None:
    """Do what the clicked button stands for; one that belongs to nothing any more is answered kindly."""
    click = FREE_BUTTONS.get(ctx.turn.action)
    if click is None and ctx.project is not None:
        click = PROJECT_BUTTONS.get(ctx.turn.action)
    if click is None:
        ctx.say(compose("gone"), to="asker")
        return
    click(ctx, ctx.turn.value)
