"""Scorers for `cairn evaluate`: free text read into scopes, and scopes advised on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.evaluation import Score
from bot.model.pool import Models
from bot.needs import with_needs
from dialogs.advice import advise
from dialogs.answers.evaluation import Case, Outcome
from dialogs.scope import FIELDS, Scope, get_field
from dialogs.understanding.nearness import Examples
from dialogs.understanding.reading_prompt import read_with_chat
from dialogs.understanding.scoring import TODAY, fits
from knowledge.loader import Knowledge


def scorers(
    knowledge: Knowledge, models: Models, examples: Examples | None = None, today: date = TODAY
) -> Mapping[str, Score]:
    """Return a scorer for each kind of case that is no question; texts are read as `cairn scope` reads them."""

    async def text(case: Case) -> Outcome:
        messages = case.given if isinstance(case.given, list) else [case.given]
        reading, _ = await with_needs(
            models,
            lambda given: read_with_chat(
                messages, today=today, given=given, knowledge=knowledge, examples=examples
            ),
        )
        scope = reading.scope
        stated = {name: get_field(scope, name) for name in FIELDS}
        checks = {
            f"{name} read": fits(name, case.expect[name], stated[name])
            for name in case.expect
            if name in stated
        }
        invented = [
            n for n in FIELDS if n not in case.expect and n != "description" and stated[n] is not None
        ]
        return Outcome(case, {"stated fields right": all(checks.values()), "nothing invented": not invented},
                       said=str({k: v for k, v in stated.items() if v is not None}),
                       notes=(*(name for name, right in checks.items() if not right), *invented))  # fmt: skip

    async def scope(case: Case) -> Outcome:
        return _advice(case, knowledge, today)

    return {"text": text, "scope": scope}


def _advice(case: Case, knowledge: Knowledge, today: date) -> Outcome:
    advice = advise(Scope.model_validate(case.given), knowledge, today=today)
    expect: Mapping[str, Any] = case.expect
    first, model = advice.first_technique, advice.first_model
    checks: dict[str, bool] = {}
    if "first_any" in expect:
        checks["first technique acceptable"] = first in expect["first_any"]
    if "never_first" in expect:
        checks["no forbidden first technique"] = first not in expect["never_first"]
    if "hosted" in expect:
        checks["hosted or own as expected"] = (
            model is not None and (model.params_b is None) is expect["hosted"]
        )
    if "params_b_range" in expect and not (model and model.params_b is None):
        low, high = expect["params_b_range"]
        size = model.params_b if model else None
        checks["size sensible"] = size is not None and low <= size <= high
    checks["every reason sourced"] = all(entry.citations for entry in advice.techniques if entry.reasons)
    return Outcome(case, checks, said=f"{first}, {model.title if model else 'no model'}")
