"""Keeping a project: starting it, deciding, reminders, settings, archive, export and forgetting."""

from __future__ import annotations

import re
import unicodedata

from dialogs.nudges.reminders import zone_of
from dialogs.nudges.snoozing import read_clock, snooze
from dialogs.plan.progress import open_substeps, record, sync_reminders
from dialogs.project import Decision, OpenQuestion, Project, Reminder
from dialogs.projects.five_lines import five_lines
from dialogs.projects.naming import new_project, slug_for
from dialogs.recommending import card
from dialogs.recommending.card import step_title
from dialogs.scoping.hearing import go_on
from dialogs.speaking.marking import who
from dialogs.speaking.speech import compose, escape
from dialogs.turns import Choice, Export, Form, FormField, OpenForm, Reply
from dialogs.world import Context, active

FORMATS = ("md", "five", "json", "csv", "ics", "png", "runs")
_ALIASES = {
    "markdown": "md", "brief": "md", "": "md", "five lines": "five", "5": "five", "summary": "five",
    "calendar": "ics", "gantt": "png", "chart": "runs", "scores": "runs",
}  # fmt: skip


def start(ctx: Context, name: str) -> None:
    """Open a project in this channel and ask the first question."""
    name = " ".join(name.split())[:80].strip("\"'“”")
    if not name or not re.search(r"\w", unicodedata.normalize("NFKC", name)):
        ctx.say(compose("start_how"))
        return
    slug = slug_for(name)
    same = next((project for project in active(ctx.world.projects) if project.slug == slug), None)
    if same is not None:
        ctx.project = same.model_copy(deep=True)
        ctx.say(compose("start_again", name=same.name, slug=slug))
        return
    ctx.project = begin(ctx, name)
    ctx.say(
        compose("started", name=name, by=ctx.turn.person.name or ctx.turn.person.id),
        to="channel",
        new_thread=True,
    )
    go_on(ctx)


def begin(ctx: Context, name: str) -> Project:
    """Return a fresh project with its sub-steps, owned by whoever speaks."""
    project = new_project(
        ctx.turn, name, country=ctx.world.country, taken={p.slug for p in ctx.world.projects}
    )
    open_substeps(project, ctx.world.lifecycle)
    record(project, ctx.now, ctx.turn.person.id, "started")
    return project


def decide(ctx: Context, text: str) -> None:
    """Put a decision on record, with who made it and when."""
    project = ctx.require()
    if not text.strip():
        ctx.say(compose("decide_how"))
        return
    decision = Decision(
        at=ctx.now,
        person=ctx.turn.person.id,
        person_name=ctx.turn.person.name,
        text=text.strip()[:2000],
        message_ts=ctx.turn.message_ts,
    )
    project.decisions.append(decision)
    record(project, ctx.now, ctx.turn.person.id, "decision")
    ctx.say(
        compose("decided", said=project.said, text=decision.text, who=who(ctx), today=ctx.today),
        to="thread",
    )


def remind(ctx: Context, text: str) -> None:
    """Pause, resume, snooze or move the nudges; without words, say what is planned."""
    project = ctx.require()
    words = text.strip().lower()
    if words in {"pause", "off"}:
        project.nudges_paused = True
    elif words in {"resume", "on"}:
        project.nudges_paused = False
    elif words.startswith("snooze"):
        snooze(ctx, words.removeprefix("snooze").strip())
        return
    elif clock := read_clock(words):
        project.nudge_time = clock
    elif words:
        ctx.say(compose("remind_how", said=project.said))
        return
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    record(
        project, ctx.now, ctx.turn.person.id, "nudges", paused=project.nudges_paused, at=project.nudge_time
    )
    ctx.say(
        compose(
            "reminders",
            said=project.said,
            paused=project.nudges_paused,
            at=project.nudge_time,
            upcoming=[
                (
                    reminder,
                    _subject(ctx, reminder),
                    reminder.due_at.astimezone(zone_of(reminder.zone)),
                )
                for reminder in sorted(project.reminders, key=lambda entry: entry.due_at)
                if reminder.state == "waiting"
            ][:3],
            today=ctx.today,
        )
    )


_SUBJECTS = {
    "question": "the open question",
    "decision": "a yes or a no to the recommendation",
    "digest": "the week, in the channel",
}


def _subject(ctx: Context, reminder: Reminder) -> str:
    """Say in a few words what a planned nudge is about."""
    kind = reminder.about if reminder.kind == "snoozed" else reminder.kind
    return _SUBJECTS.get(kind) or step_title(ctx, reminder.substep)


def settings(ctx: Context, _: str = "") -> None:
    """Open the form with owner, nudge time and country of holidays."""
    project = ctx.require()
    ctx.effects.append(
        OpenForm(
            Form(
                id="settings",
                title="Project settings",
                fields=(
                    FormField("name", "Name", project.name),
                    FormField("nudge_time", "Nudge at", project.nudge_time, hint="Local time, such as 09:30"),
                    FormField(
                        "country",
                        "Holidays of",
                        project.country,
                        hint="Country code, such as SE; empty for none",
                    ),
                ),
                context=project.id,
            )
        )
    )


def save_settings(ctx: Context) -> None:
    """Take what the settings form holds; a value that does not fit is named and left as it was."""
    project, fields, wrong = ctx.require(), ctx.turn.fields, []
    if name := " ".join(fields.get("name", "").split())[:80]:
        project.name = name
    if fields.get("nudge_time"):
        clock = read_clock(fields["nudge_time"])
        project.nudge_time = clock or project.nudge_time
        wrong += [] if clock else [f"“{fields['nudge_time']}” is no time of day such as 09:30"]
    country = fields.get("country", project.country).strip().upper()
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        wrong.append(f"“{country[:20]}” is no country code such as SE")
    else:
        project.country = country
    card.refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    record(project, ctx.now, ctx.turn.person.id, "settings")
    ctx.say(
        compose(
            "settings_saved", said=project.said, wrong=wrong, at=project.nudge_time, country=project.country
        ),
        to="asker",
    )


def export(ctx: Context, words: str) -> None:
    """Hand the project over as a file."""
    wanted = words.strip().lower().removeprefix("as ").removeprefix("to ").removeprefix("in ")
    wanted = _ALIASES.get(wanted, wanted)
    if wanted not in FORMATS:
        ctx.say(compose("export_how", formats=FORMATS))
        return
    project = ctx.require()
    record(project, ctx.now, ctx.turn.person.id, "export", format=wanted)
    if wanted == "five":
        text = five_lines(project, ctx.world.lifecycle, card.forecast(ctx), ctx.today)
        ctx.say(Reply(body=escape(text.strip()), notes=("Five lines to pass on as they are",)))
        return
    if wanted == "runs" and not project.runs:
        ctx.say(compose("no_runs", said=project.said))
        return
    ctx.effects.append(Export(wanted))


def archive(ctx: Context, _: str = "") -> None:
    """Put the project to rest: no nudges, no answers in its thread."""
    project = ctx.require()
    project.status, project.open_question = "archived", None
    sync_reminders(project, ctx.world.lifecycle, ctx.now)
    record(project, ctx.now, ctx.turn.person.id, "archived")
    ctx.say(compose("archived", name=project.name, slug=project.slug), to="thread")


def reopen(ctx: Context, _: str = "") -> None:
    """Take an archived project up again."""
    project = ctx.require()
    project.status = "active"
    card.refresh_dates(ctx)
    sync_reminders(project, ctx.world.lifecycle, ctx.now, ctx.world.zones)
    record(project, ctx.now, ctx.turn.person.id, "reopened")
    ctx.say(compose("reopened", name=project.name), to="thread")


def forget(ctx: Context, _: str = "") -> None:
    """Ask the owner to confirm that the project's words are deleted for good."""
    project = ctx.require()
    if ctx.turn.person.id != project.owner:
        ctx.say(compose("forget_not_yours", name=project.name))
        return
    project.open_question = OpenQuestion(id="forget", kind="forget", asked_at=ctx.now)
    ctx.say(
        compose(
            "forget_sure",
            name=project.name,
            choices=[
                Choice("forget_yes", "Delete for good", project.id, "danger"),
                Choice("forget_no", "Keep it", project.id),
            ],
        )
    )


def forget_for_good(ctx: Context) -> None:
    """Delete everything that was said in a project; only its owner may."""
    project = ctx.require()
    if ctx.turn.person.id != project.owner:
        ctx.say(compose("forget_not_yours", name=project.name), to="asker")
        return
    ctx.forget = project.id
    ctx.effects.clear()
    ctx.say(compose("forgotten", name=project.name), to="asker")
