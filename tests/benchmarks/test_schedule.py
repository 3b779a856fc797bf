"""How long a forecast takes: 10,000 runs over all sub-steps with their loops, and the search for a cut."""

from __future__ import annotations

from datetime import date

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from estimator.schedule import ScheduleInputs, simulate, smallest_cut


@pytest.fixture
def inputs() -> ScheduleInputs:
    return ScheduleInputs.from_mapping(
        {"start": "2026-11-23", "techniques": ["rag", "lora"], "languages": 3, "country": "SE"}
    )


def test_ten_thousand_runs(benchmark: BenchmarkFixture, inputs: ScheduleInputs) -> None:
    schedule = benchmark(simulate, inputs)
    assert schedule.p50 < schedule.p90


def test_the_smallest_cut_for_a_deadline(benchmark: BenchmarkFixture, inputs: ScheduleInputs) -> None:
    cut = benchmark(smallest_cut, inputs, date(2027, 1, 31))
    assert cut is not None
    assert cut.chance_after > cut.chance_before
