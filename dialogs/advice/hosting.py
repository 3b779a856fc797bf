"""Hosted or own: where a hosted model may be used, what it costs, and from which load on an own GPU pays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dialogs.advice.barriers import barrier, in_europe
from dialogs.advice.facts import BUSY_REQUESTS_PER_DAY, Facts
from dialogs.advice.fit import Load, Shelf
from dialogs.advice.rules import judge, load_rules
from dialogs.advice.sizes import target_b
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from knowledge.schema import Gpu, ModelCard, TechniqueId

WITHOUT_OWN_WEIGHTS: frozenset[TechniqueId] = frozenset({"prompt_engineering", "few_shot", "rag", "tool_use"})
"""What can be done with a model that somebody else runs."""

_QUICK_SECONDS = 1.0  # below this the way over the network takes too much of the time
_SMALL_B = 12.0


@dataclass(frozen=True)
class Bill:
    """What a hosted model costs beside one GPU rented all month; money in USD at dated list prices."""

    usd_per_request: float
    gpu: Gpu
    gpu_usd_per_month: float
    break_even_requests_per_day: float
    month: Estimate | None  # where the team has said how many requests come

    @property
    def own_pays(self) -> bool:
        """Whether the load is known to be above the break-even."""
        return self.month is not None and self.month.value > self.gpu_usd_per_month


def hosted_for(facts: Facts, shelf: Shelf, load: Load) -> ModelCard | None:
    """Return the hosted family to look at, where the team's data may go to one."""
    if facts.scope.privacy not in {"any", "private_cloud"}:
        return None
    pool = [card for card in facts.catalog.models if card.kind == "api" and "chat" in card.strengths]
    pool = [card for card in pool if barrier(card, facts) is None]
    budget = facts.scope.budget_usd_per_month
    if budget is not None:
        bills = {card.id: bill_of(card, facts, shelf, load) for card in pool}
        pool = [card for card in pool if _within(bills[card.id], budget)] or pool
    europe = in_europe(facts.scope.region)

    def suits(card: ModelCard) -> float:
        small = "low_cost" in card.strengths and target_b(facts) < _SMALL_B
        code = "coding" in card.strengths and facts.task == "code_generation"
        return (
            3.0 * (card in facts.named_models)
            + 2.0 * (europe and "eu_hosting" in card.strengths)
            + small
            + code
        )

    return max(pool, key=suits) if pool else None


def _within(bill: Bill | None, budget_usd: float) -> bool:
    return bill is None or bill.month is None or bill.month.value <= budget_usd


def bill_of(card: ModelCard, facts: Facts, shelf: Shelf, load: Load, least_gb: float = 0.0) -> Bill | None:
    """Return what a hosted family costs beside the cheapest data-centre GPU with at least that much memory.

    None where no dated price of the family or of such a GPU is known. Consumer cards are left out: NVIDIA's driver
    licence keeps them out of data centres, so what they rent for is no price to plan with.
    """
    priced = [gpu for gpu in facts.catalog.gpus if gpu.usd_per_hour and gpu.price_date]
    priced = [gpu for gpu in priced if gpu.kind == "datacenter" and gpu.memory_gb >= least_gb]
    if not priced or card.usd_per_million_input_tokens is None:
        return None
    gpu = min(priced, key=lambda gpu: gpu.usd_per_hour or 0.0)
    requests = facts.scope.requests_per_day
    found = _api_cost(shelf, card.id, gpu.id, load, requests or 1.0)
    if found is None:
        return None
    return Bill(
        usd_per_request=found.extra["usd_per_request"],
        gpu=gpu,
        gpu_usd_per_month=found.extra["gpu_usd_per_month"],
        break_even_requests_per_day=found.extra["break_even_requests_per_day"],
        month=found if requests else None,
    )


@lru_cache(maxsize=2048)
def _api_cost(shelf: Shelf, model: str, gpu: str, load: Load, requests: float) -> Estimate | None:
    inputs: dict[str, object] = {"model": model, "gpu": gpu, "requests_per_day": requests}
    inputs |= {"prompt_tokens": load.prompt_tokens, "gen_tokens": load.output_tokens}
    try:
        return estimate("api_cost", inputs, shelf.catalog)
    except EstimateError:
        return None


def hosted_leads(
    facts: Facts, bill: Bill | None, first: TechniqueId | None = None, *, carried: bool = True
) -> bool:
    """Whether paying by the token comes before a machine of one's own.

    It does where the team has no machine, needs no weights of its own for what it does `first`, has time for a
    way over the network, and where the load would keep no GPU busy or is not known yet. Above that load it still
    does where the CPUs that there are could not keep up with it: `carried` is False.
    """
    scope = facts.scope
    if facts.has_machine or "small_device" in facts.signals:
        return False
    if scope.latency_seconds is not None and scope.latency_seconds < _QUICK_SECONDS:
        return False
    if any(card.kind != "api" for card in facts.named_models):
        return False
    if (first or judge(facts, load_rules())[0].technique) not in WITHOUT_OWN_WEIGHTS:
        return False
    if not carried:
        return True
    if bill is None:
        return (scope.requests_per_day or 0) < BUSY_REQUESTS_PER_DAY
    return not bill.own_pays and _within(bill, scope.budget_usd_per_month or float("inf"))
