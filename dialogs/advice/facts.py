"""What a scope says, and what its words say that has no field of its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from dialogs.advice.machine import Machine, names_no_machine, read_machine
from dialogs.scope import Scope
from knowledge.catalog import Catalog
from knowledge.schema import ModelCard

ENOUGH_FOR_AN_ADAPTER = 200
ENOUGH_FOR_AN_ENCODER = 1000
ENOUGH_FOR_FULL_TRAINING = 100_000
MANY_LABELS = 10_000
ENOUGH_INSTRUCTIONS = 1000
ENOUGH_PAIRS = 1000
MANY_PAIRS = 10_000
LEAST_CORPUS_TOKENS = 1e9
LEAST_SCRATCH_TOKENS = 100e9
BUSY_REQUESTS_PER_DAY = 20_000
_BYTES_PER_TOKEN = 4.0  # English text
_NUMBER = r"(\d[\d,.]*)\s*(k|m|bn|b|t|million|billion|trillion|thousand)?"
_MULTIPLES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_MULTIPLES |= {"t": 1e12, "trillion": 1e12, "": 1.0}
_TOLD_OF_TRIES = re.compile(r"\b(tried|fall short|fell short|falls short)\b")
_TRIED_SIZE = re.compile(r"\b(\d{1,3}(?:\.\d)?)b\b(?!\s*tokens)")
_TUNED_SIZE = re.compile(r"\btuned\s+(\d{1,3}(?:\.\d)?)b\b")
_TOKENS = re.compile(_NUMBER + r"\s*(?:domain |text |raw )?tokens\b")
_CORPUS = re.compile(
    r"(\d[\d,.]*)\s*(gb|tb|gigabytes?|terabytes?)\s+of\s+(?:our |raw |own |domain |internal )*"
    r"(?:text|documents?|docs|data|papers|articles|files|logs|books)"
)
_PAIRS = re.compile(
    _NUMBER + r"\s*(?:pairwise |preference |answer )?"
    r"(?:pairs|comparisons|ratings|thumbs|preferences|votes|answers|rankings)"
)


@cache
def data(name: str) -> Mapping[str, Any]:
    """Return a data file of this package."""
    return tomllib.loads((resources.files("dialogs.advice") / f"{name}.toml").read_text("utf-8"))


@cache
def _patterns(table: str) -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile("|".join(lines)) for name, lines in data("signals")[table].items()}


@dataclass(frozen=True)
class Facts:
    """A scope with what follows from it. `wishes` are models and techniques in the team's words."""

    scope: Scope
    catalog: Catalog
    wishes: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """Everything the team said in words, in lower case."""
        said = self.scope
        words = [
            said.description,
            said.users,
            said.team,
            said.domain,
            said.output_format,
            said.success_metric,
        ]
        return " ; ".join([*(word for word in words if word), *(said.tried or [])]).casefold()

    @cached_property
    def tried_text(self) -> str:
        """The words about what was tried, in lower case."""
        return " ; ".join(self.scope.tried or []).casefold()

    @cached_property
    def signals(self) -> frozenset[str]:
        """Names of the facts in signals.toml that the words state."""
        return frozenset(name for name, pattern in _patterns("signals").items() if pattern.search(self.text))

    @cached_property
    def tried(self) -> frozenset[str]:
        """What was tried already, by the names in signals.toml; a description that says so counts."""
        clauses = re.split(r"[.;!?]", self.text)
        told = " ; ".join([self.tried_text, *(clause for clause in clauses if _TOLD_OF_TRIES.search(clause))])
        found = frozenset(name for name, pattern in _patterns("tried").items() if pattern.search(told))
        return found

    @cached_property
    def prompting_short(self) -> bool:
        """Whether prompting was tried and did not reach the target."""
        tried = bool(self.tried & {"prompting", "few_shot", "adapter", "full", "rag", "tools"})
        return tried and "meets_target" not in self.signals

    @property
    def task(self) -> str:
        """The task, "other" where none is stated."""
        return self.scope.task or "other"

    @property
    def labels(self) -> int:
        """Labelled examples, 0 where none are stated."""
        return self.scope.data.labelled_examples or 0

    @property
    def documents(self) -> bool:
        """Whether answers rest on documents: stated, or because what they know is said to change."""
        return bool(self.scope.data.documents) or (
            self.scope.data.documents is None and self.scope.knowledge_changes in {"weekly", "daily"}
        )

    @property
    def changing(self) -> bool:
        """Whether the knowledge changes at least weekly."""
        return self.scope.knowledge_changes in {"weekly", "daily", "realtime"}

    @property
    def closed_answers(self) -> bool:
        """Whether the answer is a label or a piece of the input, so that an encoder can give it."""
        return self.task in {"classification", "named_entity_recognition"}

    @property
    def fast_or_busy(self) -> bool:
        """Whether latency, load or the machine rule a decoder out for a narrow task."""
        quick = self.scope.latency_seconds is not None and self.scope.latency_seconds <= 1
        busy = (self.scope.requests_per_day or 0) >= BUSY_REQUESTS_PER_DAY
        return quick or busy or (self.machine is not None and self.machine.is_cpu)

    @cached_property
    def live(self) -> bool:
        """Whether facts are live or structured, so that a tool must fetch them."""
        if self.task == "tool_use_and_api":
            return True
        if self.scope.knowledge_changes == "realtime":
            return True
        return (
            "live" in self.signals
            and self.task in {"chatbot", "question_answering", "other"}
            and not self.documents
        )

    @cached_property
    def machine(self) -> Machine | None:
        """The machine it runs on, where one is named."""
        return read_machine(self.scope.hardware, self.catalog)

    @property
    def has_machine(self) -> bool:
        """Whether the team names a machine of its own; "no GPU" and "CPU only" name none."""
        hardware = self.scope.hardware
        return self.gpu_count > 0 or bool(hardware and not names_no_machine(hardware))

    @cached_property
    def corpus_tokens(self) -> float | None:
        """Tokens of raw text the team holds, from "40B tokens" or "2 GB of documents"."""
        if match := _TOKENS.search(self.text):
            return _amount(match[1]) * _MULTIPLES[match[2] or ""]
        if match := _CORPUS.search(self.text):
            unit = 1e12 if match[2].startswith("t") else 1e9
            return _amount(match[1]) * unit / _BYTES_PER_TOKEN
        return None

    @cached_property
    def pairs(self) -> int | None:
        """Comparisons or ratings of answers, where a number is said."""
        if not self.scope.data.preference_data:
            return 0 if self.scope.data.preference_data is False else None
        match = _PAIRS.search(self.text)
        return int(_amount(match[1]) * _MULTIPLES[match[2] or ""]) if match else None

    @cached_property
    def modalities(self) -> frozenset[str]:
        """What goes in beside text: image, audio, video."""
        stated = {entry.casefold().rstrip("s") for entry in self.scope.input_modality or []}
        if self.scope.input_modality is None:
            stated = {name for name in ("image", "audio") if name in self.signals}
        same = {
            "photo": "image",
            "scan": "image",
            "picture": "image",
            "speech": "audio",
            "voice": "audio",
            "pdf": "text",
        }
        return frozenset(same.get(entry, entry) for entry in stated) - {"text"}

    @property
    def commercial(self) -> bool:
        """Whether the licence must allow commercial use: unless research, teaching or private use is said."""
        return "research" not in self.signals

    @property
    def skilled(self) -> bool:
        """Whether the team says that it has trained models."""
        return "skilled_team" in self.signals

    @cached_property
    def gpu_count(self) -> int:
        """How many data-centre GPUs are named, in the hardware or in the description; 0 for none."""
        machine = self.machine or read_machine(_gpu_words(self.text), self.catalog)
        return machine.count if machine and machine.gpu and machine.gpu.kind == "datacenter" else 0

    @cached_property
    def named_models(self) -> tuple[ModelCard, ...]:
        """Catalogue models among the wishes and in what was tried."""
        return _unique((*self.wished_models, *self.tried_models))

    @cached_property
    def wished_models(self) -> tuple[ModelCard, ...]:
        """Catalogue models among the wishes, exact names only."""
        return _unique(self.catalog.find_model(wish) for wish in self.wishes)

    @cached_property
    def tried_models(self) -> tuple[ModelCard, ...]:
        """Catalogue models that were tried."""
        return _unique(_model_in(entry, self.catalog) for entry in self.scope.tried or [])

    @cached_property
    def tried_b(self) -> float | None:
        """Billions of parameters of what was tried or tuned, where a size stands in its words: "our tuned 32B"."""
        match = _TRIED_SIZE.search(self.tried_text) or _TUNED_SIZE.search(self.text)
        return float(match[1]) if match else None

    @cached_property
    def material(self) -> str:
        """What the team calls the documents that hold its knowledge."""
        words = "|".join(data("signals")["materials"]["words"])
        match = re.search(rf"\b({words})\b", (self.scope.description or "").casefold())
        return match[1].replace("faq", "FAQ") if match else "documents"


def _unique(cards: Iterable[ModelCard | None]) -> tuple[ModelCard, ...]:
    return tuple({card.id: card for card in cards if card}.values())


def _amount(text: str) -> float:
    plain = text.rstrip(".,")
    plain = plain.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", plain) else plain.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float(re.sub(r"\D", "", plain) or 0)


def _gpu_words(text: str) -> str | None:
    match = re.search(r"\b\d+\s*(?:x\s*)?(?:nvidia\s+)?(?:a100|h100|h200|b200|mi300x|v100)s?\b", text)
    return match[0] if match else None


def _model_in(words: str, catalog: Catalog) -> ModelCard | None:
    """Return the model that a run of two to five words names, the longest first."""
    tokens = re.findall(r"[\w.\-/]+", words.replace(":", " ").replace(",", " "))
    for width in range(min(5, len(tokens)), 0, -1):
        for start in range(len(tokens) - width + 1):
            name = " ".join(tokens[start : start + width])
            if (
                re.search(r"\d", name)
                and re.search(r"[a-z]{3}", name.casefold())
                and (card := catalog.find_model(name))
            ):
                return card
    return None


def facts_of(scope: Scope, catalog: Catalog, wishes: Sequence[str] = ()) -> Facts:
    """Return the facts of a scope."""
    return Facts(scope, catalog, tuple(wishes))
