"""Every kind of estimate under its public name, and the one function that makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from estimator.answer import UNITS
from estimator.coefficients import COEFFICIENTS, Coefficients
from estimator.compress import estimate_compress_gpu_hours
from estimator.compute import (
    estimate_finetune_gpu_hours,
    estimate_pretrain_gpu_hours,
    estimate_pretrain_wall_days,
    estimate_train_flops,
    estimate_train_throughput,
)
from estimator.cost import estimate_api_cost, estimate_prompt_cost
from estimator.energy import estimate_train_energy
from estimator.files import estimate_checkpoint_size, estimate_gguf_size
from estimator.inference import estimate_infer_memory
from estimator.inputs import Catalog, Request, shown
from estimator.kv import estimate_kv_cache
from estimator.rag import estimate_rag_index, estimate_rag_request
from estimator.result import Estimate, EstimateError
from estimator.schedule import estimate_effort, estimate_schedule
from estimator.serving import estimate_serve_cost, estimate_serve_throughput
from estimator.speed import estimate_decode_speed, estimate_prefill_speed
from estimator.training import estimate_train_memory

_SHAPE = (
    "model params params_active moe layers attention_layers hidden heads kv_heads head_dim ffn mlp_linears "
    "vocab tied_embeddings kv_lora_rank qk_rope_head_dim sliding_window"
)
_SERVE = "quant gpu n_gpus split_mode runtime batch context_tokens prompt_tokens gen_tokens seq kv_dtype"
_TRAIN = (
    "method gpu n_gpus sharding precision optimizer seq batch quant trainable_params lora_rank reward_params "
    "teacher_params activation_checkpointing flash_attention fused_loss"
)
_PLAN = (
    "scope techniques start deadline team_size expertise data_state languages reviews integrations breadth "
    "pilot country holidays done evaluation_pass_probability seed"
)
_RUN = (
    "method tokens samples seq epochs batch gpu n_gpus gpu_hours precision reward_params teacher_params "
    "activation_checkpointing prompt_tokens gen_tokens"
)
_MONEY = "usd_per_gpu_hour utilisation"
_PRICES = "usd_per_million_input_tokens usd_per_million_output_tokens requests_per_day cached_share"
_CORPUS = "documents pages tokens_per_page tokens chunk_tokens embedding_model embedding_dim"


@dataclass(frozen=True)
class Kind:
    """A kind of estimate: its unit, what it says in a line, and the keys it looks at."""

    name: str
    description: str
    keys: tuple[str, ...]
    make: Callable[[Request], Estimate]

    @property
    def unit(self) -> str:
        """Unit of the value and of its interval."""
        return UNITS[self.name]


def _kind(name: str, description: str, make: Callable[[Request], Estimate], keys: str) -> Kind:
    return Kind(name, description, tuple(keys.split()), make)


_ALL = (
    _kind("gguf_size", "Size of a GGUF file", estimate_gguf_size, f"{_SHAPE} quant"),
    _kind(
        "checkpoint_size",
        "Size of a training checkpoint",
        estimate_checkpoint_size,
        f"{_SHAPE} precision optimizer",
    ),
    _kind(
        "kv_cache",
        "Memory of the key/value cache",
        estimate_kv_cache,
        f"{_SHAPE} context_tokens seq batch kv_dtype",
    ),
    _kind(
        "infer_memory",
        "Memory of one GPU while serving",
        estimate_infer_memory,
        f"{_SHAPE} {_SERVE} memory_gb",
    ),
    _kind("decode_speed", "Generated tokens a second", estimate_decode_speed, f"{_SHAPE} {_SERVE}"),
    _kind("prefill_speed", "Prompt tokens read a second", estimate_prefill_speed, f"{_SHAPE} {_SERVE}"),
    _kind(
        "train_memory",
        "Memory of one GPU while training",
        estimate_train_memory,
        f"{_SHAPE} {_TRAIN} memory_gb",
    ),
    _kind("schedule", "Calendar weeks to the likely finish", estimate_schedule, _PLAN),
    _kind("effort", "Person-weeks of the whole project", estimate_effort, _PLAN),
    _kind("train_flops", "Arithmetic of a training run", estimate_train_flops, f"{_SHAPE} {_RUN}"),
    _kind("pretrain_gpu_hours", "GPU-hours of pre-training", estimate_pretrain_gpu_hours, f"{_SHAPE} {_RUN}"),
    _kind("finetune_gpu_hours", "GPU-hours of fine-tuning", estimate_finetune_gpu_hours, f"{_SHAPE} {_RUN}"),
    _kind("pretrain_wall_days", "Days of pre-training", estimate_pretrain_wall_days, f"{_SHAPE} {_RUN}"),
    _kind("train_throughput", "Training tokens a second", estimate_train_throughput, f"{_SHAPE} {_RUN}"),
    _kind("train_energy", "Energy of a training run", estimate_train_energy, f"{_SHAPE} {_RUN} pue"),
    _kind(
        "serve_throughput",
        "Tokens a second under load",
        estimate_serve_throughput,
        f"{_SHAPE} {_SERVE} scenario",
    ),
    _kind("serve_cost", "Cost of 1,000 requests", estimate_serve_cost, f"{_SHAPE} {_SERVE} {_MONEY}"),
    _kind(
        "api_cost", "Monthly cost of a hosted API", estimate_api_cost, f"{_SHAPE} {_SERVE} {_MONEY} {_PRICES}"
    ),
    _kind("prompt_cost", "Monthly cost of the prompt", estimate_prompt_cost, f"prompt_tokens {_PRICES}"),
    _kind("rag_index", "Size of a retrieval index", estimate_rag_index, _CORPUS),
    _kind(
        "rag_request",
        "Tokens of a request with retrieval",
        estimate_rag_request,
        "top_k chunk_tokens question_tokens",
    ),
    _kind(
        "compress_gpu_hours",
        "GPU-hours of compressing",
        estimate_compress_gpu_hours,
        f"{_SHAPE} {_RUN} quant techniques",
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


def estimate(
    kind: str,
    inputs: Mapping[str, object],
    catalog: Catalog | None = None,
    coefficients: Coefficients = COEFFICIENTS,
) -> Estimate:
    """Return the estimate of one kind.

    Raises EstimateError with one sentence for the person who asked, whatever is wrong with kind or inputs.
    """
    known = KINDS.get(str(kind).strip().lower().replace("-", "_").replace(" ", "_"))
    if known is None:
        near = get_close_matches(str(kind), KINDS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KINDS)}."
        raise EstimateError(f"There is no estimate called {shown(kind)}; {hint}")
    return known.make(Request(known.name, inputs, catalog, coefficients))
