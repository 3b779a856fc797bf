"""A named expert judges drafts with a click each; the share becomes a result."""

from __future__ import annotations

import pytest
from talk import Talk, faults, shipped

from bot.exporting import build
from dialogs.lifecycle import load_lifecycle
from dialogs.plan.progress import holds
from dialogs.turns import OpenForm, Redraw

OPENING = (
    "@Cairn we want drafts of answers to guest mails for reception, 1200 a day, swedish and english, house guides "
    "change weekly, eu cloud, target 6 of 10 with small edits"
)
COLIN = "U0COLIN"


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.say("maja", OPENING)
    while talk.project.advised_at is None:
        talk.say("maja", "skip", mention=True)
    return talk


def judge(talk: Talk, *labels: str) -> None:
    for label in labels:
        talk.click(COLIN, label)


@pytest.mark.parametrize(
    "words",
    ["@colin reviews 4 drafts", "evaluate review @colin 4", "please ask @colin to review 4 of the answers"],
)
def test_an_expert_is_asked_by_name(talk: Talk, words: str) -> None:
    heard = talk.say("maja", f"@Cairn {words}", colin=COLIN)
    assert heard.text.startswith(f"<@{COLIN}>, maja asks you to judge 4 drafts")
    assert heard.labels == ["Good", "Small edits", "Wrong", "All at once"]
    assert "Aligning a model with human feedback (documents/alignment.md)" in heard.text
    assert not faults(heard.replies[0])


def test_one_message_counts_the_verdicts_in_place(talk: Talk) -> None:
    talk.say("maja", "@Cairn @colin reviews 4 drafts", colin=COLIN)
    heard = talk.click(COLIN, "Good")
    assert [type(effect) for effect in heard.effects] == [Redraw]
    assert heard.redrawn[0].startswith(
        f"<@{COLIN}>: draft 2 of 4 · so far 1 good · 0 with small edits · 0 wrong"
    )
    judge(talk, "Wrong", "Undo", "Small edits")
    assert [entry.verdict for entry in talk.project.reviews[0].verdicts] == ["good", "edits"]


def test_the_last_verdict_makes_a_result_held_against_the_target(talk: Talk) -> None:
    talk.say("maja", "@Cairn @colin reviews 4 drafts", colin=COLIN)
    judge(talk, "Good", "Small edits", "Wrong")
    heard = talk.click(COLIN, "Small edits")
    assert "judged 4 drafts: 1 good · 2 with small edits · 1 wrong" in heard.redrawn[0]
    assert (
        "Expert approval 75 %: the target of 60 % is reached. Not proven, though: with 4 cases" in heard.text
    )
    assert [choice.style for choice in heard.replies[-1].choices][:1] == [""], (
        "unproven, so nothing is advised"
    )
    run = talk.project.runs[-1]
    assert (run.results, run.cases, run.person) == ({"expert-approval": 0.75}, 4, COLIN)
    assert [entry.verdict for entry in talk.project.reviews[0].verdicts] == [
        "good",
        "edits",
        "wrong",
        "edits",
    ]
    assert all(entry.at for entry in talk.project.reviews[0].verdicts)


def test_the_status_says_how_far_a_review_is(talk: Talk) -> None:
    talk.say("maja", "@Cairn @colin reviews 4 drafts", colin=COLIN)
    judge(talk, "Good")
    assert f"<@{COLIN}> has judged 1 of 4 drafts" in talk.command("maja", "/cairn status").text
    judge(talk, "Good", "Good", "Good")
    assert "has judged" not in talk.command("maja", "/cairn status").text
    brief = build("md", talk.project, talk.at, shipped()[0]).content.decode()
    assert "expert-approval 1, on 4 cases, expert review" in brief


def test_only_the_experts_clicks_count(talk: Talk) -> None:
    talk.say("maja", "@Cairn @colin reviews 4 drafts", colin=COLIN)
    assert f"These verdicts are <@{COLIN}>'s to give" in talk.click("maja", "Good").text
    assert talk.project.reviews[0].verdicts == []
    assert talk.say("maja", "3 good, 1 wrong").effects == ()


def test_verdicts_can_be_told_in_one_go_or_in_a_form(talk: Talk) -> None:
    talk.say("maja", "@Cairn @colin reviews 20 drafts", colin=COLIN)
    heard = talk.say(COLIN, "12 good, 5 with small edits, 3 wrong")
    assert "Expert approval 85 %: the target of 60 % is reached." in heard.text
    talk.say("maja", "@Cairn @colin reviews 20 drafts", colin=COLIN)
    form = talk.click(COLIN, "All at once").effects[0]
    assert isinstance(form, OpenForm)
    assert [entry.id for entry in form.form.fields] == ["good", "edits", "wrong"]
    assert "whole numbers" in talk.form(COLIN, "review", good="many", edits="", wrong="").text
    submitted = talk.form(COLIN, "review", good="2", edits="3", wrong="15")
    assert "Expert approval 25 %: still 35 points short of 60 %." in submitted.text
    assert "judged 20 drafts" in submitted.redrawn[0]


def test_a_target_without_edits_counts_the_untouched_drafts_alone() -> None:
    talk = Talk()
    talk.say("maja", OPENING.replace("with small edits", "sent without edits"))
    while talk.project.advised_at is None:
        talk.say("maja", "skip", mention=True)
    talk.say("maja", "@Cairn @colin reviews 20 drafts", colin=COLIN)
    assert "Expert approval 60 %" in talk.say(COLIN, "12 good, 5 small edits, 3 wrong").text


def test_an_unknown_name_is_asked_for_and_a_sentence_about_reading_is_no_review(talk: Talk) -> None:
    heard = talk.say("maja", "@Cairn @somebody reviews 20 drafts")
    assert "I don't know somebody here yet" in heard.text
    talk.say("maja", "@Cairn the model reads 20 mails")
    assert talk.project.reviews == []


def test_a_finished_review_meets_the_criterion_of_alignment(talk: Talk) -> None:
    alignment = load_lifecycle().substep("feedback_alignment")
    criterion = next(entry for entry in alignment.criterion if entry.id == "expert_review")
    assert not holds(criterion, talk.project, "feedback_alignment")
    talk.say("maja", "@Cairn @colin reviews 1 draft", colin=COLIN)
    judge(talk, "Good")
    assert holds(criterion, talk.project, "feedback_alignment")
