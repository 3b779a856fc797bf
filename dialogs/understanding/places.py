"""Where data may be processed: `privacy` and `region`."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale

from dialogs.understanding.lexicon import either, find, phrases, source, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

_STRICTNESS = ("on_premises", "private_cloud", "any")
_CLOUD_REGION = r"(?:eu|us|ap|ca|sa|me|af)-(?:north|south|east|west|central|northeast|southeast)-\d"
_SPOKEN = ("en", "de", "fr", "es", "sv")


def read_places(message: Message) -> dict[str, Found]:
    """Read `privacy` and `region`. Of several demands in one message the strictest holds."""
    found: dict[str, Found] = {}
    matches = {value: message.search("privacy", value) for value in _STRICTNESS}
    if matches["private_cloud"] and all(_refuses_cloud(match[0]) for match in matches["on_premises"]):
        matches["on_premises"] = []
    for value in _STRICTNESS:
        if matches[value]:
            last = matches[value][-1]
            found["privacy"] = message.found(value, last.start(), last.end())
            break
    region = _region(message)
    if region is not None:
        found["region"] = region
        begin, end = message.sentence(region.start)
        stays = find(source("region", "stay", message.languages), message.text[begin:end])
        anywhere = "privacy" not in found or found["privacy"].value == "any"
        if anywhere and stays:
            found["privacy"] = message.found(
                "private_cloud", min(begin + stays.start(), region.start), region.end
            )
    return found


def _refuses_cloud(words: str) -> bool:
    """ "No American cloud, a European one is fine" is no demand for own machines."""
    return find(r"cloud|moln|nube|nuvem", words) is not None


def _region(message: Message) -> Found | None:
    for match in _places().finditer(message.text):
        if message.raw[match.start("place") : match.end("place")] == "us":
            continue
        cues = source("region", "cues", message.languages)
        around = (
            message.text[max(0, match.start() - 45) : match.start()]
            + message.text[match.end() : match.end() + 18]
        )
        if find(cues, around) or re.fullmatch(_CLOUD_REGION, match["place"]):
            return message.found(
                message.raw[match.start("place") : match.end("place")],
                match.start("place"),
                match.end("place"),
            )
    return None


@lru_cache(maxsize=1)
def _places() -> re.Pattern[str]:
    names = {place.lower() for place in phrases("region", "places", None)} | set(words()["cities"])
    for code in _SPOKEN:
        titles = ((str(key), str(title)) for key, title in Locale(code).territories.items())
        names.update(title.lower() for key, title in titles if len(key) == 2 and len(title) > 3)
    return re.compile(rf"(?<![\w-])(?P<place>{_CLOUD_REGION}|{either(names)})(?![\w-])")
