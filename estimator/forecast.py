"""When a project is likely done: dates per stage, the chance of a deadline, what moves the date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from estimator.durations import DURATIONS, STAGE_TITLES, TRAINING_TECHNIQUES
from estimator.schedule_inputs import ScheduleInputs, days_off
from estimator.simulation import SAMPLES, Runs, Samples, run

_DAYS_PER_WEEK = 5
_MOVER_SAMPLES = 2000


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


def without_training(techniques: Iterable[str]) -> tuple[str, ...]:
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
        vary("techniques", "no training", techniques=without_training(inputs.techniques))
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
