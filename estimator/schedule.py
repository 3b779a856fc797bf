"""The schedule's public door: forecast, cuts, and the estimates of weeks and effort."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from estimator.answer import answer
from estimator.cuts import Cut, smallest_cut, with_cuts
from estimator.durations import DURATIONS
from estimator.forecast import Mover, Schedule, StageForecast, simulate
from estimator.inputs import Request
from estimator.result import Estimate, Part
from estimator.schedule_inputs import ScheduleInputs
from estimator.simulation import SAMPLES

__all__ = [
    "Cut",
    "Mover",
    "Schedule",
    "ScheduleInputs",
    "StageForecast",
    "simulate",
    "smallest_cut",
    "with_cuts",
]

_SOURCE = (
    "durations.toml of the estimator: stage ranges (a judgement from published week plans) × usual delay"
)


def _inputs_of(request: Request) -> tuple[ScheduleInputs, bool]:
    """Return the inputs, and whether a start date was given (else only weeks mean something)."""
    undated = request.get("start") is None
    inputs = ScheduleInputs.from_mapping(request.values, today=date(2001, 1, 1) if undated else None)
    if undated:
        request.assume("no start date: weeks after the start, without public holidays")
        inputs = replace(inputs, country="", deadline=None)
    for sentence in inputs.assumptions:
        request.assume(sentence)
    request.cite(_SOURCE)
    return inputs, not undated


def stage_rows(schedule: Schedule) -> list[dict[str, object]]:
    """Return the stages as the public JSON has them, dates in ISO form."""
    return [
        {
            "id": stage.id,
            "title": stage.title,
            "start": stage.start.isoformat(),
            "p50": stage.p50.isoformat(),
            "p90": stage.p90.isoformat(),
            "effort_person_weeks": stage.effort_person_weeks,
            "expertise": stage.expertise,
        }
        for stage in schedule.stages
    ]


def estimate_schedule(request: Request) -> Estimate:
    """Calendar weeks to the likely finish (P50), interval P10 to P90."""
    inputs, dated = _inputs_of(request)
    schedule = simulate(inputs)
    parts = tuple(
        Part(row.title, (row.p50 - row.start).days / 7) for row in schedule.substeps if row.p50 > row.start
    )
    extra: dict[str, object] = {
        "p90": schedule.weeks_p90,
        "effort_person_weeks": schedule.effort_person_weeks,
        "critical_stage": schedule.critical_stage,
        "seed": inputs.seed,
        "movers": [{"input": m.input, "change": m.change, "weeks": m.weeks} for m in schedule.movers],
    }
    dates = ""
    if dated:
        dates = f": likely {schedule.p50.isoformat()}, 9 in 10 by {schedule.p90.isoformat()}"
        extra |= {"start": inputs.start.isoformat(), "p50_date": schedule.p50.isoformat()}
        extra |= {"p90_date": schedule.p90.isoformat(), "stages": stage_rows(schedule)}
        if inputs.deadline:
            extra["deadline_chance"] = schedule.chance_of(inputs.deadline)
    formula = (
        f"{SAMPLES:,} runs over {len(DURATIONS.substeps)} sub-steps with usual delay, looping back while an "
        f"evaluation misses (passes {inputs.pass_probability:.0%}) = {schedule.weeks_p50:.1f} weeks{dates}"
    )
    bounds = (schedule.weeks_p10, schedule.weeks_p90)
    return answer(request, schedule.weeks_p50, formula, bounds=bounds, parts=parts, extra=extra)


def estimate_effort(request: Request) -> Estimate:
    """Effort in person-weeks, interval P10 to P90."""
    inputs, _ = _inputs_of(request)
    schedule = simulate(inputs)
    parts = tuple(Part(stage.title, stage.effort_person_weeks) for stage in schedule.stages)
    formula = " + ".join(f"{part.value:.1f} {part.name}" for part in parts)
    formula += f" (means) ≈ {schedule.effort_person_weeks:.1f} person-weeks (median)"
    bounds = (schedule.effort_low, schedule.effort_high)
    return answer(request, schedule.effort_person_weeks, formula, bounds=bounds, parts=parts)
