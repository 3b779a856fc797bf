"""Data the team holds: labelled examples, preference data, documents, and how often those change."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import compiled, either, find, find_all, pattern, source, starts, words
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number
from dialogs.understanding.reading import Found

_FREQUENCIES = ("static", "realtime", "daily", "weekly")
_PERIOD_AHEAD = re.compile(r"\s+(?:a|per|each|every)\s+(?:hour|day|week|month|year)\b")
_GAP = r"(?:[^.;!?\n]{0,32}?)"


def read_data(message: Message) -> dict[str, Found]:
    """Read `data.*` and `knowledge_changes`; of a range of labels the lower end counts."""
    found: dict[str, Found] = {}
    labels = _labels(message)
    if labels is not None:
        found["data.labelled_examples"] = labels
    preference = _preference(message)
    if preference is not None:
        found["data.preference_data"] = preference
    changes = _changes(message)
    if changes is not None:
        found["knowledge_changes"] = changes
    documents = _documents(message, changes)
    if documents is not None:
        found["data.documents"] = documents
    return found


def _labels(message: Message) -> Found | None:
    best: Found | None = None
    for number in message.numbers:
        place = _label_words(message, number)
        if place is None or number.low != int(number.low) or _is_hoped(message, number.start):
            continue
        if number.spoken and number.low == 1:
            continue
        if best is None or _corrects(message, number):
            best = message.found(int(number.low), number.start, place)
    if best is not None:
        return best
    none = pattern("labels", "none", message.languages).search(message.text)
    return message.found(0, none.start(), none.end()) if none else None


def _label_words(message: Message, number: Number) -> int | None:
    """Return where the words end that make a number a count of labelled examples, else None."""
    ahead = message.after(number.end, 90)
    behind = message.before(number.start, 24)
    if starts(rf"\s*(?:[-–]\s?shot|%|(?:{either(words()['durations'])})(?!\w))", ahead):
        return None
    adjectives, nouns = (source("labels", key, message.languages) for key in ("adjectives", "nouns"))
    with_result, relative = (source("labels", key, message.languages) for key in ("with_result", "relative"))
    compared = compiled(rf"(?:\W+[^\W\d]+){{0,3}}?\W+{source('preference', 'yes', message.languages)}")
    not_ratings = rf"(?:(?!{source('preference', 'yes', message.languages)})[^\W\d]+\W+)"
    for expression in (
        rf"\W*{not_ratings}{{0,4}}?{adjectives}(?:[^\w,;]+[^\W\d]+)?",
        rf"\W*{not_ratings}{{0,2}}?{nouns}",
        rf"\W*{not_ratings}{{1,3}}?{relative}\W+{not_ratings}{{0,6}}?{adjectives}",
    ):
        match = starts(expression, ahead)
        if (
            match
            and not compared.match(ahead, match.end())
            and not find(r"[,;]", match[0].strip(" ,"))
            and not _is_prompt(message, number.end + match.end())
            and not _PERIOD_AHEAD.match(ahead, match.end())
        ):
            return number.end + match.end()
    match = starts(rf"\W*(?:[^\W\d]+\W+){{0,6}}?{with_result}", ahead)
    preferred = match and compared.search(ahead, match.start(), match.end() + 24)
    if match and not preferred and not find(source("period", "day", message.languages), match[0]):
        return number.end + match.end()
    cue = find(rf"(?:{adjectives}|{nouns})\W*(?:(?:[^\W\d]+)\W+)?$", behind)
    if cue and ":" in behind[cue.start() :]:
        return number.end
    if _is_done(message, number):
        return number.end
    return number.end if _is_amount_of(message, number, adjectives) else None


def _is_done(message: Message, number: Number) -> bool:
    """ "We tagged 1,250 reports last winter": what people did by hand, once."""
    done = source("labels", "done", message.languages)
    who = (
        r"(?:\b(?:have|has|had|already|\w+'ve|we|i|they|he|she|colleagues|students|interns|experts|editors|"
        r"clerks)\W+)"
    )
    behind = message.before(number.start, 50)
    if not find(
        rf"{who}(?:[^\W\d]+\W+)?{done}\W+(?:(?:about|some|over|around|roughly|nearly|almost|at least)\W+)*$",
        behind,
    ):
        return False
    periods = (source("period", name, message.languages) for name in ("hour", "day", "week", "month", "year"))
    return not any(find(period, message.after(number.end, 32)) for period in periods)


def _is_amount_of(message: Message, number: Number, adjectives: str) -> bool:
    """ "Sorted by hand there are 6,500", "historique trié à la main, soit 48 000": the amount comes last."""
    amount = source("labels", "amount", message.languages)
    behind = message.text[max(message.sentence(number.start)[0], number.start - 70) : number.start]
    if not find(rf"{adjectives}\W+(?:[^\W\d]+\W+){{0,4}}?{amount}\W+(?:[^\W\d]+\W+){{0,2}}$", behind):
        return False
    ahead = message.after(number.end, 40)
    periods = (source("period", name, message.languages) for name in ("day", "week", "month", "year", "hour"))
    return not any(find(period, ahead) for period in periods)


def _is_prompt(message: Message, end: int) -> bool:
    ahead = message.text[end : end + 20]
    return starts(r"\W*" + source("labels", "not_examples", message.languages), ahead) is not None


def _is_hoped(message: Message, place: int) -> bool:
    """ "Maybe 2k by spring" is no data that the team holds."""
    near = message.before(place, 32) + " " + message.after(place, 24)
    return pattern("unsure", "clause", message.languages).search(near) is not None


def _corrects(message: Message, number: Number) -> bool:
    behind = message.text[max(0, number.start - 30) : number.start]
    return find(source("correction", "marks", message.languages), behind) is not None


def _preference(message: Message) -> Found | None:
    for key, value in (("no", False), ("yes", True)):
        matches = (
            message.search("preference", key)
            if value
            else [*pattern("preference", key, message.languages).finditer(message.text)]
        )
        if matches:
            start = matches[0].start()
            counted = next((n for n in message.numbers if 0 <= start - n.end < 20), None)
            return message.found(value, counted.start if counted else start, matches[0].end())
    return None


def _changes(message: Message) -> Found | None:
    for value in ("realtime", "static"):
        for match in message.search("knowledge_changes", value):
            return message.found(value, match.start(), match.end())
    blockers = pattern("knowledge_changes", "blockers", message.languages)
    for value in _FREQUENCIES:
        often = source("knowledge_changes", f"frequency_{value}", message.languages)
        change = source("knowledge_changes", "alter" if value == "static" else "change", message.languages)
        for match in find_all(
            rf"(?:{change}{_GAP}{often}|{often}(?:\W+[^\W\d]+){{0,2}}?\W+{change})", message.text
        ):
            if _is_counted(message, match.start(), match[0]):
                continue
            if not blockers.search(message.before(match.start(), 20) + match[0]):
                return message.found(value, match.start(), match.end())
    return None


def _is_counted(message: Message, start: int, words: str) -> bool:
    """ "Two hundred invoices come in daily" is a load, not a change of what is known."""
    if not find(source("load", "incoming", message.languages), words):
        return False
    return any(0 <= start - number.end < 25 for number in message.numbers)


def _documents(message: Message, changes: Found | None) -> Found | None:
    none = pattern("documents", "none", message.languages).search(message.text)
    limited = source("documents", "limited", message.languages)
    if none and not starts(r"\s+" + limited, message.text[none.end() : none.end() + 16]):
        return message.found(False, none.start(), none.end())
    nouns = source("documents", "nouns", message.languages)
    cues = source("documents", "cues", message.languages)
    processing = pattern("documents", "processing", message.languages)
    for match in find_all(rf"{cues}(?:[\s'_*]+[\w'-]+){{0,4}}?[\s'_*]+{nouns}", message.text):
        behind = message.before(match.start(), 30) + match[0]
        if not processing.search(behind) and not message.negated(match.start(), match.end()):
            return message.found(True, match.start(), match.end())
    sure_cues, sure_nouns = (
        source("documents", key, message.languages) for key in ("sure_cues", "sure_nouns")
    )
    looked_up = rf"{sure_cues}(?:[\s'_*]+[\w'-]+){{0,4}}?[\s'_*]+(?:{nouns}|{sure_nouns})"
    for match in find_all(looked_up, message.text):
        if not message.negated(match.start(), match.end()):
            return message.found(True, match.start(), match.end())
    yes = message.search("documents", "yes")
    if yes:
        return message.found(True, yes[0].start(), yes[0].end())
    return _changing_documents(message, changes, nouns)


def _changing_documents(message: Message, changes: Found | None, nouns: str) -> Found | None:
    """What changes is looked up: a handbook that changes weekly is answer-time knowledge."""
    if changes is None:
        return None
    first, _ = message.sentence(changes.start)
    noun = next(find_all(nouns, message.text[first : changes.end]), None)
    return message.found(True, first + noun.start(), changes.end) if noun else None
