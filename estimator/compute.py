"""Arithmetic of training: FLOPs, GPU-hours, wall time, tokens a second."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.answer import answer
from estimator.inputs import Request
from estimator.numbers import count, number
from estimator.result import Estimate, EstimateError, Part
from estimator.shapes import Shape, read_shape
from knowledge.schema import Gpu

_SOURCES = (
    "Kaplan et al. 2020, arXiv:2001.08361 (6N FLOPs a token)",
    "Narayanan et al. 2021, arXiv:2104.04473 (attention)",
    "MosaicML llm-foundry benchmark table (measured MFU); GPU-hours of published model cards",
)
_PPO_SOURCE = "Ouyang et al. 2022, arXiv:2203.02155 (InstructGPT); DeepSpeed-Chat (measured hours)"
_FIELDS = ("params", "layers", "heads", "head_dim", "hidden", "vocab", "kv_heads")
_RIDGE = 200.0  # FLOP per byte at which the fitted shares are quoted
_MOST_SHARE = 0.66
_MANY_GPUS = 1000
_ADAPTED = {"lora", "qlora", "adapter", "prompt-tuning"}
_PRETRAINING = {"pretrain", "continued-pretrain", "continued-pretrain+sft"}
# Recipes that stand in where neither tokens nor samples are given: samples, sequence, epochs.
_RECIPES: dict[str, tuple[float, int, float, str]] = {
    "sft": (13_000, 2048, 16, "InstructGPT's supervised stage: 13,000 prompts, 16 epochs, 2,048 tokens"),
    "ppo": (10_000, 512, 1, "10,000 prompts of 256 + 256 tokens"),
    "dpo": (10_000, 1024, 1, "10,000 pairs of 1,024 tokens"),
}
_DEFAULT_RECIPE = (10_000, 1024, 3.0, "10,000 samples of 1,024 tokens, 3 epochs")
_INSTRUCTGPT_EPISODES = 256_000
_PTX_SAMPLES_PER_EPISODE = 8


@dataclass(frozen=True)
class Work:
    """A training run's arithmetic: tokens seen, FLOPs of the matrices and of attention, and the formula."""

    tokens: float
    matrix_flops: float
    attention_flops: float
    text: str

    @property
    def flops(self) -> float:
        """All of it."""
        return self.matrix_flops + self.attention_flops


def tokens_of(request: Request, method: str) -> tuple[float, float]:
    """Return tokens of the run and the sequence: `tokens`, or samples × seq × epochs, or a named recipe."""
    seq = request.get("seq")
    if request.get("tokens"):
        return float(request.get("tokens")) * float(request.get("epochs") or 1), float(seq or 2048)
    prompt, generated = request.get("prompt_tokens"), request.get("gen_tokens")
    if seq is None and (prompt or generated):
        seq = (prompt or 0) + (generated or 0)
    recipe = _RECIPES.get(method, _DEFAULT_RECIPE)
    samples = request.get("samples")
    if samples is None:
        if method in _PRETRAINING:
            raise EstimateError(f"{request.kind} needs tokens: a number of tokens such as 2e12 or 2t.")
        request.assume(f"no tokens or samples given: {recipe[3]}")
        seq = seq or recipe[1]
        return recipe[0] * seq * (request.get("epochs") or recipe[2]), float(seq)
    seq = seq or request.default("seq", 1024, "every sample padded or packed to it")
    default_epochs = 1 if method in {"ppo", "dpo"} else 3
    return float(samples) * seq * request.default("epochs", default_epochs), float(seq)


def flops_per_parameter(method: str) -> float:
    """FLOPs per parameter and token.

    6 for training all weights (2 forward, 4 backward); 4 where the frozen weights get no gradient; a
    preference pair has two sequences of 6 + 2 (reference); PPO 2 to generate, 2 reference, 6 policy.
    """
    if method in _ADAPTED:
        return 4.0
    return {"dpo": 16.0, "ppo": 10.0}.get(method, 6.0)


def attention_flops_per_token(shape: Shape, seq: float, per_parameter: float) -> float:
    """`12*L*nh*hd*s` for a full training step (not causal, as MFU is counted), else in proportion."""
    return 12 * shape.layers * shape.heads * shape.head_dim * seq * per_parameter / 6


def work_of(request: Request, shape: Shape, method: str) -> Work:
    """Return the arithmetic of the run asked for. A mixture of experts counts its active parameters."""
    tokens, seq = tokens_of(request, method)
    each = flops_per_parameter(method)
    matrices = each * shape.active * tokens
    text = f"{each:g} × {count(shape.active)} × {number(tokens)} tokens"
    if method == "distillation":
        teacher = float(request.default("teacher_params", 10 * shape.params, "ten times the student"))
        matrices += 2 * teacher * tokens
        text += f" + 2 × {count(teacher)} teacher"
    if method == "ppo":
        reward = float(request.default("reward_params", shape.params, "as large as the policy"))
        matrices += 8 * reward * tokens
        text += f" + 8 × {count(reward)} reward and critic"
    return Work(tokens, matrices, attention_flops_per_token(shape, seq, each) * tokens, text)


def estimate_train_flops(request: Request) -> Estimate:
    """FLOPs of a run as papers count them: `6*N*D`; the upper end adds attention, not causal."""
    method = request.default("method", "pretrain")
    request.cite(*_SOURCES)
    if method == "ppo" and not any(request.get(key) for key in ("tokens", "samples")):
        return _instructgpt_flops(request)
    shape = read_shape(request, "params")
    full = read_shape(request, *_FIELDS, typical=True) if shape.layers else shape
    work = work_of(request, full, method)
    low, high = request.coefficients.intervals["train_flops"]
    bounds = (work.matrix_flops * low, max(work.matrix_flops * high, work.flops * 1.02))
    formula = f"C = {work.text} = {number(work.matrix_flops)} FLOP"
    if work.attention_flops:
        formula += f" (attention adds {work.attention_flops / work.matrix_flops:.1%})"
    extra = {"attention_flop": work.attention_flops, "tokens": work.tokens}
    return answer(request, work.matrix_flops, formula, bounds=bounds, extra=extra)


def _instructgpt_flops(request: Request) -> Estimate:
    """PPO with pre-training mixed in, after InstructGPT: 10N on the episode, 6N on eight texts."""
    shape = read_shape(request, "params")
    seq = request.get("seq") or 2048
    request.assume(
        f"InstructGPT's recipe: {_INSTRUCTGPT_EPISODES:,} episodes of {seq:,} tokens, 8 further texts each"
    )
    request.cite(_PPO_SOURCE)
    per_episode = (10 + 6 * _PTX_SAMPLES_PER_EPISODE) * seq
    total = _INSTRUCTGPT_EPISODES * per_episode * shape.active
    formula = (
        f"C = {_INSTRUCTGPT_EPISODES:,} episodes × (10 + 6 × 8) × {seq:,} tokens × {count(shape.active)}"
        f" = {number(total)} FLOP"
    )
    return answer(request, total, formula, factors=(0.4, 2.0))


def peak_flops(gpu: Gpu, precision: str) -> float:
    """Return the dense peak in FLOP/s for a precision; fp32 runs at half the 16-bit rate (TF32)."""
    if precision.startswith("fp8") and gpu.tflops_fp8:
        return gpu.tflops_fp8 * 1e12
    return gpu.tflops_bf16 * 1e12 * (0.5 if precision.startswith("fp32") else 1.0)


def step_share(
    request: Request, gpu: Gpu, shape: Shape, method: str, precision: str
) -> tuple[float, list[str]]:
    """Return the share of the peak that a well-set step reaches (MFU), and what it was multiplied from.

    `share × (ridge/200)^-x`, ridge = peak/bandwidth in FLOP per byte: faster arithmetic is harder to feed.
    Times a factor for recomputation, for 4-bit bases, and for little work per step on one GPU.
    """
    if precision.startswith("fp8") and gpu.tflops_fp8:
        share = request.coefficient("step.fp8_share")
    else:
        ridge = gpu.tflops_bf16 * 1000 / gpu.bandwidth_gb_s
        exponent = request.coefficient("step.ridge_exponent")
        share = min(_MOST_SHARE, request.coefficient("step.share") * (ridge / _RIDGE) ** -exponent)
    words = [f"{number(share, 2)} of peak"]
    if request.get("activation_checkpointing"):
        factor = request.coefficient("step.checkpointing_factor")
        share *= factor
        words.append(f"{number(factor, 2)} for recomputation")
    if method == "qlora":
        factor = request.coefficient("step.qlora_factor")
        share *= factor
        words.append(f"{number(factor, 2)} for unpacking 4-bit weights")
    batch = request.get("batch")
    if batch:
        filled = batch * (request.get("seq") or 2048) * shape.hidden / 1e6
        factor = filled / (filled + request.coefficient("step.half_filled_millions"))
        share *= factor
        words.append(f"{number(factor, 2)} for {batch} sequences a step")
    return share, words


def estimate_train_throughput(request: Request) -> Estimate:
    """Training tokens a second on one GPU, while it runs."""
    shape = read_shape(request, *_FIELDS, typical=True)
    gpu = request.gpu()
    method = request.default("method", "full")
    precision = request.default("precision", "bf16")
    seq = request.default("seq", 2048)
    each = flops_per_parameter(method)
    request.cite(*_SOURCES)
    working = shape.active - (0.0 if shape.tied_embeddings else shape.embedding_params)
    per_token = each * working + attention_flops_per_token(shape, seq, each)
    share, words = step_share(request, gpu, shape, method, precision)
    peak = peak_flops(gpu, precision)
    speed = peak * share / per_token
    formula = (
        f"{number(peak / 1e12)} TFLOPS × {' × '.join(words)} ÷ ({each:g} × {count(working)} + attention = "
        f"{number(per_token / 1e9)} GFLOP a token) = {number(speed)} tokens/s/GPU"
    )
    return answer(request, speed, formula, extra={"mfu": share})


def run_share(request: Request, gpu: Gpu, method: str, precision: str) -> tuple[float, str]:
    """Return the share of the peak that a whole run keeps, restarts and checkpoints included.

    Pre-training: `share × (ridge/200)^-x × (GPUs/1000)^-y`, less with fp16 (loss scaling, older stacks).
    Fine-tuning runs are short and small, PPO waits for generation: shares of their own.
    """
    if method == "ppo":
        return request.coefficient("run.ppo_share"), "PPO"
    if method not in _PRETRAINING:
        factor = request.coefficient("step.qlora_factor") if method == "qlora" else 1.0
        return request.coefficient("run.finetune_share") * factor, "fine-tuning"
    ridge = gpu.tflops_bf16 * 1000 / gpu.bandwidth_gb_s
    share = request.coefficient("run.pretrain_share") * (ridge / _RIDGE) ** -request.coefficient(
        "run.ridge_exponent"
    )
    n_gpus = request.default("n_gpus", _MANY_GPUS)
    share *= (n_gpus / _MANY_GPUS) ** -request.coefficient("run.gpus_exponent")
    if precision.startswith("fp16"):
        share *= request.coefficient("run.fp16_factor")
    return min(_MOST_SHARE, share), "pre-training"


def gpu_hours_of(request: Request, method: str) -> tuple[float, Work, float, Gpu, str]:
    """Return GPU-hours of a run, its work, the share of the peak, the GPU and the formula."""
    shape = read_shape(request, *_FIELDS, typical=True)
    gpu = request.gpu()
    precision = request.default("precision", "bf16")
    work = work_of(request, shape, method)
    share, _ = run_share(request, gpu, method, precision)
    peak = peak_flops(gpu, precision)
    hours = work.flops / (peak * share) / 3600
    request.cite(*_SOURCES)
    text = (
        f"({work.text} + attention = {number(work.flops)} FLOP) ÷ ({number(peak / 1e12)} TFLOPS × "
        f"{number(share, 2)} of peak × 3,600 s) = {number(hours)} GPU-hours"
    )
    return hours, work, share, gpu, text


def _with_wall(request: Request, hours: float) -> dict[str, object]:
    n_gpus = request.get("n_gpus")
    return {"wall_hours": hours / n_gpus} if n_gpus else {}


def estimate_pretrain_gpu_hours(request: Request) -> Estimate:
    """GPU-hours of one final pre-training run; experiments around it come on top."""
    method = request.get("method") or "pretrain"
    hours, work, share, _, formula = gpu_hours_of(request, method)
    request.assume("one final run; development and failed runs often take as much again or more")
    extra = {"flop": work.flops, "mfu": share, **_with_wall(request, hours)}
    return answer(request, hours, formula, extra=extra)


def estimate_finetune_gpu_hours(request: Request) -> Estimate:
    """GPU-hours of one fine-tuning or alignment run."""
    method = request.default("method", "lora")
    hours, work, share, _, formula = gpu_hours_of(request, method)
    extra = {"flop": work.flops, "tokens": work.tokens, "mfu": share, **_with_wall(request, hours)}
    return answer(request, hours, formula, extra=extra)


def estimate_pretrain_wall_days(request: Request) -> Estimate:
    """Days of one pre-training run: GPU-hours ÷ GPUs ÷ 24 ÷ the share of the calendar that computes."""
    n_gpus = request.need("n_gpus")
    given = request.get("gpu_hours")
    if given:
        hours, text = float(given), f"{number(float(given))} GPU-hours"
    else:
        hours, _, _, _, text = gpu_hours_of(request, request.get("method") or "pretrain")
    goodput = request.coefficient("run.goodput")
    days = hours / n_gpus / 24 / goodput
    formula = f"{text} ÷ {n_gpus:,} GPUs ÷ 24 ÷ {number(goodput, 2)} of the calendar = {number(days)} days"
    parts = (Part("computing", days * goodput), Part("restarts and waiting", days * (1 - goodput)))
    return answer(request, days, formula, parts=parts, extra={"gpu_hours": hours})
