"""Figures as people say them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.estimates.words import understood
from dialogs.speaking.speech import chance, points
from knowledge.loader import load_knowledge


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.001, "almost no chance"),
        (0.0222, "1 in 50"),
        (0.024, "1 in 50"),
        (0.03, "1 in 30"),
        (0.041, "1 in 20"),
        (0.05, "1 in 20"),
        (0.07, "1 in 15"),
        (0.1, "1 in 10"),
        (0.12, "1 in 8"),
        (0.2, "1 in 5"),
        (0.34, "1 in 3"),
        (0.5, "1 in 2"),
        (0.66, "2 in 3"),
        (0.95, "19 in 20"),
    ],
)
def test_a_chance_is_a_fraction_that_people_use(probability: float, said: str) -> None:
    assert chance(probability) == said


@given(st.floats(0.02, 1.0))
def test_a_chance_is_near_what_was_computed(probability: float) -> None:
    found = re.fullmatch(r"(\d+) in (\d+)", chance(probability))
    assert found
    assert int(found[1]) / int(found[2]) == pytest.approx(probability, rel=0.3)


@given(st.floats(0.02, 0.44), st.floats(0.02, 0.44))
def test_what_is_likelier_is_never_said_to_be_less_likely(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert int(chance(low).split()[2]) >= int(chance(high).split()[2])


@pytest.mark.parametrize("start", [date(2027, 1, 1), "2027-01-01"])
def test_a_day_that_was_read_is_said_back_with_its_year(start: date | str) -> None:
    assert understood("schedule", {"start": start}, load_knowledge().catalog) == ("start 1 January 2027",)


@pytest.mark.parametrize(
    ("gap", "is_share", "said"),
    [(0.1, True, "10 points"), (0.01, True, "1 point"), (0.069, True, "6.9 points"), (0.4, False, "0.4")],
)
def test_a_distance_between_percentages_is_in_points(gap: float, is_share: bool, said: str) -> None:
    assert points(gap, is_share) == said
