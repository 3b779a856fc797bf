"""How a project moves: steps, exit criteria, loops, due days, and who stands in for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.lifecycle import load_lifecycle
from dialogs.nudges.reminders import is_working_day
from dialogs.people import called, find_person, remember, stands_in
from dialogs.plan.progress import (
    active_substep,
    finish_substep,
    open_substeps,
    progress_words,
    set_due_dates,
    skip_unneeded,
    state_of,
    take_loop,
    unmet_criteria,
)
from dialogs.project import Answer, EvaluationRun, Member, Project
from dialogs.turns import Person

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
LIFECYCLE = load_lifecycle()
STEPS = [substep.id for substep in LIFECYCLE.substeps]
BACK = [(rule.source, rule.target) for rule in LIFECYCLE.loops]


@pytest.fixture
def project() -> Project:
    return fresh()


def fresh(**changes: object) -> Project:
    found = Project(
        id="p", workspace="T", channel="C", slug="p", name="P", created_at=AT, created_by="ana", owner="ana"
    )
    open_substeps(found, LIFECYCLE)
    return found.model_copy(update=changes)


def active(project: Project) -> list[str]:
    return [state.id for state in project.substeps if state.status == "active"]


def test_a_fresh_project_stands_at_its_first_step(project: Project) -> None:
    assert active(project) == ["use_case"]
    assert progress_words(project, LIFECYCLE).startswith("*Scope* → Select")


def test_closing_a_step_records_what_was_open_and_why(project: Project) -> None:
    finish_substep(project, LIFECYCLE.substep("use_case"), AT, "ana", "the board decided")
    state = state_of(project, "use_case")
    assert (state.status, state.reason) == ("done", "the board decided")
    assert state.unmet == ["one_sentence", "target"]
    assert active(project) == ["choose_model"]
    assert project.events[-1].kind == "substep_done"


def test_criteria_that_cairn_knows_hold_by_themselves(project: Project) -> None:
    project.answers.append(Answer(field="success_target", value="6 of 10", person="ana", at=AT))
    assert [entry.id for entry in unmet_criteria(project, LIFECYCLE.substep("use_case"))] == ["one_sentence"]
    project.runs.append(EvaluationRun(at=AT, person="ana", results={"score": 0.7}))
    assert "target_reached" not in [e.id for e in unmet_criteria(project, LIFECYCLE.substep("evaluation"))]


@given(moves=st.lists(st.sampled_from([*STEPS, *BACK]), max_size=12))
def test_whatever_happens_at_most_one_step_is_active_and_loops_are_counted(
    moves: list[str | tuple[str, str]],
) -> None:
    project, loops = fresh(), 0
    for move in moves:
        if isinstance(move, str):
            finish_substep(project, LIFECYCLE.substep(move), AT, "ana")
        else:
            rule = next(r for r in LIFECYCLE.loops if (r.source, r.target) == move)
            loops += 1
            assert take_loop(project, rule, LIFECYCLE, AT, "ana") == loops
            assert active(project) == [move[1]]
        assert len(active(project)) <= 1
        order = [state.status for state in project.substeps if state.status != "skipped"]
        assert order == sorted(order, key=["done", "active", "waiting"].index)
    assert (active_substep(project, LIFECYCLE) is None) is (not active(project))


def test_steps_that_no_technique_needs_are_skipped_and_come_back(project: Project) -> None:
    skip_unneeded(project, LIFECYCLE, {"rag", "prompt_engineering"})
    assert state_of(project, "fine_tuning").status == "skipped"
    skip_unneeded(project, LIFECYCLE, {"lora"})
    assert state_of(project, "fine_tuning").status == "waiting"


DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@given(
    start=DAYS,
    lengths=st.lists(st.integers(0, 60), min_size=len(STEPS), max_size=len(STEPS)),
    pins=st.dictionaries(st.sampled_from(STEPS), st.integers(-30, 400), max_size=4),
    country=st.sampled_from(["", "SE", "US"]),
)
def test_due_days_are_working_days_in_order_and_pins_stay(
    start: date, lengths: list[int], pins: dict[str, int], country: str
) -> None:
    project = fresh(country=country)
    dates, day = {}, start
    for step, length in zip(STEPS, lengths, strict=True):
        day += timedelta(days=length)
        dates[step] = day
    for step, days in pins.items():
        state_of(project, step).due, state_of(project, step).pinned = start + timedelta(days=days), True
    set_due_dates(project, dates, LIFECYCLE, start)
    free = [state_of(project, step).due for step in STEPS if step not in pins]
    held = [entry for entry in free if entry is not None]
    assert len(held) == len(free)
    assert held == sorted(held)
    assert all(is_working_day(entry, country) for entry in held if entry not in _pinned(project))
    for step, days in pins.items():
        assert state_of(project, step).due == start + timedelta(days=days)
    set_due_dates(project, dates, LIFECYCLE, start)
    assert [state_of(project, step).due for step in STEPS if step not in pins] == free


def _pinned(project: Project) -> set[date | None]:
    return {state.due for state in project.substeps if state.pinned}


def test_later_steps_keep_their_distance_to_a_day_that_was_set(project: Project) -> None:
    dates = {step: date(2026, 12, 1) + timedelta(weeks=place) for place, step in enumerate(STEPS)}
    state = state_of(project, "prompting")
    state.due, state.pinned = dates["prompting"] + timedelta(weeks=3), True
    set_due_dates(project, dates, LIFECYCLE, date(2026, 11, 23))
    assert state_of(project, "baseline").due == dates["baseline"]
    assert state_of(project, "prepare_data").due == dates["prepare_data"] + timedelta(weeks=3)


def test_a_day_that_was_set_and_has_passed_holds_nothing_back(project: Project) -> None:
    today = date(2027, 2, 1)
    dates = {step: today + timedelta(weeks=place + 1) for place, step in enumerate(STEPS)}
    state = state_of(project, "use_case")
    state.due, state.pinned = date(2026, 12, 1), True
    set_due_dates(project, dates, LIFECYCLE, today)
    following = state_of(project, "choose_model").due
    assert following is not None
    assert following >= today


class TestPeople:
    def test_whoever_speaks_is_remembered_with_name_and_zone(self, project: Project) -> None:
        remember(project, Person("U1", "Ana Berg", "Europe/Stockholm"))
        remember(project, Person("U1", "", None))
        assert project.people["U1"] == Member(name="Ana Berg", zone="Europe/Stockholm")

    @pytest.mark.parametrize(
        ("words", "id"),
        [("ana", "U1"), ("Ana Berg", "U1"), ("@ana", "U1"), ("<@U9ABCDEFG>", "U9ABCDEFG"), ("I", "U2"),
         ("me", "U2"), ("zoe", "zoe"), ("kim", "kim")],
    )  # fmt: skip
    def test_people_are_found_by_name_mention_or_i(self, project: Project, words: str, id: str) -> None:
        project.people = {
            "U1": Member(name="Ana Berg"), "U3": Member(name="Kim A"), "U4": Member(name="Kim B"),
        }  # fmt: skip
        assert find_person(project, words, Person("U2", "Ben")) == id

    def test_a_name_cannot_smuggle_markup(self, project: Project) -> None:
        project.people["ana"] = Member(name="<!channel>")
        assert called(project, "ana") == "&lt;!channel&gt;"
        assert called(project, "U12345678") == "<@U12345678>"

    def test_the_deputy_stands_in_then_the_owner_then_nobody(self, project: Project) -> None:
        day = date(2026, 12, 1)
        project.people = {"cem": Member(away_until=date(2026, 12, 7), deputy="dora")}
        assert stands_in(project, "cem", day) == "dora"
        assert stands_in(project, "cem", date(2026, 12, 7)) == "cem"
        project.people["dora"] = Member(left=True)
        assert stands_in(project, "cem", day) == "ana"
        project.people["ana"] = Member(left=True)
        assert stands_in(project, "cem", day) == ""
