"""What the shipped estimator must hold on published values; the benchmark prints the whole table."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from estimate_cases import EXACT_KINDS, cases_of, catalog, coverage, load_cases, median_error, score

from estimator.coefficients import COEFFICIENTS
from estimator.kinds import KINDS, estimate

CEILINGS = {
    "gguf_size": 0.002,
    "kv_cache": 0.002,
    "checkpoint_size": 0.03,
    "train_flops": 0.03,
    "infer_memory": 0.02,
    "train_memory": 0.08,
    "pretrain_gpu_hours": 0.09,
    "pretrain_wall_days": 0.15,
    "finetune_gpu_hours": 0.30,
    "train_throughput": 0.08,
    "decode_speed": 0.08,
    "prefill_speed": 0.15,
    "serve_throughput": 0.30,
    "train_energy": 0.08,
}


@pytest.mark.parametrize(("kind", "ceiling"), CEILINGS.items())
def test_published_values_are_met(kind: str, ceiling: float) -> None:
    assert median_error(score(cases_of(kind))) <= ceiling


def test_every_kind_with_published_cases_is_held_to_a_ceiling() -> None:
    assert {case.kind for case in load_cases()} == set(CEILINGS)


def test_a_stated_bound_is_kept() -> None:
    for row in score(case for case in load_cases() if case.bound):
        if row.case.bound == "upper":
            assert row.low <= row.case.value
        else:
            assert row.high >= row.case.value


def test_intervals_of_exact_kinds_hold_nearly_all_values() -> None:
    assert coverage([row for kind in EXACT_KINDS for row in score(cases_of(kind))]) >= 0.95


def test_the_names_of_models_do_not_matter() -> None:
    for case in load_cases():
        if "layers" in case.inputs:
            renamed = estimate(case.kind, {**case.inputs, "model": "no-such-model"}, catalog())
            assert renamed.value == pytest.approx(estimate(case.kind, case.inputs, catalog()).value)


def test_every_coefficient_says_its_fit_validity_and_source() -> None:
    for name, coefficient in COEFFICIENTS.table.items():
        assert coefficient.fit, name
        assert coefficient.valid, name
        assert coefficient.source, name
        assert coefficient.value > 0, name


def test_every_kind_has_its_own_interval() -> None:
    own_bounds = {"schedule", "effort", "compress_gpu_hours"}
    assert set(COEFFICIENTS.intervals) == set(KINDS) - own_bounds
    ratios = {round(high / low, 3) for low, high in COEFFICIENTS.intervals.values()}
    assert len(ratios) > 8
    assert all(low < 1 < high for low, high in COEFFICIENTS.intervals.values())


def test_coefficients_file_has_no_row_for_a_model() -> None:
    text = files("estimator").joinpath("coefficients.toml").read_text(encoding="utf-8")
    names = {name for group in tomllib.loads(text).values() for name in group}
    assert not {case.inputs["model"] for case in load_cases()} & names
