"""Rules for alignment, and for making a good model smaller, faster or cheaper."""

from __future__ import annotations

from dialogs.advice.conditions import (
    can_distill,
    can_do_rlhf,
    encoder_leads,
    has_pairs,
    meets_target,
    on_small_device,
    too_big,
    too_dear,
    too_slow,
    wants_dpo,
)
from dialogs.advice.facts import BUSY_REQUESTS_PER_DAY, Facts
from dialogs.advice.rules import Rule, always
from dialogs.advice.sizes import target_b

_ALIGN = "documents/alignment.md"
_SMALLER = "documents/distillation-quantization-pruning.md"
_BYTES_16_BIT = 2.0


def _needs_4_bit(facts: Facts) -> bool:
    machine = facts.machine
    return machine is not None and _BYTES_16_BIT * target_b(facts) > 0.8 * machine.usable_gb


RULES: tuple[Rule, ...] = (
    Rule("dpo-now", "dpo", "now", 79, _ALIGN, wants_dpo,
         "You tried {tried} and have {pairs}: behaviour is what is left, and comparisons teach it without a reward model."),
    Rule("dpo-later", "dpo", "later", 40, _ALIGN, has_pairs,
         "You have {pairs}; they count once a prompt or an adapter gets the content of {thing} right."),
    Rule("dpo-few", "dpo", "not_advised", 40, _ALIGN, lambda f: bool(f.scope.data.preference_data),
         "{pairs_capital} are too few for {thing}; from about a thousand on they can train, until then they test."),
    Rule("dpo-none", "dpo", "not_advised", 30, _ALIGN, always,
         "It learns from pairs of a better and a worse answer; for {thing} you have {pairs}."),
    Rule("rlhf-later", "rlhf", "later", 30, _ALIGN, can_do_rlhf,
         "{pairs_capital}, {compute} and a team that can: a reward model is open to you if DPO stops short of {target}."),
    Rule("rlhf-pairs", "rlhf", "not_advised", 30, _ALIGN, lambda f: bool(f.scope.data.preference_data),
         "{pairs_capital} serve DPO; a reward model and PPO want tens of thousands, four models in memory and {compute} is not that."),
    Rule("rlhf-not", "rlhf", "not_advised", 20, _ALIGN, always,
         "It starts from tens of thousands of comparisons that people keep giving; for {thing} you have {pairs}."),
    Rule("quantize-slow", "quantization", "now", 92, _SMALLER, lambda f: too_slow(f) and not can_distill(f),
         "It meets the target and is too slow for {latency}: decoding reads every weight for each token, so a quarter of the bytes comes first."),
    Rule("quantize-fit", "quantization", "now", 92, _SMALLER, too_big,
         "It meets the target and must fit {hardware}: 4-bit weights take about a third of the 16-bit ones; test again afterwards."),
    Rule("quantize-dear", "quantization", "now", 80, _SMALLER, too_dear,
         "{thing} is good and too dear at {volume}: fewer bits serve more requests a GPU, within a day's work."),
    Rule("quantize-to-serve", "quantization", "next", 45, _SMALLER, _needs_4_bit,
         "A {size} in 16 bits does not fit {hardware} with room to work; in 4 bits it does, and {target} must hold there."),
    Rule("quantize-encoder", "quantization", "later", 30, _SMALLER, encoder_leads,
         "An encoder is small already; 8 bits help if {volume} on {hardware} become too much."),
    Rule("quantize-later", "quantization", "later", 35, _SMALLER, always,
         "Once {target} holds on {hardware}, fewer bits make it cheaper; measure on the same test before and after."),
    Rule("distil-now", "distillation", "now", 93, _SMALLER, can_distill,
         "A large model is good enough for {thing} and you have {labels}: let a small one learn from its answers, if its licence allows that."),
    Rule("distil-next", "distillation", "next", 60, _SMALLER,
         lambda f: too_slow(f) or too_big(f) or too_dear(f),
         "If 4 bits do not bring {thing} to {latency} on {hardware}, a smaller student is the next step; it needs thousands of inputs."),
    Rule("distil-busy", "distillation", "later", 35, _SMALLER,
         lambda f: (f.scope.requests_per_day or 0) >= BUSY_REQUESTS_PER_DAY and not encoder_leads(f),
         "At {volume} a small student saves every day; it needs a teacher that reaches {target} first."),
    Rule("distil-not", "distillation", "not_advised", 25, _SMALLER, lambda f: not meets_target(f),
         "There is no teacher yet: nothing has reached {target} on {thing}, and {volume} do not ask for a student."),
    Rule("distil-good", "distillation", "not_advised", 25, _SMALLER, always,
         "It meets the target at {volume}; a student would trade quality for a saving you did not ask for."),
    Rule("prune-later", "pruning", "later", 20, _SMALLER, lambda f: on_small_device(f) and meets_target(f),
         "For {hardware}, removing whole layers and training again can follow if 4 bits and a student are still too big."),
    Rule("prune-not", "pruning", "not_advised", 15, _SMALLER, always,
         "It means training again to recover, and speed only where the machine can use the gaps; for {thing} on {hardware}, fewer bits gain more."),
)  # fmt: skip
