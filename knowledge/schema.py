"""Shapes of the facts in the knowledge folder. Every file is validated against one of these classes.

Unknown keys are refused, so that a typing error in a TOML file is reported and not ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Stage = Literal["scope", "select", "adapt", "integrate"]
TaskId = Literal[
    "chatbot",
    "essay_writing",
    "summarization",
    "translation",
    "code_generation",
    "information_retrieval",
    "named_entity_recognition",
    "tool_use_and_api",
    "classification",
    "question_answering",
    "other",
]
TechniqueId = Literal[
    "prompt_engineering",
    "few_shot",
    "rag",
    "tool_use",
    "lora",
    "qlora",
    "full_fine_tuning",
    "instruction_tuning",
    "continued_pretraining",
    "pretraining_from_scratch",
    "rlhf",
    "dpo",
    "distillation",
    "quantization",
    "pruning",
    "prompt_tuning",
    "repurposing",
]
Expertise = Literal["low", "medium", "high"]


class Fact(BaseModel):
    """A record of a TOML file; frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Architecture(Fact):
    """Shape of a network, in the words of its config. `None` where it was not published."""

    layers: int | None = None
    attention_layers: int | None = None  # layers with full attention, in hybrids
    hidden: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    ffn: int | None = None
    mlp_linears: Literal[2, 3] = 3
    vocab: int | None = None
    tied_embeddings: bool | None = None
    sliding_window: int | None = None
    experts: int | None = None
    experts_per_token: int | None = None
    moe_ffn: int | None = None
    shared_experts: int | None = None
    dense_ffn: int | None = None
    moe_every: int | None = None
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    kv_bytes_per_token_f16: int | None = None  # as published, where no formula above applies
    embedding_dim: int | None = None
    extra_params_b: float | None = None  # vision towers and the like, outside the shape above


class GgufFile(Fact):
    """A published GGUF of a model."""

    repo: str
    file: str
    size_bytes: int | None = None
    sha256: str | None = None


class ModelCard(Fact):
    """A base model. Sizes in billions of parameters, context in tokens."""

    id: str
    title: str
    family: str
    vendor: str
    kind: Literal["decoder", "encoder", "encoder-decoder", "embedding", "reranker", "api"]
    hub_id: str | None = None
    aliases: tuple[str, ...] = ()
    params_b: float | None = None
    active_params_b: float | None = None
    architecture: Architecture = Architecture()
    context_tokens: int | None = None
    modalities: tuple[str, ...] = ("text",)
    languages: tuple[str, ...] | int | None = None  # ISO 639-1 codes, or how many the maker names
    languages_note: str | None = None
    licence: str | None = None
    commercial_use: Literal["yes", "conditions", "no", "unknown"] = "unknown"
    conditions: str | None = None
    released: str | None = None  # YYYY-MM
    instruct: bool | None = None
    function_calling: bool | None = None
    thinking: Literal["none", "optional", "always"] | None = None
    strengths: tuple[str, ...] = ()
    benchmarks: dict[str, float] = Field(default_factory=dict)
    gguf_files: tuple[GgufFile, ...] = ()
    superseded_by: str | None = None  # id of the model to look at first
    unverified: tuple[str, ...] = ()  # fields quoted from the maker without a check; "everything" for all
    usd_per_million_input_tokens: float | None = None  # list prices of a hosted model, on price_date
    usd_per_million_output_tokens: float | None = None
    price_date: str | None = None  # YYYY-MM-DD
    price_source: str | None = None  # which model of the family, and where the price was read
    note: str | None = None
    sources: tuple[str, ...]
    path: str = ""  # citation path of the file that holds it; filled in by the loader


class Gpu(Fact):
    """An accelerator: memory in GB (1e9), bandwidth in GB/s, dense TFLOPS without sparsity, power in W."""

    id: str
    title: str
    aliases: tuple[str, ...] = ()
    memory_gb: float
    bandwidth_gb_s: float
    tflops_bf16: float
    tflops_fp8: float | None = None
    tdp_w: float
    kind: Literal["datacenter", "workstation", "consumer", "unified", "cpu"] = "datacenter"
    usable_memory_share: float = 1.0
    usd_per_hour: float | None = None
    price_date: str | None = None
    price_source: str | None = None
    note: str | None = None
    sources: tuple[str, ...]
    path: str = ""


class Technique(Fact):
    """A way to adapt, align, optimise or augment a model."""

    id: TechniqueId
    title: str
    stage: Stage
    summary: str
    needs: tuple[str, ...]
    expertise: Expertise
    min_examples: int | None = None
    min_preference_pairs: int | None = None
    training_time: str | None = None  # as in the lifecycle's cheat sheet
    customization: str | None = None
    objective: str | None = None
    document: str  # citation path, such as "documents/rag.md"
    heading: str = ""
    sources: tuple[str, ...]
    path: str = ""


class Task(Fact):
    """One of the ten typical tasks, mapped to a `Scope.task` value."""

    id: str
    title: str
    scope_task: TaskId
    phrases: tuple[str, ...]
    usual_technique: TechniqueId
    metric: str
    smallest_sensible_params_b: float
    example: str
    document: str
    sources: tuple[str, ...]


class Metric(Fact):
    """An evaluation metric; `higher_is_better` gives its direction, `scale` its largest value."""

    id: str
    title: str
    aliases: tuple[str, ...] = ()
    tasks: tuple[TaskId, ...]
    measures: str
    hides: str
    higher_is_better: bool = True
    scale: float | None = 1.0
    sources: tuple[str, ...]


class Currency(Fact):
    """A currency by its ISO 4217 code: how much of it one euro bought on a day, and how people write it."""

    id: str
    title: str
    per_eur: float = Field(gt=0)
    written: tuple[str, ...]
    dated: date
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A passage that can be quoted on its own.

    `path` is relative to the knowledge folder that holds the file; `revision` is a short content hash.
    """

    id: str  # "documents/rag.md#when-to-use-it"
    path: str
    heading: str
    title: str
    text: str
    questions: tuple[str, ...] = ()
    stage: str = ""
    sources: tuple[str, ...] = ()
    revision: str = ""
    language: str = "en"
    own: bool = False  # from the team's own folder


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file of the knowledge folder, and how to mend it."""

    path: str
    line: int
    message: str
    cure: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} {self.cure}"
