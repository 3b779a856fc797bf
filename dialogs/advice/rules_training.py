"""Rules for fine-tuning and pre-training."""

from __future__ import annotations

from dialogs.advice.conditions import (
    adapter_fell_short,
    adapter_must_be_4_bit,
    base_follows_nothing,
    encoder_leads,
    extraction_by_decoder,
    few_labels,
    has_corpus,
    meets_target,
    reads_text_only,
    retrieval_still_untried,
    wants_adapter,
    wants_continued,
    wants_dpo,
    wants_full_training,
    wants_scratch,
)
from dialogs.advice.facts import Facts
from dialogs.advice.rules import Rule, always

_LORA = "documents/lora-and-qlora.md"
_FULL = "documents/full-fine-tuning.md"
_TUNE = "documents/when-to-fine-tune.md"
_ENCODER = "documents/small-models-and-encoders.md"
_CONTINUED = "documents/continued-pretraining.md"
_SCRATCH = "documents/pre-training.md"
_INSTRUCT = "documents/instruction-tuning.md"
_SOFT = "documents/prompt-tuning.md"
_CHOICE = "documents/rag-or-fine-tuning.md"


def _adapter_16_bit(facts: Facts) -> bool:
    return wants_adapter(facts) and not adapter_must_be_4_bit(facts)


def _adapter_4_bit(facts: Facts) -> bool:
    return wants_adapter(facts) and adapter_must_be_4_bit(facts)


def _documents_first(facts: Facts) -> bool:
    return retrieval_still_untried(facts) and not few_labels(facts)


def _many_tasks(facts: Facts) -> bool:
    return facts.scope.breadth == "multi_task" and not few_labels(facts)


RULES: tuple[Rule, ...] = (
    Rule("encoder-baseline", "repurposing", "now", 40, _ENCODER, extraction_by_decoder,
         "{labels} also train an encoder; if fields are copied word for word, it is the baseline to beat, at milliseconds a request."),
    Rule("encoder-fast", "repurposing", "now", 75, _ENCODER, lambda f: encoder_leads(f) and f.fast_or_busy,
         "{labels}, {volume} and {hardware}: an encoder below 1B answers in milliseconds where a chat model takes seconds."),
    Rule("encoder-labels", "repurposing", "now", 75, _ENCODER, encoder_leads,
         "{task_capital} with {labels}: small fine-tuned encoders beat prompted chat models on such tasks, at a hundredth of the cost."),
    Rule("encoder-more-labels", "repurposing", "next", 40, _ENCODER,
         lambda f: f.closed_answers and reads_text_only(f) and not few_labels(f),
         "{labels} are a start for {thing}; from about 1,000 on, an encoder is usually the better and cheaper answer."),
    Rule("encoder-no-labels", "repurposing", "later", 30, _ENCODER, lambda f: f.closed_answers and reads_text_only(f),
         "An encoder for {thing} learns from labels, and you have {labels}; let the prompted model's checked answers become them."),
    Rule("encoder-media", "repurposing", "not_advised", 30, _ENCODER, lambda f: not reads_text_only(f),
         "Your input is {media}; the text encoders here would see none of it."),
    Rule("encoder-search", "repurposing", "later", 30, _ENCODER, lambda f: f.task == "information_retrieval",
         "An encoder is already what searches in {thing}; tune it on queries and right passages once {labels} have become some hundreds."),
    Rule("encoder-free-text", "repurposing", "not_advised", 20, _ENCODER, always,
         "{task_capital} gives free text, and an encoder can only choose or copy."),
    Rule("lora-4-bit-instead", "lora", "later", 60, _LORA, _adapter_4_bit,
         "A {size} in 16 bits with its gradients wants about {lora_gb}, more than {hardware} has; QLoRA trains the same adapter."),
    Rule("lora-now", "lora", "now", 70, _TUNE, _adapter_16_bit,
         "You have {labels} and tried {tried}, short of {target}: fine-tuning now earns its cost."),
    Rule("lora-target-met", "lora", "not_advised", 40, _TUNE, meets_target,
         "You say of {thing} that it meets the target; an adapter would only add a version to look after."),
    Rule("lora-after-retrieval", "lora", "later", 60, _CHOICE, _documents_first,
         "Your {labels} can teach tone later; today they are the test, for what your {material} say cannot be trained in reliably."),
    Rule("lora-after-encoder", "lora", "later", 50, _ENCODER, encoder_leads,
         "{labels} train an encoder first; LoRA on a decoder is worth its seconds a request only if the encoder misses {target}."),
    Rule("lora-before-preference", "lora", "later", 50, "documents/alignment.md", wants_dpo,
         "You tried {tried}; what is left is behaviour, and {pairs} teach that better than more examples."),
    Rule("lora-after-prompt", "lora", "next", 60, _TUNE, lambda f: not few_labels(f) and not base_follows_nothing(f),
         "{labels} would be enough for an adapter; first a prompt must show what is missing, with 200 of them as the test."),
    Rule("lora-few", "lora", "not_advised", 50, _LORA, lambda f: f.scope.data.labelled_examples is not None and few_labels(f),
         "You have {labels}; below a few hundred an adapter learns them by heart."),
    Rule("lora-unknown", "lora", "later", 50, _TUNE, always,
         "You have not said how many examples of {thing} exist; from some hundreds on, and once a prompt falls short, an adapter pays."),
    Rule("qlora-now", "qlora", "now", 70, _LORA, _adapter_4_bit,
         "You have {labels} and tried {tried}: a 4-bit base lets a {size} train on {hardware}, at 20 to 30 % less speed."),
    Rule("qlora-long", "qlora", "next", 55, _LORA, _adapter_16_bit,
         "LoRA in 16 bits fits {hardware} for {inputs}; QLoRA is the way out where longer ones do not."),
    Rule("qlora-small-machine", "qlora", "next", 50, _LORA,
         lambda f: adapter_must_be_4_bit(f) and not few_labels(f) and not encoder_leads(f)
         and not meets_target(f) and not retrieval_still_untried(f),
         "{hardware_capital} does not hold a {size} in 16 bits for training; if a prompt falls short, QLoRA is the adapter that fits."),
    Rule("qlora-later", "qlora", "later", 40, _LORA,
         lambda f: not few_labels(f) and not meets_target(f),
         "With {labels}, 4-bit training is open to you; it saves memory, not time, and {hardware} decides whether you need that."),
    Rule("qlora-not", "qlora", "not_advised", 40, _LORA, always,
         "QLoRA saves memory, not examples: with {labels} for {thing} there is nothing to train yet."),
    Rule("full-now", "full_fine_tuning", "now", 78, _FULL, wants_full_training,
         "{labels}, {compute}, and {tried} still short of {target}: now all weights may move."),
    Rule("full-after-adapter", "full_fine_tuning", "later", 40, _FULL,
         lambda f: f.labels >= 10_000 and (wants_adapter(f) or adapter_fell_short(f)),
         "With {labels} it is possible; 16 bytes a parameter make about {full_gb} for a {size}, so only if rank 64 still misses {target}."),
    Rule("full-not", "full_fine_tuning", "not_advised", 40, _FULL, always,
         "For {thing} it would take about {full_gb} of memory for a {size} and tens of thousands of examples; you have {labels}."),
    Rule("instruct-now", "instruction_tuning", "now", 90, _INSTRUCT, lambda f: base_follows_nothing(f) and f.labels >= 1000,
         "Your base model does not follow instructions and you have {labels}: that is what instruction tuning is for."),
    Rule("instruct-after-continued", "instruction_tuning", "next", 50, _INSTRUCT, lambda f: wants_continued(f) or wants_scratch(f),
         "Training on {corpus} leaves a model that continues text; instructions for {thing} must follow."),
    Rule("instruct-not", "instruction_tuning", "not_advised", 30, _INSTRUCT, always,
         "The models named for {thing} follow instructions already; {labels} do better as a test or for one task."),
    Rule("continued-now", "continued_pretraining", "now", 88, _CONTINUED, wants_continued,
         "{corpus_capital}, {compute}, and {tried} short of what {thing} needs: the base must learn the language first."),
    Rule("continued-later", "continued_pretraining", "later", 50, _CONTINUED,
         lambda f: has_corpus(f) and not wants_scratch(f),
         "{corpus_capital} would do for it; first show on {thing} that prompting, retrieval and an adapter fall short."),
    Rule("continued-with-scratch", "continued_pretraining", "later", 45, _CONTINUED, wants_scratch,
         "It keeps what a base model knows and costs a fraction; compare it on a slice of your {corpus} before the full run."),
    Rule("continued-not", "continued_pretraining", "not_advised", 30, _CONTINUED, always,
         "It takes about a billion tokens of raw text; for {thing} you named {corpus}."),
    Rule("scratch-now", "pretraining_from_scratch", "now", 95, _SCRATCH, wants_scratch,
         "{corpus_capital}, {compute}, a team that trained models before, and no base that covers it: at 20 tokens a parameter that makes {chinchilla}."),
    Rule("scratch-corpus", "pretraining_from_scratch", "not_advised", 20, _SCRATCH,
         lambda f: f.corpus_tokens is not None,
         "{corpus_capital} feed {chinchilla} at 20 tokens a parameter; a model worth asking about {thing} saw hundreds of times more."),
    Rule("scratch-not", "pretraining_from_scratch", "not_advised", 20, _SCRATCH, always,
         "Even a 1B model wants 20 billion tokens and weeks on a cluster; for {thing} you named {corpus} and {budget}."),
    Rule("soft-prompts-many-tasks", "prompt_tuning", "later", 35, _SOFT, _many_tasks,
         "Several tasks and {labels}: one frozen model with a soft prompt each is possible once plain prompts fall short."),
    Rule("soft-prompts-not", "prompt_tuning", "not_advised", 25, _SOFT, always,
         "Soft prompts pay where one model serves many tasks; for {thing} with {labels}, an adapter does more with the same data."),
)  # fmt: skip
