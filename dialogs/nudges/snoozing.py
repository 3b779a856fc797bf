"""Putting a nudge off: once, to a decent hour, and without touching the plan."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from dialogs.nudges.reminders import decent_instant, nudge_instant, zone_of
from dialogs.plan.days import read_day
from dialogs.plan.progress import record
from dialogs.project import Reminder
from dialogs.speaking.marking import mark, who
from dialogs.speaking.speech import compose
from dialogs.world import Context

_AMOUNT = re.compile(r"(\d+)\s*(h|hours?|d|days?|w|weeks?|m|min|minutes?)\b", re.IGNORECASE)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "a couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_COUNTED = re.compile(
    rf"\b({'|'.join(sorted(_COUNTS, key=len, reverse=True))})\s+(?=hours?\b|minutes?\b|days?\b|weeks?\b)"
)
_TIME_OF_DAY = re.compile(r"(?:at\s+.*|\d{1,2}:\d{2}|\d{1,2}(?::\d{2})?\s*[ap]m)")
_LATE_CLOCK = re.compile(r"\s+(?=(?:\d{1,2}:\d{2}|\d{1,2}\s*[ap]m)$)(?<!\bat )")
_CLOCK = re.compile(r"(?:at\s+)?(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?$", re.IGNORECASE)


def read_clock(words: str) -> str | None:
    """Read "at 09:30", "9:30" or "at 4pm" as HH:MM; None where it is no time of day."""
    match = _CLOCK.fullmatch(words.strip())
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def snooze_until(
    words: str, now: datetime, *, local_time: str, zone: str, country: str = ""
) -> datetime | None:
    """Return when a snooze ends: "2d", "an hour", "tomorrow", "next week", "at 14:00", "4 dec at 14:00".

    On a working day, at a decent hour or at the one that was named; tomorrow when nothing is said, None when
    the words name no time to come.
    """
    how = {"local_time": local_time, "zone": zone, "country": country}
    words = _with_figures(re.sub(r"^(?:for|until|till|to|in)\s+", "", words.strip().lower())) or "tomorrow"
    today = now.astimezone(zone_of(zone)).date()
    if match := _AMOUNT.fullmatch(words):
        count, unit = min(int(match[1]), 1000), match[2][0].lower()
        if unit in {"m", "h"}:
            length = timedelta(minutes=count) if unit == "m" else timedelta(hours=count)
            return decent_instant(now + length, **how)
        day: date | None = today + timedelta(days=count * (7 if unit == "w" else 1))
    elif _TIME_OF_DAY.fullmatch(words) and (clock := read_clock(words)):
        return nudge_instant(today, local_time=clock, zone=zone, country=country, not_before=now)
    else:
        words, _, clock = words.partition(" at ")
        how["local_time"] = (read_clock(clock) or local_time) if clock else local_time
        day = read_day(words, today)
    if day is None or day < today or day > today + timedelta(days=1100):
        return None
    return nudge_instant(day, **how, not_before=now)


def _with_figures(words: str) -> str:
    """Write counts as figures and mark the time of day: "half an hour", "two days", "friday 10:00"."""
    words = words.replace("half an hour", "30 minutes")
    words = _COUNTED.sub(lambda match: f"{_COUNTS[match[1]]} ", words)
    return _LATE_CLOCK.sub(" at ", words)


def can_snooze(ctx: Context, words: str, reminder: Reminder) -> bool:
    """Whether words name a time to which a reminder can be put off."""
    project = ctx.require()
    return snooze_until(
        words, ctx.now, local_time=project.nudge_time, zone=reminder.zone, country=project.country
    ) is not None  # fmt: skip


def snooze(ctx: Context, words: str, reminder_id: str = "") -> None:
    """Send the last nudge again, once, after a while; the plan itself stays as it is."""
    project = ctx.require()
    upcoming = sorted(
        (r for r in project.reminders if r.state != "cancelled"), key=lambda entry: entry.due_at
    )
    past = [entry for entry in upcoming if entry.state == "sent" and entry.kind != "digest"]
    named = [entry for entry in upcoming if entry.id == reminder_id]
    waiting = [entry for entry in upcoming if entry.state == "waiting" and entry.kind != "digest"]
    chosen = next(iter(named or past[-1:] or waiting[:1]), None)
    if chosen is None:
        ctx.say(compose("nothing_to_snooze", said=project.said))
        return
    at = snooze_until(
        words, ctx.now, local_time=project.nudge_time, zone=chosen.zone, country=project.country
    )
    if at is None:
        ctx.say(compose("remind_how", said=project.said))
        return
    base = chosen.id.split("+")[0]
    for earlier in project.reminders:
        if earlier.kind == "snoozed" and earlier.state == "waiting" and earlier.id.split("+")[0] == base:
            earlier.state = "cancelled"
    project.reminders.append(
        Reminder(
            id=f"{base}+{ctx.now:%Y%m%d%H%M%S}",
            kind="snoozed",
            due_at=at,
            person=chosen.person or ctx.turn.person.id,
            substep=chosen.substep,
            zone=chosen.zone,
            local_time=f"{at.astimezone(zone_of(chosen.zone)):%H:%M}",
            about=chosen.about if chosen.kind == "snoozed" else chosen.kind,
        )
    )
    if chosen.state == "waiting" and chosen.kind != "snoozed":
        chosen.state, chosen.sent_at = "sent", None  # put off before it came: it comes as the snoozed one
    record(project, ctx.now, ctx.turn.person.id, "snooze", substep=chosen.substep, until=at.isoformat())
    local = at.astimezone(zone_of(chosen.zone))
    mark(ctx, f"{who(ctx)} snoozed it")
    ctx.say(
        compose(
            "snoozed",
            said=project.said,
            at=local,
            clock=f"{local:%H:%M}",
            same_day=local.date() == ctx.now.astimezone(zone_of(chosen.zone)).date(),
        )
    )
