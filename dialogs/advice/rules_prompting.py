"""Rules for prompting, retrieval and tools."""

from __future__ import annotations

from dialogs.advice.conditions import (
    encoder_leads,
    meets_target,
    needs_retrieval,
    reads_text_only,
    wants_adapter,
)
from dialogs.advice.facts import Facts
from dialogs.advice.rules import Rule, always

_PROMPT = "documents/prompt-engineering.md"
_RAG = "documents/rag.md"
_CHOICE = "documents/rag-or-fine-tuning.md"
_TOOLS = "documents/tool-use.md"
_TUNE = "documents/when-to-fine-tune.md"


def _search_only(facts: Facts) -> bool:
    return facts.task == "information_retrieval"


def _prompt_tried_and_short(facts: Facts) -> bool:
    return facts.prompting_short and "prompting" in facts.tried


def _changing_documents(facts: Facts) -> bool:
    return needs_retrieval(facts) and facts.changing


def _unknown_documents(facts: Facts) -> bool:
    return facts.scope.data.documents is None and facts.task in {"question_answering", "chatbot", "other"}


RULES: tuple[Rule, ...] = (
    Rule("prompt-meets-target", "prompt_engineering", "now", 60, _PROMPT, meets_target,
         "You say of {thing} that it meets the target: keep the prompt, there is nothing to train."),
    Rule("prompt-search", "prompt_engineering", "later", 20, _RAG, _search_only,
         "{thing} is search: the embedding model finds the passages, and no prompt is written until answers are wanted."),
    Rule("prompt-beside-encoder", "prompt_engineering", "next", 50, "documents/small-models-and-encoders.md", encoder_leads,
         "With {labels}, an encoder is the first try for {thing}; an instruct model with a prompt is the number to compare with."),
    Rule("prompt-again", "prompt_engineering", "now", 30, "documents/choosing-a-base-model.md", _prompt_tried_and_short,
         "You tried {tried}: before anything is trained, an hour with the same prompt on the model named here; a better start is free."),
    Rule("prompt-with-passages", "prompt_engineering", "now", 55, _PROMPT, needs_retrieval,
         "The prompt must tell the model to answer from your {material} only, and to say when they do not hold the answer."),
    Rule("prompt-first", "prompt_engineering", "now", 50, _PROMPT, always,
         "You have {labels} and tried {tried}: a prompt on an existing model shows within days how far {thing} gets."),
    Rule("few-shot-search", "few_shot", "not_advised", 20, _RAG, _search_only,
         "{thing} is search; examples in a prompt do not change which passages an embedding finds."),
    Rule("few-shot-tried", "few_shot", "later", 40, _TUNE, lambda f: "few_shot" in f.tried,
         "You tried {tried} already; more examples in the prompt rarely close a gap that the first ones left."),
    Rule("few-shot-none", "few_shot", "next", 40, _PROMPT, lambda f: f.scope.data.labelled_examples == 0,
         "You have no examples yet: write five good ones for {thing}, and they go into the prompt."),
    Rule("few-shot-beside-encoder", "few_shot", "next", 30, _PROMPT, encoder_leads,
         "A handful of your {labels} in a prompt gives the score that the encoder must beat."),
    Rule("few-shot-some", "few_shot", "now", 45, _PROMPT, lambda f: f.labels > 0,
         "Out of {labels}, five that show the borderline cases of {thing} belong into the prompt; the rest becomes the test."),
    Rule("few-shot-first", "few_shot", "now", 45, _PROMPT, always,
         "You have not counted examples; three to five solved ones of {thing} in the prompt fix form and tone."),
    Rule("rag-with-adapter", "rag", "now", 60, _CHOICE, lambda f: needs_retrieval(f) and wants_adapter(f),
         "You tried {tried}: keep retrieval for what your {material} say; training mends the form, not the facts."),
    Rule("rag-changing", "rag", "now", 80, _CHOICE, _changing_documents,
         "Your {material} {changes}: retrieval reads today's version, a fine-tuned model keeps the one it was trained on."),
    Rule("rag-search", "rag", "now", 80, _RAG, _search_only,
         "{thing} means finding passages: an embedding model with keyword search beside it does that without training."),
    Rule("rag-high-risk", "rag", "now", 80, _RAG, lambda f: needs_retrieval(f) and f.scope.quality_risk == "high",
         "A wrong answer is a high risk for {thing}: with the passage from your {material} beside it, a person can check each one.", adds=True),
    Rule("rag-documents", "rag", "now", 80, _CHOICE, needs_retrieval,
         "The answers stand in your {material}, and training is a poor way to put facts into a model: look them up.", adds=True),
    Rule("rag-live", "rag", "later", 40, _TOOLS, lambda f: f.live,
         "What {thing} needs is live, and an index is always a little old; retrieval can follow for texts such as terms."),
    Rule("rag-unknown", "rag", "next", 55, _CHOICE, _unknown_documents,
         "You have not said whether {thing} needs to look things up; if facts stand in documents, retrieval comes first."),
    Rule("rag-not-needed", "rag", "not_advised", 30, _CHOICE, always,
         "For {thing} everything stands in the input; retrieval would add passages that nobody asked for."),
    Rule("tools-live-and-documents", "tool_use", "now", 70, _TOOLS, lambda f: f.live and f.documents,
         "Part of what {thing} needs changes by the minute; that part is fetched by a call, the rest stands in your {material}."),
    Rule("tools-live", "tool_use", "now", 85, _TOOLS, lambda f: f.live,
         "{thing} rests on facts or actions behind an API: let the model call it, for no weight can hold what is true now."),
    Rule("tools-code", "tool_use", "next", 60, _TOOLS, lambda f: f.task == "code_generation",
         "For {thing}, let the model run what it wrote against your tests or a read-only copy; a failed run says more than a prompt."),
    Rule("tools-arithmetic", "tool_use", "next", 60, _TOOLS, lambda f: bool(f.signals & {"arithmetic", "database"}),
         "{thing} needs exact figures: have the model write the query or the sum, and let code compute it."),
    Rule("tools-speech", "tool_use", "next", 60, _TOOLS, lambda f: "audio" in f.modalities,
         "Your input is sound: a speech model transcribes it first, as one step before the prompt."),
    Rule("tools-none", "tool_use", "not_advised", 25, _TOOLS, reads_text_only,
         "You named no live system for {thing}; a model that calls nothing can also break nothing."),
    Rule("tools-media", "tool_use", "later", 25, _TOOLS, always,
         "Your input is {media}; a reader for it can become a tool once a model alone proves too weak."),
)  # fmt: skip
