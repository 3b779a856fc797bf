"""The cheat sheet of the lifecycle."""

from __future__ import annotations

from estimator.cheatsheet import NOTE, cheat_sheet


def test_the_rows_stand_in_the_order_of_the_lifecycle() -> None:
    assert [row.id for row in cheat_sheet()] == [
        "pretraining",
        "prompt_engineering",
        "fine_tuning",
        "rlhf",
        "compression",
    ]


def test_expertise_falls_from_pretraining_to_prompts_and_rises_with_feedback() -> None:
    assert [row.expertise for row in cheat_sheet()] == ["high", "low", "medium", "medium-high", "medium"]


def test_prompts_need_no_training_and_every_row_says_what_it_changes() -> None:
    by_id = {row.id: row for row in cheat_sheet()}
    assert by_id["prompt_engineering"].training_time == "none"
    assert all(row.customization and row.objective and row.source for row in cheat_sheet())


def test_training_time_is_told_apart_from_calendar_time() -> None:
    assert "training" in NOTE
    assert "calendar" in NOTE
