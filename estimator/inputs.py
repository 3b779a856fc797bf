"""Reading what was asked: every value is checked once, and every default that was used is remembered."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Protocol

from estimator.coefficients import COEFFICIENTS, Coefficients
from estimator.numbers import count
from estimator.result import EstimateError
from knowledge.schema import Gpu, ModelCard

_MULTIPLES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([kmbgt]?)\s*(%?)", re.IGNORECASE)
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_SHOWN_CHARACTERS = 40


class Catalog(Protocol):
    """What the estimator asks of `knowledge.catalog.Catalog`."""

    def find_model(self, name: str) -> ModelCard | None:
        """Return the model of that name or alias."""

    def find_gpu(self, name: str) -> Gpu | None:
        """Return the GPU of that name or alias."""

    def near_models(self, name: str) -> tuple[ModelCard, ...]:
        """Return models whose names are close."""

    def near_gpus(self, name: str) -> tuple[Gpu, ...]:
        """Return GPUs whose names are close."""


USUAL_TRAINING_GPU = "h100-80gb-sxm"
_TRAINED_ON_USUAL_GPU = frozenset(
    ("finetune_gpu_hours", "pretrain_gpu_hours", "pretrain_wall_days", "train_throughput", "train_energy")
)


@dataclass(frozen=True)
class Key:
    """What one key accepts; bounds are exclusive below and inclusive above."""

    name: str
    type: str
    says: str
    low: float = 0.0
    high: float = math.inf
    choices: tuple[str, ...] = ()
    k: int = 1000  # what the suffix "k" stands for
    said: str = ""  # how a value is read back, with {} for the value


def _load_keys() -> dict[str, Key]:
    table = tomllib.loads(files("estimator").joinpath("keys.toml").read_text(encoding="utf-8"))
    return {
        name: Key(name=name, **{**row, "choices": tuple(row.get("choices", ()))})
        for name, row in table.items()
    }


KEYS: Mapping[str, Key] = _load_keys()


def shown(value: object) -> str:
    """Return a value as it may stand in an error sentence: short, on one line."""
    text = " ".join(str(value).split())
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…")


def _refuse(key: Key, value: object) -> EstimateError:
    return EstimateError(f"{key.name} must be {key.says}; {shown(value)} is not.")


def parse_number(key: Key, value: object) -> float:
    """Return a finite number within the key's bounds; "8,192", "2e12", "5k", "7b" and "40 %" are read too."""
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip().replace(",", "").replace("_", ""))
        if not match:
            raise _refuse(key, value)
        suffix = match[2].lower()
        number = float(match[1]) * (key.k if suffix == "k" else _MULTIPLES[suffix])
        if match[3]:
            number /= 100
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise _refuse(key, value)
    else:
        try:
            number = float(value)
        except OverflowError:
            raise _refuse(key, value) from None
    high = 1.0 if key.type == "share" else key.high
    if not math.isfinite(number) or not key.low < number <= high:
        raise _refuse(key, value)
    if key.type == "count" and number != int(number):
        raise _refuse(key, value)
    return number


def _parse_flag(key: Key, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE and isinstance(value, str | int):
        return word in _TRUE
    raise _refuse(key, value)


def _parse_choice(key: Key, value: object) -> str:
    if isinstance(value, str):
        word = re.sub(r"[\s_]+", "-", value.strip().lower())
        for choice in key.choices:
            if word in {choice, choice.replace("_", "-"), choice.replace("-", "")}:
                return choice
    raise _refuse(key, value)


def _parse_date(key: Key, value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        if not isinstance(value, str):
            raise ValueError
        return date.fromisoformat(value.strip())
    except ValueError:
        raise _refuse(key, value) from None


def _parse_list(key: Key, value: object) -> tuple[object, ...] | int:
    """Return the items of a list or a comma-separated text, or a count where a whole number was given."""
    if isinstance(value, bool):
        raise _refuse(key, value)
    if isinstance(value, str):
        if value.strip().isdigit():
            value = int(value)
        else:
            return tuple(item.strip() for item in value.strip("[] ").split(",") if item.strip())
    if isinstance(value, int):
        if not 0 <= value <= 100:
            raise _refuse(key, value)
        return value
    if isinstance(value, Sequence | set | frozenset):
        return tuple(value)
    raise _refuse(key, value)


def _parse_text(key: Key, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise _refuse(key, value)
    return value.strip()


def _parse_mapping(key: Key, value: object) -> object:
    if isinstance(value, Mapping | bool):
        return value
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if isinstance(value, str):
        return _parse_flag(key, value)
    raise _refuse(key, value)


_PARSERS: dict[str, Any] = {
    "number": parse_number,
    "share": parse_number,
    "count": lambda key, value: int(parse_number(key, value)),
    "flag": _parse_flag,
    "choice": _parse_choice,
    "date": _parse_date,
    "list": _parse_list,
    "text": _parse_text,
    "mapping": _parse_mapping,
}
_REMARKS = {"published_mfu", "wall_hours"}


def parse_inputs(inputs: Mapping[str, object]) -> dict[str, Any]:
    """Return the inputs with every value in its type; a key given as None counts as not given.

    Raises EstimateError for an unknown key (naming the nearest one) or a value that makes no sense.
    """
    if not isinstance(inputs, Mapping):
        raise EstimateError("inputs must be an object of key and value, such as {'model': 'llama-3.1-8b'}.")
    parsed: dict[str, Any] = {}
    for name, value in inputs.items():
        key = KEYS.get(str(name))
        if key is None:
            near = get_close_matches(str(name), KEYS, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else "see `cairn estimate --help` for the keys."
            raise EstimateError(f"There is no input called {shown(name)}; {hint}")
        if value is not None and key.name not in _REMARKS:
            parsed[key.name] = _PARSERS[key.type](key, value)
    return parsed


def read_back(key: str, value: object) -> str:
    """Return an input in words, with its unit: "8,192 tokens of context", "batch 4"."""
    known = KEYS.get(key)
    pattern = known.said if known and known.said else f"{key.replace('_', ' ')} {{}}"
    words = f"{value:.0%}" if known and known.type == "share" and isinstance(value, float) else _worded(value)
    return pattern.replace("(s)", "" if value == 1 else "s").format(words)


def _worded(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return count(value) if value >= 1e6 else f"{value:,g}" if isinstance(value, float) else f"{value:,}"
    return str(value)


class Request:
    """One estimate being made: checked inputs, catalogue, coefficients, and the assumptions so far."""

    def __init__(
        self,
        kind: str,
        inputs: Mapping[str, object],
        catalog: Catalog | None = None,
        coefficients: Coefficients = COEFFICIENTS,
    ) -> None:
        self.kind = kind
        self.values = parse_inputs(inputs)
        self.catalog = catalog
        self.coefficients = coefficients
        self.assumptions: list[str] = []
        self.sources: list[str] = []
        self._note_kilotokens(inputs)

    def _note_kilotokens(self, inputs: Mapping[str, object]) -> None:
        for name, value in inputs.items():
            if isinstance(value, str) and value.strip().lower().endswith("k") and KEYS[name].k == 1024:
                self.assume(f"{name} {value.strip()} read as {self.values[name]:,} tokens")

    def assume(self, sentence: str) -> None:
        """Remember a default that was used, once."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def cite(self, *sources: str) -> None:
        """Remember where a formula or a fact comes from, once each."""
        self.sources.extend(source for source in dict.fromkeys(sources) if source not in self.sources)

    def coefficient(self, name: str) -> float:
        """Return a fitted coefficient and cite its source."""
        self.cite(self.coefficients.source(name))
        return self.coefficients[name]

    def get(self, key: str) -> Any:
        """Return a checked value, or None where it was not given."""
        return self.values.get(key)

    def default(self, key: str, value: Any, because: str = "") -> Any:
        """Return a checked value; where it was not given, the default, said as an assumption."""
        if key in self.values:
            return self.values[key]
        self.assume(f"{read_back(key, value)}{f' ({because})' if because else ''}")
        return value

    def need(self, key: str) -> Any:
        """Return a checked value or raise a sentence that says what to give."""
        if key not in self.values:
            raise EstimateError(f"{self.kind} needs {key}: {KEYS[key].says}.")
        return self.values[key]

    def _usual_gpu(self) -> str | None:
        """Training is reckoned on a usual card where none was named; speeds are not, they differ too much."""
        if self.kind not in _TRAINED_ON_USUAL_GPU or self.get("gpu_hours"):
            return None
        self.assume("H100 80GB SXM, since no GPU was named")
        return USUAL_TRAINING_GPU

    def optional_gpu(self) -> Gpu | None:
        """Return the GPU where one was named and a catalogue is at hand, else None."""
        return self.gpu() if self.get("gpu") and self.catalog else None

    def gpu(self) -> Gpu:
        """Return the GPU asked for. Raises EstimateError where it is missing or unknown."""
        name = self.get("gpu") or self._usual_gpu()
        if name is None:
            raise EstimateError(f"{self.kind} needs gpu: {KEYS['gpu'].says}.")
        gpu = self.catalog.find_gpu(name) if self.catalog else None
        if gpu is None:
            near = self.catalog.near_gpus(name) if self.catalog else ()
            hint = (
                f"did you mean {' or '.join(g.title for g in near[:3])}?"
                if near
                else f"gpu is {KEYS['gpu'].says}."
            )
            raise EstimateError(f"The hardware table has no GPU {shown(name)}; {hint}")
        self.cite(*gpu.sources)
        return gpu
