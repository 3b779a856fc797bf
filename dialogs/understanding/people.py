"""Who will use it, read from how a sentence is built: "for our clerks", "nurses look up", "so that pupils can"."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import compiled, find, find_all, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found
from dialogs.understanding.subjects import read_subject

_STOPS = (
    "and|or|of|that|which|who|it|for|to|by|from|in|on|with|der|que|som|und|et|für|von|pour|para|för|med|a|an|"
    "is|are|be|can|will|we|they|you|lets?|helps?|when|where|if|so|then|than|as|at|but|because|while|not|no|have|has|"
    "des|dei|degli|delle|dos|das|der|los|las|les|about|into|all|what|saves?|spares?|gives?|answers?|used"
)
_NAMES = rf"(?:(?!(?:{_STOPS})\s)[\w'-]+\s+){{0,3}}?"
_MODIFIERS = rf"(?:(?!(?:{_STOPS})\s)[\w'-]+\s+){{0,2}}?"
_OPENS = (
    r"(?:(?:^|(?<=[.,;:!?(\n]))\s*(?:(?:and|but|so|then|the|our|my|all|these|those|some|most)\s+){0,2}"
    r"|\b(?:our|the|my|where|when|so that|so|because|that|which|what|all|every time|whenever)\s+)"
)
_NOBODY = frozenset(
    ("user", "customer", "other", "number", "model", "computer", "manager", "founder", "investor")
)
_WHERE = r"(?:\s+(?:in|at|on|up|of|from)\s+(?:(?!(?:can|will|ask)\b)[\w'-]+\s+){0,4}?[\w'-]+)?"


def read_people(message: Message) -> dict[str, Found]:
    """Read `users` in the writer's words: the surest way of saying who they are first."""
    for read in (
        _named,
        _wished,
        _served,
        _subject,
        _owned,
        _each,
        _acting,
        _so_that,
        _asking,
        _they,
        read_subject,
    ):
        users = read(message)
        if users is not None:
            return {"users": users}
    return {}


def _named(message: Message) -> Found | None:
    """ "Users would be our paralegals": whoever is named there."""
    cue = source("people", "users_named", message.languages)
    for match in find_all(
        rf"{cue}\s*((?:(?:our|the|my)\s+)?{_NAMES}[^\W\d][\w-]*(?<!')s)(?=[^\w']|$)", message.text
    ):
        return _found(message, match)
    return None


def _wished(message: Message) -> Found | None:
    """ "I'd like my sales staff to just ask it", "let our clerks search": who is wished to use it."""
    thing = source("people", "users_inputs", message.languages)
    wish = r"(?:like|want|wants?|allow|let|enable|help)\s+"
    noun = rf"((?:(?:our|my|the|all)\s+)(?!{thing})(?:[\w'-]+\s+){{0,2}}?[\w'-]+)"
    for match in find_all(rf"\b{wish}{noun}\s+to\s+{_verbal(message, 'users_said')}", message.text):
        head = find(rf"(?:{_persons(message)}|staff|team|crew|people|folk)$", match[1])
        if head and not message.negated(match.start(), match.end()):
            return _found(message, match)
    return None


def _served(message: Message) -> Found | None:
    """ "For our clerks", "helps nurses", "used by 20 planners"."""
    before, stop, nouns = (_source(message, key) for key in ("users_before", "users_stop", "users"))
    belonging = r"(?:\s+(?:team|of (?:our|the) [\w-]+|de la \w+))?"
    serving = _source(message, "users_serving")
    kinds = rf"{before}\s+((?:team of \d+\s+)?{_NAMES}{nouns}{belonging})(?!\s+{stop})"
    agents = rf"{serving}\s+((?:our |the |my |all )?{_NAMES}{_agents(message)})(?!\s+{stop})"
    concurrent = source("concurrency", "words", message.languages)
    for match in sorted(
        [*find_all(kinds, message.text), *find_all(agents, message.text)], key=lambda m: m.start()
    ):
        headcount = find(concurrent, match[0]) or starts(r"\S*\d\S*\s+(?:users|people)$", match[1])
        if headcount or message.negated(match.start(), match.end()) or starts(r"an? (?!team)", match[1]):
            continue
        if find(_source(message, "users_harmed") + r"\W+(?:[\w'-]+\W+){0,3}$", message.before(match.start())):
            continue
        if starts(r"(?:the |our )?(?:right|correct|responsible|proper|matching)\s", match[1]):
            continue
        if match[0].startswith("from") and _is_sorted(message, match.start()):
            continue
        value = " ".join(message.raw[match.start(1) : match.end(1)].split())
        return message.found(re.sub(r"^(?:the|all the) ", "", value), match.start(), match.end())
    return None


def _is_sorted(message: Message, place: int) -> bool:
    """ "Answers mails from customers" serves them; "mails from customers, one of nine codes" need not."""
    first, last = message.sentence(place)
    return find(_source(message, "users_unserved"), message.text[first:last]) is not None


def _subject(message: Message) -> Found | None:
    for match in find_all(_source(message, "users_subject"), message.text):
        words = message.raw[match.start() : match.end()].split()[:-1]
        return message.found(" ".join(words[words[0].lower() == "our" :]), match.start(), match.end())
    return None


def _owned(message: Message) -> Found | None:
    owner, nouns, stop = (_source(message, key) for key in ("users_owner", "users", "users_stop"))
    for match in find_all(
        rf"(?<!by )(?<!with )(?<!from ){owner}\s+({_NAMES}{nouns})(?!\s+{stop})", message.text
    ):
        if not match[1].endswith(("team", "teams")):
            return _found(message, match)
    return None


def _acting(message: Message) -> Found | None:
    """ "Ward nurses keep phoning", "my pupils can chat with": a person before a verb of use."""
    persons, verbal = _persons(message), _verbal(message, "users_verbs")
    for match in find_all(rf"{_OPENS}({_MODIFIERS}{persons}){_WHERE}\s+{verbal}", message.text):
        if not message.negated(match.start(), match.end()):
            return _found(message, match)
    said = _source(message, "users_said")
    then = rf"\s+(?!(?:is|are|was|were)\b)(?:[\w'-]+\s+){{1,6}}?(?:and|then|to)\s+{said}"
    for match in find_all(rf"{_OPENS}({_MODIFIERS}{persons}){then}", message.text):
        if not message.negated(match.start(), match.end()):
            return _found(message, match)
    for match in find_all(rf"({persons})\s+{verbal}", message.text):
        if not message.negated(match.start(), match.end()):
            return _found(message, match)
    return _one_acting(message)


def _one_acting(message: Message) -> Found | None:
    """ "The operator should speak the error", "the plant manager wants half a page": one stands for all."""
    things = compiled(_source(message, "users_things"))
    said = _source(message, "users_said")
    wants = (
        rf"(?:(?:should|can|could|will|would|must)\s+(?:be able to\s+|just\s+)?{said}"
        r"|(?:wants?|would like)(?!\s+(?:it|this|that|us|me|to|a\s+demo)\b))"
    )
    one = r"((?:(?!(?:right|new|old|same|first|next|last)\b)[\w-]+\s+)?[^\W\d_]{2,}(?:er|or|ist|ian|eer|man|woman))"
    does = r"(?:types|asks|enters|describes|dictates|pastes|uploads|photographs|scans|speaks)"
    for expression in (rf"\bthe\s+{one}\s+{wants}(?!\w)", rf"\ban?\s+{one}\s+{does}(?!\w)"):
        for match in find_all(expression, message.text):
            last = match[1].split()[-1]
            is_thing = things.fullmatch(f"{last}s") or things.fullmatch(last)
            if not is_thing and (last not in _NOBODY or " " in match[1]):
                return _found(message, match)
    return None


def _so_that(message: Message) -> Found | None:
    """ "So that X can look up": only people do that, whatever they are called."""
    led = r"(?:so(?: that)?|lets?|letting|helps?|helping|allows?|enables?|our|my)\s+(?:our\s+|the\s+|my\s+)?"
    thing = source("people", "users_inputs", message.languages)
    word = rf"(?!{thing})[^\W\d][\w'-]*"
    noun = (
        rf"((?!(?:we|they|you|it|he|she|us|them|me|this|that)\b){word}"
        rf"(?:\s+{word}s|\s+(?:shift|crew|desk|unit|floor|board|staff|folk)|(?<=s)))"
    )
    for match in find_all(rf"\b{led}{noun}\s+(?:to\s+)?{_verbal(message, 'users_said')}", message.text):
        if not message.negated(match.start(), match.end()):
            return _found(message, match)
    return None


def _each(message: Message) -> Found | None:
    """ "Each employee would ask it twice a month"."""
    each = r"\b(?:each|every|any)\s+((?!(?:time|day|week|of)\b)[^\W\d][\w'-]*(?:\s+(?!will|would|can)[^\W\d][\w'-]*)?)"
    for match in find_all(rf"{each}{_WHERE}\s+{_verbal(message, 'users_said')}", message.text):
        return _found(message, match)
    return None


def _asking(message: Message) -> Found | None:
    """ "Tenants' questions"."""
    nouns, asking = _source(message, "users"), _source(message, "users_ask")
    for match in find_all(rf"({nouns})(?:'s?|s')?\s+(?:[\w-]+\s+){{0,2}}?{asking}", message.text):
        return message.found(
            message.raw[match.start(1) : match.end(1)].rstrip("'"), match.start(), match.end()
        )
    for match in find_all(
        rf"(?<!\w){asking}\s+(?:of|by)\s+((?:our\s+|the\s+|my\s+)?{_MODIFIERS}{nouns})", message.text
    ):
        if not _is_sorted(message, match.start()):
            return _found(message, match)
    return None


def _they(message: Message) -> Found | None:
    """ "Technicians wear gloves, so they speak": the people whom "they" points back to."""
    for they in find_all(
        rf"\bthey(?:'d|'ll|\s+would|\s+will)?\s+(?:like\s+to\s+)?{_verbal(message, 'users_said')}",
        message.text,
    ):
        before = message.text[: they.start()]
        matches = [*find_all(rf"{_OPENS}({_MODIFIERS}{_persons(message)})(?!\w)", before)]
        if matches:
            return _found(message, matches[-1])
    return None


def _persons(message: Message) -> str:
    return rf"(?:{_source(message, 'users')}|{_agents(message)})"


def _agents(message: Message) -> str:
    """Words whose endings say that somebody does something, but for the things that end so too."""
    return rf"(?!{_source(message, 'users_things')}){_source(message, 'users_agents')}"


def _verbal(message: Message, key: str) -> str:
    modals = _source(message, "users_modals")
    return rf"(?:(?:who|that)\s+)?(?:{modals}\s+){{0,3}}{_source(message, key)}"


def _source(message: Message, key: str) -> str:
    return source("people", key, message.languages)


def _found(message: Message, match: re.Match[str]) -> Found:
    value = " ".join(message.raw[match.start(1) : match.end(1)].split())
    return message.found(value, match.start(1), match.end())
