"""Monte Carlo over the lifecycle: sub-steps with ranges, work side by side, loops after an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from numpy.typing import NDArray

from estimator.durations import DURATIONS, REVIEW, TRAINING_TECHNIQUES, Weeks
from estimator.schedule_inputs import ScheduleInputs

SAMPLES = 10_000
_Z95, _Z90 = 1.6449, 1.2816
_CLIP = 2.5  # standard deviations; beyond lies nothing that a table of ranges could know
_SIDE_BY_SIDE = {1: 0.0, 2: 0.5, 3: 0.8}  # how much of parallel work a team of that size can really overlap
_MOST_REVIEWS = 6
_ROWS = (*DURATIONS.substeps, *(f"{REVIEW}{i}" for i in range(_MOST_REVIEWS)), "delay", "loops", "rework")

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """Samples in working weeks since the start: when each sub-step begins and ends, and its effort."""

    begin: dict[str, Samples]
    end: dict[str, Samples]
    effort_person_weeks: dict[str, Samples]
    finish: Samples
    loops: Samples


@lru_cache(maxsize=8)
def _draws(seed: int, samples: int) -> dict[str, Samples]:
    """Return normal draws per row, uniform ones for the loops; the same for every variant of a seed."""
    generator = np.random.default_rng(seed)
    table = np.clip(generator.standard_normal((len(_ROWS), samples)), -_CLIP, _CLIP)
    draws = dict(zip(_ROWS, table, strict=True))
    draws["loops"] = generator.random(samples)
    return draws


def _spread(weeks: Weeks, normal: Samples) -> Samples:
    """Return durations whose 5th, 50th and 95th percentiles are the three points: two half log-normals."""
    low, likely, high = weeks
    if likely <= 0:
        return np.zeros_like(normal)
    below, above = log(likely / low) / _Z95, log(high / likely) / _Z95
    return likely * np.exp(normal * np.where(normal < 0, below, above))


def _plus(first: Weeks, second: Weeks) -> Weeks:
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


def _scaled(weeks: Weeks, factor: float) -> Weeks:
    return weeks[0] * factor, weeks[1] * factor, weeks[2] * factor


def _factor(inputs: ScheduleInputs, substep: str) -> float:
    """Product of the effects on one sub-step (durations.toml, [effect.*])."""
    effects, factor = DURATIONS.effects, 1.0
    for name, value in (
        ("expertise", inputs.expertise),
        ("data_state", inputs.data_state),
        ("breadth", inputs.breadth),
    ):
        if substep in effects[name]["substeps"]:
            factor *= effects[name]["factor"][value]
    if substep in effects["language"]["substeps"]:
        factor *= 1 + effects["language"]["factor"]["each"] * (inputs.languages - 1)
    if inputs.pilot and substep in effects["pilot"]["substeps"]:
        factor *= effects["pilot"]["factor"]["on"]
    return factor


def _team_factor(team_size: float) -> float:
    """`(3 / people)^0.35` up to eight people; each one beyond costs what it brings."""
    team = DURATIONS.effects["team"]
    useful = min(team_size, team["useful_people"])
    crowd = 1 + 0.02 * max(0.0, team_size - team["useful_people"])
    return float((team["reference"] / useful) ** team["exponent"] * crowd)


def planned_weeks(inputs: ScheduleInputs) -> dict[str, Weeks]:
    """Return the three-point duration of every sub-step for these inputs; what is done takes no time."""
    added: dict[str, Weeks] = {}
    for technique in inputs.techniques:
        substep, weeks = DURATIONS.techniques[technique]
        added[substep] = max(added.get(substep, (0.0, 0.0, 0.0)), weeks, key=lambda row: row[1])
    if TRAINING_TECHNIQUES & set(inputs.techniques):
        added["prepare_data"] = DURATIONS.training_data
    integrations = _scaled(DURATIONS.integration, float(inputs.integrations))
    added["augment_build"] = _plus(added.get("augment_build", (0.0, 0.0, 0.0)), integrations)
    team = _team_factor(inputs.team_size)
    planned: dict[str, Weeks] = {}
    for substep, row in DURATIONS.substeps.items():
        weeks = _plus(row.weeks, added.get(substep, (0.0, 0.0, 0.0)))
        planned[substep] = (
            (0.0, 0.0, 0.0) if substep in inputs.done else _scaled(weeks, _factor(inputs, substep) * team)
        )
    return planned


def _overlap(team_size: float) -> float:
    return _SIDE_BY_SIDE.get(int(team_size), 1.0 if team_size > 3 else 0.0)


def _delay(normal: Samples) -> Samples:
    sigma = log(DURATIONS.delay_p90 / DURATIONS.delay_median) / _Z90
    return DURATIONS.delay_median * np.exp(sigma * normal)


def _loops(inputs: ScheduleInputs, uniform: Samples) -> Samples:
    """How many evaluations miss the target before one passes: geometric, cut off."""
    if "evaluation" in inputs.done or inputs.pass_probability >= 1:
        return np.zeros_like(uniform)
    missed = np.floor(np.log1p(-uniform) / log(1 - inputs.pass_probability))
    return np.minimum(missed, DURATIONS.most_loops)


def _reviews(inputs: ScheduleInputs, draws: dict[str, Samples]) -> Samples:
    weeks = _scaled(DURATIONS.review, _factor(inputs, REVIEW))
    none = np.zeros_like(draws["delay"])
    spread = [_spread(weeks, draws[f"{REVIEW}{i}"]) for i in range(min(inputs.reviews, _MOST_REVIEWS))]
    longest: Samples = np.maximum.reduce([none, *spread])
    return longest


def run(inputs: ScheduleInputs, samples: int = SAMPLES) -> Runs:
    """Return samples of the whole project, in working weeks after the start.

    Data are prepared beside model choice and prompting; the application is built beside fine-tuning and
    alignment; reviews run from the end of scoping and hold back only the roll-out. What a small team cannot
    overlap is done in turn. A missed evaluation repeats a share of prompting, data, training and evaluation.
    """
    draws = _draws(inputs.seed, samples)
    planned = planned_weeks(inputs)
    delay = _delay(draws["delay"])
    length = {name: _spread(weeks, draws[name]) * delay for name, weeks in planned.items()}
    in_turn = 1 - _overlap(inputs.team_size)
    begin: dict[str, Samples] = {}
    end: dict[str, Samples] = {}

    def place(name: str, start: Samples) -> Samples:
        begin[name], end[name] = start, start + length[name]
        return end[name]

    scoped = place("use_case", np.zeros(samples))
    prompted = place("prompting", place("baseline", place("choose_model", scoped)))
    prepared = place("prepare_data", scoped + in_turn * (prompted - scoped))
    tuned = place("fine_tuning", np.maximum(prompted, prepared))
    aligned = place("feedback_alignment", tuned)
    built = place("augment_build", prompted + in_turn * (aligned - prompted))
    place("evaluation", np.maximum(aligned, built))
    loops = _loops(inputs, draws["loops"])
    rework = sum((share * length[name] for name, share in DURATIONS.rework.items()), np.zeros(samples))
    end["evaluation"] = end["evaluation"] + loops * rework
    reviewed = scoped + (0.0 if "optimise_deploy" in inputs.done else _reviews(inputs, draws))
    finish = np.maximum(
        place("optimise_deploy", end["evaluation"]), reviewed + 0.3 * length["optimise_deploy"]
    )
    end["optimise_deploy"] = finish
    effort = {name: length[name] * row.people for name, row in DURATIONS.substeps.items()}
    effort["evaluation"] = effort["evaluation"] + loops * rework * DURATIONS.substeps["evaluation"].people
    effort["use_case"] = effort["use_case"] + DURATIONS.review_people * (reviewed - scoped)
    return Runs(begin, end, effort, finish, loops)
