"""When a project is likely done: dates per stage, the chance of a deadline, what moves it, what to cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import combinations

import numpy as np

from estimator.answer import answer
from estimator.durations import DURATIONS, STAGE_TITLES, TRAINING_TECHNIQUES
from estimator.inputs import Request
from estimator.result import Estimate, Part
from estimator.schedule_inputs import ScheduleInputs, days_off
from estimator.simulation import SAMPLES, Runs, Samples, run

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

_DAYS_PER_WEEK = 5
_MOVER_SAMPLES = 2000
_LIKELY = 0.5  # more likely than not
_SOURCE = (
    "durations.toml of the estimator: stage ranges (a judgement from published week plans) × usual delay"
)


@dataclass(frozen=True)
class StageForecast:
    """When a stage or sub-step starts (likely) and ends (likely, 9 in 10), and what it takes."""

    id: str
    title: str
    start: date
    p50: date
    p90: date
    effort_person_weeks: float
    expertise: str


@dataclass(frozen=True)
class Mover:
    """An input that moves this project's date: the change in words, and its weeks (negative: sooner)."""

    input: str
    change: str
    weeks: float


@dataclass(frozen=True)
class Cut:
    """A smaller scope: what is left out, and the chance of the deadline before and after."""

    cuts: tuple[str, ...]
    words: str
    inputs: ScheduleInputs
    chance_before: float
    chance_after: float
    p50: date
    p90: date
    enough: bool  # whether the deadline becomes likely


class Calendar:
    """Working days after a start date, without weekends and days off."""

    def __init__(self, inputs: ScheduleInputs) -> None:
        self.start = inputs.start
        off = days_off(inputs.country, inputs.start, inputs.holidays)
        self._busdays = np.busdaycalendar(
            holidays=np.array([day.isoformat() for day in off], dtype="datetime64[D]")
        )

    def date_after(self, working_weeks: float) -> date:
        """Return the day on which that much work is done."""
        days = round(float(working_weeks) * _DAYS_PER_WEEK)
        day = np.busday_offset(self.start.isoformat(), days, roll="forward", busdaycal=self._busdays)
        return date.fromisoformat(str(day))

    def working_weeks_until(self, day: date) -> float:
        """Return the working weeks between the start and the end of a day."""
        after = (day + timedelta(days=1)).isoformat()
        return float(np.busday_count(self.start.isoformat(), after, busdaycal=self._busdays)) / _DAYS_PER_WEEK


@dataclass(frozen=True)
class Schedule:
    """A forecast. Dates are P10, P50 and P90 of the finish; weeks are calendar weeks after the start."""

    inputs: ScheduleInputs
    start: date
    p10: date
    p50: date
    p90: date
    stages: tuple[StageForecast, ...]
    substeps: tuple[StageForecast, ...]
    critical_stage: str
    effort_person_weeks: float
    effort_low: float
    effort_high: float
    _finish: Samples = field(repr=False)
    _calendar: Calendar = field(repr=False)

    @property
    def weeks_p10(self) -> float:
        """Calendar weeks from start to P10."""
        return (self.p10 - self.start).days / 7

    @property
    def weeks_p50(self) -> float:
        """Calendar weeks from start to P50."""
        return (self.p50 - self.start).days / 7

    @property
    def weeks_p90(self) -> float:
        """Calendar weeks from start to P90."""
        return (self.p90 - self.start).days / 7

    def chance_of(self, day: date) -> float:
        """Return the share of runs that finish on or before a day."""
        return float(np.mean(self._finish <= self._calendar.working_weeks_until(day)))

    @cached_property
    def movers(self) -> tuple[Mover, ...]:
        """The three inputs whose change moves the P50 date most, largest first."""
        base = _median_weeks(self.inputs)
        moved = [
            Mover(name, words, _median_weeks(changed) - base)
            for name, words, changed in _variants(self.inputs)
        ]
        best: dict[str, Mover] = {}
        for mover in moved:
            if mover.input not in best or abs(mover.weeks) > abs(best[mover.input].weeks):
                best[mover.input] = mover
        ranked = sorted(best.values(), key=lambda mover: -abs(mover.weeks))
        return tuple(mover for mover in ranked if abs(mover.weeks) >= 0.1)[:3]


def _median_weeks(inputs: ScheduleInputs) -> float:
    return float(np.median(run(inputs, _MOVER_SAMPLES).finish))


def _without_training(techniques: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in techniques if name not in TRAINING_TECHNIQUES) or ("prompt_engineering",)


def _variants(inputs: ScheduleInputs) -> list[tuple[str, str, ScheduleInputs]]:
    """One realistic change per input, in the words of a sentence."""
    found: list[tuple[str, str, ScheduleInputs]] = []

    def vary(name: str, words: str, **changes: object) -> None:
        changed = replace(inputs, **changes)  # type: ignore[arg-type]
        if changed != inputs:
            found.append((name, words, changed))

    if inputs.languages > 1:
        vary("languages", "one language first", languages=1)
    if inputs.integrations > 0:
        vary("integrations", "no systems to connect", integrations=0)
    if inputs.reviews > 0:
        vary("reviews", "no formal review", reviews=0)
    vary("data_state", "data ready", data_state="ready")
    vary("expertise", "high expertise in the team", expertise="high")
    vary("team_size", "twice the people", team_size=inputs.team_size * 2)
    vary("breadth", "one task only", breadth="single_task")
    vary("pilot", "a pilot with one team first", pilot=True)
    if TRAINING_TECHNIQUES & set(inputs.techniques):
        vary("techniques", "no training", techniques=_without_training(inputs.techniques))
    surer = min(0.95, inputs.pass_probability + 0.25)
    vary("evaluation_pass_probability", "a clear target, met more often", evaluation_pass_probability=surer)
    return found


@dataclass(frozen=True)
class _Timeline:
    """Samples of a project laid on its calendar."""

    calendar: Calendar
    runs: Runs

    def forecast(self, name: str, title: str, parts: list[str]) -> StageForecast:
        """Return the forecast of some sub-steps together."""
        begin = np.minimum.reduce([self.runs.begin[part] for part in parts])
        end = np.maximum.reduce([self.runs.end[part] for part in parts])
        p50, p90 = np.percentile(end, (50, 90))
        return StageForecast(
            id=name,
            title=title,
            start=self.calendar.date_after(float(np.percentile(begin, 50))),
            p50=self.calendar.date_after(float(p50)),
            p90=self.calendar.date_after(float(p90)),
            effort_person_weeks=float(sum(np.mean(self.runs.effort_person_weeks[part]) for part in parts)),
            expertise=_most_expert(parts),
        )


def _most_expert(parts: list[str]) -> str:
    order = ("low", "medium", "medium-high", "high")
    return max((DURATIONS.substeps[part].expertise for part in parts), key=order.index)


def _critical_stage(runs: Runs, stages: dict[str, list[str]]) -> str:
    """Return the stage whose own time moves the finish most (largest covariance with it)."""

    def pull(parts: list[str]) -> float:
        own = sum((runs.end[part] - runs.begin[part] for part in parts), np.zeros_like(runs.finish))
        return float(np.mean((own - own.mean()) * (runs.finish - runs.finish.mean())))

    return max(stages, key=lambda stage: pull(stages[stage]))


def simulate(inputs: ScheduleInputs, samples: int = SAMPLES) -> Schedule:
    """Return the forecast of a project from `samples` seeded runs: the same inputs give the same dates."""
    runs = run(inputs, samples)
    calendar = Calendar(inputs)
    timeline = _Timeline(calendar, runs)
    stages = {
        stage: [row.id for row in DURATIONS.substeps.values() if row.stage == stage] for stage in STAGE_TITLES
    }
    p10, p50, p90 = (calendar.date_after(float(week)) for week in np.percentile(runs.finish, (10, 50, 90)))
    effort = sum(runs.effort_person_weeks.values(), np.zeros(samples))
    low, likely, high = (float(value) for value in np.percentile(effort, (10, 50, 90)))
    return Schedule(
        inputs=inputs,
        start=inputs.start,
        p10=p10,
        p50=p50,
        p90=p90,
        stages=tuple(timeline.forecast(stage, STAGE_TITLES[stage], parts) for stage, parts in stages.items()),
        substeps=tuple(timeline.forecast(row.id, row.title, [row.id]) for row in DURATIONS.substeps.values()),
        critical_stage=_critical_stage(runs, stages),
        effort_person_weeks=likely,
        effort_low=low,
        effort_high=high,
        _finish=runs.finish,
        _calendar=calendar,
    )


def _cuts(inputs: ScheduleInputs) -> dict[str, tuple[str, dict[str, object]]]:
    """Return what could be left out of this project, smallest first."""
    found: dict[str, tuple[str, dict[str, object]]] = {}
    if inputs.integrations:
        found["no_integrations"] = ("no connected systems yet", {"integrations": 0})
    if inputs.languages > 1:
        found["one_language"] = ("one language first", {"languages": 1})
    if TRAINING_TECHNIQUES & set(inputs.techniques):
        found["no_fine_tuning"] = ("no fine-tuning yet", {"techniques": _without_training(inputs.techniques)})
    if not inputs.pilot:
        found["pilot"] = ("a pilot with one team, people check every output", {"pilot": True})
    return found


def with_cuts(inputs: ScheduleInputs, names: Iterable[str]) -> ScheduleInputs:
    """Return the inputs with the named cuts (`Cut.cuts`) made; names that no longer apply do nothing."""
    possible = _cuts(inputs)
    changes = {key: value for name in names if name in possible for key, value in possible[name][1].items()}
    return replace(inputs, **changes)  # type: ignore[arg-type]


def smallest_cut(inputs: ScheduleInputs, deadline: date, likely: float = _LIKELY) -> Cut | None:
    """Return the fewest cuts in scope that make the deadline likely; None where it is likely already.

    Among equally many cuts the first that suffices wins. Where none does, all cuts together are returned
    with `enough` False.
    """
    before = simulate(inputs).chance_of(deadline)
    if before >= likely:
        return None
    cuts = _cuts(inputs)
    best: Cut | None = None
    for size in range(1, len(cuts) + 1):
        for chosen in combinations(cuts, size):
            smaller = with_cuts(inputs, chosen)
            forecast = simulate(smaller)
            after = forecast.chance_of(deadline)
            words = ", ".join(cuts[name][0] for name in chosen)
            best = Cut(chosen, words, smaller, before, after, forecast.p50, forecast.p90, after >= likely)
            if best.enough:
                return best
    return best


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
