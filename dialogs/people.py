"""The people of a project: how they are called, where they live, who stands in for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from dialogs.project import Member, Project
from dialogs.speaking.speech import Mrkdwn, escape
from dialogs.turns import Person

_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|([^>]*))?>")
_CHAT_ID = re.compile(r"[UW][A-Z0-9]{6,}")


def remember(project: Project, person: Person, *, here: bool = False) -> None:
    """Note the name and the zone of somebody who speaks; whoever speaks has not left.

    `here`: they speak in the project's channel, so they are in it.
    """
    known = project.people.get(person.id)
    name, zone = person.name or (known.name if known else ""), person.tz or (known.zone if known else "")
    if known is None:
        project.people[person.id] = Member(name=name, zone=zone)
        _recognise(project, person.id, name)
        return
    outside = known.outside and not here
    if (known.name, known.zone, known.left, known.outside) != (name, zone, False, outside):
        seen = {"name": name, "zone": zone, "left": False, "outside": outside}
        project.people[person.id] = known.model_copy(update=seen)


def remember_named(project: Project, mentions: Mapping[str, str]) -> None:
    """Note the people whom a message names with @, so that they can be called by their id from then on."""
    for id, name in mentions.items():
        if id not in project.people:
            project.people[id] = Member(name=name)
            _recognise(project, id, name)


def _recognise(project: Project, id: str, name: str) -> None:
    """Give steps that belong to a name alone to the person who turns out to bear it."""
    owned = {project.owner, *(state.owner for state in project.substeps)} - {"", *project.people}
    for words in sorted(owned):
        if words.lower() not in {name.lower(), name.lower().partition(" ")[0]}:
            continue
        project.owner = id if project.owner == words else project.owner
        for state in project.substeps:
            state.owner = id if state.owner == words else state.owner


def find_person(project: Project, words: str, speaker: Person) -> str:
    """Return the id of the person that words name: a mention, "I", a name; the words themselves if unknown."""
    words = words.strip().strip(".,;:")
    if match := _MENTION.search(words):
        if match[2] and match[1] not in project.people:
            project.people[match[1]] = Member(name=match[2])
        return match[1]
    bare = words.lstrip("@").strip()
    if bare.lower() in {"i", "me", "myself", "i'll", "ich", "mine"}:
        return speaker.id
    named = {id: (member.name or id).lower() for id, member in project.people.items()}
    exact = [id for id, name in named.items() if name == bare.lower() or id.lower() == bare.lower()]
    first = [id for id, name in named.items() if name.split()[:1] == [bare.lower()]]
    found = exact or first
    return found[0] if len(found) == 1 else bare


def is_known(project: Project, person: str) -> bool:
    """Whether a nudge can reach somebody: the chat knows the id, or they have spoken here."""
    return person in project.people or is_chat_id(person)


def is_chat_id(person: str) -> bool:
    """Whether this is an id by which the chat can mention somebody, and not a name or a word."""
    return bool(_CHAT_ID.fullmatch(person))


def name_of(project: Project, person: str) -> str:
    """Return somebody's name, or the id where no name is known."""
    member = project.people.get(person)
    return member.name if member and member.name else person


def called(project: Project, person: str) -> Mrkdwn:
    """Return how somebody is called in a message: a mention where the chat can make one, else the name."""
    if is_chat_id(person):
        return Mrkdwn(f"<@{person}>")
    return escape(name_of(project, person))


def zone_of_person(project: Project, person: str) -> str:
    """Return the IANA zone of somebody, or "" where it is not known."""
    member = project.people.get(person)
    return member.zone if member else ""


def stands_in(project: Project, person: str, day: date) -> str:
    """Return who takes somebody's nudges on a day: they, their deputy, the project's owner, else its starter.

    Returns "" where all of them are away or have left: then the channel is asked.
    """
    in_turn = (
        person, _deputy(project, person),
        project.owner, _deputy(project, project.owner),
        project.created_by,
    )  # fmt: skip
    return next((each for each in in_turn if each and is_there(project, each, day)), "")


def _deputy(project: Project, person: str) -> str:
    member = project.people.get(person)
    return member.deputy if member else ""


def is_there(project: Project, person: str, day: date) -> bool:
    """Whether somebody is in the channel and not away on a day."""
    member = project.people.get(person)
    if member is None:
        return True
    gone = member.away_until is not None and (member.away_from or day) <= day < member.away_until
    return not (member.left or member.outside or gone)
