"""What has been tried, and the number that would say that it works."""

from __future__ import annotations

import re

from dialogs.understanding.lexicon import find, find_all, source, starts
from dialogs.understanding.message import Message
from dialogs.understanding.numbers import Number
from dialogs.understanding.reading import Found
from dialogs.understanding.wishes import MODEL

_SHOT = re.compile(
    r"\b(?:\d{1,3}|zero|one|few|five|three)-shot\b[^.;,\n]{0,6}?:?\s*(?=[.\d])(?:0?\.\d+|\d{1,3}(?:\.\d+)?\s?%?)(?:\s+[^\W\d]+\s+f1|\s+f1)?"
)
_IN_USE = re.compile(
    r"(?:^|[.;:!?,\n]\s*|\b(?:we're|we are|i'm|i am|currently)\s+)(?:using|running|on)\s+"
    r"((?:[\w.-]+\s+){0,3}?[\w.-]*\w)\s+(?:now|today|right now|at the moment|currently|so far|these days)\b"
    r"|\bat\s+(?:0?\.\d+|\d{1,3}(?:\.\d+)?\s?%)\s+(?:w/|with|using)\s+((?:[\w.-]+\s+){0,2}?[\w.-]*\w)(?=[.,;!?\n]|$)"
)
"""What runs today: "using gpt-5.4 mini now", "we're at 0.71 with logistic regression"."""

_WAS_POOR = re.compile(
    rf"({MODEL})\s+(?:(?:was|were)\s+(?:too|not|no|far|way|poor|bad|slow|useless|hopeless|ok|okay|fine|good|only|just)"
    r"|gave\s+(?:us\s+)?[^\W\d]+|kept|got|failed|made\s+things|hallucinated|invented|reached|scored|managed|couldn't|didn't)(?!\w)"
)
"""A model with what came of it: "GPT-4o was too expensive"."""

_SPLIT = re.compile(
    r"\s+(?:and|und|et|y|och)\s+(?=(?:an?\s+|einen?\s+|une?\s+)?(?:lora|qlora|rag|few|zero|fine|dpo|prompt|full))",
    re.I,
)
_ARTICLE = re.compile(
    r"^(?:an?|the|einen?|une?|un|el|la|ett|en|o|os|il|lo|het|de|le|uma?|een|das|den)\s+", re.I
)
_LONGEST_SMALL_WORD = 3
_WHOLE = "10|100|20|50|ten|zehn|dix|diez|tio"
_OF_TEN = rf"\d{{1,3}}\s*(?:of|out of|von|sur|de|av|in|su|van de)\s*(?:{_WHOLE})(?!\w)"
_BESIDE = (
    r"(?:[\s:]+(?:(?:has|have|had|needs?)\s+to\s+be|is|be|must|should|stays?|of|at|least|most|under|below|above|over|less|more|"
    r"than|score|around|about|rate|min|max|to|reach|hit))*[\s:=<>≥≤~]*"
)
_BOUND = re.compile(r"\b(?:under|below|less than|at most|no more than|not more than|max\.?)\s+$|[<≤]\s?$")
_WORDS_AFTER = re.compile(
    r"(?:\s+(?:w/|with|mit|avec|con|med)\s+[^.;,\n]*?(?=\s+(?:and|und|et|y|och)\b|[.;,!?\n]|$))?"
)


def read_success(message: Message) -> dict[str, Found]:
    """Read `tried`, `success_metric` and `success_target`; a score already reached is no target."""
    found: dict[str, Found] = {}
    tried = _tried(message)
    if tried is not None:
        found["tried"] = tried
    target = _of_ten(message) or _target(message, tried)
    if target is not None:
        found["success_target"] = target
    metric = _metric(message, tried, target)
    if metric is not None:
        found["success_metric"] = metric
    return found


def _tried(message: Message) -> Found | None:
    nothing = find(source("tried", "nothing", message.languages), message.text)
    if nothing:
        return message.found(["nothing"], nothing.start(), nothing.end())
    spans: list[tuple[int, int]] = []
    texts: list[str] = []
    stop = re.compile(
        r"\s*(?:[,;(–—]\s*|\s+)(?:(?:but|and|so)\s+)?"
        rf"(?:{source('tried', 'stop', message.languages)}|(?<=[,;(–—] ){source('tried', 'outcome', message.languages)}"
        rf"|(?<=and ){source('tried', 'outcome', message.languages)}|(?<=\(){source('metrics', 'names', None)})"
    )
    for match in find_all(source("tried", "verbs", message.languages) + r"\s*:?\s+", message.text):
        if message.negated(match.start(), match.end()):
            continue
        end = message.clause(match.end())[1]
        halt = stop.search(message.text, match.end(), end)
        end = halt.start() if halt else end
        spans.append((match.start(), end))
        made = find(source("tried", "made", message.languages), match[0])
        texts.extend(_items(message.raw[match.start() + made.start() if made else match.end() : end]))
    was = rf"(?:^|[.;:!?,\n]\s*)((?:[\w.-]+\s+){{0,3}}?[\w.-]*\w)\s+{source('tried', 'passive', message.languages)}"
    for match in find_all(was, message.text):
        spans.append(match.span())
        texts.append(_ARTICLE.sub("", message.raw[match.start(1) : match.end(1)]))
    for match in _IN_USE.finditer(message.text):
        first, last = match.span(1 if match[1] else 2)
        if not any(start <= match.start() < end for start, end in spans):
            spans.append(match.span())
            texts.append(_ARTICLE.sub("", message.raw[first:last]))
    for match in _WAS_POOR.finditer(message.text):
        if not any(start <= match.start(1) < end for start, end in spans):
            spans.append(match.span())
            texts.append(message.raw[match.start(1) : match.end(1)])
    for match in _SHOT.finditer(message.text):
        if not any(start <= match.start() < end for start, end in spans):
            spans.append(match.span())
            texts.append(message.raw[match.start() : match.end()].strip())
    if not texts:
        return None
    return message.found(texts, min(start for start, _ in spans), max(end for _, end in spans))


def _items(words: str) -> list[str]:
    return [
        _ARTICLE.sub("", " ".join(part.split()).strip(" ,."))
        for part in _SPLIT.split(words)
        if part.strip(" ,.")
    ]


def _of_ten(message: Message) -> Found | None:
    for match in find_all(r"(?<![\w.])" + _OF_TEN, message.text):
        if _is_reached(message, match.start()):
            continue
        tail = _WORDS_AFTER.match(message.text, match.end())
        end = tail.end() if tail else match.end()
        return message.found(" ".join(message.raw[match.start() : end].split()), match.start(), end)
    return None


def _target(message: Message, tried: Found | None) -> Found | None:
    """A number that is called a goal comes before one that merely stands beside a metric."""
    scores = []
    for number in message.numbers:
        if number.spoken and number.high <= 1:
            continue
        end = _score_end(message, number)
        past = tried is not None and tried.start <= number.start < tried.end
        if end is not None and not past and not _is_reached(message, number.start):
            scores.append((number, end))
    for is_target in (_is_goal, _is_beside_metric):
        for number, end in scores:
            if is_target(message, number, end):
                bound = _BOUND.search(message.before(number.start, 24))
                start = number.start - len(bound[0]) if bound else number.start
                return message.found(" ".join(message.raw[start:end].split()), start, end)
    return None


def _score_end(message: Message, number: Number) -> int | None:
    """A score is a percentage, a fraction of one, or a number beside a metric's name."""
    percent = starts(
        r"\s?(?:%|percent|prozent|pour cent|por ciento|por cento|per cento|procent)",
        message.text[number.end :],
    )
    if percent:
        return number.end + percent.end()
    written = message.text[number.start : number.end]
    if 1 <= number.low <= 100 and number.low == number.high and _is_named_score(message, number):
        return number.end
    return number.end if 0 < number.low < 1 and starts(r"0?[.,]\d", written) else None


def _is_named_score(message: Message, number: Number) -> bool:
    """ "BLEU 42", "an NPS of 40", "chrF above 60", "38 BLEU": points of a metric that is named."""
    ahead = message.text[number.end : number.end + 24]
    if message.text[number.start - 1 : number.start] == "@":
        return False
    metric = source("metrics", "points", message.languages)
    if starts(rf"\s*(?:points\s+(?:of\s+)?)?{metric}", ahead):
        return True
    counted = starts(r"\s*(?:[^\W\d]{3,})", ahead) and not starts(
        r"\s*(?:or|and|points|is|would|at|on|minimum|please|pls)\b", ahead
    )
    return not counted and find(metric + _BESIDE + "$", message.before(number.start, 40)) is not None


def _is_goal(message: Message, number: Number, end: int) -> bool:
    behind, ahead = message.before(number.start, 40), message.text[end : message.sentence(end)[1]][:60]
    goal = source("target", "before", message.languages)
    if find(goal + r"(?:\W+[^\W\d]\w*){0,4}\W*$", behind):
        return True
    return find(source("target", "after", message.languages), ahead) is not None


def _is_beside_metric(message: Message, number: Number, end: int) -> bool:
    behind, ahead = message.before(number.start, 40), message.text[end : message.sentence(end)[1]][:60]
    metric = f"(?:{source('metrics', 'names', message.languages)}|{source('metrics', 'counted', None)})"
    return starts(r"\W*" + metric, ahead) is not None or find(metric + _BESIDE + "$", behind) is not None


def _is_reached(message: Message, start: int) -> bool:
    behind = message.before(start, 30)
    return (
        find(source("target", "reached", message.languages) + r"(?:\W+[^\W\d]+){0,3}\W*$", behind) is not None
    )


def _metric(message: Message, tried: Found | None, target: Found | None) -> Found | None:
    names = find_all(source("metrics", "names", message.languages), message.text)
    matches = [match for match in names if not _is_small_word(message, match)]
    if not matches and target is not None:
        first, last = message.clause(target.start)
        near = max(first, target.start - 40)
        counted = find(source("metrics", "counted", None), message.text[near : min(last, target.end + 30)])
        if counted:
            return message.found(
                message.raw[near + counted.start() : near + counted.end()],
                near + counted.start(),
                near + counted.end(),
            )
    outside = [m for m in matches if tried is None or not tried.start <= m.start() < tried.end]
    for match in outside or (matches if target is not None else []):
        return message.found(message.raw[match.start() : match.end()], match.start(), match.end())
    return None


def _is_small_word(message: Message, match: re.Match[str]) -> bool:
    """ "Ter" is to have in Portuguese, "wer" who in German: small letters name these metrics in English only."""
    raw = message.raw[match.start() : match.end()]
    return len(raw) <= _LONGEST_SMALL_WORD and raw.islower() and "en" not in message.own_languages
