"""Which nudges a project has, and when: pure arithmetic, planned anew after every turn.

    due_soon         two working days before a step is due, when another step waits on it
    overdue          the working day after, then weekly, four times at most
    evaluation_due   the same for a step that needs a score
    question         an open question has waited for two working days
    decision         the recommendation has waited for a yes for three working days
    digest           Mondays, for the channel
    snoozed          one of these again, once, when somebody asked for it

A person gets at most one a day: the most important first, the others on the following working days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialogs.lifecycle import Lifecycle, Substep
from dialogs.nudges.reminders import add_working_days, nudge_instant, zone_of
from dialogs.people import stands_in
from dialogs.project import Project, Reminder, SubstepState

PRIORITY = ("overdue", "evaluation_due", "stage_due", "decision", "question", "due_soon", "digest")
OVERDUE_TIMES = 4
DAYS_BEFORE_A_DIGEST = 5  # a project of two days has no week to tell of
KEPT = 40  # reminders of the past that a project keeps
_SCORES = {"has_run", "target_reached", "improved"}

ZoneFor = Callable[[str], str]


def needs_score(substep: Substep) -> bool:
    """Whether a step is finished by a score."""
    return any(criterion.auto in _SCORES for criterion in substep.criterion)


def plan_reminders(
    project: Project,
    lifecycle: Lifecycle,
    *,
    now: datetime,
    country: str = "",
    zone_for: ZoneFor | None = None,
) -> list[Reminder]:
    """Return the reminders that the project should have now.

    Sent ones stay as they are, and so do those that are due already and wait for the next tick; waiting ones
    that no longer fit are cancelled; a snoozed one keeps its instant.
    """
    wanted = {}
    if project.status == "active" and not project.nudges_paused and not project.unreachable:
        zones = zone_for or (lambda _: "")
        planner = _Planner(project, lifecycle, now, country, zones)
        wanted = {entry.id: entry for entry in planner.wanted()}
    kept: list[Reminder] = []
    for reminder in project.reminders:
        fresh = wanted.get(reminder.id)
        if reminder.state == "sent":
            wanted.pop(reminder.id, None)
            kept.append(reminder)
        elif reminder.kind == "snoozed" and reminder.state == "waiting" and project.status == "active":
            kept.append(reminder)
        elif fresh is None:
            kept.append(reminder.model_copy(update={"state": "cancelled"}))
        elif reminder.state == "waiting" and reminder.due_at <= now:
            wanted.pop(reminder.id)
            kept.append(reminder.model_copy(update={"person": fresh.person}))
    kept = _bounded([entry for entry in kept if entry.id not in wanted])
    return _spread([*kept, *wanted.values()], now, country)


def _bounded(reminders: list[Reminder]) -> list[Reminder]:
    """Drop the oldest that are over, so that a long project does not grow for ever."""
    over = [entry for entry in reminders if entry.state != "waiting"]
    dropped = {id(entry) for entry in over[: max(0, len(over) - KEPT)]}
    return [entry for entry in reminders if id(entry) not in dropped]


@dataclass(frozen=True)
class _Planner:
    """What the wanted reminders depend on."""

    project: Project
    lifecycle: Lifecycle
    now: datetime
    country: str
    zone_for: ZoneFor

    def wanted(self) -> Iterable[Reminder]:
        """Return every reminder that should wait now, before they are spread over days."""
        project = self.project
        state = next((entry for entry in project.substeps if entry.status == "active"), None)
        if state is not None and state.due is not None:
            yield from self._soon(state, state.due)
            yield from self._overdue(state, state.due)
        asked = project.open_question
        if asked is not None and asked.kind in {"scope", "dispute"}:
            day = add_working_days(_local_day(asked.asked_at, project.zone), 2, self.country)
            id = f"{project.id}-question-{asked.id}-{asked.asked_at:%Y%m%d}"
            yield self._reminder(id, "question", day, project.owner, about=asked.id)
        if project.advised_at is not None:
            if not project.accepted and self._is_early():
                day = add_working_days(_local_day(project.advised_at, project.zone), 3, self.country)
                yield self._reminder(f"{project.id}-decision", "decision", day, project.owner)
            yield self._digest()

    def _soon(self, state: SubstepState, due: date) -> Iterable[Reminder]:
        """A word before the due day, where another step waits on this one."""
        if not any(entry.status == "waiting" for entry in self.project.substeps):
            return
        day = add_working_days(due, -2, self.country)
        found = self._reminder(
            f"{self._base(state, due)}-soon", "due_soon", day, self._owner(state), state.id
        )
        if _local_day(found.due_at, found.zone) <= due:
            yield found

    def _overdue(self, state: SubstepState, due: date) -> Iterable[Reminder]:
        """The next of the weekly words after the due day: a week after the last one, however late that came."""
        kind = "evaluation_due" if needs_score(self.lifecycle.substep(state.id)) else "overdue"
        today = _local_day(self.now, self.project.zone)
        last = self._last_sent(f"{self._base(state, due)}-over")
        for time in range(OVERDUE_TIMES):
            day = add_working_days(due, 1 + 5 * time, self.country)
            if last is not None:
                day = max(day, add_working_days(last, 5, self.country))
            id = f"{self._base(state, due)}-over{time}"
            over = self._is(id, "sent") or (day < today and time + 1 < OVERDUE_TIMES)
            if not over or self._is(id, "waiting"):
                yield self._reminder(id, kind, day, self._owner(state), state.id)
                return

    def _last_sent(self, prefix: str) -> date | None:
        """Return the day on which the last reminder whose id begins so was said."""
        sent = [entry for entry in self.project.reminders if entry.sent_at and entry.id.startswith(prefix)]
        return max((_local_day(entry.sent_at, entry.zone) for entry in sent if entry.sent_at), default=None)

    def _digest(self) -> Reminder:
        """This week's digest, or one that fell due and still waits for its tick."""
        for entry in self.project.reminders:
            if entry.kind == "digest" and entry.state == "waiting" and entry.due_at <= self.now:
                return entry
        project, today = self.project, _local_day(self.now, self.project.zone)
        begun = _local_day(project.created_at, project.zone) + timedelta(days=DAYS_BEFORE_A_DIGEST)
        monday = max(today - timedelta(days=today.weekday()), begun + timedelta(days=-begun.weekday() % 7))
        while True:
            id = f"{project.id}-digest-{monday:%Y%m%d}"
            due = nudge_instant(
                monday, local_time=project.nudge_time, zone=project.zone, country=self.country
            )
            if self._is(id, "waiting") or (due > self.now and not self._is(id, "sent")):
                return Reminder(
                    id=id, kind="digest", due_at=due, zone=project.zone, local_time=project.nudge_time
                )
            monday += timedelta(days=7)

    def _base(self, state: SubstepState, due: date) -> str:
        return f"{self.project.id}-{state.id}-{due:%Y%m%d}-{state.passes}"

    def _owner(self, state: SubstepState) -> str:
        return state.owner or self.project.owner

    def _is(self, id: str, state: str) -> bool:
        return any(entry.id == id and entry.state == state for entry in self.project.reminders)

    def _is_early(self) -> bool:
        """Whether the project still stands where the recommendation is decided on."""
        state = next((entry for entry in self.project.substeps if entry.status == "active"), None)
        return state is not None and self.lifecycle.stage_of(state.id).id in {"scope", "select"}

    def _reminder(
        self, id: str, kind: str, day: date, owner: str, substep: str = "", *, about: str = ""
    ) -> Reminder:
        project = self.project
        person = stands_in(project, owner, max(day, _local_day(self.now, project.zone)))
        zone = self.zone_for(person) or project.zone
        due = nudge_instant(
            day, local_time=project.nudge_time, zone=zone, country=self.country, not_before=self.now
        )
        return Reminder(
            id=id, kind=kind, due_at=due, person=person, substep=substep, zone=zone,
            local_time=project.nudge_time, about=about,
        )  # fmt: skip


def _spread(reminders: list[Reminder], now: datetime, country: str) -> list[Reminder]:
    """Let a person have one nudge a day: the most important stays, the others move to later working days."""
    taken = {
        (entry.person, _local_day(entry.sent_at, entry.zone))
        for entry in reminders
        if entry.state == "sent" and entry.sent_at is not None and entry.kind != "digest"
    }
    fixed = [entry for entry in reminders if entry.state != "waiting" or entry.kind in {"snoozed", "digest"}]
    taken |= {
        (entry.person, _local_day(entry.due_at, entry.zone))
        for entry in fixed
        if entry.state == "waiting" and entry.kind == "snoozed"
    }
    moved: dict[str, Reminder] = {}
    for entry in sorted((e for e in reminders if e not in fixed), key=lambda e: (rank(e), e.due_at, e.id)):
        place = entry
        while place.due_at > now and (place.person, _local_day(place.due_at, place.zone)) in taken:
            place = place.model_copy(update={"due_at": following_day(place, country)})
        taken.add((place.person, _local_day(place.due_at, place.zone)))
        moved[place.id] = place
    return [moved.get(entry.id, entry) for entry in reminders]


def rank(reminder: Reminder) -> int:
    """Return how important a nudge is: the smaller, the more."""
    kind = reminder.about if reminder.kind == "snoozed" else reminder.kind
    return PRIORITY.index(kind) if kind in PRIORITY else len(PRIORITY)


def following_day(reminder: Reminder, country: str) -> datetime:
    """Return the same nudge's instant on the next working day."""
    day = _local_day(reminder.due_at, reminder.zone) + timedelta(days=1)
    return nudge_instant(day, local_time=reminder.local_time, zone=reminder.zone, country=country)


def still_holds(reminder: Reminder, project: Project) -> bool:
    """Whether what a reminder is about is still true now that it falls due."""
    kind = (reminder.about or "overdue") if reminder.kind == "snoozed" else reminder.kind
    if kind == "question":
        asked = project.open_question
        return asked is not None and asked.kind in {"scope", "dispute"} and asked.id in reminder.id
    if kind == "decision":
        return not project.accepted
    if kind == "digest":
        return project.advised_at is not None
    state = next((entry for entry in project.substeps if entry.id == reminder.substep), None)
    if state is None or state.status != "active" or state.due is None:
        return False
    return reminder.kind == "snoozed" or kind == "stage_due" or f"-{state.due:%Y%m%d}-" in reminder.id


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(zone_of(zone)).date()
