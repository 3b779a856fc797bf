"""A question, and what the knowledge folder says to it: a sourced answer, or a kind refusal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from dialogs.answers.citations import CheckedSentence, checked_sentences
from dialogs.answers.extraction import Extract, extract, render
from dialogs.answers.languages import language_of
from dialogs.answers.prompt import MAX_PASSAGES, NOT_HELD, answer_prompt
from dialogs.answers.sentences import mrkdwn
from dialogs.steps import Write
from dialogs.turns import Citation
from knowledge.evidence import probability_held, weigh
from knowledge.loader import Knowledge
from knowledge.schema import Section
from knowledge.search import Hit, SearchIndex, Vector, read_query, search
from knowledge.words import CONCEPT, Term, load_lexicon, plain, query_terms, spell_out

NEEDED_PROBABILITY = 0.43
_BARE_WORDS = 3
_SURE_PROBABILITY = 0.8  # above it, a chat model's "not in the passages" is not believed
_RELATED_COSINE = 0.35
_RELATED_COVERAGE = 0.5
_FOLLOW_UP = re.compile(
    r"^(?:and|but|so|ok|okay|what about|how about|und|aber|y|et|pero|mais|それで|では)\b"
    r"|\b(?:what|how) about\b|\b(?:it|that|this|them|those|these|one|ones|there|same)\b"
)


@dataclass(frozen=True)
class Answer:
    """What Cairn says to a question.

    `text` is Slack mrkdwn, escaped, able to mention nobody. `nearest` are at most two questions that can be
    answered, given with a refusal: as choices below `text`, or within `full_text`. `passages` are the ids of
    the sections that the text was taken from.
    """

    text: str
    refused: bool
    citations: tuple[Citation, ...] = ()
    mode: Literal["extractive", "chat"] = "extractive"
    nearest: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    reason: Literal["", "missing", "off_topic", "attack", "own_work"] = ""

    @property
    def full_text(self) -> str:
        """The text with the nearest questions below it, for where there are no buttons."""
        return "\n".join([self.text, *(f"• {mrkdwn(question)}" for question in self.nearest)])


def answer_question(
    question: str,
    index: SearchIndex,
    query_vector: Vector | None,
    *,
    history: Sequence[str] = (),
    knowledge: Knowledge | None = None,
) -> Answer:
    """Answer from the knowledge folder, without a chat model.

    `query_vector` is the embedding of `embedding_text(question, history)`, or None: then BM25 decides.
    `history` are the person's earlier questions in the thread, oldest first.
    """
    language = language_of(question)
    if is_attack(question):
        return _refusal("attack", language)
    asked = standalone_question(question, history)
    found = find(asked, index, query_vector, language)
    if not found.answerable:
        return _refuse_missing(index, found, language)
    return _answer(extract(index, asked, found.terms, found.hits), language)


def prompt_for(
    question: str, index: SearchIndex, query_vector: Vector | None, *, history: Sequence[str] = ()
) -> Write | None:
    """Return what a chat model should write, or None where the answer is a refusal."""
    if is_attack(question):
        return None
    language = language_of(question)
    found = find(standalone_question(question, history), index, query_vector, language)
    if not found.answerable:
        return None
    passages = tuple(hit.section for hit in found.hits[:MAX_PASSAGES])
    return Write(answer_prompt(question, found.hits, history), passages, language)


def answer_from_chat(
    generated: str,
    question: str,
    index: SearchIndex,
    query_vector: Vector | None,
    *,
    history: Sequence[str] = (),
) -> Answer:
    """Return what a chat model wrote, as far as the passages bear it; else the extractive answer.

    Unsupported sentences are left out. Where the first two fail, nothing of the text is used.
    """
    language = language_of(question)
    found = find(standalone_question(question, history), index, query_vector, language)
    plain_answer = answer_question(question, index, query_vector, history=history)
    if plain_answer.refused:
        return plain_answer
    if NOT_HELD in generated and found.probability < _SURE_PROBABILITY:
        return _refuse_missing(index, found, language)
    passages = [hit.section for hit in found.hits[:MAX_PASSAGES]]
    sentences = checked_sentences(generated, passages, finished=True)
    if not any(sentence.released for sentence in sentences[:2]):
        return plain_answer
    return released_answer(sentences, passages)


def released_answer(sentences: Sequence[CheckedSentence], passages: Sequence[Section]) -> Answer:
    """Return the released sentences as an answer; more sentences lengthen it and change nothing before."""
    used = list(dict.fromkeys(s.passage for s in sentences if s.passage is not None))
    text = " ".join(cited(s.text, used.index(s.passage) + 1) for s in sentences if s.passage is not None)
    return Answer(
        text=text,
        refused=False,
        citations=tuple(citation_of(passages[at]) for at in used),
        mode="chat",
        passages=tuple(passages[at].id for at in used),
    )


def cited(sentence: str, number: int) -> str:
    """Return a sentence with the number of its source before the full stop."""
    body = sentence.rstrip(".!?。")
    return f"{body} [{number}]{sentence[len(body) :] or '.'}"


@dataclass(frozen=True)
class Found:
    """What a search found, and how likely (0–1) it holds the answer."""

    hits: tuple[Hit, ...]
    terms: tuple[Term, ...]
    probability: float
    related: bool  # the question is at least about something in the folder
    own_work: bool = False  # asks what the team did itself, and no document of theirs was found

    @property
    def answerable(self) -> bool:
        return self.probability >= NEEDED_PROBABILITY and not self.own_work


def find(asked: str, index: SearchIndex, query_vector: Vector | None, language: str = "en") -> Found:
    """Search the folder for a standalone question and decide whether it holds the answer."""
    terms = read_query(index, asked)
    hits = search(index, asked, query_vector)
    if not hits or not terms:
        return Found(tuple(hits), tuple(terms), 0.0, False)
    evidence = weigh(index, terms, hits)
    related = evidence.cosine >= _RELATED_COSINE or (
        evidence.concept > 0 or (not evidence.has_vectors and evidence.coverage >= _RELATED_COVERAGE)
    )
    own_work = not hits[0].section.own and asks_of_own_work(asked)
    return Found(tuple(hits), tuple(terms), probability_held(evidence, language), related, own_work)


def standalone_question(question: str, history: Sequence[str] = ()) -> str:
    """Return the question with what it leans on: "and what about QLoRA?" takes its topic from the thread."""
    if not history:
        return question
    terms = [t for t in query_terms(question, load_lexicon()) if t.weight == 1]
    leans = bool(_FOLLOW_UP.search(plain(question).strip()))
    bare = not terms and len(question.split()) <= _BARE_WORDS  # "why?", "and how long?"
    if (leans and len(terms) <= 2) or bare:
        return f"{history[-1]} {question}"
    return question


def embedding_text(question: str, history: Sequence[str] = ()) -> str:
    """Return the text whose embedding `answer_question` wants: standing alone, abbreviations spelled out."""
    return spell_out(standalone_question(question, history), load_lexicon())


def is_attack(question: str) -> bool:
    """Tell whether a message asks for what Cairn never gives: prompt, secrets, other teams, mentions."""
    text = plain(question)
    return any(pattern.search(text) for pattern in _attack_patterns())


def _answer(extracts: Sequence[Extract], language: str) -> Answer:
    text = render(extracts)
    if any(part.section.language != language for part in extracts) and language != "en":
        text = f"{phrases(language)['source_language']}\n{text}"
    return Answer(
        text=text,
        refused=False,
        citations=tuple(citation_of(part.section) for part in extracts),
        passages=tuple(part.section.id for part in extracts),
    )


def citation_of(section: Section) -> Citation:
    """Return the citation of a section."""
    return Citation(section.path, section.heading, section.title, section.revision)


def asks_of_own_work(question: str) -> bool:
    """Tell whether a question is about what the team did itself: "what did our last run cost?"."""
    text = plain(question)
    return any(pattern.search(text) for pattern in _own_work_patterns())


def _refuse_missing(index: SearchIndex, found: Found, language: str) -> Answer:
    if found.own_work:
        return replace(_refusal("own_work", language), nearest=_nearest(found.hits, language))
    if not found.related:
        return _refusal("off_topic", language)
    said = phrases(language)
    lacking = [
        t.surface
        for t in found.terms
        if t.weight == 1 and t.text not in index.vocabulary and len(t.surface) > 2
    ]
    lacking = [word for word in lacking if not word.startswith(CONCEPT)][:2] if language == "en" else []
    if lacking:
        words = f" {said['or']} ".join(f"“{mrkdwn(word)}”" for word in lacking)
        text = said["missing_words"].format(words=words)
    else:
        text = said["missing"]
    nearest = _nearest(found.hits, language)
    if nearest:
        text += f" {said['nearest']}"
    return Answer(text=text, refused=True, nearest=nearest, reason="missing")


def _nearest(hits: Sequence[Hit], language: str) -> tuple[str, ...]:
    """Return a question each of the two best sections, in the asker's language where there is one."""
    found = []
    for hit in hits[:4]:
        # The first ones are well put; further down stands how people really ask.
        question = next((q for q in hit.section.questions if language_of(q) == language), hit.question)
        if question and question not in found:
            found.append(question)
    return tuple(found[:2])


def _refusal(reason: Literal["off_topic", "attack", "own_work"], language: str) -> Answer:
    return Answer(text=phrases(language)[reason], refused=True, reason=reason)


@cache
def _data(name: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("dialogs.answers") / name).read_text(encoding="utf-8"))


def phrases(language: str) -> Mapping[str, str]:
    """Return what Cairn says around answers, in a language (ISO 639-1), else in English."""
    table = _data("answers.toml")
    return table.get(language, table["en"])


@cache
def _own_work_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _data("own_work.toml")["patterns"])


@cache
def _attack_patterns() -> tuple[re.Pattern[str], ...]:
    groups = _data("attacks.toml").values()
    return tuple(re.compile(pattern, re.DOTALL) for group in groups for pattern in group["patterns"])
