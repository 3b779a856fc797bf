"""Deadlines: which day the writer's words mean."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.understanding import deadline_date

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("before feb", date(2027, 1, 31)),
        ("by mid march", date(2027, 3, 15)),
        ("end of June", date(2027, 6, 30)),
        ("by 1 September", date(2027, 9, 1)),
        ("by December 5th", date(2026, 12, 5)),
        ("bis Ende März", date(2027, 3, 31)),
        ("avant fin mai", date(2027, 5, 30)),
        ("by the end of Q2", date(2027, 6, 30)),
        ("in six weeks", date(2027, 1, 4)),
        ("within 3 months", date(2027, 2, 23)),
        ("by Friday", date(2026, 11, 27)),
        ("tomorrow", date(2026, 11, 24)),
        ("2027-03-15", date(2027, 3, 15)),
        ("bis 15.3.", date(2027, 3, 15)),
        ("in August", date(2027, 8, 31)),
        ("end of the year", date(2026, 12, 31)),
        ("before Easter", date(2027, 3, 27)),
        ("före midsommar", date(2027, 6, 24)),
        ("asap", None),
        ("yesterday", None),
        ("when it is ready", None),
        ("by 31 February", date(2027, 2, 28)),
    ],
)
def test_words_name_the_last_day_that_keeps_them(words: str, day: date | None) -> None:
    assert deadline_date(words, TODAY) == day


@given(st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.dates(date(2024, 1, 1), date(2035, 12, 31)))
def test_an_iso_day_is_itself_and_a_day_of_a_month_is_the_next_one(today: date, day: date) -> None:
    assert deadline_date(f"by {day.isoformat()}", today) == day
    if (day.month, day.day) != (2, 29):
        coming = deadline_date(f"by {day.day} {day.strftime('%B')}", today)
        assert coming is not None
        assert (coming.month, coming.day) == (day.month, day.day)
        assert today <= coming <= today + timedelta(days=366)


@given(st.text(max_size=60), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_any_words_are_a_day_or_none(words: str, today: date) -> None:
    day = deadline_date(words, today)
    assert day is None or isinstance(day, date)
