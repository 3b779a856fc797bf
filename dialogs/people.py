"""The people of a project: how they are called, where they live, who stands in for them."""

from __future__ import annotations

import re
from datetime import date

from dialogs.project import Member, Project
from dialogs.speaking.speech import Mrkdwn, escape
from dialogs.turns import Person

_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|([^>]*))?>")
_CHAT_ID = re.compile(r"[UW][A-Z0-9]{6,}")


def remember(project: Project, person: Person) -> None:
    """Note the name and the zone of somebody who speaks; whoever speaks has not left."""
    known = project.people.get(person.id)
    name, zone = person.name or (known.name if known else ""), person.tz or (known.zone if known else "")
    if known is None:
        project.people[person.id] = Member(name=name, zone=zone)
    elif (known.name, known.zone, known.left) != (name, zone, False):
        project.people[person.id] = known.model_copy(update={"name": name, "zone": zone, "left": False})


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
    return person in project.people or bool(_CHAT_ID.fullmatch(person))


def called(project: Project, person: str) -> Mrkdwn:
    """Return how somebody is called in a message: a mention where the chat can make one, else the name."""
    if _CHAT_ID.fullmatch(person):
        return Mrkdwn(f"<@{person}>")
    member = project.people.get(person)
    return escape(member.name if member and member.name else person)


def zone_of_person(project: Project, person: str) -> str:
    """Return the IANA zone of somebody, or "" where it is not known."""
    member = project.people.get(person)
    return member.zone if member else ""


def stands_in(project: Project, person: str, day: date) -> str:
    """Return who takes somebody's nudges on a day: they themselves, their deputy, else the project's owner.

    Returns "" where all of them are away or have left: then the channel is asked.
    """
    for candidate in (person, _deputy(project, person), project.owner, _deputy(project, project.owner)):
        if candidate and _is_there(project, candidate, day):
            return candidate
    return ""


def _deputy(project: Project, person: str) -> str:
    member = project.people.get(person)
    return member.deputy if member else ""


def _is_there(project: Project, person: str, day: date) -> bool:
    member = project.people.get(person)
    return member is None or not (member.left or (member.away_until is not None and day < member.away_until))
