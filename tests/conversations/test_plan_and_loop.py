"""A project over weeks: its plan changed by words, results held against the target, and the way back."""

from __future__ import annotations

from datetime import date

import pytest
from talk import Talk, faults

from dialogs.turns import OpenForm

OPENING = (
    "@Cairn we want to extract parties, dates and rents from leases: 12k labelled, English, own machines, "
    "one RTX 4090, 3,000 a day, within 5 s, field f1 .92 by june, tried 5-shot"
)


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.say("ana", OPENING)
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    return talk


def due(talk: Talk, step: str) -> date | None:
    return next(state.due for state in talk.project.substeps if state.id == step)


def test_a_date_is_moved_by_words_and_later_steps_follow(talk: Talk) -> None:
    evaluation, after = due(talk, "evaluation"), due(talk, "optimise_deploy")
    assert evaluation
    assert after
    heard = talk.say("ana", "@Cairn push evaluation by 2 weeks")
    assert "Evaluate against the target is due" in heard.text
    assert "later steps follow" in heard.text
    moved, moved_after = due(talk, "evaluation"), due(talk, "optimise_deploy")
    assert moved
    assert moved_after
    assert 10 <= (moved - evaluation).days <= 14
    assert 8 <= (moved_after - after).days <= 16
    assert moved.weekday() < 5


def test_a_date_that_was_set_stays_when_answers_change(talk: Talk) -> None:
    talk.say("ana", "@Cairn move evaluation to 26 march")
    talk.wait(days=20)
    talk.say("ana", "@Cairn also in german and french")
    assert due(talk, "evaluation") == date(2027, 3, 26)
    talk.say("ana", "@Cairn free evaluation")
    assert due(talk, "evaluation") != date(2027, 3, 26)


def test_a_day_off_is_said_and_the_working_day_before_is_taken(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn move evaluation to 27 march")
    assert "Saturday 27 March is no working day" in heard.text
    assert due(talk, "evaluation") == date(2027, 3, 26)


def test_a_past_day_is_refused_with_a_question(talk: Talk) -> None:
    before = due(talk, "evaluation")
    heard = talk.say("ana", "@Cairn move evaluation to 2026-11-02")
    assert "Which day instead?" in heard.text
    assert due(talk, "evaluation") == before


def test_a_date_before_the_forecast_is_called_tight(talk: Talk) -> None:
    assert "so this is tight" in talk.say("ana", "@Cairn move evaluation to friday").text


def test_a_step_gets_an_owner_by_name_or_mention(talk: Talk) -> None:
    talk.say("colin", "hello", mention=True)
    assert "Fine-tuning is with colin now" in talk.say("ana", "@Cairn colin owns fine-tuning").text
    assert "<@U123ABC45>" in talk.say("ana", "@Cairn <@U123ABC45> owns evaluation").text
    owners = {state.id: state.owner for state in talk.project.substeps}
    assert owners["fine_tuning"] == "colin"
    assert owners["evaluation"] == "U123ABC45"


def test_an_owner_nobody_knows_is_taken_with_a_word_about_it(talk: Talk) -> None:
    assert "mention them with @" in talk.say("ana", "@Cairn zoe owns fine-tuning").text


def test_we_finished_prompting_closes_the_step_or_asks_what_is_open(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn we finished prompting")
    assert "open point" in heard.text


def test_closing_a_later_step_says_which_it_closes_too(talk: Talk) -> None:
    talk.say("ana", "@Cairn we finished prompting")
    closed = talk.click("ana", "Close it anyway")
    assert "Closed with it: model choice and baseline run." in closed.text


def test_a_step_that_was_moved_ahead_of_others_leaves_no_later_one_before_them(talk: Talk) -> None:
    talk.say("ana", "@Cairn move evaluation to friday")
    training, serving = due(talk, "fine_tuning"), due(talk, "optimise_deploy")
    assert training
    assert serving
    assert serving >= training


def test_somebody_unknown_who_is_away_is_asked_about_and_changes_nothing(talk: Talk) -> None:
    before = talk.project.scope.deadline
    assert "Whom do you mean?" in talk.say("ana", "@Cairn zoe is away until 7 jan").text
    assert talk.project.scope.deadline == before


def test_the_planned_nudges_are_listed_with_what_they_are_about(talk: Talk) -> None:
    shown = talk.command("ana", "/cairn remind").text
    assert "a yes or a no to the recommendation" in shown
    assert all(len(line.split(": ")) == 2 for line in shown.splitlines() if " November" in line)


def test_a_manager_gets_five_lines(talk: Talk) -> None:
    shown = talk.command("ana", "/cairn export five").replies[0]
    assert len(shown.body.splitlines()) == 5


def test_nothing_measured_is_nothing_to_draw(talk: Talk) -> None:
    assert "nothing to draw" in talk.command("ana", "/cairn export runs").text


def test_the_plan_shows_checklists_behind_show_more(talk: Talk) -> None:
    talk.say("ana", "@Cairn ana owns evaluation")
    reply = talk.say("ana", "plan", mention=True).replies[0]
    assert "Fifty errors were read and sorted by kind" in reply.more
    assert "Fifty errors" not in reply.body
    assert "Evaluate against the target, due" in reply.more
    assert not faults(reply)


def test_the_plan_is_edited_in_a_form(talk: Talk) -> None:
    talk.say("ana", "plan", mention=True)
    opened = talk.click("ana", "Change dates and owners").effects[0]
    assert isinstance(opened, OpenForm)
    fields = {field.id: field.value for field in opened.form.fields}
    assert fields["due:evaluation"] == str(due(talk, "evaluation"))
    fields |= {"due:evaluation": "26 march", "owner:evaluation": "ana", "due:fine_tuning": "whenever"}
    heard = talk.form("ana", "plan", **fields)
    assert "Plan changed: Evaluate against the target" in heard.text
    assert "“whenever” for Fine-tuning is no day to come" in heard.text
    assert due(talk, "evaluation") == date(2027, 3, 26)
    again = talk.form("ana", "plan", **{"due:evaluation": "2027-03-26"})
    assert "Nothing was changed" in again.text


def test_the_size_of_the_test_is_used_for_the_margin(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn f1 .86 on 1,500 fields")
    assert "1,500 cases" in heard.text
    assert "assumed" not in heard.text
    assert talk.project.runs[-1].cases == 1500
    again = talk.say("ana", "@Cairn evaluate f1=.88")
    assert "1,500 cases" in again.text


def test_an_assumed_size_is_said(talk: Talk) -> None:
    assert "200 is assumed" in talk.say("ana", "@Cairn evaluate f1=.80").text


def test_a_miss_names_the_way_back_with_the_projects_own_figures(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn evaluate f1=.80 on 1,500 fields")
    reply = heard.replies[0]
    assert "12,000 examples" in reply.body
    assert [choice.label for choice in reply.choices if choice.style == "primary"] == ["Fine-tune"]
    assert "documents/when-to-fine-tune.md" in heard.text
    assert not faults(reply)


def test_what_the_errors_look_like_chooses_the_loop(talk: Talk) -> None:
    talk.say("ana", "@Cairn we finished evaluation")
    talk.click("ana", "Close it anyway")
    talk.say("ana", "@Cairn evaluate f1=.80 on 1,500 fields")
    heard = talk.say("ana", "mostly the dates")
    assert "Better data first" in heard.text
    assert "sit in “the dates”" in heard.text
    assert heard.replies[0].choices[0].label == "Better data"
    assert talk.project.runs[-1].errors == "cases"
    looped = talk.click("ana", "Better data")
    assert "Loop 1" in looped.text
    assert [state.id for state in talk.project.substeps if state.status == "active"] == ["prepare_data"]
    assert "Likely finish:" in looped.text


@pytest.mark.parametrize(
    "text", ["the errors are mostly wrong dates", "most errors come from wrong dates", "mostly wrong dates"]
)
def test_the_errors_are_quoted_without_the_words_that_lead_to_them(talk: Talk, text: str) -> None:
    talk.say("ana", "@Cairn evaluate f1=.80 on 1,500 fields")
    talk.say("ana", text, mention=True)
    assert talk.project.runs[-1].worst == "wrong dates"


def test_a_gap_on_a_guessed_number_of_cases_is_not_called_real_without_an_if(talk: Talk) -> None:
    guessed = talk.say("ana", "@Cairn evaluate f1=.80").text
    assert "Measured on 200 cases, a score is sure to ±" in guessed
    assert "so the gap is real" not in guessed


def test_a_condition_of_the_usual_length_stands_whole_on_its_button(talk: Talk) -> None:
    labels = talk.say("ana", "next", mention=True).labels
    assert "✓ Two or three candidates are written down, with licence, size and context" in labels
    assert max(len(label) for label in labels) <= 75, "what a button carries"


def test_the_form_says_once_how_a_day_is_written(talk: Talk) -> None:
    talk.say("ana", "plan", mention=True)
    form = talk.click("ana", "Change dates and owners").effects[0]
    assert isinstance(form, OpenForm)
    assert len([entry for entry in form.form.fields if entry.hint]) == 1


def test_chatter_after_a_miss_gets_no_reply(talk: Talk) -> None:
    talk.say("ana", "@Cairn evaluate f1=.80")
    assert talk.say("ben", "I'll be late today").effects == ()
    assert talk.say("ben", "lunch?").effects == ()


def test_a_gap_inside_the_margin_says_how_many_cases_would_tell(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn evaluate f1=.90 on 200 leases")
    assert "not proven either way" in heard.text
    assert "About 900 cases would tell" in heard.text  # 1.96² × .9 × .1 ÷ .02² = 864
    assert talk.project.runs[-1].reached is False
    heard = talk.say("ana", "mostly mixes up landlord and tenant", mention=True)
    assert "mixes up landlord and tenant" in heard.text
    assert "Noted with the run" in heard.text


def test_a_target_reached_by_a_hair_says_so(talk: Talk) -> None:
    heard = talk.say("ana", "@Cairn evaluate f1=.925 on 200 leases")
    assert "is reached" in heard.text
    assert "Only just" in heard.text


def test_every_reply_keeps_the_house_rules(talk: Talk) -> None:
    for text in (
        "push evaluation by a week",
        "ana owns evaluation",
        "plan",
        "evaluate f1=.8",
        "the form is off",
        "f1 .85",
        "all alike",
        "f1 .851",
        "evaluate f1=.93 on 900 leases",
        "move baseline to friday",
    ):
        talk.say("ana", text, mention=True)
    for reply in talk.said:
        assert not faults(reply), faults(reply)
    bodies = [reply.body for reply in talk.said[-20:] if reply.body]
    assert len(bodies) == len(set(bodies))
