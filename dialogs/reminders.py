"""Which reminders a project has, and when: pure arithmetic on dates, zones and holidays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from dialogs.lifecycle import Lifecycle
from dialogs.project import Project, Reminder

SNOOZES = {"1h": timedelta(hours=1), "tomorrow": timedelta(days=1), "next week": timedelta(days=7)}


def zone_of(name: str | None) -> ZoneInfo:
    """Return the zone, or UTC where the name is unknown."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # "Europe" is a folder of the zone database
        return ZoneInfo("UTC")


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year)) if country else frozenset()
    except NotImplementedError:
        return frozenset()


def is_working_day(day: date, country: str = "") -> bool:
    """Monday to Friday, and no public holiday of the country (ISO 3166 code; none when empty)."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def working_day_on_or_after(day: date, country: str = "") -> date:
    while not is_working_day(day, country):
        day += timedelta(days=1)
    return day


def working_day_on_or_before(day: date, country: str = "") -> date:
    while not is_working_day(day, country):
        day -= timedelta(days=1)
    return day


def instant(day: date, local_time: str, zone: str) -> datetime:
    """Return the UTC instant of a local wall-clock time.

    A time that a clock change skips moves forward by the gap; one that occurs twice means the first.
    """
    hour, minute = (int(part) for part in local_time.split(":"))
    local = datetime.combine(day, time(hour, minute), tzinfo=zone_of(zone))
    return local.astimezone(UTC)


def nudge_instant(
    day: date, *, local_time: str, zone: str, country: str = "", not_before: datetime | None = None
) -> datetime:
    """Return when a nudge about `day` is sent: at the local time on a working day, never in the past."""
    day = working_day_on_or_after(day, country)
    due = instant(day, local_time, zone)
    while not_before is not None and due <= not_before:
        day = working_day_on_or_after(day + timedelta(days=1), country)
        due = instant(day, local_time, zone)
    return due


def plan_reminders(
    project: Project,
    lifecycle: Lifecycle,
    *,
    now: datetime,
    country: str = "",
    zone_for: Callable[[str], str] | None = None,
) -> list[Reminder]:
    """Return the reminders that the project should have now.

    One for each sub-step that is due and not done, on its due day; sent ones stay as they are, waiting
    ones that no longer fit are cancelled, a snoozed one keeps its instant.
    """
    wanted: dict[str, Reminder] = {}
    for state in project.substeps:
        if state.status in {"done", "skipped"} or state.due is None or project.nudges_paused:
            continue
        person = state.owner or project.owner
        zone = (zone_for(person) if zone_for else "") or project.zone
        id = f"{project.id}-{state.id}-{state.due:%Y%m%d}-{state.passes}"
        wanted[id] = Reminder(
            id=id,
            kind="stage_due",
            due_at=nudge_instant(
                state.due, local_time=project.nudge_time, zone=zone, country=country, not_before=now
            ),
            person=person,
            substep=state.id,
            zone=zone,
            local_time=project.nudge_time,
        )
    if project.status != "active":
        wanted = {}
    kept: list[Reminder] = []
    for reminder in project.reminders:
        fresh = wanted.pop(reminder.id, None)
        if reminder.state == "sent" or (reminder.kind == "snoozed" and project.status == "active"):
            kept.append(reminder)
        elif fresh is None:
            kept.append(reminder.model_copy(update={"state": "cancelled"}))
        elif reminder.due_at > now and reminder.local_time == fresh.local_time:
            kept.append(reminder.model_copy(update={"person": fresh.person, "state": "waiting"}))
        else:
            kept.append(fresh)
    return [*kept, *wanted.values()]
