"""When nudges come: zones, clock changes, working days, quiet hours, one a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.lifecycle import load_lifecycle
from dialogs.nudges.reminders import (
    add_working_days,
    decent_instant,
    instant,
    is_decent,
    is_working_day,
    nudge_instant,
    working_day_on_or_after,
    working_day_on_or_before,
    zone_of,
)
from dialogs.nudges.schedule import plan_reminders, still_holds
from dialogs.nudges.snoozing import read_clock, snooze_until
from dialogs.plan.progress import open_substeps, state_of
from dialogs.project import Member, OpenQuestion, Project, Reminder

LIFECYCLE = load_lifecycle()
ZONES = st.sampled_from(sorted(available_timezones()))
DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))
CLOCKS = st.times().map(lambda clock: f"{clock:%H:%M}")
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
COUNTRIES = st.sampled_from(["", "SE", "DE", "US", "JP", "se", "XX"])


class TestZonesAndClockChanges:
    def test_half_past_nine_stays_half_past_nine_over_a_clock_change(self) -> None:
        before, after = date(2026, 3, 27), date(2026, 3, 30)  # Stockholm goes to summer time on 29 March
        assert instant(before, "09:30", "Europe/Stockholm") == datetime(2026, 3, 27, 8, 30, tzinfo=UTC)
        assert instant(after, "09:30", "Europe/Stockholm") == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)

    def test_a_time_that_the_clock_change_skips_moves_forward_by_the_gap(self) -> None:
        assert instant(date(2026, 3, 29), "02:30", "Europe/Stockholm") == datetime(
            2026, 3, 29, 1, 30, tzinfo=UTC
        )

    def test_a_time_that_comes_twice_means_the_first(self) -> None:
        assert instant(date(2026, 10, 25), "02:30", "Europe/Stockholm") == datetime(
            2026, 10, 25, 0, 30, tzinfo=UTC
        )

    @pytest.mark.parametrize("name", ["", None, "Europe", "Nowhere/City", "../etc/passwd", "UTC ", "\0"])
    def test_a_zone_that_is_none_is_utc(self, name: str | None) -> None:
        assert zone_of(name) == ZoneInfo("UTC")

    @given(day=DAYS, clock=CLOCKS, zone=ZONES)
    def test_the_instant_reads_as_the_chosen_time_where_that_time_exists(
        self, day: date, clock: str, zone: str
    ) -> None:
        at = instant(day, clock, zone)
        local = at.astimezone(ZoneInfo(zone))
        wanted = datetime.combine(day, time.fromisoformat(clock))
        gap = local.replace(tzinfo=None) - wanted
        assert timedelta() <= gap <= timedelta(hours=24)  # Samoa once left out a whole day
        if gap:
            assert local.utcoffset() != (at - timedelta(hours=25)).astimezone(ZoneInfo(zone)).utcoffset()


class TestWorkingDays:
    def test_a_leap_day_is_a_day_like_others(self) -> None:
        assert add_working_days(date(2028, 2, 28), 1) == date(2028, 2, 29)
        assert add_working_days(date(2028, 3, 1), -1) == date(2028, 2, 29)
        assert nudge_instant(date(2028, 2, 29), local_time="09:30", zone="UTC") == datetime(
            2028, 2, 29, 9, 30, tzinfo=UTC
        )

    @pytest.mark.parametrize(
        ("day", "country", "works"),
        [
            (date(2026, 12, 25), "SE", False),
            (date(2026, 12, 25), "", True),
            (date(2026, 11, 26), "US", False),  # Thanksgiving
            (date(2026, 11, 26), "DE", True),
            (date(2026, 12, 25), "se", False),
            (date(2026, 11, 28), "SE", False),
        ],
    )
    def test_public_holidays_are_those_of_the_country(self, day: date, country: str, works: bool) -> None:
        assert is_working_day(day, country) is works

    @given(day=DAYS, country=COUNTRIES)
    def test_the_nearest_working_days_lie_around_a_day(self, day: date, country: str) -> None:
        before, after = working_day_on_or_before(day, country), working_day_on_or_after(day, country)
        assert before <= day <= after
        assert is_working_day(before, country)
        assert is_working_day(after, country)
        assert (before == after == day) is is_working_day(day, country)

    @given(day=DAYS, count=st.integers(-30, 30), country=COUNTRIES)
    def test_working_days_are_counted_one_by_one(self, day: date, count: int, country: str) -> None:
        there = add_working_days(day, count, country)
        low, high = sorted((day, there))
        between = [low + timedelta(days=n) for n in range((high - low).days + 1)]
        passed = [entry for entry in between if is_working_day(entry, country) and entry != day]
        assert len(passed) == abs(count)


class TestQuietHours:
    @pytest.mark.parametrize(
        ("clock", "decent"),
        [
            ("08:59", False),
            ("09:00", True),
            ("12:00", True),
            ("17:29", True),
            ("17:30", False),
            ("23:00", False),
        ],
    )
    def test_nine_to_half_past_five(self, clock: str, decent: bool) -> None:
        at = instant(date(2026, 11, 23), clock, "Asia/Tokyo")
        assert is_decent(at, local_time="09:30", zone="Asia/Tokyo") is decent

    def test_a_chosen_hour_is_decent_even_in_the_evening(self) -> None:
        at = instant(date(2026, 11, 23), "20:20", "UTC")
        assert is_decent(at, local_time="20:00", zone="UTC")
        assert not is_decent(at, local_time="09:30", zone="UTC")

    @given(at=MOMENTS, clock=CLOCKS, zone=ZONES, country=COUNTRIES)
    def test_a_nudge_is_held_and_never_dropped(
        self, at: datetime, clock: str, zone: str, country: str
    ) -> None:
        held = decent_instant(at, local_time=clock, zone=zone, country=country)
        assert at <= held <= at + timedelta(days=16)
        assert is_decent(held, local_time=clock, zone=zone, country=country)
        assert decent_instant(held, local_time=clock, zone=zone, country=country) == held

    @given(day=DAYS, now=MOMENTS, clock=CLOCKS, zone=ZONES, country=COUNTRIES)
    def test_a_nudge_is_never_planned_for_the_past(
        self, day: date, now: datetime, clock: str, zone: str, country: str
    ) -> None:
        day = max(day, now.date() - timedelta(days=5))
        at = nudge_instant(day, local_time=clock, zone=zone, country=country, not_before=now)
        assert at > now
        assert is_decent(at, local_time=clock, zone=zone, country=country)


NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # a Monday, noon in Stockholm
SNOOZES = [
    ("1h", "2026-11-23 13:00"),
    ("2d", "2026-11-25 09:30"),
    ("", "2026-11-24 09:30"),
    ("tomorrow", "2026-11-24 09:30"),
    ("next week", "2026-11-30 09:30"),
    ("friday", "2026-11-27 09:30"),
    ("until 4 dec", "2026-12-04 09:30"),
    ("4 dec at 14:00", "2026-12-04 14:00"),
    ("8h", "2026-11-24 09:30"),  # 20:00 is a quiet hour
    ("saturday", "2026-11-30 09:30"),  # no working day
]


class TestSnooze:
    @pytest.mark.parametrize(("words", "until"), SNOOZES)
    def test_a_snooze_ends_at_a_decent_hour(self, words: str, until: str) -> None:
        at = snooze_until(words, NOON, local_time="09:30", zone="Europe/Stockholm", country="SE")
        assert at is not None
        assert f"{at.astimezone(ZoneInfo('Europe/Stockholm')):%Y-%m-%d %H:%M}" == until

    @pytest.mark.parametrize("words", ["whenever", "2026-11-01", "until the cows come home"])
    def test_words_that_name_no_time_to_come_are_refused(self, words: str) -> None:
        assert snooze_until(words, NOON, local_time="09:30", zone="UTC") is None

    @given(
        words=st.text(max_size=30) | st.from_regex(r"\d{1,9} ?(m|h|d|w)", fullmatch=True),
        now=MOMENTS,
        zone=ZONES,
    )
    def test_any_words_end_in_the_future_at_a_decent_hour_or_are_refused(
        self, words: str, now: datetime, zone: str
    ) -> None:
        at = snooze_until(words, now, local_time="09:30", zone=zone)
        assert at is None or at > now

    @pytest.mark.parametrize(
        ("words", "clock"),
        [("at 09:30", "09:30"), ("4pm", "16:00"), ("12 am", "00:00"), ("9.15", "09:15"), ("at 25:00", None),
         ("noonish", None)],
    )  # fmt: skip
    def test_a_time_of_day_is_read(self, words: str, clock: str | None) -> None:
        assert read_clock(words) == clock


def project(**changes: object) -> Project:
    """A project of ana's in Stockholm, whose first step is due on Friday 4 December."""
    found = Project(
        id="p", workspace="T", channel="C", slug="p", name="P", created_at=NOON, created_by="ana", owner="ana",
        zone="Europe/Stockholm",
    )  # fmt: skip
    open_substeps(found, LIFECYCLE)
    state_of(found, "use_case").due = date(2026, 12, 4)
    return found.model_copy(update=changes)


def plan(found: Project, now: datetime = NOON, country: str = "") -> list[Reminder]:
    return plan_reminders(found, LIFECYCLE, now=now, country=country, zone_for=lambda person: "")


def kinds(reminders: list[Reminder]) -> dict[str, str]:
    return {
        entry.kind: f"{entry.due_at.astimezone(ZoneInfo('Europe/Stockholm')):%a %d %H:%M}"
        for entry in reminders
        if entry.state == "waiting"
    }


class TestThePlan:
    def test_a_step_is_mentioned_before_and_after_its_day(self) -> None:
        assert kinds(plan(project())) == {"due_soon": "Wed 02 09:30", "overdue": "Mon 07 09:30"}

    def test_nothing_waits_on_the_last_step_so_no_word_comes_before_its_day(self) -> None:
        found = project()
        for state in found.substeps:
            state.status = "done"
        last = found.substeps[-1]
        last.status, last.due = "active", date(2026, 12, 4)
        assert list(kinds(plan(found))) == ["overdue"]

    def test_holidays_are_left_out(self) -> None:
        found = project()
        state_of(found, "use_case").due = date(2026, 12, 28)
        assert kinds(plan(found, country="SE"))["due_soon"] == "Wed 23 09:30"

    def test_a_question_and_a_decision_wait_two_and_three_working_days(self) -> None:
        found = project(
            open_question=OpenQuestion(id="privacy", asked_at=NOON), advised_at=NOON - timedelta(hours=1)
        )
        state_of(found, "use_case").due = None
        planned = kinds(plan(found))
        assert planned["question"] == "Wed 25 09:30"
        assert planned["decision"] == "Thu 26 09:30"
        assert planned["digest"] == "Mon 30 09:30"

    def test_a_person_gets_one_a_day_the_most_important_first(self) -> None:
        found = project(
            open_question=OpenQuestion(id="privacy", asked_at=datetime(2026, 11, 30, 9, tzinfo=UTC)),
            advised_at=datetime(2026, 11, 27, 9, tzinfo=UTC),
        )
        planned = kinds(plan(found, datetime(2026, 11, 30, 10, tzinfo=UTC)))
        assert planned["decision"] == "Wed 02 09:30"  # all three would come on Wednesday
        assert planned["question"] == "Thu 03 09:30"
        assert planned["due_soon"] == "Fri 04 09:30"

    def test_paused_and_archived_projects_have_none(self) -> None:
        assert kinds(plan(project(nudges_paused=True))) == {}
        assert kinds(plan(project(status="archived"))) == {}

    def test_planning_again_changes_nothing(self) -> None:
        found = project(advised_at=NOON)
        found.reminders = plan(found)
        assert plan(found) == found.reminders

    def test_one_that_is_due_waits_for_the_tick_whatever_is_said_meanwhile(self) -> None:
        found = project()
        found.reminders = plan(found)
        late = datetime(2026, 12, 2, 8, 31, tzinfo=UTC)
        assert "Wed 02 09:30" in kinds(plan(found, late)).values()

    def test_a_moved_date_takes_its_nudges_along(self) -> None:
        found = project()
        found.reminders = plan(found)
        state_of(found, "use_case").due = date(2026, 12, 11)
        found.reminders = plan(found)
        assert kinds(found.reminders) == {"due_soon": "Wed 09 09:30", "overdue": "Mon 14 09:30"}
        assert {entry.state for entry in found.reminders} == {"waiting", "cancelled"}

    def test_overdue_comes_weekly_and_four_times_at_most(self) -> None:
        found, now, days = project(), NOON, []
        for _ in range(10):
            found.reminders = plan(found, now)
            due = [entry for entry in found.reminders if entry.kind == "overdue" and entry.state == "waiting"]
            if not due:
                break
            now = due[0].due_at
            due[0].state, due[0].sent_at = "sent", now
            days.append(f"{now:%d %b}")
        assert days == ["07 Dec", "14 Dec", "21 Dec", "28 Dec"]

    def test_a_deputy_gets_them_while_somebody_is_away(self) -> None:
        found = project(people={"ana": Member(name="Ana", away_until=date(2026, 12, 7), deputy="ben")})
        people = {entry.kind: entry.person for entry in plan(found)}
        assert people == {"due_soon": "ben", "overdue": "ana"}

    def test_who_has_left_gets_none(self) -> None:
        found = project(people={"cem": Member(left=True)})
        state_of(found, "use_case").owner = "cem"
        assert {entry.person for entry in plan(found)} == {"ana"}

    @given(
        now=MOMENTS,
        due=DAYS,
        where=st.tuples(ZONES, CLOCKS, COUNTRIES),
        sent=st.integers(0, 4),
        away=st.none() | DAYS,
    )
    def test_nobody_gets_two_a_day_and_all_come_at_a_decent_hour(
        self, *, now: datetime, due: date, where: tuple[str, str, str], sent: int, away: date | None
    ) -> None:
        zone, clock, country = where
        found = project(
            zone=zone, nudge_time=clock, country=country, advised_at=now - timedelta(days=1),
            open_question=OpenQuestion(id="privacy", asked_at=now - timedelta(hours=2)),
            people={"ana": Member(away_until=away, deputy="ben")},
        )  # fmt: skip
        state_of(found, "use_case").due = due
        for _ in range(sent):
            found.reminders = plan(found, now, country)
            first = min((e for e in found.reminders if e.state == "waiting"), key=lambda e: e.due_at)
            now = max(now, first.due_at)
            first.state, first.sent_at = "sent", now
        found.reminders = plan(found, now, country)
        waiting = [entry for entry in found.reminders if entry.state == "waiting"]
        mine = [entry for entry in waiting if entry.kind != "digest" and entry.due_at > now]
        days = [(entry.person, entry.due_at.astimezone(zone_of(entry.zone)).date()) for entry in mine]
        assert len(days) == len(set(days))
        for entry in waiting:
            assert still_holds(entry, found)
            if entry.due_at > now:
                assert is_decent(entry.due_at, local_time=clock, zone=zone, country=country)
        assert len({entry.id for entry in found.reminders}) == len(found.reminders)
