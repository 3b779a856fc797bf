"""The week for whoever leads: one message to one person over every project they may see, the riskiest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialogs.nudges.movement import Movement, base, movement, next_base
from dialogs.nudges.reminders import nudge_instant, zone_of
from dialogs.plan.progress import active_substep, state_of
from dialogs.project import DigestBase, Project, Reminder
from dialogs.recommending.advising import advised
from dialogs.speaking.marking import mark
from dialogs.speaking.speech import Mrkdwn, compose
from dialogs.steps import Given
from dialogs.turns import Choice, Person, Place, Reply, Turn
from dialogs.world import Context, World

KIND = "lead_digest"
MOST_LINES = 10  # with its heading and "N more" a message of twelve
AT = "09:30"
_LONGEST_DONE = 160  # characters
_STOPS = {"stop", "off", "no", "pause", "end", "cancel"}
_STARTS = {"start", "on", "yes", "lead", "please", "it", "weekly", "my", "the", "digest", "this"}


@dataclass(frozen=True)
class LeadsWeek:
    """What a lead is told, None where nothing changed, and what the next digest compares with, by project."""

    reply: Reply | None
    bases: Mapping[str, DigestBase]


def ask_for(ctx: Context, words: str = "") -> None:
    """Send the speaker this digest every week, or with "stop" no longer."""
    said = set(words.lower().split())
    stops = bool(_STOPS & said)
    if said - _STOPS - _STARTS:
        ctx.say(compose("lead_how"), to="asker")
        return
    if stops:
        ctx.lead = Reminder(id="", kind=KIND, due_at=ctx.now, person=ctx.turn.person.id, state="cancelled")
        mark(ctx, "Stopped")
        ctx.say(compose("lead_stopped"), to="asker")
        return
    here = next(iter(ctx.world.projects), None)
    zone = ctx.turn.person.tz or (here.zone if here else "")
    ctx.lead = next_week(ctx.turn.person.id, ctx.now, zone=zone, country=ctx.world.country)
    at = ctx.lead.due_at.astimezone(zone_of(zone))
    ctx.say(compose("lead_begun", at=at, clock=AT, zone=zone), to="asker")


def next_week(person: str, now: datetime, *, zone: str, country: str = "", after: str = "") -> Reminder:
    """Return the next reminder of a person's weekly digest: on a week's first working day, at 09:30 of their zone.

    Its id is that of the week, so that a week has one. `after` is the id of the week told last.
    """
    today = now.astimezone(zone_of(zone)).date()
    monday = today - timedelta(days=today.weekday())
    while True:
        id = f"lead-{monday:%G-W%V}"
        due = nudge_instant(monday, local_time=AT, zone=zone, country=country)
        if due > now and id > after:
            return Reminder(id=id, kind=KIND, due_at=due, person=person, zone=zone, local_time=AT)
        monday += timedelta(days=7)


def leads_week(
    projects: Sequence[Project],
    told: Mapping[str, DigestBase],
    person: str,
    now: datetime,
    *,
    zone: str,
    world: World,
) -> LeadsWeek:
    """Return a person's week over these projects. Only those that were advised and are active count."""
    turn = Turn(kind="reminder", person=Person(person, tz=zone or None), place=Place("", ""), at=now)
    found = [_look(entry, told.get(entry.id), turn, world) for entry in projects if _counts(entry)]
    news = sorted((entry for entry in found if entry.is_news), key=lambda entry: entry.risk)
    bases = {
        entry.project.id: next_base(entry.before, entry.now, moved=bool(entry.week.moved)) for entry in found
    }
    if not news:
        return LeadsWeek(None, bases)
    reply = compose(
        "lead_digest",
        said=[f"lead_digest#{now.isocalendar().week % 2}"],
        news=news[:MOST_LINES],
        more=len(news) - MOST_LINES,
        changed=len(news),
        of=len(found),
        is_first=not told,
        today=now.astimezone(zone_of(zone)).date(),
        prices=sorted({entry.now.price for entry in news[:MOST_LINES] if entry.shows_cost}),
        choices=[Choice("lead_stop", "Stop these", "stop")],
    )
    return LeadsWeek(reply, bases)


def _counts(project: Project) -> bool:
    return project.status == "active" and project.advised_at is not None


@dataclass(frozen=True)
class _Line:
    """One project of the digest."""

    project: Project
    before: DigestBase | None
    now: DigestBase
    week: Movement
    deadline: date | None
    deadline_chance: float | None
    days_late: int  # of the open step

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_news(self) -> bool:
        return self.is_new or self.week.is_news

    @property
    def is_endangered(self) -> bool:
        """Whether its deadline will rather be missed."""
        return self.deadline_chance is not None and self.deadline_chance < 0.5

    @property
    def shows_cost(self) -> bool:
        told = self.is_new or any(entry.startswith("cost ") for entry in self.week.moved)
        return told and self.now.cost_usd_per_month is not None

    @property
    def where(self) -> Mrkdwn:
        return Mrkdwn(f"<#{self.project.channel}>")

    @property
    def done(self) -> str:
        """What was done, as a sentence of its own."""
        text = "; ".join(self.week.done)[:_LONGEST_DONE]
        return f"{text[:1].upper()}{text[1:]}"

    @property
    def risk(self) -> tuple[int, float, str]:
        """The most at risk first: deadlines likely missed, steps overdue, dates slipped, the rest by name."""
        if self.is_endangered:
            return 0, self.deadline_chance or 0.0, self.project.slug
        if self.days_late > 0:
            return 1, -self.days_late, self.project.slug
        if self.week.slipped_days > 0:
            return 2, -self.week.slipped_days, self.project.slug
        return 3, 0.0, self.project.slug


def _look(project: Project, before: DigestBase | None, turn: Turn, world: World) -> _Line:
    ctx = Context(turn=turn, world=world, given=Given(), project=project)
    current, found = base(ctx), advised(ctx)
    step = active_substep(project, world.lifecycle)
    due = state_of(project, step.id).due if step else None
    return _Line(
        project=project,
        before=before,
        now=current,
        week=movement(ctx, before, current),
        deadline=found.deadline,
        deadline_chance=found.deadline_chance,
        days_late=(ctx.today - due).days if due else 0,
    )
