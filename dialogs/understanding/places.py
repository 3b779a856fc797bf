"""Where data may be processed: `privacy` and `region`."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from babel import Locale

from dialogs.understanding.lexicon import either, find, phrases, source, starts, words
from dialogs.understanding.message import Message
from dialogs.understanding.reading import Found

_STRICTNESS = ("on_premises", "private_cloud", "any")
_SIDES = "north|south|east|west|central|northeast|southeast|northwest|southwest|northcentral|southcentral"
_CLOUD_REGION = (
    rf"(?:eu|us|ap|ca|sa|me|af|il|mx|cn|europe|asia|australia|northamerica|southamerica|africa)(?:-gov)?-(?:{_SIDES})-?\d{{1,2}}"
    r"|(?:north|west)europe|(?:uk|france|germany|norway|switzerland|sweden|poland|italy|spain|uae|qatar|israel)"
    r"-?(?:north|south|west|central|westcentral|east)|(?:east|west|central|northcentral|southcentral|westcentral)us\d?"
    r"|(?:canada|australia|japan|korea|india|brazil)(?:central|east|southeast|south|west)\d?|(?:eu|us|ap)-(?:eu|de|fra)\d?"
    r"|(?:fsn|nbg|hel|ash|gra|sbg|rbx|bhs|waw)\d"
)
_NO_CITY = frozenset(
    ("center", "easter", "phoenix", "regina", "knox", "nome", "troll", "victoria", "central", "pacific")
)
_CONTINENTS = ("Europe", "Asia", "America", "Africa", "Australia", "Atlantic", "Pacific")
_SPOKEN = ("en", "de", "fr", "es", "sv", "it", "pt", "nl")


def read_places(message: Message) -> dict[str, Found]:
    """Read `privacy` and `region`. Of several demands in one message the strictest holds."""
    found: dict[str, Found] = {}
    matches = {value: message.search("privacy", value) for value in _STRICTNESS}
    if matches["private_cloud"] and all(_refuses_cloud(match[0]) for match in matches["on_premises"]):
        matches["on_premises"] = []
    matches["on_premises"] = [match for match in matches["on_premises"] if not _is_of_country(message, match)]
    if matches["any"]:
        matches["private_cloud"] = [m for m in matches["private_cloud"] if not message.asked(m.end())]
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


def _is_of_country(message: Message, match: re.Match[str]) -> bool:
    """ "Must not leave Sweden" asks for a country, not for own machines."""
    leaves = find(source("region", "leave", message.languages), match[0]) or find(
        source("region", "stay", message.languages), match[0]
    )
    behind = rf"(?:[^\W\d]{{1,5}}\W+){{0,2}}{_places().pattern}"
    return (
        leaves is not None
        and starts(rf"\W*{behind}", message.text[match.end() : match.end() + 40]) is not None
    )


def _refuses_cloud(words: str) -> bool:
    """ "No American cloud, a European one is fine" is no demand for own machines."""
    return find(r"cloud|moln|nube|nuvem", words) is not None


def _region(message: Message) -> Found | None:
    for match in _places().finditer(message.text):
        written = message.raw[match.start("place") : match.end("place")]
        if written == "us" or (match["place"] in _cities() and written[0].islower()):
            continue
        after = message.text[match.end("place") : match.end("place") + 24]
        if match["place"] in _adjectives() and not starts(
            r"\s+(?:[\w-]+\s+){0,2}?" + source("region", "adjective_cues", message.languages), after
        ):
            continue
        if _is_refused(message, match.start(), match.end()):
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


def _is_refused(message: Message, start: int, end: int) -> bool:
    """ "Must not be a US cloud", "not in the States", "US is out"."""
    refused = source("region", "refused", message.languages)
    stay = source("region", "leave", message.languages)
    behind = message.before(start, 40).rsplit(",", 1)[-1]
    if find(stay, behind):
        return False
    after = source("region", "refused_after", message.languages)
    return starts(r"\s+" + after, message.text[end : end + 24]) is not None or (
        find(refused + r"\W+(?:[\w'-]+\W+){0,4}$", behind) is not None
    )


@lru_cache(maxsize=1)
def _adjectives() -> frozenset[str]:
    return frozenset(word.lower() for word in phrases("region", "adjectives", None))


@lru_cache(maxsize=1)
def _cities() -> frozenset[str]:
    """Cities that time zones are named after; written small they may be ordinary words."""
    zones = (resources.files("tzdata") / "zones").read_text("utf-8").split()
    named = (zone.split("/") for zone in zones if zone.count("/") == 1)
    names = {city.replace("_", " ").lower() for area, city in named if area in _CONTINENTS}
    return frozenset(name for name in names if len(name) > 3) - _NO_CITY - set(words()["cities"])


@lru_cache(maxsize=1)
def _places() -> re.Pattern[str]:
    names = (
        {place.lower() for place in phrases("region", "places", None)}
        | set(words()["cities"])
        | _cities()
        | _adjectives()
    )
    for code in _SPOKEN:
        titles = ((str(key), str(title)) for key, title in Locale(code).territories.items())
        names.update(title.lower() for key, title in titles if len(key) == 2 and len(title) > 3)
    return re.compile(
        rf"(?<![\w-])(?P<place>{_CLOUD_REGION}|{either(names)})(?![\w]|-(?!hosted|based|only|located|resident|cloud|moln|hosting|rechenzentrum|region|server))"
    )
