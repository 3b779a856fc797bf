"""What a newcomer does in the demo: type, click, fill in a form, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import SlackPage
from local_slack import LocalSlack
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slack]


async def test_a_newcomer_types_clicks_and_sees_the_click_recorded(
    slack: LocalSlack, page: SlackPage, tmp_path: Path
) -> None:
    await page.act_as("Bob")
    await page.go_to("#guest-mail")
    await page.say("@Cairn answers to guests' mails")
    await page.open_thread(containing="answers to guests' mails")
    await page.sees("Heard you, bob (1): answers to guests' mails")
    await page.sees("How many mails a day?")
    await page.click("Show more")
    await page.sees("The rest of it.")
    await page.click("A thousand")
    await page.sees("bob chose a thousand")
    await expect(page.thread.locator(".bk-button")).to_have_count(0)
    assert await page.undrawn() == []
    picture = await page.picture(tmp_path / "thread.png")
    assert picture.stat().st_size > 20_000


async def test_a_form_that_opens_is_filled_in_and_answered(slack: LocalSlack, page: SlackPage) -> None:
    await page.go_to("#guest-mail")
    await page.say("/estimate form")
    await page.fill_in(Language="Finnish")
    await page.sees("Form: [('count', '1200'), ('language', 'Finnish')]")
    assert await page.undrawn() == []


async def test_a_chart_is_shown_in_the_message(slack: LocalSlack, page: SlackPage) -> None:
    await page.go_to("#guest-mail")
    await page.say("@Cairn chart")
    await page.open_thread(containing="chart")
    await page.sees("The plan:")
    picture = page.thread.locator("figure.bk-image img")
    await expect(picture).to_have_attribute("alt", "Weeks")
    await expect(picture).to_have_js_property("naturalWidth", 1)
