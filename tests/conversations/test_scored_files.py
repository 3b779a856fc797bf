"""Files of predictions dropped into a project's thread: scored, held against the target, taken out again."""

from __future__ import annotations

import pytest
from talk import Talk, faults

from dialogs.project import OpenQuestion

LEASES = (
    "@Cairn we want to extract parties, dates and rents from leases: 12k labelled, English, own machines, "
    "one RTX 4090, 3,000 a day, within 5 s, field f1 .92 by june, tried 5-shot"
)
MAILS = (
    "@Cairn we want drafts of answers to guest mails for reception, 1200 a day, swedish and english, house guides "
    "change weekly, eu cloud, target 6 of 10 with small edits"
)


def started(opening: str) -> Talk:
    talk = Talk()
    talk.say("ana", opening)
    while talk.project.advised_at is None:
        talk.say("ana", "skip", mention=True)
    return talk


@pytest.fixture
def leases() -> Talk:
    return started(LEASES)


def answers(right: int, wrong: int) -> str:
    """Return a CSV in which so many predictions equal their reference, and so many share no word with it."""
    rows = [f"rent {case} euro from march,rent {case} euro from march" for case in range(right)]
    rows += [f"rent {case} euro from march,due in june" for case in range(wrong)]
    return "\n".join(["prediction,reference", *rows])


def test_the_targets_metric_comes_first_with_its_interval_and_is_recorded(leases: Talk) -> None:
    heard = leases.drop("ana", "here are the results", answers_csv=answers(150, 50))
    reply = heard.replies[0]
    assert reply.body.startswith("F1 *75 %: still 17 points short of 92 %.*")
    assert "On 200 cases the 95 % interval" in reply.body
    assert reply.quote.startswith("Exact match 75 % (68.6–80.5 %)")
    assert "Recorded from answers.csv, 200 cases" in heard.text
    assert "How is each computed" not in reply.body
    assert not faults(reply)
    run = leases.project.runs[-1]
    assert (run.cases, run.source, run.reached) == (200, "answers.csv", False)
    assert run.results["f1"] == pytest.approx(0.75)


def test_at_most_two_buttons_and_one_of_them_takes_it_out_again(leases: Talk) -> None:
    heard = leases.drop("ana", answers_csv=answers(150, 50))
    assert len(heard.labels) == 2
    assert leases.project.open_question
    taken = leases.click("bo", "Not the test cases")
    assert leases.project.runs == []
    assert leases.project.open_question is None
    assert taken.marks[0].startswith("bo took it out again")
    assert "over" in leases.click("bo", "Not the test cases").text


def test_a_score_below_the_sampling_error_proves_nothing(leases: Talk) -> None:
    heard = leases.drop("ana", answers_csv=answers(18, 2))
    assert "90 % against 92 %: not proven either way" in heard.text
    assert heard.labels == ["Not the test cases"]


def test_a_target_reached_on_a_handful_of_cases_is_not_proven(leases: Talk) -> None:
    heard = leases.drop("ana", answers_csv=answers(5, 0))
    assert "the target of 92 % is reached. Not proven, though: on 5 cases" in heard.text


def test_a_file_without_a_word_to_cairn_is_left_alone_unless_it_asked(leases: Talk) -> None:
    assert leases.drop("ana", "fyi", mention=False, answers_csv=answers(9, 1)).effects == ()
    assert leases.project.runs == []
    leases.command("ana", "/cairn evaluate")
    assert "Recorded from answers.csv" in leases.drop("ana", mention=False, answers_csv=answers(9, 1)).text


def test_a_nudge_that_asks_for_the_score_takes_a_file(leases: Talk) -> None:
    leases.project.open_question = OpenQuestion(
        id="due:evaluation", kind="result", asked_at=leases.at, context={"substep": "evaluation"}
    )
    assert "Recorded from answers.csv" in leases.drop("bo", mention=False, answers_csv=answers(40, 0)).text


def test_two_files_are_joined_with_the_references_named_as_such(leases: Talk) -> None:
    gold = "\n".join(f'{{"id": {case}, "text": "rent {case}"}}' for case in reversed(range(40)))
    said = "\n".join(f'{{"id": {case}, "output": "rent {case}"}}' for case in range(40))
    heard = leases.drop("ana", gold_jsonl=gold, answers_jsonl=said)
    assert "F1 100 %: the target of 92 % is reached" in heard.text
    assert leases.project.runs[-1].source == "gold.jsonl and answers.jsonl"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"mails_csv": "subject,body\nhello,you\n"}, "mails.csv, case 1: has no column 'prediction' (it has subject"),
        ({"bad_jsonl": "{oops"}, "bad.jsonl, line 1: no valid JSON"),
        ({"sheet_xlsx": "PK"}, "sheet.xlsx is a spreadsheet; save it as CSV"),
        ({"a_csv": "x", "b_csv": "x", "c_csv": "x"}, "Those are 3 files"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_scored_gets_one_sentence(
    leases: Talk, files: dict[str, str], words: str
) -> None:
    heard = leases.drop("ana", "evaluate", **files)
    assert words in heard.text
    assert "I read CSV, TSV, JSON and JSON Lines" in heard.text
    assert leases.project.runs == []


def test_a_file_beside_an_answer_does_not_swallow_the_answer() -> None:
    talk = Talk()
    talk.say("ana", "@Cairn we want to sort support mails into 5 classes")
    heard = talk.drop("ana", "1,200 mails a day, in english", mails_csv="subject,body\nhello,you\n")
    assert talk.project.scope.requests_per_day == 1200
    assert "Not read: mails.csv, case 1" in heard.text


def test_a_picture_changes_nothing(leases: Talk) -> None:
    assert "status" in leases.drop("ana", "what now", chart_png="…").text.lower() or leases.project.runs == []


def test_metrics_are_not_held_against_a_target_about_something_else() -> None:
    talk = started(MAILS)
    heard = talk.drop("ana", answers_csv=answers(40, 0))
    assert "(6 of 10 with small edits) is about something else, so nothing is held against it" in heard.text
    assert "Who reads some of them?" in heard.text
    assert talk.project.runs[-1].reached is None
    assert "nothing has been measured" not in talk.command("ana", "/cairn status").text


def test_without_a_project_the_metrics_are_told_and_nothing_is_kept() -> None:
    talk = Talk()
    heard = talk.drop("ana", "score this please", answers_csv=answers(40, 0))
    assert heard.text.startswith("answers.csv, 40 cases: Exact match 100 % (91.2–100 %)")
    assert "nothing is recorded here" in heard.text
    assert talk.projects == {}


def test_runs_of_another_metric_are_not_compared(leases: Talk) -> None:
    leases.drop("ana", answers_csv=answers(40, 0))
    labels = "\n".join(["prediction,reference", *["spam,spam"] * 30, *["ham,ham"] * 30])
    heard = leases.drop("ana", labels_csv=labels)
    assert "from the last run" not in heard.text
