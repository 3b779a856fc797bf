"""Questions about the lifecycle, answered from the knowledge folder or kindly refused."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.answers.languages import language_of
from dialogs.answers.sourced import (
    Answer,
    answer_from_chat,
    answer_question,
    embedding_text,
    phrases,
    prompt_for,
)
from dialogs.projects.naming import about
from dialogs.speaking.speech import Mrkdwn, compose
from dialogs.steps import Embed, Given
from dialogs.turns import Choice, Reply, Say
from dialogs.world import Context, Hold
from knowledge.loader import Knowledge
from knowledge.search import SearchIndex

_QUESTION = re.compile(
    r"^\s*(what|what's|whats|why|how|when|which|who|is|are|do|does|did|can|could|should|would|explain|tell me|"
    r"define|difference|compare|was|wie|warum|wann|welche\w*|ist|kann|soll\w*|qué|que es|cómo|como|por qué|cuándo|"
    r"cuál|qu'est|quelle?s?|comment|pourquoi|quand|est-ce|vad|hur|varför|när|mikä|miten|lora or|rag or)\b",
    re.IGNORECASE,
)


def looks_like_question(text: str) -> bool:
    """Whether a message asks something instead of telling something."""
    text = text.strip()
    if re.search(r"[?？]\s*$", text):
        return True
    if re.search(r"(ですか|ますか|とは|教えて)[。?？]?$", text):
        return True
    return bool(_QUESTION.match(text)) and len(text.split()) <= 30


def asks_plainly(text: str) -> bool:
    """Whether a message is a question in form and mark: "is that allowed?", but not "EU cloud i think?"."""
    return bool(re.search(r"[?？]\s*$", text) and _QUESTION.match(text))


def work_out_answer(
    question: str, index: SearchIndex, knowledge: Knowledge, history: tuple[str, ...], given: Given
) -> Answer:
    """Answer a question from the folder; with a chat model in its words, checked against the passages.

    Raises Hold when the question's vector or the model's text must be fetched first.
    """
    standalone = embedding_text(question, history)
    if given.has_embedding and standalone not in given.vectors:
        raise Hold(Embed((standalone,)))
    vector = given.vectors.get(standalone)
    need = prompt_for(question, index, vector, history=history) if given.has_chat else None
    if need is not None:
        if need.request not in given.completions:
            raise Hold(need)
        if text := given.completions[need.request]:
            return answer_from_chat(text, question, index, vector, history=history)
    return answer_question(question, index, vector, history=history, knowledge=knowledge)


def answer(ctx: Context, question: str) -> None:
    """Say the answer, and keep the question for whoever looks after the folder when there is none."""
    question = question.strip()
    if not question:
        ctx.say(compose("ask_empty"))
        return
    say_answer(ctx, question, find_answer(ctx, question))


def find_answer(ctx: Context, question: str) -> Answer:
    """Return what the folder says. Raises Hold when something must be fetched first."""
    world = ctx.world
    return work_out_answer(question, world.index, world.knowledge, world.history, ctx.given)


def say_answer(ctx: Context, question: str, found: Answer, more: tuple[Choice, ...] = ()) -> None:
    """Say an answer that was found, with buttons that may follow."""
    ctx.feedback = {
        "question": question,
        "refused": found.refused,
        "mode": found.mode,
        "passages": list(found.passages),
    }
    if found.refused:
        choices = tuple(Choice("ask", label[:75], label) for label in found.nearest[:2])
        ctx.say(Reply(body=Mrkdwn(found.text), choices=(*choices, *more)))
        return
    rating = (Choice("rate_up", "👍", question[:1900]), Choice("rate_down", "👎", question[:1900]))
    let_down = ctx.given.has_chat and found.mode == "extractive"
    notes = (phrases(language_of(question))["quoted"],) if let_down else ()
    ctx.say(Reply(body=Mrkdwn(found.text), citations=found.citations, choices=(*more, *rating), notes=notes))
    project = ctx.project
    if (
        project
        and project.open_question
        and project.open_question.kind == "scope"
        and ctx.turn.kind == "message"
    ):
        remind_of_open_question(ctx)


def remind_of_open_question(ctx: Context) -> None:
    """After an interruption, name the question that still waits, without asking it all over again."""
    asked, last = ctx.require().open_question, ctx.effects[-1]
    if asked is None or not isinstance(last, Say):
        return
    question = about(ctx.world.lifecycle.question(asked.id).ask, ctx.require().scope.description)
    reply = replace(last.reply, notes=(*last.reply.notes, f"Still open: {question}"))
    ctx.effects[-1] = replace(last, reply=reply)
