"""Nudges over weeks of ticks: clocks that jump, zones whose clocks change, leap days, people without a zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from talk import Talk

from dialogs.nudges.reminders import is_decent, is_working_day, zone_of
from dialogs.nudges.schedule import rank
from dialogs.nudges.snoozing import snooze_until
from dialogs.project import Project, Reminder

OPENING = (
    "@Cairn we want to draft answers to guest mails from the house guides, which change weekly: Swedish and "
    "English, 1,200 a day, own machines, one L4, 6 of 10 sent with small edits"
)
BEGINNINGS = {
    "spring forward": datetime(2026, 3, 20, 9, tzinfo=UTC),
    "fall back": datetime(2026, 10, 16, 9, tzinfo=UTC),
    "leap day": datetime(2028, 2, 24, 9, tzinfo=UTC),
}
ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "")


@cache
def begun(when: str, zone: str) -> Project:
    """A project whose recommendation waits for a yes, and whose first step is due soon."""
    talk = Talk(at=BEGINNINGS[when], zone=zone)
    talk.say("petra", OPENING)
    while talk.project.advised_at is None:
        talk.say("petra", "skip", mention=True)
    return talk.project


@dataclass
class Weeks:
    """A project over weeks of ticks; `told` holds what each nudge was, to whom, and when it was said."""

    talk: Talk
    told: list[tuple[Reminder, datetime]] = field(default_factory=list)

    def tick(self, at: datetime) -> int:
        """Hand over what is due, as a tick of the bot does; return how many messages that made."""
        said = 0
        due = [
            entry for entry in self.talk.project.reminders if entry.state == "waiting" and entry.due_at <= at
        ]
        for entry in sorted(due, key=lambda entry: (entry.due_at, entry.id)):
            self.talk.at = at
            heard = self.talk._take(self.talk._turn("reminder", entry.person, None, value=entry.id))
            if heard.replies:
                said += 1
                self.told.append((entry, at))
        return said

    def waiting(self, *kinds: str) -> list[Reminder]:
        found = [entry for entry in self.talk.project.reminders if entry.state == "waiting"]
        return sorted((entry for entry in found if not kinds or entry.kind in kinds), key=lambda e: e.due_at)


def weeks(when: str, zone: str) -> Weeks:
    project = begun(when, zone)
    return Weeks(Talk(at=BEGINNINGS[when], zone=zone, projects={project.id: project}, thread="1.0"))


JUMPS = st.one_of(st.integers(5, 600), st.integers(600, 6_000), st.integers(-2_000, -1))  # minutes


@given(
    when=st.sampled_from(sorted(BEGINNINGS)),
    zone=st.sampled_from(ZONES),
    jumps=st.lists(JUMPS, min_size=10, max_size=40),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_clock_does_a_person_has_one_a_day_at_a_decent_hour_and_none_twice(
    when: str, zone: str, jumps: list[int]
) -> None:
    run, now = weeks(when, zone), BEGINNINGS[when] + timedelta(hours=1)
    for minutes in jumps:
        now += timedelta(minutes=minutes)
        run.tick(now)
    mine = [(entry, at) for entry, at in run.told if entry.kind != "digest"]
    days = [(entry.person, at.astimezone(zone_of(zone)).date()) for entry, at in mine]
    assert len(days) == len(set(days))
    assert len({entry.id for entry, _ in run.told}) == len(run.told)
    for entry, at in run.told:
        assert is_decent(at, local_time=entry.local_time, zone=zone)


@given(
    when=st.sampled_from(sorted(BEGINNINGS)),
    zone=st.sampled_from(ZONES),
    nights=st.lists(st.integers(0, 23), min_size=1, max_size=5),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_ticks_at_night_hold_back_comes_in_the_morning(when: str, zone: str, nights: list[int]) -> None:
    run = weeks(when, zone)
    first = run.waiting("decision", "due_soon", "overdue", "question")[0]
    local = first.due_at.astimezone(zone_of(zone))
    for hours in sorted(nights):
        run.tick(local.replace(hour=0).astimezone(UTC) + timedelta(hours=24 + hours))
    if not run.told:
        held = run.waiting("decision", "due_soon", "overdue", "question")
        assert first.id in {entry.id for entry in held}, "held, not dropped"
        run.tick(min(entry.due_at for entry in held if entry.id == first.id))
    assert run.told


def test_after_weeks_without_the_bot_there_is_one_message_and_the_digest() -> None:
    run = weeks("fall back", "Europe/Stockholm")
    monday = datetime(2026, 11, 16, 10, tzinfo=UTC)
    assert run.tick(monday) == 2
    kinds = sorted(entry.kind for entry, _ in run.told)
    assert kinds[0] != kinds[1]
    assert "digest" in kinds
    assert run.tick(monday + timedelta(hours=1)) == 0


def test_the_most_important_of_a_day_comes_first() -> None:
    run = weeks("fall back", "Europe/Stockholm")
    planned = run.waiting("decision", "due_soon", "overdue", "evaluation_due", "question")
    same_week = [entry for entry in planned if entry.due_at < planned[0].due_at + timedelta(days=4)]
    days = [entry.due_at.astimezone(ZoneInfo("Europe/Stockholm")).date() for entry in same_week]
    assert len(set(days)) == len(days)
    moved = planned[0].due_at
    for entry in run.talk.project.reminders:
        if entry.state == "waiting" and entry.kind != "digest":
            entry.due_at = moved
    best = min(run.waiting("decision", "due_soon", "overdue", "evaluation_due", "question"), key=rank)
    run.tick(moved)
    body = run.talk.said[-1].body
    first = {"overdue": "due", "decision": "recommend", "due_soon": "due", "question": "?"}[best.kind]
    assert first in body.splitlines()[0].lower() or first in body.lower()


@pytest.mark.parametrize(
    ("now", "words", "zone", "until"),
    [
        # the clocks change on Sunday 29 March 2026 in Stockholm, and back on Sunday 25 October
        ("2026-03-27 08:00", "monday", "Europe/Stockholm", "2026-03-30 07:30"),
        ("2026-10-23 08:00", "monday", "Europe/Stockholm", "2026-10-26 08:30"),
        ("2026-03-27 12:00", "72h", "Europe/Stockholm", "2026-03-30 12:00"),
        ("2026-10-23 12:00", "72h", "Europe/Stockholm", "2026-10-26 12:00"),
        # New York changes on 8 March and 1 November, Lord Howe by half an hour on 5 April
        ("2026-03-06 15:00", "tomorrow", "America/New_York", "2026-03-09 13:30"),
        ("2026-10-30 15:00", "next week", "America/New_York", "2026-11-02 14:30"),
        ("2026-04-03 01:00", "monday", "Australia/Lord_Howe", "2026-04-05 23:00"),
        # 29 February
        ("2028-02-28 08:00", "tomorrow", "UTC", "2028-02-29 09:30"),
        ("2028-02-28 12:00", "24h", "UTC", "2028-02-29 12:00"),
        ("2028-02-21 08:00", "29 february", "UTC", "2028-02-29 09:30"),
        ("2028-02-29 12:00", "1 h", "UTC", "2028-02-29 13:00"),
        ("2028-02-29 12:00", "a year", "UTC", "2029-02-28 09:30"),
        ("2028-02-29 12:00", "1w", "", "2028-03-07 09:30"),
    ],
)
def test_a_snooze_keeps_its_local_hour_over_clock_changes_and_leap_days(
    now: str, words: str, zone: str, until: str | None
) -> None:
    at = snooze_until(words, datetime.fromisoformat(now).replace(tzinfo=UTC), local_time="09:30", zone=zone)
    assert at == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


def test_who_has_no_zone_gets_nudges_at_half_past_nine_utc() -> None:
    run = weeks("leap day", "")
    for entry in run.waiting():
        assert f"{entry.due_at:%H:%M}" == "09:30"
        assert is_working_day(entry.due_at.date())
    assert date(2028, 2, 29) in {entry.due_at.date() for entry in run.waiting()}
