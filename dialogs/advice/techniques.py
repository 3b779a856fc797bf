"""The techniques in the order to try them, each with its reasons, sources and how to go about it."""

from __future__ import annotations

from dialogs.advice.facts import Facts, data
from dialogs.advice.result import TechniqueAdvice
from dialogs.advice.rules import Rule, Verdict, judge, load_rules
from dialogs.advice.words import words_of
from dialogs.turns import Citation
from knowledge.loader import Knowledge
from knowledge.schema import TechniqueId


def advise_techniques(facts: Facts, knowledge: Knowledge) -> tuple[TechniqueAdvice, ...]:
    """Return every technique once: now, next, later, not advised."""
    words = words_of(facts)
    return tuple(_advice(verdict, facts, words, knowledge) for verdict in judge(facts, load_rules()))


def _advice(verdict: Verdict, facts: Facts, words: dict[str, str], knowledge: Knowledge) -> TechniqueAdvice:
    citations = (cite(rule.document, verdict.technique, knowledge) for rule in verdict.rules)
    return TechniqueAdvice(
        id=verdict.technique,
        when=verdict.when,
        reasons=tuple(sentence(rule, words) for rule in verdict.rules),
        citations=tuple(dict.fromkeys(citations)),
        how=how_to(verdict.technique, facts, words) if verdict.when != "not_advised" else "",
        rule=verdict.rules[0].id,
    )


def sentence(rule: Rule, words: dict[str, str]) -> str:
    """Return a rule's reason with the team's words in it, beginning with a capital."""
    text = rule.says.format_map(words)
    return text[:1].upper() + text[1:]


def cite(document: str, technique: str, knowledge: Knowledge) -> Citation:
    """Return the citation of a section; of the technique's own record where the folder lacks its document."""
    path = document.split("#", maxsplit=1)[0]
    held = [section for section in knowledge.sections if section.path == path]
    if held:
        section = next((section for section in held if section.id == document), held[0])
        return Citation(path, section.heading, section.title, section.revision)
    record = knowledge.techniques.get(technique)
    if record is None:
        return Citation("techniques", technique, technique)
    return Citation(record.path, record.title, record.title)


def how_to(technique: TechniqueId, facts: Facts, words: dict[str, str]) -> str:
    """Return how to go about a technique: for prompting by the kind of task."""
    table = data("how")
    if technique == "prompt_engineering":
        return str(table["prompting"][facts.task]).format_map(words)
    return str(table["technique"][technique]).format_map(words)
