"""One request worked out: the estimate that was asked for, and what the same inputs answer besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dialogs.estimates.filling import Filling
from dialogs.estimates.request import EstimateRequest
from dialogs.understanding.estimate_inputs import also_of, request_text
from estimator.inputs import parse_inputs
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from estimator.schedule import Cut, Schedule, ScheduleInputs, simulate, smallest_cut
from knowledge.catalog import Catalog

_SHARED: Mapping[str, Mapping[str, Any]] = {
    "finetune_gpu_hours": {"seq": 1024},
    "train_memory": {"seq": 2048},
}
"""The estimator's defaults of the kind asked for, where a further kind would assume something else."""


@dataclass(frozen=True)
class Money:
    """What a run costs, in USD with the interval of its hours, at a price that is said."""

    usd: float
    low: float
    high: float
    price: str


@dataclass(frozen=True)
class Worked:
    """A request and its results; `filled` are the inputs that came from the project."""

    kind: str
    inputs: Mapping[str, Any]
    results: tuple[Estimate, ...]
    shared: Mapping[str, Any] = field(default_factory=dict)  # inputs of the further results
    filled: tuple[str, ...] = ()
    money: Money | None = None
    schedule: Schedule | None = None
    cut: Cut | None = None

    @property
    def first(self) -> Estimate:
        return self.results[0]

    @property
    def text(self) -> str:
        """The request as one line that can be read again."""
        return request_text(self.kind, self.inputs)

    def as_json(self) -> dict[str, Any]:
        """Return the public JSON object, without the id; further kinds stand under `also`."""
        also = [result.as_json() for result in self.results[1:]]
        return {**self.first.as_json(), "inputs": dict(self.inputs), **({"also": also} if also else {})}


def work_out(request: EstimateRequest, catalog: Catalog, filling: Filling | None = None) -> Worked:
    """Estimate what was asked for. Raises EstimateError in one sentence."""
    assert request.kind is not None, "a request that was understood"
    inputs, filled = (filling or Filling()).fill(request.kind, request.inputs)
    results = [estimate(request.kind, inputs, catalog)]
    shared = {**_SHARED.get(request.kind, {}), **inputs}
    for kind in also_of(request.kind, inputs):
        try:
            results.append(estimate(kind, shared, catalog))
        except EstimateError:
            continue
    schedule, cut = _forecast(inputs) if request.kind == "schedule" else (None, None)
    return Worked(
        kind=request.kind,
        inputs=inputs,
        shared=shared,
        results=tuple(results),
        filled=filled,
        money=run_cost(results, inputs, catalog),
        schedule=schedule,
        cut=cut,
    )


def run_cost(results: list[Estimate], inputs: Mapping[str, Any], catalog: Catalog) -> Money | None:
    """Return GPU-hours × the price given, else × the dated price of the GPU; None where neither is there."""
    hours = next((result for result in results if result.unit == "GPU-hours"), None)
    given = parse_inputs(inputs)
    gpu = catalog.find_gpu(given.get("gpu") or "")
    if hours is None or hours.value <= 0:
        return None
    if given.get("usd_per_gpu_hour"):
        usd, price = given["usd_per_gpu_hour"], "the price you gave"
    elif gpu is not None and gpu.usd_per_hour:
        usd, price = gpu.usd_per_hour, f"{gpu.price_source}, {gpu.price_date}"
    else:
        return None
    said = f"{usd:g} USD per GPU-hour ({price})"
    return Money(hours.value * usd, hours.low * usd, hours.high * usd, said)


def _forecast(inputs: Mapping[str, Any]) -> tuple[Schedule | None, Cut | None]:
    """Return the forecast behind a schedule with a start, and the smallest cut that its deadline asks for."""
    if not inputs.get("start"):
        return None, None
    known = ScheduleInputs.from_mapping(inputs, today=date(2001, 1, 1))
    schedule = simulate(known)
    return schedule, smallest_cut(known, known.deadline) if known.deadline else None
