"""Money per month: a hosted API, the prompt alone, and when an own GPU pays."""

from __future__ import annotations

from estimator.answer import answer
from estimator.inputs import Request
from estimator.numbers import number
from estimator.result import Estimate, EstimateError, Part
from estimator.serving import price_per_gpu_hour, serving_of
from knowledge.schema import ModelCard

DAYS_PER_MONTH = 30
_HOURS_PER_MONTH = DAYS_PER_MONTH * 24
_CACHED_PRICE_SHARE = 0.25  # cached input is sold at 10 to 50 % of the price of fresh input
_SOURCE = "prices as given by the person who asked; providers change them often"


def _token_price(request: Request, key: str) -> float:
    """Return USD per million tokens: given, or the list price of the hosted model that is named, with its date.

    Raises EstimateError naming the key where neither has one.
    """
    price = request.get(key)
    if price is not None:
        request.cite(_SOURCE)
        return float(price)
    card = _hosted(request)
    listed: float | None = getattr(card, key) if card else None
    if card is None or listed is None or not card.price_date:
        raise EstimateError(f"There is no dated price for this API; give {key}, in USD.")
    request.assume(
        f"{card.title} at {card.usd_per_million_input_tokens:g} and {card.usd_per_million_output_tokens:g} USD per "
        f"million tokens in and out ({card.price_source}, {card.price_date})"
    )
    request.cite(card.path)
    return listed


def _hosted(request: Request) -> ModelCard | None:
    """Return the card of the hosted model that is named, None where it is none."""
    name = request.get("model")
    card = request.catalog.find_model(name) if name and request.catalog else None
    return card if card is not None and card.kind == "api" else None


def _prompt_price(request: Request, prompt: float) -> tuple[float, str]:
    """Return USD for the prompt of one request, and the formula."""
    price = _token_price(request, "usd_per_million_input_tokens")
    cached = request.get("cached_share") or 0.0
    if cached:
        request.assume(f"cached input at {_CACHED_PRICE_SHARE:.0%} of the price")
    fresh = prompt * (1 - cached * (1 - _CACHED_PRICE_SHARE))
    shown = f"{prompt:,} tokens" + (f" ({cached:.0%} cached)" if cached else "")
    return fresh * price / 1e6, f"{shown} × {price:g} USD ÷ 1e6"


def _break_even(request: Request, usd_per_request: float) -> dict[str, object]:
    """Return the requests a day from which an own GPU is cheaper than the API, where its price is known."""
    if (request.get("gpu") is None and request.get("usd_per_gpu_hour") is None) or usd_per_request <= 0:
        return {}
    price, _ = price_per_gpu_hour(request)
    n_gpus = request.get("n_gpus") or 1
    month = price * n_gpus * _HOURS_PER_MONTH
    found: dict[str, object] = {
        "gpu_usd_per_month": month,
        "break_even_requests_per_day": month / DAYS_PER_MONTH / usd_per_request,
    }
    open_model = (request.get("model") and not _hosted(request)) or request.get("params")
    if request.get("gpu") and open_model and request.catalog:
        serving = serving_of(request)
        capacity = serving.replicas / serving.request_s * 86_400
        found["gpu_capacity_requests_per_day"] = capacity
        found["gpu_can_pay"] = found["break_even_requests_per_day"] <= capacity  # type: ignore[operator]
    return found


def estimate_api_cost(request: Request) -> Estimate:
    """USD per month of a hosted model: requests × (prompt × price + answer × price), 30 days."""
    requests = request.need("requests_per_day")
    prompt = request.default("prompt_tokens", 1024)
    generated = request.default("gen_tokens", 256)
    prompt_usd, prompt_text = _prompt_price(request, prompt)
    output_price = _token_price(request, "usd_per_million_output_tokens")
    output_usd = generated * output_price / 1e6
    each = prompt_usd + output_usd
    month = requests * DAYS_PER_MONTH * each
    formula = (
        f"{requests:,.0f} requests × {DAYS_PER_MONTH} days × ({prompt_text} + {generated:,} × "
        f"{output_price:g} USD ÷ 1e6) = {number(month)} USD a month"
    )
    own = _break_even(request, each)
    extra = {"usd_per_request": each, **own}
    if own:
        formula += f"; an own GPU pays from {own['break_even_requests_per_day']:,.0f} requests a day"
    parts = (
        Part("prompt", requests * DAYS_PER_MONTH * prompt_usd),
        Part("answer", requests * DAYS_PER_MONTH * output_usd),
    )
    return answer(request, month, formula, parts=parts, extra=extra)


def estimate_prompt_cost(request: Request) -> Estimate:
    """USD per month that the prompt alone costs, cached or not."""
    requests = request.need("requests_per_day")
    prompt = request.default("prompt_tokens", 1024)
    each, text = _prompt_price(request, prompt)
    month = requests * DAYS_PER_MONTH * each
    formula = f"{requests:,.0f} requests × {DAYS_PER_MONTH} days × {text} = {number(month)} USD a month"
    return answer(request, month, formula, parts=(Part("prompt", month),), extra={"usd_per_request": each})
