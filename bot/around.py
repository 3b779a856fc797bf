"""What the service reads around a turn when channels and people change: which projects, who is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.look_around import owners
from bot.storage import projects
from bot.storage.store import Store
from dialogs.project import Project
from dialogs.turns import Turn

HasLeft = Callable[[str, str], Awaitable[bool]]
"""Whether a person's account was deactivated: (workspace, person)."""


async def nobody(workspace: str, person: str) -> bool:
    """Where accounts are never deactivated, nobody has left."""
    return False


async def concerned(store: Store, change: Turn) -> list[Project]:
    """Return the projects that a change concerns: of the person, of the channel, or of the whole workspace."""
    place = change.place
    async with store.read() as session:
        if change.action == "person_left":
            return await projects.of_person(session, place.workspace, change.person.id)
        if place.channel:
            return await projects.in_channel(session, place.workspace, place.channel, status=None)
        return await projects.of_workspace(session, place.workspace, status=None)


async def gone(project: Project | None, turn: Turn, has_left: HasLeft) -> frozenset[str]:
    """Return the owners whose account is no more, before one of them is nudged."""
    if project is None or turn.kind != "reminder":
        return frozenset()
    return frozenset([each for each in sorted(owners(project)) if await has_left(project.workspace, each)])


async def stranded(store: Store, turn: Turn) -> tuple[Project, ...]:
    """Return the speaker's projects that could be moved, where a command asks for that."""
    if turn.kind not in {"command", "button"} or "move" not in f"{turn.text} {turn.value}":
        return ()
    async with store.read() as session:
        return tuple(await projects.stranded(session, turn.place.workspace, turn.person.id))
