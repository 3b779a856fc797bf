"""What running a project's first model costs a month, from dated prices alone: no price, no figure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from dialogs.recommending.advising import Advised
from dialogs.speaking.speech import rough
from estimator.cost import DAYS_PER_MONTH
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from knowledge.catalog import Catalog

_HOURS_PER_MONTH = DAYS_PER_MONTH * 24


@dataclass(frozen=True)
class MonthlyCost:
    """US dollars a month; `price` names the table's row and its date."""

    usd: float
    formula: str
    price: str


def monthly_cost(found: Advised, catalog: Catalog) -> MonthlyCost | None:
    """Return the rent of the GPUs that the load needs, or of a hosted model; None without a dated price.

    GPUs are rented by the month: as many as the team named, more where the load keeps more than those busy.
    A team's own machines cost no rent.
    """
    if found.model is None or found.scope.privacy == "on_premises":
        return None
    return _hosted(found, catalog) if found.model.params_b is None else _rented(found, catalog)


def _hosted(found: Advised, catalog: Catalog) -> MonthlyCost | None:
    if found.model is None or found.scope.requests_per_day is None:
        return None
    month = _tried(
        "api_cost",
        {
            "model": found.model.id,
            "requests_per_day": found.scope.requests_per_day,
            "prompt_tokens": found.request.prompt_tokens,
            "gen_tokens": found.request.output_tokens,
        },
        catalog,
    )
    if month is None:
        return None
    dated = [entry for entry in (*month.assumptions, *month.sources) if "per million" in entry]
    return MonthlyCost(month.value, month.formula, next(iter(dated), found.model.title))


def _rented(found: Advised, catalog: Catalog) -> MonthlyCost | None:
    gpu = found.gpu
    if gpu is None or gpu.usd_per_hour is None:
        return None
    gpus = max(found.gpu_count, _gpus_for_load(found, catalog))
    usd = gpus * gpu.usd_per_hour * _HOURS_PER_MONTH
    formula = (
        f"{gpus} × {gpu.usd_per_hour:g} USD an hour × {_HOURS_PER_MONTH} hours = {rough(usd)} USD a month"
    )
    return MonthlyCost(usd, formula, f"{gpu.price_source}, {gpu.price_date}")


def _gpus_for_load(found: Advised, catalog: Catalog) -> int:
    """Return how many GPUs the load keeps busy at the usual utilisation; 1 where it is not known."""
    gpu, model, load = found.gpu, found.model, found.scope.requests_per_day
    if gpu is None or model is None or load is None or not gpu.usd_per_hour:
        return 1
    inputs = {
        "model": model.id,
        "quant": model.quantization,
        "gpu": gpu.id,
        "n_gpus": found.gpu_count,
        "prompt_tokens": found.request.prompt_tokens,
        "gen_tokens": found.request.output_tokens,
    }
    per_thousand = _tried("serve_cost", inputs, catalog)
    if per_thousand is None:
        return 1
    return max(1, ceil(load * per_thousand.value / 1000 / (24 * gpu.usd_per_hour)))


def _tried(kind: str, inputs: dict[str, object], catalog: Catalog) -> Estimate | None:
    try:
        return estimate(kind, inputs, catalog)
    except EstimateError:
        return None
