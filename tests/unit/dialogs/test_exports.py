"""A project as a file: brief, five lines, JSON, CSV, calendar."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from dialogs.lifecycle import load_lifecycle
from dialogs.plan.progress import open_substeps, state_of
from dialogs.project import Answer, Decision, EvaluationRun, Loop, Member, Project
from dialogs.projects.exports import as_csv, as_ics, as_json, brief
from dialogs.projects.five_lines import five_lines
from estimator.schedule import ScheduleInputs, simulate

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
LIFECYCLE = load_lifecycle()
SCHEDULE = simulate(ScheduleInputs.from_mapping({"start": AT.date(), "seed": 7}))


@pytest.fixture
def project() -> Project:
    found = Project(
        id="p1", workspace="T", channel="C", slug="guest-mail", name="Guest mail", created_at=AT,
        created_by="U1", owner="U1", zone="Europe/Stockholm", version=3, people={"U1": Member(name="Petra")},
    )  # fmt: skip
    for field, value in (("description", "drafts answers to guest mails"), ("success_target", "6 of 10"),
                         ("languages", ["sv", "en"])):  # fmt: skip
        found.answers.append(Answer(field=field, value=value, person="U1", person_name="Petra", at=AT))
    open_substeps(found, LIFECYCLE)
    state_of(found, "use_case").status = "done"
    state_of(found, "use_case").finished_at = AT
    step = state_of(found, "choose_model")
    step.status, step.due, step.owner = "active", date(2026, 12, 4), "U1"
    found.runs.append(EvaluationRun(at=AT, person="U1", results={"score": 0.4}, cases=180, reached=False))
    found.loops.append(Loop(source="evaluation", target="prompting", at=AT, person="U1"))
    found.decisions.append(Decision(at=AT, person="U1", person_name="Petra", text="retrieval first"))
    return found


def test_the_brief_holds_scope_stages_results_loops_and_decisions(project: Project) -> None:
    text = brief(project, LIFECYCLE, SCHEDULE)
    for part in (
        "# Guest mail\n",
        "drafts answers to guest mails",
        "- target: 6 of 10 (Petra, 2026-11-23)",
        "- languages: Swedish and English",
        "- Choose a model, or pre-train one: active, due 2026-12-04, Petra",
        "- 2026-11-23: score 0.4, on 180 cases (Petra)",
        "Evaluate against the target → Prompt engineering",
        "- 2026-11-23, Petra: retrieval first",
        "9 in 10 by",
    ):
        assert part in text, part


@given(words=st.text(max_size=200))
def test_no_words_break_the_briefs_structure(words: str) -> None:
    found = Project(id="p", workspace="T", channel="C", slug="p", name="P", created_at=AT, created_by="U1")
    open_substeps(found, LIFECYCLE)
    before = brief(found, LIFECYCLE).count("\n#")
    found.decisions.append(Decision(at=AT, person="U1", text=f"x {words}"))
    text = brief(found, LIFECYCLE)
    assert len(re.findall(r"^#", text, re.MULTILINE)) == before + 2  # the title, and "## Decisions"


def test_five_lines_are_five_and_hold_no_abbreviation(project: Project) -> None:
    project.advised_at, project.accepted = AT, "U1"
    text = five_lines(project, LIFECYCLE, SCHEDULE, AT.date())
    lines = text.splitlines()
    assert len(lines) == 5
    assert lines[0] == "Guest mail: drafts answers to guest mails."
    assert lines[1] == "It is in stage two of four, at the model choice. It has gone back a step once."
    assert (
        lines[2]
        == "The goal is 60 of 100 right; the last test gave 40 of 100 right, so it is not reached yet."
    )
    assert lines[3].startswith("It will likely be done by ")
    assert lines[4].startswith("Needed by Friday 4 December: two or three candidates are written down")
    assert not re.search(r"\b[A-Z]{2,}\b|\bP\d\d\b|%", text)


def test_five_lines_of_a_project_without_results_or_answers() -> None:
    found = Project(id="p", workspace="T", channel="C", slug="p", name="P", created_at=AT, created_by="U1")
    open_substeps(found, LIFECYCLE)
    lines = five_lines(found, LIFECYCLE, SCHEDULE, AT.date()).splitlines()
    assert len(lines) == 5
    assert lines[2] == "The goal is not a number yet; nothing has been measured so far."


def test_json_holds_the_scope_and_no_memory_of_wordings(project: Project) -> None:
    project.said = ["nudge#1"]
    plain = json.loads(as_json(project))
    assert plain["scope"]["success_target"] == "6 of 10"
    assert plain["runs"][0]["cases"] == 180
    assert not {"said", "nudged", "events", "people"} & set(plain)


def rows(project: Project) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(project))))[1:]


def test_csv_is_the_history_oldest_first(project: Project) -> None:
    kinds = [row[2] for row in rows(project)]
    assert kinds.count("answer (current)") == 3
    assert {"decision", "result", "loop"} <= set(kinds)
    assert all(row[1] == "Petra" for row in rows(project))


CELLS = [
    ("=1+1", "'=1+1"),
    ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
    ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"),
    ("@SUM(1)", "'@SUM(1)"),
    ("-0.4", "-0.4"),
    ("retrieval first", "retrieval first"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_no_cell_is_a_formula(project: Project, text: str, cell: str) -> None:
    project.decisions = [Decision(at=AT, person="U1", person_name="Petra", text=text)]
    assert next(row[4] for row in rows(project) if row[2] == "decision") == cell


def events(project: Project, now: datetime = AT) -> dict[str, dict[str, object]]:
    calendar = Calendar.from_ical(as_ics(project, LIFECYCLE, now))
    return {
        str(event["uid"]): {
            "day": event.decoded("dtstart"),
            "sequence": event["sequence"],
            "summary": str(event["summary"]),
            "status": str(event["status"]),
        }
        for event in calendar.walk("VEVENT")
    }


def test_the_calendar_keeps_its_uids_and_counts_its_changes(project: Project) -> None:
    before = events(project)
    state_of(project, "choose_model").due = date(2026, 12, 11)
    project.version += 1
    after = events(project, AT + timedelta(days=1))
    assert set(before) == set(after)
    uid = "p1-choose_model@cairn"
    assert before[uid]["day"] == date(2026, 12, 4)
    assert after[uid]["day"] == date(2026, 12, 11)
    assert (before[uid]["sequence"], after[uid]["sequence"]) == (3, 4)


def test_finished_steps_are_ticked_and_skipped_ones_cancelled(project: Project) -> None:
    step = state_of(project, "fine_tuning")
    step.status, step.due = "skipped", date(2026, 12, 18)
    found = events(project)
    assert found["p1-use_case@cairn"]["summary"] == "✓ Guest mail: Define the use case"
    assert found["p1-fine_tuning@cairn"]["status"] == "CANCELLED"


@given(name=st.text(min_size=1, max_size=80))
def test_any_name_makes_a_calendar_that_can_be_read(name: str) -> None:
    found = Project(id="p", workspace="T", channel="C", slug="p", name=name, created_at=AT, created_by="U1")
    open_substeps(found, LIFECYCLE)
    state_of(found, "use_case").due = date(2028, 2, 29)
    assert [event["day"] for event in events(found).values()] == [date(2028, 2, 29)]
