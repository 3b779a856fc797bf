"""What could be left out of a project so that its deadline becomes likely."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from estimator.durations import TRAINING_TECHNIQUES
from estimator.forecast import simulate, without_training
from estimator.schedule_inputs import ScheduleInputs

_LIKELY = 0.5  # more likely than not


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


def _cuts(inputs: ScheduleInputs) -> dict[str, tuple[str, dict[str, object]]]:
    """Return what could be left out of this project, smallest first."""
    found: dict[str, tuple[str, dict[str, object]]] = {}
    if inputs.integrations:
        found["no_integrations"] = ("no connected systems yet", {"integrations": 0})
    if inputs.languages > 1:
        found["one_language"] = ("one language first", {"languages": 1})
    if TRAINING_TECHNIQUES & set(inputs.techniques):
        found["no_fine_tuning"] = ("no fine-tuning yet", {"techniques": without_training(inputs.techniques)})
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
