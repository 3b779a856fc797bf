"""What becomes of projects when channels and people change, from Slack's event to Slack's next message.

Real Bolt app, inbox, service, outbox and gate; Slack itself is a small server. `migrated_url` names a database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from sqlmodel import select
from storage_contract import NOW, loaded, new_project, saved
from stubborn_slack import Fault, StubbornSlack, stubborn_slack

from bot import outbox
from bot.library import Library
from bot.look_around import Lookout
from bot.model.pool import Models
from bot.nudges import tick
from bot.owed import Owed
from bot.service import Service
from bot.slack.app import build_app
from bot.slack.intake import Intake
from bot.slack.members import Members
from bot.slack.pace import Pace
from bot.slack.people import People
from bot.slack.post import Post
from bot.slack.workspaces import Clients, OneWorkspace
from bot.storage.store import Store
from bot.storage.tables import InboxRow, OutboxRow
from dialogs.lifecycle import load_lifecycle
from dialogs.plan.progress import open_substeps, sync_reminders
from dialogs.project import DigestBase, Member, Project
from dialogs.turns import OpenForm, Turn

PETRA, COLIN = "U0PETRA01", "U0COLIN01"
FORECAST = DigestBase(at=NOW, p50=date(2027, 4, 20), p90=date(2027, 8, 23))
PEOPLE = {PETRA: Member(name="Petra"), COLIN: Member(name="Colin")}


def project(number: int = 1, **changes: Any) -> Project:
    """A project of Petra's that was advised; Colin owns the model choice, due on Wednesday."""
    made = new_project(
        number, slug=f"guest-mail-{number}", name=f"Guest mail {number}", owner=PETRA, created_by=PETRA, people=PEOPLE,
        reminders=[], substeps=[], loops=[], runs=[], open_question=None, events=[], advised_at=NOW,
        accepted=PETRA, digest=FORECAST, **changes,
    )  # fmt: skip
    open_substeps(made, load_lifecycle())
    for state in made.substeps:
        if state.id == "choose_model":
            state.owner, state.status, state.due = COLIN, "active", (NOW + timedelta(days=2)).date()
        elif state.status == "active":
            state.status = "done"
    sync_reminders(made, load_lifecycle(), NOW)
    return made


@dataclass
class House:
    """A bot at work: what Slack sends goes in through Bolt, what Cairn posts is in `slack.messages`."""

    store: Store
    slack: StubbornSlack
    clients: Clients
    people: People
    service: Service
    post: Post
    app: AsyncApp
    intake: Intake
    numbers: Any = field(default_factory=lambda: count(1))

    async def event(self, **event: Any) -> None:
        """Deliver an event as Slack does, and let everything that follows from it happen."""
        number = next(self.numbers)
        body = {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{number}", "event": event}
        await self.deliver(body)

    async def deliver(self, body: dict[str, Any]) -> None:
        response = await self.app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        assert response.status == 200
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing waits in inbox and outbox."""
        async with asyncio.timeout(10):
            while True:
                self.intake.wake()
                await outbox.drain(self.store, self.post, lambda: datetime.now(UTC))
                if not await self._waits():
                    return
                await asyncio.sleep(0.03)

    async def _waits(self) -> bool:
        async with self.store.read() as session:
            heard = (await session.exec(select(InboxRow).where(InboxRow.state == "waiting"))).all()
            owed = (await session.exec(select(OutboxRow).where(OutboxRow.state == "owed"))).all()
        return bool(heard or owed)

    def said(self, channel: str) -> list[str]:
        return [str(message["text"]) for message in self.slack.messages if message["channel"] == channel]

    async def state(self, number: int = 1) -> Project:
        found = await loaded(self.store, f"P{number}")
        assert found is not None
        return found

    async def look(self) -> int:
        lookout = Lookout(self.store, self.clients, self.people, lambda: datetime.now(UTC))
        found = await lookout.look()
        await self.settle()
        return found


class SurroundingsContract:
    """Events, refusals and a look around lead to the same state, and each is said once."""

    @pytest.fixture(scope="class")
    def library(self, tmp_path_factory: pytest.TempPathFactory) -> Library:
        """Return the shipped knowledge, read once for all tests."""
        return Library(None, tmp_path_factory.mktemp("vectors"))

    @pytest.fixture
    async def house(self, migrated_url: str, library: Library) -> AsyncIterator[House]:
        async with AsyncExitStack() as stack:
            slack = await stack.enter_async_context(stubborn_slack())
            slack.members = [PETRA, COLIN]
            store = await Store.open(migrated_url, migrate=False)
            stack.push_async_callback(store.close)
            clients = Clients(OneWorkspace("xoxb-1", base_url=slack.api_url), base_url=slack.api_url)
            stack.push_async_callback(clients.close)
            people = People(clients)
            members = Members(clients)
            service = Service(
                store, library, Models(None, None), is_member=members.includes, has_left=people.has_left
            )
            post = Post(clients, pace=Pace(per_second=1_000))
            intake = Intake(
                store=store,
                conversation=service,
                clients=clients,
                people=people,
                post=post,
                sweep_seconds=0.05,
            )
            app = build_app(clients=clients, accept=intake.accept, wake=intake.wake)
            working = asyncio.create_task(intake.run())
            stack.push_async_callback(_ended, working)
            yield House(store, slack, clients, people, service, post, app, intake)

    async def test_an_archived_channel_rests_and_goes_on(self, house: House) -> None:
        await saved(house.store, project())
        for _ in range(2):
            await house.event(type="channel_archive", channel="C1", user=COLIN)
        [told] = house.said(f"D-{PETRA}")
        assert "<#C1> was archived" in told
        assert house.said("C1") == []
        resting = await house.state()
        assert resting.unreachable == "archived"
        assert [each for each in resting.reminders if each.state == "waiting"] == []
        await house.event(type="channel_unarchive", channel="C1", user=COLIN)
        [back] = house.said("C1")
        assert "goes on where it stood" in back
        assert any(each.state == "waiting" for each in (await house.state()).reminders)

    @pytest.mark.parametrize(
        ("reason", "state"),
        [("is_archived", "archived"), ("not_in_channel", "removed"), ("channel_not_found", "removed")],
    )
    async def test_a_refused_post_leads_to_the_same_state_and_is_not_tried_again(
        self, house: House, reason: str, state: str
    ) -> None:
        await saved(house.store, project())
        house.slack.fail("chat.postMessage", Fault(error=reason))
        await self.owe(house, "nudge-1")
        assert (await house.state()).unreachable == state
        assert len(house.said(f"D-{PETRA}")) == 1
        tries = len(house.slack.calls["chat.postMessage"])
        await house.settle()
        assert len(house.slack.calls["chat.postMessage"]) == tries

    async def owe(self, house: House, id: str, person: str = "") -> None:
        owed = Owed(
            id=id, workspace="T1", channel="C1", verb="post", created_at=NOW, project_id="P1", person=person,
            content={"reply": {"body": "Model choice is due."}},
        )  # fmt: skip
        async with house.store.write() as session:
            await outbox.owe(session, [owed])
        await house.settle()

    async def test_whoever_waits_for_an_answer_hears_of_the_invitation_once(self, house: House) -> None:
        await saved(house.store, project())
        house.slack.fail("chat.postMessage", Fault(error="not_in_channel"))
        await self.owe(house, "answer-1", person=PETRA)
        [told] = house.said(f"D-{PETRA}")
        assert "/invite @Cairn" in told
        assert (await house.state()).unreachable == "removed"

    async def test_cairn_taken_out_and_invited_back(self, house: House) -> None:
        await saved(house.store, project())
        await house.event(type="member_left_channel", user="U0BOT", channel="C1", channel_type="C", team="T1")
        await house.event(type="channel_left", channel="C1", actor_id=COLIN)
        assert len(house.said(f"D-{PETRA}")) == 1
        await house.event(
            type="member_joined_channel", user="U0BOT", channel="C1", channel_type="C", team="T1"
        )
        assert "goes on where it stood" in house.said("C1")[0]

    async def test_a_deactivated_owner_is_named_once_in_every_project_they_served(self, house: House) -> None:
        await saved(house.store, project(1))
        await saved(house.store, project(2, channel="C2"))
        for _ in range(2):
            await house.event(type="user_change", user={"id": COLIN, "name": "colin", "deleted": True})
        for channel in ("C1", "C2"):
            [said] = house.said(channel)
            assert f"<@{COLIN}>'s account was deactivated" in said
            assert "model choice (due 25 November)" in said

    async def test_a_changed_profile_is_no_news(self, house: House) -> None:
        await saved(house.store, project())
        await house.event(type="user_change", user={"id": COLIN, "name": "colin", "deleted": False})
        assert house.slack.messages == []
        assert not (await house.state()).people[COLIN].left

    async def test_leaving_the_channel_by_deactivation_is_said_as_what_it_is(self, house: House) -> None:
        await saved(house.store, project())
        house.slack.gone = {COLIN}
        await house.event(type="member_left_channel", user=COLIN, channel="C1", channel_type="C", team="T1")
        assert "account was deactivated" in house.said("C1")[0]

    async def test_a_due_nudge_finds_that_its_owner_is_gone(self, house: House) -> None:
        made = await saved(house.store, project())
        due = min((each for each in made.reminders if each.person == COLIN), key=lambda each: each.due_at)
        house.slack.gone = {COLIN}
        await tick(house.store, lambda row: house.service.remind(row, due.due_at), due.due_at)
        await house.settle()
        [said] = house.said("C1")
        assert "account was deactivated" in said
        assert {each.person for each in (await house.state()).reminders if each.state == "waiting"} == {
            PETRA,
            "",
        }

    async def test_what_failed_half_way_is_finished_without_saying_it_twice(self, house: House) -> None:
        await saved(house.store, project(1))
        await saved(house.store, project(2))
        whole, fails = house.service.handle, [OSError("the disk is full")]

        async def second_fails(turn: Turn, *args: Any, **how: Any) -> tuple[OpenForm, ...]:
            if turn.value == "P2" and fails:
                raise fails.pop()
            return await whole(turn, *args, **how)

        house.service.handle = second_fails  # type: ignore[method-assign]
        await house.event(type="channel_archive", channel="C1", user=COLIN)
        assert not fails
        assert len(house.said(f"D-{PETRA}")) == 2, "one for each project"

    async def test_an_uninstalled_workspace_is_left_alone_and_keeps_its_data(self, house: House) -> None:
        before = await saved(house.store, project(1))
        await saved(house.store, project(2, workspace="T2"))
        await house.event(type="tokens_revoked", tokens={"oauth": [], "bot": ["U0BOT"]})
        await house.event(type="app_uninstalled")
        assert house.slack.messages == []
        after = await house.state(1)
        assert (after.unreachable, after.answers) == ("uninstalled", before.answers)
        assert (await house.state(2)).unreachable == ""

    async def test_a_dead_token_is_noticed_by_its_refusal(self, house: House) -> None:
        await saved(house.store, project())
        house.slack.fail("chat.postMessage", Fault(error="account_inactive"))
        await self.owe(house, "nudge-1")
        assert (await house.state()).unreachable == "uninstalled"

    async def test_a_channel_made_private_is_one_line(self, house: House) -> None:
        await saved(house.store, project())
        made_private = {"type": "message", "subtype": "channel_convert_to_private", "channel": "C1"}
        for ts in ("1730984822.596869", "1730984823.000000"):
            await house.event(
                **made_private, user=PETRA, ts=ts, channel_type="group", text="made this *private*"
            )
        [said] = house.said("C1")
        assert "only its members can see" in said

    async def test_a_renamed_channel_offers_its_name_to_the_project_that_bore_the_old_one(
        self, house: House
    ) -> None:
        await saved(house.store, project(1))
        renamed = {"type": "message", "subtype": "channel_name", "channel": "C1", "ts": "1730984822.5"}
        await house.event(**renamed, user=PETRA, old_name="guest-mail-1", name="hotel-mail", text="renamed")
        assert "The channel is #hotel-mail now" in house.said("C1")[0]

    async def test_a_look_around_finds_what_was_missed_and_then_nothing(self, house: House) -> None:
        await saved(house.store, project(1))
        await saved(house.store, project(2, channel="C2"))
        await saved(house.store, project(3, channel="C3", channel_name="old-name", is_private=False))
        house.slack.channels = {
            "C1": {"is_archived": True}, "C2": {"is_member": False}, "C3": {"name": "new-name", "is_private": True},
        }  # fmt: skip
        assert await house.look() == 4
        assert [(await house.state(number)).unreachable for number in (1, 2, 3)] == [
            "archived",
            "removed",
            "",
        ]
        third = await house.state(3)
        assert (third.channel_name, third.is_private) == ("new-name", True)
        assert await house.look() == 0
        house.slack.channels = {}
        house.slack.gone = {COLIN}
        house.people = People(house.clients)
        assert await house.look() >= 3
        assert "goes on where it stood" in house.said("C1")[0]
        assert "account was deactivated" in house.said("C1")[1]

    async def test_a_click_in_the_message_archives_though_the_members_are_hidden(self, house: House) -> None:
        await saved(house.store, project())
        await house.event(type="group_left", channel="C1", actor_id=COLIN)
        [told] = [message for message in house.slack.messages if message["channel"] == f"D-{PETRA}"]
        house.slack.fail("conversations.members", *[Fault(error="channel_not_found")] * 3)
        await house.deliver(click(told, "Archive the project"))
        assert (await house.state()).status == "archived"

    async def test_a_project_whose_channel_is_gone_moves_with_its_owner(self, house: House) -> None:
        await saved(house.store, project())
        await house.event(type="channel_deleted", channel="C1")
        await house.deliver(command("move guest-mail-1", "C2"))
        assert (await house.state()).channel == "C2"
        assert "lives here now" in house.said("C2")[0]

    async def test_somebody_elses_project_does_not_move(self, house: House) -> None:
        await saved(house.store, project())
        await house.event(type="channel_deleted", channel="C1")
        await house.deliver(command("move guest-mail-1", "C2", user=COLIN))
        assert (await house.state()).channel == "C1"


def click(message: dict[str, Any], label: str) -> dict[str, Any]:
    """Return what Slack sends when somebody clicks a button of their direct message."""
    buttons = [each for block in message["blocks"] for each in block.get("elements", [])]
    button = next(each for each in buttons if each.get("text", {}).get("text") == label)
    action = {
        "type": "button",
        "action_id": button["action_id"],
        "value": button["value"],
        "action_ts": "1763900100.0",
    }
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": PETRA, "name": "petra"},
        "trigger_id": "click-1",
        "channel": {"id": message["channel"]},
        "message": message,
        "actions": [action],
    }


def command(text: str, channel: str, user: str = PETRA) -> dict[str, Any]:
    """Return what Slack sends for `/cairn`."""
    return {
        "command": "/cairn", "text": text, "team_id": "T1", "channel_id": channel, "user_id": user,
        "user_name": user.lower(), "trigger_id": f"command-{text}",
    }  # fmt: skip


async def _ended(working: asyncio.Task[None]) -> None:
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
