"""What is read from how a sentence is built, rather than from a list of phrases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dialogs.understanding import read_message, read_scope
from dialogs.understanding.scoring import fits, score_scopes

TODAY = date(2026, 11, 23)


def read(text: str) -> dict[str, Any]:
    return {name: found.value for name, found in read_message(text, today=TODAY).values.items()}


def last(*messages: str) -> dict[str, Any]:
    return {name: found.value for name, found in read_scope(messages, today=TODAY).values.items()}


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("Wine merchants dictate tasting notes and get shop texts.", "Wine merchants"),
        ("I want something my beekeepers can chat with.", "beekeepers"),
        ("Anglers keep phoning us about closed lakes.", "Anglers"),
        ("So that our stallholders can find the bylaws themselves.", "stallholders"),
        ("A helper for on-call dispatchers.", "on-call dispatchers"),
        ("Glaziers wear gloves, so they speak into a headset.", "Glaziers"),
        ("Each employee would ask it about payroll.", "employee"),
        ("Users would be the duty officers.", "the duty officers"),
        ("Let the night shift look up machine settings.", "night shift"),
    ],
)
def test_whoever_does_what_people_do_with_it_uses_it(text: str, users: str) -> None:
    assert fits("users", users, read(text).get("users"))


@pytest.mark.parametrize(
    "text",
    [
        "Complaint letters from retailers -> one of 9 codes.",
        "Extract totals from orders for our ERP.",
        "An error would be a disaster for a grieving family.",
        "Sensors report 40 values a day.",
    ],
)
def test_things_and_those_who_are_only_harmed_use_nothing(text: str) -> None:
    assert "users" not in read(text)


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("Two automation guys do it on the side.", "Two automation guys"),
        ("The whole team is one volunteer who knows python.", "one volunteer who knows python"),
        ("team = me and a student", "me and a student"),
        ("We are two devs and a designer.", "two devs and a designer"),
        ("My nephew is the whole team :)", "My nephew"),
        ("I'd have one student assistant as team", "one student assistant"),
        ("Three of us work on it part-time.", "Three of us"),
    ],
)
def test_a_team_is_read_however_it_is_counted(text: str, team: str) -> None:
    assert fits("team", team, read(text).get("team"))


def test_those_it_is_made_for_are_no_team() -> None:
    assert "team" not in read("We have 40 nurses and 3 doctors on the ward.")


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("There are 50 of them and each fires 20 questions a day.", 1000),
        ("40 terminals, 12 queries a day on each", 480),
        ("We have 61 hotels and 4,800 employees. Each employee would ask it twice a month.", 320),
        ("60 nurses, each asks about 5 times per shift, 3 shifts a day", 900),
        ("1.2 million pax a year but only 5k of them would use it on a given day, one question each", 5000),
        ("25 letters a week, working Monday to Friday", 5),
        ("400 tickets a month, 20 working days a month", 20),
        ("any cloud is fine, 200 requests a day", 200),
        ("two hundred invoices come in daily, six days a week", 200),
    ],
)
def test_a_load_is_people_times_what_each_does(text: str, per_day: float) -> None:
    assert read(text)["requests_per_day"] == pytest.approx(per_day)


@pytest.mark.parametrize(
    "text",
    [
        "Peak 40 rps on storm days, don't ask me about the average.",
        "60k$ per year, so 5k a month.",
        "The price list is updated twice a week.",
        "200 per shift",
        "A wrong part stops the line, that costs 50k an hour.",
    ],
)
def test_peaks_money_and_updates_are_no_load(text: str) -> None:
    assert "requests_per_day" not in read(text)


@pytest.mark.parametrize(
    ("messages", "field", "value"),
    [
        (("around 90 letters a day", "sorry, checked, it's 140. it runs on-prem"), "requests_per_day", 140),
        (("700 mails a week", "actually 900, on-prem please"), "requests_per_day", 900 / 7),
        (("budget is $500 a month", "correction: 700"), "budget_usd_per_month", 700),
        (
            (
                "We have 4,800 employees. Each employee would ask it twice a month.",
                "make that 3 times a month",
            ),
            "requests_per_day",
            480,
        ),
    ],
)
def test_a_bare_number_corrects_the_last_one_in_its_own_unit(
    messages: tuple[str, ...], field: str, value: float
) -> None:
    assert last(*messages)[field] == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("It may run in our private cloud in Brussels.", "Brussels"),
        ("Must not be a US cloud, a UK-hosted tenant is fine.", "UK"),
        ("Our tenant, europe-west3.", "europe-west3"),
        ("us-east-1 is out, our servers are in eu-central-1", "eu-central-1"),
        ("Data may not leave Ontario.", "Ontario"),
    ],
)
def test_regions_are_places_that_are_wanted(text: str, region: str) -> None:
    assert read(text)["region"] == region


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("extract merchant, total, vat → json", "json"),
        ("names should be pulled out into an xlsx.", "xlsx"),
        ("25,000 per month. Excel please", "excel"),
        ("as a table in Excel", "table in excel"),
        ("invoices come in as PDFs", None),
        ("we have a csv of 400 rows", None),
        ("the 45k in the spreadsheet is the fridge", None),
    ],
)
def test_a_format_is_what_comes_out(text: str, wanted: str | None) -> None:
    assert read(text).get("output_format") == wanted


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        ("someone said use the A100 cluster - not approved! what we do have is one L4.", "one L4"),
        ("hardware: 2x A6000 ... wait, ops took one card away, so 1x A6000", "1x A6000"),
        ("4x V100 16GB left over", "4x V100 16GB"),
        ("Border officers ask on a tablet.", None),
    ],
)
def test_hardware_is_what_holds_in_the_end(text: str, hardware: str | None) -> None:
    assert read(text).get("hardware") == hardware


@pytest.mark.parametrize(
    "text",
    [
        "20k tokens in, 500 out",
        "feed in an export of 20k tokens, want 500 tokens back",
        "write 500 tokens from input of 20k tokens",
    ],
)
def test_the_nearest_cue_tells_which_side_a_length_is_on(text: str) -> None:
    values = read(text)
    assert (values["input_tokens"], values["output_tokens"]) == (20_000, 500)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("240k historic claims with their final routing", 240_000),
        ("2.1m logs but only ~7k carry a confirmed culprit", 7_000),
        ("We tagged 1,250 reports last winter.", 1_250),
        ("half a million old claims incl. decision", 500_000),
        ("Nobody ever labelled anything.", 0),
        ("labelled data: none at all", 0),
    ],
)
def test_an_outcome_beside_an_input_is_a_label(text: str, labels: int) -> None:
    assert read(text)["data.labelled_examples"] == labels


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Discharge letters of our pharmacy", "pharmacy"),
        ("We're a chocolate factory in Ghent.", "chocolate factory"),
        ("need a brake thing for golf 7", None),
        ("my brother in law paid 2000", None),
        ("marketing's real time is nonsense", None),
        ("it ends up in court", None),
    ],
)
def test_a_domain_is_a_field_of_activity(text: str, domain: str | None) -> None:
    assert read(text).get("domain") == domain


def test_what_was_tried_and_who_builds_it_name_no_task() -> None:
    assert "task" not in read("we tried Copilot, hopeless")
    assert read("we tried Copilot. It should summarise minutes.")["task"] == "summarization"


def test_a_field_that_honest_readers_may_leave_open_counts_only_when_it_is_wrong() -> None:
    line = {
        "id": "x",
        "set": "tune",
        "language": "en",
        "expect": {"task": "classification", "domain": [None, "bank"]},
    }
    texts = ("Sort the mails of our bank.", "Sort the mails.", "Sort the mails of our brewery.")
    scores = [score_scopes([{**line, "text": text}]).groups["tune", "en"] for text in texts]
    assert [(score.stated, score.invented) for score in scores] == [(1, 0), (1, 0), (1, 1)]
