"""What a project knows already, for inputs that a request leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from dialogs.project import Project
from estimator.kinds import KINDS

if TYPE_CHECKING:  # the advice is slow to load, and only a project has one
    from dialogs.recommending.advising import Advised

_SHAPE = frozenset(("model", "params", "layers"))
_AMOUNT = frozenset(("samples", "tokens"))
_LENGTHS = frozenset(("context_tokens", "prompt_tokens", "gen_tokens", "seq"))
_TRAINING = frozenset(("train_memory", "finetune_gpu_hours", "train_throughput"))
_CALENDAR = frozenset(("schedule", "effort"))


@dataclass(frozen=True)
class Filling:
    """Inputs that stand in where a request gives none; `today` is where a schedule starts."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    calendar: Mapping[str, Any] = field(default_factory=dict)
    today: date | None = None

    def fill(self, kind: str, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the inputs of a kind with what is missing filled in, and the keys that were."""
        wanted = set(KINDS[kind].keys)
        if kind == "train_memory":  # how long it takes is answered too
            wanted |= set(KINDS["finetune_gpu_hours"].keys)
        filled = dict(inputs)
        taken = []
        source = self.calendar if kind in _CALENDAR else self.inputs
        for key, value in source.items():
            if key in wanted and key not in filled and not _given(key, kind, inputs):
                filled[key] = value
                taken.append(key)
        if kind == "schedule" and self.today is not None:
            filled.setdefault("start", self.today.isoformat())
        return filled, tuple(key for key in taken if key not in {"seed", "start"})


def _given(key: str, kind: str, inputs: Mapping[str, Any]) -> bool:
    """Whether a request says the same thing in another way."""
    if key in _SHAPE:
        return bool(_SHAPE & set(inputs))
    if key == "quant":
        return kind in _TRAINING or bool(_SHAPE & set(inputs))
    if key in _AMOUNT:
        return bool(_AMOUNT & set(inputs)) or "pretrain" in str(inputs.get("method"))
    if key == "n_gpus":
        return "gpu" in inputs
    if key in {"prompt_tokens", "gen_tokens"}:
        return bool(_LENGTHS & set(inputs))
    return False


def of_project(project: Project, advised: Advised, today: date) -> Filling:
    """Return what a project's scope and its advice say."""
    scope, facts = project.scope, advised.facts
    found: dict[str, Any] = {}
    named = next((card for card in facts.named_models if card.kind == "decoder"), None)
    advice = advised.model
    if named is not None:
        found["model"] = named.id
    elif project.advised_at and advice is not None and advice.params_b:
        found |= {"model": advice.id, "quant": advice.quantization}
    if advised.gpu is not None:
        found |= {"gpu": advised.gpu.id, "n_gpus": advised.gpu_count}
    found |= {"prompt_tokens": scope.input_tokens, "gen_tokens": scope.output_tokens}
    found |= {"requests_per_day": scope.requests_per_day, "batch": scope.concurrency}
    found["samples"] = scope.data.labelled_examples or None
    usable = {key: _whole(value) for key, value in found.items() if value}
    return Filling(usable, _calendar(advised, today), today)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _calendar(advised: Advised, today: date) -> dict[str, Any]:
    """Return the schedule's inputs as flat values, so that they can be changed one by one."""
    inputs = advised.schedule.inputs
    deadline = advised.deadline if advised.deadline and advised.deadline >= today else None
    flat = {
        "start": today.isoformat(),
        "deadline": deadline.isoformat() if deadline else None,
        "techniques": ",".join(inputs.techniques),
        "languages": inputs.languages,
        "data_state": inputs.data_state,
        "breadth": inputs.breadth,
        "reviews": inputs.reviews,
        "pilot": inputs.pilot or None,
        "country": inputs.country or None,
        "done": ",".join(inputs.done) or None,
        "seed": inputs.seed,
    }
    return {key: value for key, value in flat.items() if value is not None}
