"""The weekly digest of whoever leads several projects: what it says, in which order, and when it is silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import Heard, Talk, faults, shipped, shown

from dialogs.engine import advance
from dialogs.nudges.leading import LeadsWeek, leads_week, next_week
from dialogs.nudges.reminders import is_decent, zone_of
from dialogs.project import DigestBase, Project, Reminder
from dialogs.turns import Person, Place, Reply, Turn
from dialogs.world import Outcome, World

MONDAY = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)  # half past nine in Stockholm
STOCKHOLM = "Europe/Stockholm"
OPENINGS = {
    "mails": "@Cairn we want to draft answers to guest mails from the house guides, which change weekly: Swedish "
    "and English, 1,200 a day, own machines, one L4, 6 of 10 sent with small edits, before february",
    "claims": "@Cairn chatbot for insurance claims, a cloud we control, on one H100, 20,000 requests a day, "
    "english, answers in 5 s",
}


def project(opening: str, *later: str, channel: str = "C1", name: str = "") -> Project:
    """A project that was begun on Monday 23 November and has its recommendation."""
    talk = Talk(channel=channel)
    talk.say("petra", OPENINGS[opening])
    while talk.project.advised_at is None:
        talk.say("petra", "skip", mention=True)
    for words in later:
        talk.say("petra", words)
    found = talk.project
    return found.model_copy(
        update={"name": name or found.name, "slug": name or found.slug, "id": name or found.id}
    )


def world() -> World:
    knowledge, index = shipped()
    return World(knowledge=knowledge, index=index)


def week(*projects: Project, told: dict[str, DigestBase] | None = None, at: datetime = MONDAY) -> LeadsWeek:
    return leads_week(projects, told or {}, "lena", at, zone=STOCKHOLM, world=world())


def said(found: LeadsWeek) -> Reply:
    assert found.reply is not None
    assert not faults(found.reply), faults(found.reply)
    return found.reply


def ask(text: str, kind: str = "command", tz: str | None = STOCKHOLM, *, at: datetime = MONDAY) -> Outcome:
    """Say something to Cairn where no project is."""
    turn = Turn(
        kind=kind, person=Person("lena", "Lena", tz), place=Place("T1", "D1", None, is_direct=True), at=at,  # type: ignore[arg-type]
        text=text, command="cairn" if kind == "command" else "", mentioned=True,
    )  # fmt: skip
    found = advance(None, turn, world())
    assert isinstance(found, Outcome)
    return found


@pytest.mark.parametrize(
    ("text", "kind"),
    [("digest", "command"), ("settings lead", "command"), ("send me the weekly digest", "message"),
     ("Weekly digest, please!", "message"), ("digest", "message")],
)  # fmt: skip
def test_it_is_asked_for_by_command_or_in_words(text: str, kind: str) -> None:
    outcome = ask(text.replace(", please", ""), kind, at=MONDAY + timedelta(days=1))
    assert outcome.lead is not None
    assert outcome.lead.state == "waiting"
    assert outcome.lead.due_at == MONDAY + timedelta(days=7)
    assert "From Monday 7 December at 09:30" in Heard(outcome.effects).text
    assert "`/cairn digest stop` ends it" in Heard(outcome.effects).text


@pytest.mark.parametrize(
    ("text", "kind"),
    [("digest stop", "command"), ("settings lead stop", "command"), ("stop the weekly digest", "message"),
     ("no more digests", "message"), ("digest off", "message")],
)  # fmt: skip
def test_it_is_stopped_by_command_or_in_words(text: str, kind: str) -> None:
    outcome = ask(text, kind)
    assert outcome.lead is not None
    assert outcome.lead.state == "cancelled"
    assert "is off" in Heard(outcome.effects).text


def test_the_button_below_it_stops_it() -> None:
    stop = said(week(project("claims", name="Claims"))).choices[0]
    place = Place("T1", "D1", None, is_direct=True)
    click = Turn(
        kind="button", person=Person("lena", "Lena", STOCKHOLM), place=place, at=MONDAY, action=stop.id,
        value=stop.value, text=stop.label, message_ts="7.0",
    )  # fmt: skip
    outcome = advance(None, click, world())
    assert isinstance(outcome, Outcome)
    assert outcome.lead is not None
    assert outcome.lead.state == "cancelled"
    assert Heard(outcome.effects).marks == ["Stopped · 09:30"]


def test_the_heading_changes_from_week_to_week() -> None:
    mine = project("claims", name="Claims")
    told = dict(week(mine).bases)
    headings = [
        said(week(mine, told=told, at=MONDAY + timedelta(weeks=number))).body.splitlines()[0]
        for number in (1, 2)
    ]
    assert headings[0] != headings[1]


def test_who_has_no_zone_is_told_that_it_comes_by_utc() -> None:
    outcome = ask("digest", tz=None)
    assert outcome.lead is not None
    assert f"{outcome.lead.due_at:%a %H:%M}" == "Mon 09:30"
    assert "no time zone of yours" in Heard(outcome.effects).text


def test_the_first_one_shows_every_project_with_date_memory_and_dated_cost() -> None:
    reply = said(week(project("mails", name="Mails"), project("claims", name="Claims")))
    assert "Your 2 projects" in shown(reply)
    assert "USD a month" in reply.body
    assert "GB" in reply.body
    assert any("2026" in note and "Price:" in note for note in reply.notes)


def test_the_project_that_will_miss_its_deadline_comes_first() -> None:
    calm, endangered = project("claims", name="Claims"), project("mails", name="Mails")
    lines = said(week(calm, endangered)).body.splitlines()
    assert lines[1].startswith("*Mails*")
    assert "31 January" in lines[1]


def test_a_week_without_change_is_silent() -> None:
    mine = project("mails", name="Mails")
    first = week(mine)
    assert week(mine, told=dict(first.bases), at=MONDAY).reply is None


def test_a_changed_load_says_what_it_moves_and_who_said_so() -> None:
    before = project("claims", name="Claims")
    told = dict(week(before).bases)
    talk = Talk(at=MONDAY, projects={before.id: before}, thread="1.0")
    talk.say("ben", "@Cairn make that 3 million requests a day")
    talk.click("petra", "3 million")
    line = said(week(talk.project, told=told, at=MONDAY + timedelta(days=1))).body.splitlines()[1]
    assert "cost 2,150 → " in line
    assert "What moved it: 3 million a day" in line


def test_small_slips_add_up_until_they_are_told() -> None:
    mine = project("claims", name="Claims")
    held = week(mine).bases["Claims"]
    before = held.model_copy(
        update={"p50": held.p50 - timedelta(days=2), "p90": held.p90 - timedelta(days=2)}
    )
    silent = week(mine, told={"Claims": before})
    assert silent.reply is None
    later = said(week(mine, told=dict(silent.bases), at=MONDAY + timedelta(days=1)))
    assert f"likely finish {before.p50.day} {before.p50:%B} →" in later.body
    assert "still open" in later.body


def test_more_projects_than_fit_are_counted() -> None:
    mine = project("claims")
    many = [
        mine.model_copy(update={"id": f"p{n:02d}", "slug": f"p{n:02d}", "name": f"P{n:02d}"})
        for n in range(30)
    ]
    lines = said(week(*many)).body.splitlines()
    assert len(lines) == 12
    assert lines[-1].startswith("20 more")


def test_projects_at_rest_and_not_yet_advised_are_left_out() -> None:
    resting = project("claims").model_copy(update={"status": "archived"})
    young = project("claims").model_copy(update={"advised_at": None})
    found = week(resting, young)
    assert found.reply is None
    assert not found.bases


NAMES = ("", "UTC", STOCKHOLM, "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def chain(now: datetime, zones: list[str], late: timedelta) -> list[Reminder]:
    """The reminders of some weeks, each planned when the one before was sent, from zones that may change."""
    found: list[Reminder] = []
    for zone in zones:
        after = found[-1].id if found else ""
        found.append(next_week("lena", now, zone=zone, after=after))
        now = found[-1].due_at + late
    return found


@given(now=MOMENTS, zones=st.lists(st.sampled_from(NAMES), min_size=2, max_size=8), late=st.integers(0, 30))
def test_a_week_has_one_whatever_the_clocks_do(now: datetime, zones: list[str], late: int) -> None:
    weeks = chain(now, zones, timedelta(hours=late * 11))
    assert len({entry.id for entry in weeks}) == len(weeks)
    for entry, zone in zip(weeks, zones, strict=True):
        local = entry.due_at.astimezone(zone_of(zone))
        assert entry.due_at > now
        assert local.weekday() == 0
        assert is_decent(entry.due_at, local_time="09:30", zone=zone)
        assert f"{local:%H:%M}" == "09:30"


def test_it_keeps_its_hour_over_both_clock_changes() -> None:
    spring = chain(datetime(2026, 3, 20, tzinfo=UTC), [STOCKHOLM] * 2, timedelta())
    autumn = chain(datetime(2026, 10, 16, tzinfo=UTC), [STOCKHOLM] * 2, timedelta())
    assert [entry.due_at.hour for entry in spring] == [8, 7]
    assert [entry.due_at.hour for entry in autumn] == [7, 8]
    assert {entry.due_at.astimezone(ZoneInfo(STOCKHOLM)).hour for entry in spring + autumn} == {9}


def test_a_holiday_moves_it_to_the_next_working_day() -> None:
    found = next_week("lena", datetime(2027, 3, 26, tzinfo=UTC), zone=STOCKHOLM, country="SE")
    assert found.due_at.date() == date(2027, 3, 30)  # the 29th is Easter Monday


def test_a_word_that_means_neither_start_nor_stop_is_answered_with_how() -> None:
    talk = Talk()
    heard = talk.command("lea", "/cairn digest sideways")
    assert "`/cairn digest stop` ends it" in heard.text
    assert "you get one message a week" not in heard.text
