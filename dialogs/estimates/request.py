"""Free text to a request for an estimate: "qlora llama-3.1-8b on one rtx 4090, 5k examples"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dialogs.understanding.estimate_amounts import Reader
from dialogs.understanding.estimate_inputs import (
    all_kinds,
    also_of,
    gguf_format,
    given_pairs,
    key_values,
    kind_of,
    names_gguf,
    read_format,
    read_method,
    read_runtime,
    said_kind,
    unknown_kind,
    without_pairs,
)
from dialogs.understanding.estimate_plan import is_plan, read_plan
from dialogs.understanding.estimate_words import (
    NamedGpu,
    NamedModel,
    blank,
    estimate_words,
    example_requests,
    gpu_title,
    name_gpu,
    name_model,
    question,
    spaced,
    suggested_models,
)
from estimator.kinds import KINDS
from knowledge.catalog import Catalog

NEEDS_MODEL = frozenset(
    (
        "gguf_size", "checkpoint_size", "kv_cache", "infer_memory", "train_memory", "train_flops",
        "pretrain_gpu_hours", "finetune_gpu_hours", "pretrain_wall_days", "train_throughput",
        "decode_speed", "prefill_speed",
        "serve_throughput", "serve_cost", "compress_gpu_hours",
    )
)  # fmt: skip
FITS = "fits"
"""Not an estimate but a look into the catalogue: which models fit into `memory_gb` or onto `gpu`."""

_PRETRAINING_TOKENS = 20e9  # nobody fine-tunes on so many
_ALWAYS_USED = frozenset(("usd_per_gpu_hour", "n_gpus"))
_READING_CONTEXT = (
    "kv_cache", "infer_memory", "gguf_size", "decode_speed", "prefill_speed", "serve_throughput", "serve_cost",
)  # fmt: skip


@dataclass(frozen=True)
class EstimateRequest:
    """What was understood of a request.

    `kind` is a public kind of estimate, or "fits"; None where nothing was understood. `inputs` has the public
    keys. `also` names further kinds that the same inputs answer. A `question` with its `choices` stands where
    a name is not in the catalogue or something needed is missing; then the estimate should wait. `unclear`
    are the words that a choice replaces in the text. `unused` are numbers that were written and do not count;
    `taken` says what an unknown name was taken for.
    """

    kind: str | None
    inputs: dict[str, Any] = field(default_factory=dict)
    understood: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unclear: str = ""
    unused: tuple[str, ...] = ()
    taken: str = ""


def read_estimate_request(
    text: str, catalog: Catalog, known: Collection[str] = frozenset(), today: date | None = None
) -> EstimateRequest:
    """Read what somebody wants estimated. `known` are inputs that stand elsewhere and need not be asked for.

    A name that is not in the catalogue but looks like one comes back as a question with choices; a text in
    which nothing is understood as a question that says what is accepted, with two examples. `today` gives a
    day without a year its year.
    """
    words = " ".join(text.replace("\u00a0", " ").split())
    given = key_values(words)
    if given is not None:
        return EstimateRequest(*given, also=also_of(*given))
    if unknown := unknown_kind(words):
        return _unknown_kind(words, *unknown)
    words = spaced(words)
    pairs, words = given_pairs(words), without_pairs(words)
    said = _Said(words, catalog, today, knows_model="model" in known)
    inputs = said.inputs | pairs
    kind = said.kind(inputs)
    if kind is None and not inputs:
        return EstimateRequest(None, {}, (), question("nothing"), example_requests())
    unused = list(said.unused(kind, inputs))
    inputs = {
        key: value for key, value in inputs.items() if key in pairs or key not in said.idle(kind, inputs)
    }
    if kind in ("schedule", "effort"):
        inputs.pop("method", None)
    understood = tuple(words for key, words in said.understood if key in inputs)
    if kind == FITS:
        return EstimateRequest(FITS, inputs, understood, unused=tuple(unused), taken=said.taken)
    also = also_of(kind, inputs) if kind else ()
    request = EstimateRequest(kind, inputs, understood, also=also, unused=tuple(unused), taken=said.taken)
    return _asked(request, said.model, said.gpu, catalog, known)


def _unknown_kind(words: str, name: str, near: tuple[str, ...]) -> EstimateRequest:
    rest = words.split(" ", 1)[1]
    if not near:
        ask = question("unknown_kind_all", name=name, kinds=", ".join(sorted(all_kinds())))
        return EstimateRequest(None, {}, (), ask, example_requests())
    choices = tuple(f"{kind} {rest}" for kind in near)
    return EstimateRequest(None, {}, (), question("unknown_kind", name=name), choices)


class _Said:
    """Everything that free words say: names, method, format, amounts, and what is left of them."""

    def __init__(
        self, words: str, catalog: Catalog, today: date | None, *, knows_model: bool = False
    ) -> None:
        self.text = words.lower()
        self._knows_model = knows_model
        self._catalog = catalog
        self.runtime, runtime_span = read_runtime(self.text)
        named = blank(words, (runtime_span,))
        self.model = name_model(named, catalog)
        self.gpu = name_gpu(blank(named, (self.model.span,)), catalog)
        self.method = read_method(blank(self.text, (self.model.span,)))
        self.inputs: dict[str, Any] = {}
        self.understood: list[tuple[str, str]] = []
        self._amounts: dict[str, str] = {}
        self._reader = Reader(blank(self.text, (self.model.span, self.gpu.span, runtime_span)), self.method)
        self._model(named, catalog)
        self._formats()
        self._gpu()
        self._read(today)

    @property
    def has_model(self) -> bool:
        """Whether a model or its size is named, in the catalogue or not."""
        return bool(self.model.card or self.model.written or self.model.params)

    @property
    def taken(self) -> str:
        """What a name that the catalogue lacks was taken for."""
        model = self.model
        if model.card is not None and self._catalog.find_model(model.written) is None:
            return question("taken_for", title=model.card.title, name=model.written)
        if model.card is None and model.written and model.params and not model.near:
            return question("not_in_catalogue", name=model.written, size=f"{model.params / 1e9:g}B")
        return ""

    def kind(self, inputs: dict[str, Any]) -> str | None:
        """Return the kind that is asked for."""
        if is_plan(self.text):
            return "schedule"
        hosted = self.model.hosted or bool(self.model.card and self.model.card.kind == "api")
        has_model = self.has_model or "model" in inputs
        return kind_of(self.text, self.method, inputs, has_model=has_model, hosted=hosted)

    def idle(self, kind: str | None, inputs: Mapping[str, Any]) -> frozenset[str]:
        """Return the amounts that say nothing about a kind."""
        if kind == FITS:
            return frozenset()
        if kind is None:
            return frozenset(("memory_gb",))
        wanted = {key for name in (kind, *also_of(kind, inputs)) for key in KINDS[name].keys}
        return frozenset(self._amounts) - wanted - _ALWAYS_USED

    def unused(self, kind: str | None, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what was said and does not count, in the writer's words."""
        idle = self.idle(kind, inputs)
        said = tuple(self._amounts[key] for key in self._amounts if key in idle)
        lora = self.method in ("dpo", "ppo", "distillation") and "lora" in self.text
        return (*said, *self._reader.left(), *((question("no_lora"),) if lora else ()))

    def _add(self, key: str, value: Any, said: str) -> None:
        self.inputs[key] = value
        self.understood.append((key, said))

    def _model(self, words: str, catalog: Catalog) -> None:
        if self.method:
            self._add("method", self.method, {"qlora": "QLoRA", "lora": "LoRA"}.get(self.method, self.method))
        model = self.model
        if model.card is not None:
            self._add("model", model.card.id, model.card.title)
        elif model.params is not None and not model.near:
            self._add("params", model.params, f"{model.params / 1e9:g}B parameters")
        if self.method == "distillation" and model.card is not None:
            self._teacher(words, catalog)

    def _gpu(self) -> None:
        gpu = self.gpu
        if gpu.card is not None:
            self._add("gpu", gpu.card.id, f"{gpu.count}× {gpu_title(gpu.card)}")
            if gpu.counted or "pretrain" not in self.method:
                self.inputs["n_gpus"] = gpu.count
        elif gpu.written and not gpu.near:
            self.inputs["gpu"] = gpu.written

    def _teacher(self, words: str, catalog: Catalog) -> None:
        """Of two models the larger one teaches."""
        other = name_model(blank(words, (self.model.span, self.gpu.span)), catalog)
        first, second = self.model.card, other.card
        if first is None or second is None or not first.params_b or not second.params_b:
            return
        student, teacher = sorted((first, second), key=lambda card: card.params_b or 0)
        self.inputs["model"] = student.id
        self._add("teacher_params", round((teacher.params_b or 0) * 1e9), f"taught by {teacher.title}")
        self._reader.blank(other.span)

    def _formats(self) -> None:
        if self.runtime:
            self._add("runtime", self.runtime, self.runtime)
        cache = self._reader.cache(alone=said_kind(self.text) == "kv_cache")
        if cache is not None:
            self._add(cache.key, cache.value, cache.said)
        quant, span = read_format(self._reader.rest, self.method)
        if names_gguf(self.text):
            quant = gguf_format(quant)
        if quant:
            plain = self.method and quant in ("bf16", "fp16", "fp32", "fp8")
            self._add("precision" if plain else "quant", quant, quant)
            self._reader.blank(span)

    def _read(self, today: date | None) -> None:
        reader = self._reader
        if is_plan(self.text) or said_kind(self.text) in ("schedule", "effort"):
            for amount in read_plan(reader, self.method, today):
                self._add(amount.key, amount.value, amount.said)
        for amount in reader.read():
            free = amount.key == "n_gpus" and not self.gpu.counted and self.gpu.card is not None
            if amount.key not in self.inputs or free:
                self._add(amount.key, amount.value, amount.said)
                self._amounts[amount.key] = amount.said
            else:
                self._amounts.setdefault(f"again {amount.said}", amount.said)
        if "pretrain" in self.method and "tokens" not in self.inputs and (tokens := reader.bare_tokens()):
            self._add(tokens.key, tokens.value, tokens.said)
        if self.method == "sft" and self.inputs.get("tokens", 0) >= _PRETRAINING_TOKENS:
            self.method = self.inputs["method"] = "pretrain"
        asked = said_kind(self.text) in (None, *_READING_CONTEXT)
        asked = asked and (self.has_model or self._knows_model) and not self.method
        asked = asked and "context_tokens" not in self.inputs
        if asked and (context := reader.bare_context()):
            self._add(context.key, context.value, context.said)
        self._corpus()

    def _corpus(self) -> None:
        """What one document holds, times the documents."""
        documents, pages, each = (self.inputs.get(key) for key in ("documents", "pages", "seq"))
        if documents and pages:
            total = self._reader.pages_each(documents, pages, self.text)
            self.inputs["pages"] = int(total) if float(total).is_integer() else total
        elif documents and each and not self.method:
            self.inputs["tokens"] = documents * each
            del self.inputs["seq"]
            self._amounts["tokens"] = self._amounts.pop("seq", "")


def _asked(
    request: EstimateRequest, model: NamedModel, gpu: NamedGpu, catalog: Catalog, known: Collection[str]
) -> EstimateRequest:
    """Add the question that has to be answered first, if there is one."""
    ask, unclear = "", ""
    choices: tuple[str, ...] = ()
    if model.card is None and model.written and model.near:
        titles = tuple(card.title for card in model.near)
        key = "one_near_model" if len(titles) == 1 else "near_model"
        ask, choices, unclear = question(key, title=titles[0], name=model.written), titles, model.written
    elif gpu.card is None and gpu.written and gpu.near:
        unclear = gpu.written
        ask, choices = question("near_gpu", name=unclear), tuple(gpu_title(card) for card in gpu.near)
    elif request.kind is None:
        ask, choices = question("nothing"), example_requests()
    elif request.kind in NEEDS_MODEL and not {"model", "params", "layers"} & {*request.inputs, *known}:
        if request.inputs.get("method") == "pretrain":
            ask, choices = question("size"), tuple(estimate_words()["questions"]["size_examples"])
        else:
            ask, choices = question("model"), suggested_models(catalog)
    return replace(request, question=ask, choices=choices, unclear=unclear)
