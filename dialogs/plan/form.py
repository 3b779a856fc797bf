"""The plan as a form: a due day and an owner for every step that is still to be done."""

from __future__ import annotations

from dialogs.people import find_person
from dialogs.plan.days import read_day
from dialogs.plan.planning import due_days, follow_up, set_due, set_owner
from dialogs.plan.progress import state_of
from dialogs.speaking.speech import compose, plain
from dialogs.turns import Form, FormField, OpenForm
from dialogs.world import Context


def open_form(ctx: Context) -> None:
    """Show the form."""
    project = ctx.require()
    fields: list[FormField] = []
    hint = "2026-12-04, or “friday”"  # said once, below the first day
    for substep in ctx.world.lifecycle.substeps:
        state = state_of(project, substep.id)
        if state.status in {"done", "skipped"}:
            continue
        member = project.people.get(state.owner)
        due = state.due.isoformat() if state.due else ""
        fields.append(
            FormField(f"due:{substep.id}", f"{substep.title}: due", due, hint="" if fields else hint)
        )
        fields.append(
            FormField(f"owner:{substep.id}", "Owner", (member.name if member else "") or state.owner)
        )
    ctx.effects.append(
        OpenForm(
            Form(
                id="plan",
                title="Dates and owners",
                fields=tuple(fields),
                context=project.id,
                intro="A day you set stays when the forecast moves; the steps after it follow.",
            )
        )
    )


def save(ctx: Context) -> None:
    """Take what the form holds; a value that cannot be read is named and left as it was."""
    project, wrong = ctx.require(), []
    before = due_days(project)
    changed: list[str] = []
    for substep in ctx.world.lifecycle.substeps:
        state = state_of(project, substep.id)
        if state.status in {"done", "skipped"}:
            continue
        words = ctx.turn.fields.get(f"due:{substep.id}", "").strip()
        if words and words != (state.due.isoformat() if state.due else ""):
            day = read_day(words, ctx.today)
            if day is None or day < ctx.today:
                wrong.append(f"“{plain(words[:30])}” for {substep.title}")
            else:
                set_due(ctx, substep, day)
                changed.append(substep.title)
        name = ctx.turn.fields.get(f"owner:{substep.id}")
        member = project.people.get(state.owner)
        if name is not None and name.strip() != ((member.name if member else "") or state.owner):
            owner = find_person(project, name, ctx.turn.person) if name.strip() else ""
            set_owner(ctx, substep, owner)
            changed.append(substep.title)
    follow_up(ctx)
    moved = [
        (ctx.world.lifecycle.substep(id), before[id], day)
        for id, day in due_days(project).items()
        if before.get(id) not in {None, day}
    ]
    ctx.say(
        compose(
            "plan_saved",
            said=project.said,
            changed=list(dict.fromkeys(changed)),
            moved=moved[:5],
            wrong=wrong,
            today=ctx.today,
        ),
        to="thread" if changed else "asker",
    )
