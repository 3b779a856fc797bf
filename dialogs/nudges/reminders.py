"""Which reminders a project has, and when: pure arithmetic on dates, zones and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

_OPENS, _CLOSES = time(9, 0), time(17, 30)


def zone_of(name: str | None) -> ZoneInfo:
    """Return the zone, or UTC where the name is unknown."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # "Europe" is a folder of the zone database
        return ZoneInfo("UTC")


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country.upper(), years=year)) if country else frozenset()
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


def add_working_days(day: date, count: int, country: str = "") -> date:
    """Return the working day that many working days after (or, negative, before) a day."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day, country):
            day += step
    return day


def is_decent(now: datetime, *, local_time: str, zone: str, country: str = "") -> bool:
    """Whether a nudge may arrive now: a working day, 09:00 to 17:30 local, or within an hour of the chosen time."""
    local = now.astimezone(zone_of(zone))
    if not is_working_day(local.date(), country):
        return False
    chosen = instant(local.date(), local_time, zone)
    return _OPENS <= local.time() < _CLOSES or chosen <= now < chosen + timedelta(hours=1)


def decent_instant(at: datetime, *, local_time: str, zone: str, country: str = "") -> datetime:
    """Return `at`, or where that is no decent hour the next chosen time on a working day."""
    if is_decent(at, local_time=local_time, zone=zone, country=country):
        return at.astimezone(UTC)
    day = at.astimezone(zone_of(zone)).date()
    return nudge_instant(day, local_time=local_time, zone=zone, country=country, not_before=at)
