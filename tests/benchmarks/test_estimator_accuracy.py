"""How far the estimator is from published values: as shipped, on families left out, on families set aside.

Run with `make bench`, or with `pytest tests/benchmarks/test_estimator_accuracy.py -s`.
"""

from __future__ import annotations

import sys

import pytest
from estimate_cases import (
    EXACT_KINDS,
    FITTED,
    Score,
    cases_of,
    coverage,
    left_out,
    load_cases,
    median_error,
    score,
    set_aside,
    width,
)

KINDS = sorted({case.kind for case in load_cases()})
LOG_KINDS = [kind for kind in KINDS if kind not in EXACT_KINDS]

# Median absolute error of other tools on the same cases, each run as shipped or ported formula by formula.
PEERS = {
    "decode_speed": "llmfit 20.7 %, gpu_poor 22.6 %, llm-analysis 38.2 %, LLM-Viewer 129.6 %",
    "gguf_size": "llmfit 3.9 %, accelerate 11.9 %, gpu_poor 13.1 %",
    "infer_memory": "accelerate +20 % 13.8 %, llmfit 17.9 %, gpu_poor 30.6 %, EleutherAI 60.0 %",
    "kv_cache": "llmfit 0.2 %, EleutherAI 100.3 %, gpu_poor 301 %",
    "prefill_speed": "gpu_poor 93.9 %, llm-analysis 362.2 %, LLM-Viewer 514.5 %",
    "pretrain_gpu_hours": "6ND at MFU 0.4 16.1 %, llm-analysis 16.5 % (FLOPs) or 79.7 % (its GPU-hours)",
    "train_flops": "6ND 0.1 %, EleutherAI 6.3 %",
    "train_memory": "gpu_poor 115.7 %, DeepSpeed ZeRO-3 143.2 %, accelerate 162.9 %",
}
# Goals for families left out: median absolute error.
GOALS = {
    "gguf_size": 0.005,
    "kv_cache": 0.005,
    "checkpoint_size": 0.03,
    "train_flops": 0.03,
    "infer_memory": 0.05,
    "train_memory": 0.12,
    "pretrain_gpu_hours": 0.15,
    "pretrain_wall_days": 0.15,
    "finetune_gpu_hours": 0.30,
    "train_throughput": 0.15,
    "decode_speed": 0.12,
    "prefill_speed": 0.30,
    "serve_throughput": 0.30,
    "train_energy": 0.08,
}
FEWEST_CASES_FOR_A_MEDIAN = 9
# Held against sliding back; the goal is stricter. Only two families have prefill rows, on different GPUs.
LEFT_OUT_CEILING = {**GOALS, "prefill_speed": 0.40, "serve_throughput": 0.40}


def _row(name: str, scores: list[Score]) -> str:
    if not scores:
        return f"{name:>10}      –"
    quality = f"n {len(scores):2d}, covered {coverage(scores):4.0%}, high/low {width(scores):.2f}"
    return f"{name:>10} {median_error(scores):6.1%} ({quality})"


@pytest.fixture(scope="module")
def left_out_scores() -> dict[str, list[Score]]:
    return {kind: left_out(kind) for kind in KINDS}


def _best_peer(kind: str) -> str:
    """Return the peer with the smallest error: the table names them in that order."""
    return PEERS.get(kind, "none computes it").split(",")[0]


def _summary(left_out_scores: dict[str, list[Score]]) -> list[str]:
    """Return one line a kind: how far off as shipped, on families left out, and the best peer."""
    lines = [f"{'kind':<20}{'cases':>6}{'goal':>8}{'shipped':>9}{'left out':>10}  best peer"]
    for kind in KINDS:
        shipped = score(cases_of(kind))
        lines.append(
            f"{kind:<20}{len(shipped):>6}{GOALS[kind]:>8.1%}{median_error(shipped):>9.1%}"
            f"{median_error(left_out_scores[kind]):>10.1%}  {_best_peer(kind)}"
        )
    return lines


def _lines(kind: str, left_out_rows: list[Score]) -> list[str]:
    """Return the block of the table for one kind."""
    shipped = score(cases_of(kind))
    tuned, aside = set_aside(kind)
    fitted = f"{len(FITTED[kind])} fitted" if kind in FITTED else "nothing fitted"
    lines = [
        f"\n{kind} ({fitted}; goal {GOALS[kind]:.1%})",
        "  " + _row("shipped", shipped),
        "  " + _row("left out", left_out_rows),
        "  " + _row("tuned on", tuned) + "   |  " + _row("set aside", aside),
        f"       peers {PEERS.get(kind, 'none computes it')}",
    ]
    if len(shipped) < FEWEST_CASES_FOR_A_MEDIAN:
        lines += [
            f"       {row.case.id}: published {row.case.value:.4g}, said {row.value:.4g} ({row.error:+.1%})"
            for row in shipped
        ]
    return lines


@pytest.mark.timeout(600)
def test_accuracy_table(left_out_scores: dict[str, list[Score]], capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table. The sets: families left out one at a time; a third of the families set aside."""
    pooled = [row for kind in LOG_KINDS for row in left_out_scores[kind]]
    exact = [row for kind in EXACT_KINDS for row in score(cases_of(kind))]
    lines = ["\n\nMedian absolute error on published values, by kind", *_summary(left_out_scores)]
    for kind in KINDS:
        lines += _lines(kind, left_out_scores[kind])
    lines.append(f"\nintervals on families left out hold {coverage(pooled):.0%} of {len(pooled)} values")
    lines.append(f"intervals of the exact kinds hold {coverage(exact):.0%} of {len(exact)}")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
    assert coverage(exact) >= 0.95


@pytest.mark.parametrize("kind", [kind for kind in KINDS if len(cases_of(kind)) >= FEWEST_CASES_FOR_A_MEDIAN])
def test_a_family_left_out_of_the_fit_is_met_nearly_as_well(
    kind: str, left_out_scores: dict[str, list[Score]]
) -> None:
    assert median_error(left_out_scores[kind]) <= LEFT_OUT_CEILING[kind]


def test_intervals_hold_what_they_promise_on_families_left_out(
    left_out_scores: dict[str, list[Score]],
) -> None:
    pooled = [row for kind in LOG_KINDS for row in left_out_scores[kind]]
    assert 0.75 <= coverage(pooled) <= 0.90


@pytest.mark.parametrize(
    "kind", [kind for kind in FITTED if len(cases_of(kind)) >= FEWEST_CASES_FOR_A_MEDIAN]
)
def test_shipped_coefficients_are_as_good_as_a_fresh_fit(
    kind: str, left_out_scores: dict[str, list[Score]]
) -> None:
    assert median_error(score(cases_of(kind))) <= median_error(left_out_scores[kind]) + 0.01
