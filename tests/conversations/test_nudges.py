"""Nudges as people get them: what they say, to whom, how often, and how they are answered or stopped."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from talk import Heard, Talk, faults

from dialogs.people import is_there
from dialogs.project import OpenQuestion, Reminder
from dialogs.turns import OpenForm, Reply, Say

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OPENING = (
    "@Cairn we want to draft answers to guest mails from the house guides, which change weekly: Swedish and "
    "English, 1,200 a day, own machines, one L4, 6 of 10 sent with small edits, before june"
)


def start() -> Talk:
    talk = Talk()
    talk.say("petra", OPENING)
    while talk.project.advised_at is None:
        talk.say("petra", "skip", mention=True)
    return talk


@pytest.fixture
def talk() -> Talk:
    """A project of petra's, its recommendation accepted on Monday 23 November."""
    talk = start()
    talk.click("petra", "Go with this")
    return talk


def waiting(talk: Talk, kind: str = "") -> list[Reminder]:
    found = [entry for entry in talk.project.reminders if entry.state == "waiting"]
    return sorted((entry for entry in found if kind in {"", entry.kind}), key=lambda entry: entry.due_at)


def deliver(talk: Talk, reminder: Reminder, at: datetime | None = None) -> Heard:
    """Let a tick hand over one due reminder, at its time or later."""
    talk.at = at or reminder.due_at
    return talk._take(talk._turn("reminder", reminder.person, None, value=reminder.id))


def one(heard: Heard) -> Reply:
    assert len(heard.replies) == 1, heard.text
    return heard.replies[0]


def test_due_soon_says_what_when_and_what_waits(talk: Talk) -> None:
    reminder = waiting(talk, "due_soon")[0]
    reply = one(deliver(talk, reminder))
    assert "petra: Model choice is due" in reply.body.replace("*", "")
    assert "waits on it" in reply.body
    assert reply.question.endswith("?")
    assert "You own Guest mail" in reply.notes[0]
    assert "pause nudges" in reply.notes[0]
    assert not faults(reply)


def test_overdue_comes_on_the_working_day_after(talk: Talk) -> None:
    reminder = waiting(talk, "overdue")[0]
    state = next(entry for entry in talk.project.substeps if entry.id == reminder.substep)
    assert state.due is not None
    local = reminder.due_at.astimezone(STOCKHOLM)
    assert local.date() > state.due
    assert f"{local:%H:%M}" == "09:30"
    assert "was due" in one(deliver(talk, reminder)).body


def test_an_answer_below_the_nudge_closes_the_step_with_it(talk: Talk) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])
    heard = talk.say("petra", "Gemma and Qwen are written down, both Apache-2.0, and Gemma loads at 8k")
    assert "with your reason on record" in heard.text
    assert not waiting(talk, "overdue") or waiting(talk, "overdue")[0].substep != "choose_model"


@pytest.mark.parametrize(
    ("words", "day"),
    [("tomorrow", "Wednesday 25"), ("remind me on friday", "Friday 27"), ("still running", "Wednesday 25"),
     ("ask me again next week", "Monday 30"), ("in 2 days", "Thursday 26"), ("remind me in an hour", "today at 10:31"),
     ("half an hour", "today at 10:01"), ("at 14:00", "today at 14:00"), ("remind me at 22:00", "today at 22:00"),
     ("friday 10:00", "Friday 27 November at 10:00"), ("on the 4th of december", "Friday 4 December"),
     ("remind me in two weeks", "Tuesday 8 December")],
)  # fmt: skip
@pytest.mark.parametrize("mention", [False, True])
def test_words_below_a_nudge_put_it_off_and_close_nothing(
    talk: Talk, words: str, day: str, mention: bool
) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])  # Tuesday 24 November
    assert day in talk.say("petra", words, mention=mention).text
    assert next(entry.status for entry in talk.project.substeps if entry.id == "choose_model") == "active"


@pytest.mark.parametrize(
    ("who", "words"),
    [("petra", "I'll be late today"), ("ben", "both candidates have a licence that allows our use"),
     ("petra", "@ben can you look at the licence of gemma"), ("petra", "lunch at 12?"), ("petra", "thanks ben")],
)  # fmt: skip
def test_chatter_below_a_nudge_closes_nothing(talk: Talk, who: str, words: str) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])
    assert talk.say(who, words).effects == ()
    assert next(entry.status for entry in talk.project.substeps if entry.id == "choose_model") == "active"


def test_a_nudge_does_not_push_an_open_question_aside(talk: Talk) -> None:
    asked = OpenQuestion(id="privacy", asked_at=talk.at)
    talk.project.open_question = asked
    deliver(talk, waiting(talk, "due_soon")[0])
    assert talk.project.open_question == asked


def test_a_closed_step_is_silent_even_if_its_reminder_is_claimed_already(talk: Talk) -> None:
    reminder = waiting(talk, "due_soon")[0]
    talk.say("petra", "done", mention=True)
    talk.click("petra", "Close it anyway")
    assert deliver(talk, reminder).effects == ()


def test_the_same_reminder_twice_speaks_once(talk: Talk) -> None:
    reminder = waiting(talk, "due_soon")[0]
    assert deliver(talk, reminder).replies
    assert deliver(talk, reminder).effects == ()


def test_a_score_is_asked_for_with_the_size_of_the_test(talk: Talk) -> None:
    talk.say("petra", "@Cairn evaluate 4 of 10 on 180 mails")
    talk.say("petra", "@Cairn we finished expert review")
    talk.click("petra", "Close it anyway")
    reply = one(deliver(talk, waiting(talk, "evaluation_due")[0]))
    assert "Evaluation was due" in reply.body.replace("*", "")
    assert reply.question == "What did it score on the 180 test cases?"
    opened = talk.click("petra", "Enter the score").effects[0]
    assert isinstance(opened, OpenForm)
    assert "60 %: the target of 60 % is reached" in talk.form("petra", "result", result="6 of 10").text


def test_a_question_that_waits_is_asked_again_after_two_working_days_with_its_buttons() -> None:
    talk = Talk()
    talk.say(
        "petra", "@Cairn we want to draft answers to guest mails from the house guides, which change weekly"
    )
    asked = talk.project.open_question
    assert asked is not None
    reminder = waiting(talk, "question")[0]
    assert reminder.due_at.astimezone(STOCKHOLM).date() == date(2026, 11, 25)
    reply = one(deliver(talk, reminder))
    assert "guest mails be processed?" in reply.question
    assert "Monday 23 November" in reply.body
    assert "Only our own machines" in [choice.label for choice in reply.choices]
    talk.click("petra", "Only our own machines")
    assert talk.project.scope.privacy == "on_premises"
    assert talk.project.open_question is None or talk.project.open_question.id != asked.id


def test_a_recommendation_waits_three_working_days_for_a_yes() -> None:
    talk = start()
    reminder = waiting(talk, "decision")[0]
    assert reminder.due_at.astimezone(STOCKHOLM).date() == date(2026, 11, 26)
    reply = one(deliver(talk, reminder))
    assert "Go with it?" in reply.question
    talk.click("petra", "Go with this")
    assert talk.project.accepted == "petra"
    assert not waiting(talk, "decision")


def test_at_night_and_on_days_off_a_nudge_is_held(talk: Talk) -> None:
    reminder = waiting(talk, "overdue")[0]
    night = reminder.due_at.astimezone(STOCKHOLM).replace(hour=22)
    assert deliver(talk, reminder, night).effects == ()
    held = next(entry for entry in talk.project.reminders if entry.id == reminder.id)
    assert held.state == "waiting"
    assert held.due_at > night
    assert held.due_at.astimezone(STOCKHOLM).weekday() < 5
    assert deliver(talk, held).replies


def test_after_downtime_the_missed_ones_come_as_one(talk: Talk) -> None:
    talk.say("petra", "@Cairn i want it in finnish too")
    soon, over = waiting(talk, "due_soon")[0], waiting(talk, "overdue")[0]
    decided = Reminder(
        id=f"{talk.project.id}-extra", kind="snoozed", about="overdue", due_at=soon.due_at, person="petra",
        substep=over.substep, zone="Europe/Stockholm",
    )  # fmt: skip
    talk.project.reminders.append(decided)
    late = over.due_at + timedelta(hours=2)
    first = deliver(talk, soon, late)
    assert len(first.replies) == 1
    again = [deliver(talk, entry, late) for entry in (over, decided)]
    assert [heard.effects for heard in again] == [(), ()]


def test_several_subjects_after_downtime_are_listed_in_one_message() -> None:
    talk = start()
    talk.say("petra", "@Cairn move the model choice to tomorrow")
    decision, over = waiting(talk, "decision")[0], waiting(talk, "overdue")[0]
    late = max(decision.due_at, over.due_at) + timedelta(days=1)
    reply = one(deliver(talk, decision, late))
    assert "Also waiting: the recommendation waits for a yes" in reply.body
    assert "was due" in reply.body
    assert not faults(reply)
    assert deliver(talk, over, late).effects == ()


def test_a_person_gets_one_nudge_a_day(talk: Talk) -> None:
    reminder = waiting(talk, "overdue")[0]
    deliver(talk, reminder)
    talk.project.reminders.append(
        Reminder(
            id=f"{talk.project.id}-choose_model-x", kind="stage_due", due_at=talk.at + timedelta(hours=1),
            person="petra", substep="choose_model", zone="Europe/Stockholm",
        )
    )  # fmt: skip
    second = talk.project.reminders[-1]
    assert deliver(talk, second).effects == ()


@pytest.mark.parametrize("kind", ["overdue", "snoozed", "decision", "question", "digest"])
def test_no_wording_comes_twice_running(kind: str) -> None:
    talk = Talk()
    if kind == "question":
        talk.say("petra", "@Cairn we want to draft answers to guest mails from the house guides")
    else:
        talk = start()
        talk.click("petra", "Go with this") if kind != "decision" else None
    wordings = []
    for _ in range(4):
        if kind in {"snoozed", "decision", "question"} and not waiting(talk, kind):
            talk.command("petra", "/cairn remind snooze tomorrow")
        reminder = (waiting(talk, kind) or waiting(talk, "snoozed") or waiting(talk, "overdue"))[0]
        body = one(deliver(talk, reminder)).body
        wordings.append(
            re.sub(r"\d+ \w+|[A-Z]\w+day", "", body.split(".")[0].split(":")[0 if kind == "digest" else -1])
        )
    assert all(first != second for first, second in pairwise(wordings)), wordings


def test_a_snooze_is_one_shot_and_leaves_the_plan_alone(talk: Talk) -> None:
    reminder = waiting(talk, "due_soon")[0]
    deliver(talk, reminder)
    before = [entry.id for entry in waiting(talk, "overdue")]
    heard = talk.click("petra", "Tomorrow")
    assert "Once; the plan" in heard.text
    snoozed = waiting(talk, "snoozed")
    assert len(snoozed) == 1
    assert [entry.id for entry in waiting(talk, "overdue")] == before
    assert one(deliver(talk, snoozed[0]))
    assert not waiting(talk, "snoozed")


def test_a_snooze_until_a_day_in_words(talk: Talk) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])
    heard = talk.command("petra", "/cairn remind snooze 11 december at 14:00")
    assert "Friday 11 December" in heard.text
    assert "14:00" in heard.text


def test_a_time_that_was_chosen_is_kept_even_in_the_evening(talk: Talk) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])
    talk.say("petra", "remind me at 22:00")
    assert one(deliver(talk, waiting(talk, "snoozed")[0]))


@pytest.mark.parametrize(
    "words", ["nudge me at 8:15", "change the nudges to 8:15", "remind me at 8:15 every day"]
)
def test_the_hour_changes_for_all_of_them_and_stays(talk: Talk, words: str) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])
    talk.say("petra", words, mention=True)
    assert {f"{entry.due_at.astimezone(STOCKHOLM):%H:%M}" for entry in waiting(talk)} == {"08:15"}
    assert one(deliver(talk, waiting(talk, "overdue")[0]))
    assert f"{waiting(talk, 'overdue')[0].due_at.astimezone(STOCKHOLM):%H:%M}" == "08:15"
    assert next(entry.status for entry in talk.project.substeps if entry.id == "choose_model") == "active"


def test_pause_stops_them_all_and_resume_brings_them_back(talk: Talk) -> None:
    deliver(talk, waiting(talk, "due_soon")[0])
    talk.click("petra", "Pause nudges")
    assert waiting(talk) == []
    talk.say("petra", "resume nudges", mention=True)
    assert waiting(talk, "overdue")


def test_a_deputy_gets_the_nudge_and_is_told_why(talk: Talk) -> None:
    talk.say("colin", "hello", mention=True)
    heard = talk.say("petra", "@Cairn petra is away until 7 jan, colin stands in")
    assert "colin stands in for you until Thursday 7 January" in heard.text
    reminder = waiting(talk, "due_soon")[0]
    assert reminder.person == "colin"
    reply = one(deliver(talk, reminder))
    assert "You stand in" in reply.notes[0]
    talk.say("petra", "@Cairn I'm back")
    assert waiting(talk, "overdue")[0].person == "petra"


def test_a_holiday_that_lies_ahead_changes_nothing_before_it(talk: Talk) -> None:
    heard = talk.say("petra", "@Cairn I'm on holiday from 20 december to 7 january")
    assert "from Sunday 20 December until Thursday 7 January" in heard.text
    member = talk.project.people["petra"]
    assert (member.away_from, member.away_until) == (date(2026, 12, 20), date(2027, 1, 7))
    assert is_there(talk.project, "petra", date(2026, 12, 19))
    assert not is_there(talk.project, "petra", date(2026, 12, 20))
    assert is_there(talk.project, "petra", date(2027, 1, 7))


def test_who_left_gets_no_nudge_and_somebody_can_take_over(talk: Talk) -> None:
    talk.say("colin", "hello", mention=True)
    talk.say("petra", "@Cairn colin owns the model choice")
    heard = talk.say("petra", "@Cairn colin left the company")
    assert "Without an owner now: model choice (due" in heard.text
    assert waiting(talk, "due_soon")[0].person == "petra"
    talk.click("petra", "I'll take it")
    assert next(entry.owner for entry in talk.project.substeps if entry.id == "choose_model") == "petra"


def test_people_nobody_knows_are_not_taken_for_members(talk: Talk) -> None:
    heard = talk.say("petra", "@Cairn reception is back")
    assert "nudges" not in heard.text


def digest(talk: Talk) -> Heard:
    return deliver(talk, waiting(talk, "digest")[0])


def test_the_weekly_digest_says_what_was_done_and_what_moved(talk: Talk) -> None:
    talk.say("petra", "@Cairn evaluate 4 of 10 on 180 mails")
    talk.say("petra", "@Cairn also in finnish and danish")
    talk.wait(days=2)
    heard = digest(talk)
    say = heard.effects[0]
    assert isinstance(say, Say)
    assert say.to == "channel"
    assert "score 40 % of the 60 % wanted" in heard.text
    assert "likely finish" in heard.text
    assert "→" in heard.text
    assert talk.at.astimezone(STOCKHOLM).weekday() == 0
    assert not faults(say.reply)


def test_a_week_in_which_nothing_moved_is_silent(talk: Talk) -> None:
    digest(talk)
    quiet = waiting(talk, "digest")[0]
    assert talk.project.digest is not None
    slip = quiet.due_at.date() - talk.at.date()  # nobody closed anything: the forecast slips with the days
    talk.project.digest.p50 += slip
    talk.project.digest.p90 += slip
    assert deliver(talk, quiet).effects == ()
    assert waiting(talk, "digest")[0].due_at > quiet.due_at


def test_every_nudge_keeps_the_house_rules(talk: Talk) -> None:
    for _ in range(12):
        reminders = waiting(talk)
        if not reminders:
            break
        deliver(talk, reminders[0])
    for reply in talk.said:
        assert not faults(reply), faults(reply)
        assert len([line for line in reply.body.splitlines() if line]) <= 12
