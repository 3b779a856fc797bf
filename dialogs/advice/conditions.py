"""The conditions that rules.toml names: yes-or-no questions about a team's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialogs.advice.facts import (
    BUSY_REQUESTS_PER_DAY,
    ENOUGH_FOR_AN_ADAPTER,
    ENOUGH_FOR_AN_ENCODER,
    ENOUGH_FOR_FULL_TRAINING,
    ENOUGH_INSTRUCTIONS,
    ENOUGH_PAIRS,
    LEAST_CORPUS_TOKENS,
    LEAST_SCRATCH_TOKENS,
    MANY_LABELS,
    MANY_PAIRS,
    Facts,
)
from dialogs.advice.sizes import lora_fits, target_b

_LEAST_CONTINUED_GPUS = 8
_LEAST_CONTINUED_USD = 50_000
_LEAST_SCRATCH_GPUS = 128
_LEAST_SCRATCH_USD = 1_000_000
_LEAST_FULL_GPUS = 4
_LEAST_LABELS_WHEN_FAST = 500
_BYTES_16_BIT = 2.0
_ROOM = 0.8


def meets_target(facts: Facts) -> bool:
    """The team says that what it has is good enough."""
    return "meets_target" in facts.signals


def on_small_device(facts: Facts) -> bool:
    """It must run on a phone, a kiosk, an edge box."""
    return "small_device" in facts.signals


def too_big(facts: Facts) -> bool:
    """Good enough, but it does not fit the machine or the device."""
    return meets_target(facts) and ("does_not_fit" in facts.signals or on_small_device(facts))


def too_slow(facts: Facts) -> bool:
    """Good enough, but too slow."""
    return meets_target(facts) and "too_slow" in facts.signals


def too_dear(facts: Facts) -> bool:
    """Good enough, but too expensive."""
    return meets_target(facts) and "too_dear" in facts.signals


def can_distill(facts: Facts) -> bool:
    """A large model is good enough, and there are inputs to train a small one on."""
    return (
        too_dear(facts) or (too_big(facts) and on_small_device(facts))
    ) and facts.labels >= ENOUGH_FOR_AN_ENCODER


def few_labels(facts: Facts) -> bool:
    """Too few examples to train on."""
    return facts.labels < ENOUGH_FOR_AN_ADAPTER


def reads_text_only(facts: Facts) -> bool:
    """No images or sound go in."""
    return not facts.modalities


def extraction_by_decoder(facts: Facts) -> bool:
    """Fields are to be extracted, a decoder was tried and is nearly there, and there is time for one."""
    tried_one = facts.task == "named_entity_recognition" and facts.prompting_short
    return tried_one and not facts.fast_or_busy and facts.labels >= ENOUGH_FOR_AN_ADAPTER


def encoder_leads(facts: Facts) -> bool:
    """A closed set of answers and labels: a small encoder is the better start."""
    if not facts.closed_answers or not reads_text_only(facts) or extraction_by_decoder(facts):
        return False
    least = _LEAST_LABELS_WHEN_FAST if facts.fast_or_busy else ENOUGH_FOR_AN_ENCODER
    return facts.labels >= least


def needs_retrieval(facts: Facts) -> bool:
    """Answers rest on documents, or the task is to find them."""
    return facts.documents or facts.task == "information_retrieval"


def retrieval_still_untried(facts: Facts) -> bool:
    """Answers rest on documents, and retrieval was not tried yet."""
    return needs_retrieval(facts) and "rag" not in facts.tried


def wants_adapter(facts: Facts) -> bool:
    """Examples exist, prompting was shown short, and nothing cheaper explains the gap."""
    ready = not few_labels(facts) and facts.prompting_short and not encoder_leads(facts)
    cheaper = retrieval_still_untried(facts) or base_follows_nothing(facts) or only_zero_shot(facts)
    return ready and not cheaper and not wants_dpo(facts)


def only_zero_shot(facts: Facts) -> bool:
    """Nothing but a prompt without examples was tried, and it fell short."""
    more = {"few_shot", "adapter", "full", "rag", "preference"}
    return facts.prompting_short and "zero_shot" in facts.tried and not facts.tried & more


def wants_multitask_tuning(facts: Facts) -> bool:
    """Many tasks, many examples over them, and prompting shown short."""
    many = facts.scope.breadth == "multi_task" and facts.labels >= MANY_LABELS
    return many and wants_adapter(facts) and not facts.closed_answers


def adapter_fell_short(facts: Facts) -> bool:
    """An adapter was trained, and the target is still missed."""
    return bool(facts.tried & {"adapter", "full"}) and facts.prompting_short


def wants_full_training(facts: Facts) -> bool:
    """An adapter fell short, and there are the examples and the GPUs for all weights."""
    means = facts.labels >= ENOUGH_FOR_FULL_TRAINING and facts.gpu_count >= _LEAST_FULL_GPUS
    return means and adapter_fell_short(facts) and not encoder_leads(facts)


def adapter_must_be_4_bit(facts: Facts) -> bool:
    """LoRA in 16 bits does not fit the machine named."""
    return not lora_fits(facts, target_b(facts))


def has_pairs(facts: Facts) -> bool:
    """Comparisons of answers exist, as far as said in a useful number."""
    return bool(facts.scope.data.preference_data) and (facts.pairs is None or facts.pairs >= ENOUGH_PAIRS)


def wants_dpo(facts: Facts) -> bool:
    """Behaviour is what is left to mend, and comparisons exist."""
    tuned = bool(facts.tried & {"adapter", "full", "preference"})
    told = facts.prompting_short and "behaviour" in facts.signals
    return (
        has_pairs(facts)
        and (tuned or told)
        and not meets_target(facts)
        and not retrieval_still_untried(facts)
    )


def can_do_rlhf(facts: Facts) -> bool:
    """The means that a reward model and PPO take."""
    many = facts.pairs is not None and facts.pairs >= MANY_PAIRS
    return many and facts.skilled and facts.gpu_count >= _LEAST_CONTINUED_GPUS


def base_follows_nothing(facts: Facts) -> bool:
    """The team's own base model does not follow instructions."""
    return "follows_no_instructions" in facts.signals


def has_corpus(facts: Facts) -> bool:
    """Enough raw text to move a model's knowledge."""
    return (facts.corpus_tokens or 0) >= LEAST_CORPUS_TOKENS


def has_means(facts: Facts) -> bool:
    """GPUs or money for continued pre-training."""
    return (
        facts.gpu_count >= _LEAST_CONTINUED_GPUS
        or (facts.scope.budget_usd_total or 0) >= _LEAST_CONTINUED_USD
    )


def wants_continued(facts: Facts) -> bool:
    """A domain that models hardly know, the text, the means, and everything cheaper shown short."""
    gap = "no_model_covers" in facts.signals or facts.prompting_short
    ready = has_corpus(facts) and has_means(facts) and facts.skilled and facts.prompting_short
    return ready and gap and not wants_scratch(facts) and not base_follows_nothing(facts)


def wants_scratch(facts: Facts) -> bool:
    """Tokens, compute and people for a model of one's own, and no existing one to start from."""
    tokens = (facts.corpus_tokens or 0) >= LEAST_SCRATCH_TOKENS
    means = (
        facts.gpu_count >= _LEAST_SCRATCH_GPUS or (facts.scope.budget_usd_total or 0) >= _LEAST_SCRATCH_USD
    )
    return tokens and means and facts.skilled and "no_model_covers" in facts.signals


def trains_a_base(facts: Facts) -> bool:
    """Raw text is trained on, so that instructions must follow."""
    return wants_continued(facts) or wants_scratch(facts)


def adapter_in_question(facts: Facts) -> bool:
    """An adapter is due, or was trained and fell short."""
    return wants_adapter(facts) or adapter_fell_short(facts)


def good_but_unfit(facts: Facts) -> bool:
    """Good enough, but too slow, too big or too dear."""
    return too_slow(facts) or too_big(facts) or too_dear(facts)


def serves_in_4_bit_only(facts: Facts) -> bool:
    """16-bit weights of the size to try first do not fit the machine with room to work."""
    machine = facts.machine
    return machine is not None and _BYTES_16_BIT * target_b(facts) > _ROOM * machine.usable_gb


CONDITIONS: Mapping[str, Callable[[Facts], bool]] = {
    condition.__name__: condition
    for condition in (
        adapter_in_question, adapter_must_be_4_bit, base_follows_nothing, can_distill, can_do_rlhf,
        encoder_leads, extraction_by_decoder, few_labels, good_but_unfit, has_corpus, has_pairs, meets_target,
        needs_retrieval, on_small_device, only_zero_shot,
        reads_text_only, retrieval_still_untried, serves_in_4_bit_only,
        too_big, too_dear, too_slow, trains_a_base, wants_adapter, wants_continued, wants_dpo,
        wants_full_training, wants_multitask_tuning, wants_scratch,
    )
} | {
    "busy": lambda f: (f.scope.requests_per_day or 0) >= BUSY_REQUESTS_PER_DAY,
    "closed_answers": lambda f: f.closed_answers,
    "counted_corpus": lambda f: f.corpus_tokens is not None,
    "counted_labels": lambda f: f.scope.data.labelled_examples is not None,
    "enough_instructions": lambda f: f.labels >= ENOUGH_INSTRUCTIONS,
    "facts_are_live": lambda f: f.live,
    "fast_or_busy": lambda f: f.fast_or_busy,
    "has_labels": lambda f: f.labels > 0,
    "has_ratings": lambda f: bool(f.scope.data.preference_data),
    "hears_sound": lambda f: "audio" in f.modalities,
    "high_risk": lambda f: f.scope.quality_risk == "high",
    "knowledge_changes": lambda f: f.changing,
    "many_labels": lambda f: f.labels >= MANY_LABELS,
    "many_tasks": lambda f: f.scope.breadth == "multi_task",
    "needs_exact_figures": lambda f: bool(f.signals & {"arithmetic", "database"}),
    "prompt_fell_short": lambda f: f.prompting_short and "prompting" in f.tried,
    "rests_on_documents": lambda f: f.documents,
    "said_no_documents": lambda f: f.scope.data.documents is False,
    "said_no_labels": lambda f: f.scope.data.labelled_examples == 0,
    "said_nothing_of_documents": lambda f: (
        f.scope.data.documents is None and f.task in {"question_answering", "chatbot", "other"}
    ),
    "search_only": lambda f: f.task == "information_retrieval",
    "tried_few_shot": lambda f: "few_shot" in f.tried,
    "writes_code": lambda f: f.task == "code_generation",
}  # fmt: skip
"""Every condition by its name in rules.toml."""
