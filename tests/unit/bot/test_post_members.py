"""Who is in a channel is read in full, kept for a minute, and read again where it matters."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from stubborn_slack import Fault, StubbornSlack, stubborn_slack

from bot.failures import ConfigurationError
from bot.slack.members import Members
from bot.slack.workspaces import Clients, OneWorkspace, api_url


@pytest.fixture
async def slack() -> AsyncIterator[StubbornSlack]:
    async with stubborn_slack() as running:
        yield running


@pytest.fixture
async def clients(slack: StubbornSlack) -> AsyncIterator[Clients]:
    made = Clients(OneWorkspace("xoxb-1", base_url=slack.api_url), base_url=slack.api_url)
    yield made
    await made.close()


async def test_every_page_is_read(slack: StubbornSlack, clients: Clients) -> None:
    slack.members = [f"U{number}" for number in range(250)]
    members = Members(clients)
    assert await members.of("T1", "C1") == set(slack.members)
    assert len(slack.calls["conversations.members"]) == 3


async def test_a_minute_is_remembered_and_a_click_reads_again(slack: StubbornSlack, clients: Clients) -> None:
    seconds = [0.0]
    members = Members(clients, clock=lambda: seconds[0])
    slack.members = ["U1"]
    assert await members.includes("T1", "C1", "U1")
    slack.members = []
    assert await members.includes("T1", "C1", "U1"), "within a minute"
    assert not await members.includes("T1", "C1", "U1", fresh=True)
    slack.members = ["U1"]
    seconds[0] = 61.0
    assert await members.includes("T1", "C1", "U1")


@pytest.mark.parametrize("reason", ["channel_not_found", "not_in_channel"])
async def test_a_channel_cairn_cannot_see_has_no_members_it_may_trust(
    slack: StubbornSlack, clients: Clients, reason: str
) -> None:
    slack.fail("conversations.members", Fault(error=reason))
    assert await Members(clients).of("T1", "C1") == frozenset()


async def test_another_refusal_is_an_error_not_an_empty_channel(
    slack: StubbornSlack, clients: Clients
) -> None:
    slack.fail("conversations.members", Fault(error="token_revoked"))
    with pytest.raises(SlackApiError):
        await Members(clients).of("T1", "C1")


async def test_a_refused_token_says_where_the_right_one_is(slack: StubbornSlack) -> None:
    slack.fail("auth.test", Fault(error="invalid_auth"))
    with pytest.raises(
        ConfigurationError, match=r"SLACK_BOT_TOKEN \(invalid_auth\); copy the Bot User OAuth"
    ):
        await OneWorkspace("xoxb-1", base_url=slack.api_url).identity()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:3000/api", "http://127.0.0.1:3000/api/"),
        ("http://127.0.0.1:3000/api/", "http://127.0.0.1:3000/api/"),
        ("", "https://slack.com/api/"),
    ],
)
def test_the_base_url_always_ends_in_a_slash(given: str, used: str) -> None:
    assert api_url(given) == used
