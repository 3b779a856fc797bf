"""What a schedule depends on, read from a mapping with every default said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import holidays as public_holidays

from estimator.durations import DURATIONS
from estimator.inputs import parse_inputs, shown
from estimator.result import EstimateError

_DEFAULT_TECHNIQUES = ("prompt_engineering", "rag")
_MANY_LABELS = 1000
_HOLIDAY_YEARS = 6


@dataclass(frozen=True)
class ScheduleInputs:
    """The inputs of one forecast; counts are of languages, reviews and integrations."""

    start: date
    techniques: tuple[str, ...] = _DEFAULT_TECHNIQUES
    deadline: date | None = None
    team_size: float = 3.0
    expertise: str = "medium"
    data_state: str = "partial"
    languages: int = 1
    reviews: int = 1
    integrations: int = 1
    breadth: str = "single_task"
    pilot: bool = False
    country: str = ""
    holidays: tuple[date, ...] = ()
    done: tuple[str, ...] = ()
    evaluation_pass_probability: float | None = None
    seed: int = 0
    assumptions: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object], today: date | None = None) -> ScheduleInputs:
        """Return checked inputs; what a `scope` object says stands in where a key is missing.

        `today` is the start where none is given. Raises EstimateError with one sentence for a bad value.
        """
        values = parse_inputs(mapping)
        scope = values.pop("scope", None)
        values = {**_from_scope(scope if isinstance(scope, Mapping) else {}), **values}
        assumed: list[str] = []

        def default(key: str, value: Any, text: str) -> Any:
            if key not in values:
                assumed.append(text)
            return values.get(key, value)

        start = values.get("start") or today
        if start is None:
            raise EstimateError("schedule needs start: a date such as 2026-11-23.")
        if values.get("deadline") and values["deadline"] < start:
            raise EstimateError(f"deadline must not be before the start, {start.isoformat()}.")
        if values.get("languages") in (0, ()):
            raise EstimateError("languages must be at least one language.")
        country = _country(str(values.get("country", "")))
        if not country and "holidays" not in values:
            assumed.append("no public holidays (give country)")
        return cls(
            start=start,
            techniques=_techniques(default("techniques", _DEFAULT_TECHNIQUES, "prompt engineering and RAG")),
            deadline=values.get("deadline"),
            team_size=default("team_size", 3.0, "a team of 3"),
            expertise=default("expertise", "medium", "medium expertise"),
            data_state=default("data_state", "partial", "data partly there"),
            languages=max(1, _count(default("languages", 1, "one language"))),
            reviews=_count(default("reviews", 1, "one formal review")),
            integrations=_count(default("integrations", 1, "one system to connect")),
            breadth=str(default("breadth", "single_task", "one task")).replace("-", "_"),
            pilot=bool(values.get("pilot", False)),
            country=country,
            holidays=_dates(values.get("holidays", ())),
            done=_substeps(values.get("done", ())),
            evaluation_pass_probability=values.get("evaluation_pass_probability"),
            seed=int(values.get("seed", 0)),
            assumptions=tuple(assumed),
        )

    @property
    def pass_probability(self) -> float:
        """Chance that one evaluation reaches the target."""
        if self.evaluation_pass_probability:
            return self.evaluation_pass_probability
        bonus = DURATIONS.pilot_bonus if self.pilot else 0.0
        return float(DURATIONS.pass_probability[self.expertise]) + bonus


def _from_scope(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that a scope object implies."""
    found: dict[str, Any] = {}
    if scope.get("languages"):
        found["languages"] = tuple(scope["languages"])
    if scope.get("breadth"):
        found["breadth"] = scope["breadth"]
    labels = (scope.get("data") or {}).get("labelled_examples")
    if labels is not None:
        found["data_state"] = "none" if labels == 0 else "clean" if labels >= _MANY_LABELS else "partial"
    if scope.get("quality_risk") == "high":
        found["reviews"] = 2
    return found


def _count(value: object) -> int:
    return value if isinstance(value, int) else len(value) if isinstance(value, tuple) else 1


def _known(names: object, known: Mapping[str, object], what: str) -> tuple[str, ...]:
    if not isinstance(names, tuple):
        raise EstimateError(f"{what} must be a list of ids such as {', '.join(list(known)[:3])}.")
    for name in names:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the ids are {', '.join(known)}."
            raise EstimateError(f"{what} has no {shown(name)}; {hint}")
    return tuple(str(name) for name in names)


def _techniques(names: object) -> tuple[str, ...]:
    return _known(names, DURATIONS.techniques, "techniques")


def _substeps(names: object) -> tuple[str, ...]:
    stages = {row.stage for row in DURATIONS.substeps.values()}
    expanded: list[object] = []
    for name in names if isinstance(names, tuple) else (names,):
        inside = (
            [row.id for row in DURATIONS.substeps.values() if row.stage == name] if name in stages else [name]
        )
        expanded.extend(inside)
    return _known(tuple(expanded), DURATIONS.substeps, "done")


def _dates(values: object) -> tuple[date, ...]:
    try:
        items = values if isinstance(values, tuple) else ()
        return tuple(item if isinstance(item, date) else date.fromisoformat(str(item)) for item in items)
    except ValueError:
        raise EstimateError("holidays must be a list of dates such as 2026-12-24.") from None


def _country(code: str) -> str:
    code = code.strip().upper()
    if code and code not in public_holidays.list_supported_countries():
        raise EstimateError(
            f"country {shown(code)} is unknown; give an ISO code of two letters such as SE or DE."
        )
    return code


@lru_cache(maxsize=64)
def days_off(country: str, start: date, extra: tuple[date, ...]) -> tuple[date, ...]:
    """Return the public holidays of a country in the years after `start`, and the team's own days off."""
    if not country:
        return extra
    years = range(start.year, (start + timedelta(days=366 * _HOLIDAY_YEARS)).year)
    return tuple(sorted({*public_holidays.country_holidays(country, years=years), *extra}))
