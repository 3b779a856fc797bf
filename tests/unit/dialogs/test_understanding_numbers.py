"""Numbers as people write them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.understanding.numbers import find_numbers


@pytest.mark.parametrize(
    ("text", "languages", "low", "high"),
    [
        ("20k", ("en",), 20_000, 20_000),
        ("1,5 mio.", ("de",), 1_500_000, 1_500_000),
        ("1.500", ("de",), 1_500, 1_500),
        ("1,200", ("en",), 1_200, 1_200),
        ("30 000", ("fr",), 30_000, 30_000),
        (".81", ("en",), 0.81, 0.81),
        ("0,92", ("de",), 0.92, 0.92),
        ("1.234,56", ("de",), 1234.56, 1234.56),
        ("1,234.56", ("en",), 1234.56, 1234.56),
        ("2-3", ("en",), 2, 3),
        ("1-2k", ("en",), 1_000, 2_000),
        ("500 to 800", ("en",), 500, 800),
        ("between 200 and 300", ("en",), 200, 300),
        ("zwischen 200 und 300", ("de",), 200, 300),
        ("a couple hundred", ("en",), 200, 200),
        ("half a million", ("en",), 500_000, 500_000),
        ("a dozen", ("en",), 12, 12),
        ("twenty-five thousand", ("en",), 25_000, 25_000),
        ("fünftausend", ("de",), 5_000, 5_000),
        ("vingt mille", ("fr",), 20_000, 20_000),
        ("10 mil", ("es",), 10_000, 10_000),
        ("tvåhundra tusen", ("sv",), 200_000, 200_000),
    ],
)
def test_a_number_is_read(text: str, languages: tuple[str, ...], low: float, high: float) -> None:
    (number,) = find_numbers(text, languages)
    assert (number.low, number.high) == pytest.approx((low, high))
    assert text.endswith(text[number.start : number.end].strip())


@pytest.mark.parametrize("text", ["m2", "eu-west-1", "gpt-4", "a100", "kurt"])
def test_names_are_no_numbers(text: str) -> None:
    assert find_numbers(text) == ()


@given(st.integers(0, 10**9))
def test_every_way_of_writing_a_whole_number_gives_that_number(value: int) -> None:
    for written in (str(value), f"{value:,}", f"{value:,}".replace(",", "."), f"{value:,}".replace(",", " ")):
        assert [number.low for number in find_numbers(written)] == [value]


@given(st.integers(1, 999), st.integers(1, 999))
def test_a_range_is_one_number_with_its_bounds_in_order(one: int, other: int) -> None:
    numbers = find_numbers(f"{one}-{other}k")
    if one < other:
        assert [(n.low, n.high) for n in numbers] == [(one * 1000, other * 1000)]
    assert all(number.low <= number.high for number in numbers)


@given(st.text(max_size=80))
def test_numbers_never_overlap_and_stand_in_the_text(text: str) -> None:
    numbers = find_numbers(text.lower())
    assert all(a.end <= b.start for a, b in pairwise(numbers))
    assert all(0 <= number.start < number.end <= len(text.lower()) for number in numbers)
