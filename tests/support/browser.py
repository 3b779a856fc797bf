"""Debian's Chromium on the local Slack's page: look at a thread as people see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which

from playwright.async_api import Locator, Page, async_playwright, expect

APT_LINE = "apt-get install -y chromium fonts-noto-color-emoji"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VIEWPORT = {"width": 1280, "height": 900}


def chromium() -> Path:
    """Return the browser; fails with the line that installs it."""
    found = which("chromium") or which("chromium-browser")
    assert found, f"Chromium is missing; install it with: {APT_LINE}"
    return Path(found)


@asynccontextmanager
async def page_at(address: str) -> AsyncIterator[Page]:
    """Open a page in a headless Chromium of 1280 × 900 points, twice as sharp for pictures."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(chromium()), headless=True, args=list(FLAGS)
        )
        try:
            context = await browser.new_context(
                viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]}, device_scale_factor=2
            )
            page = await context.new_page()
            await page.goto(address)
            yield page
        finally:
            await browser.close()


class SlackPage:
    """The local Slack's page, in the words of the one who sits before it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def thread(self) -> Locator:
        """The pane with the open thread."""
        return self.page.locator(".thread-pane")

    async def act_as(self, name: str) -> None:
        """Sit down as someone, by the name the page shows."""
        await self.page.locator(".actas select").select_option(label=name)

    async def go_to(self, channel: str) -> None:
        """Open a channel, for instance "#guest-mail"."""
        await self.page.locator(".sidebar-item", has_text=channel.removeprefix("#")).click()

    async def say(self, text: str) -> None:
        """Type a message or a slash command into the channel."""
        await self._type(self.page.locator(".main .composer-input"), text)

    async def reply(self, text: str) -> None:
        """Type a message into the open thread."""
        await self._type(self.thread.locator(".composer-input"), text)

    async def open_thread(self, *, containing: str = "") -> None:
        """Open the thread below the message that holds these words (below the last one, without words)."""
        message = self.page.locator(".main .msg", has_text=containing).last
        await message.locator(".thread-summary").click()
        await expect(self.thread).to_be_visible()

    async def click(self, label: str) -> None:
        """Click the last button with this label in the open thread."""
        await self.thread.locator(".bk-button", has_text=label).last.click()

    async def fill_in(self, **fields: str) -> None:
        """Fill in the open form by the labels of its inputs, and submit it."""
        modal = self.page.locator(".modal")
        for label, value in fields.items():
            await modal.locator(".bk-input", has_text=label).locator("input, textarea").first.fill(value)
        await modal.locator(".modal-foot .modal-btn").last.click()
        await expect(modal).to_have_count(0)

    async def sees(self, text: str, *, seconds: float = 10.0) -> None:
        """Wait until the page shows a text."""
        await expect(self.page.get_by_text(text).last).to_be_visible(timeout=seconds * 1_000)

    async def undrawn(self) -> list[str]:
        """Return what the page could not draw: it shows such blocks as their type in brackets."""
        return await self.page.locator(".bk-unknown").all_inner_texts()

    async def picture(self, path: Path, *, thread_points: int = 720) -> Path:
        """Save a picture of the page with the thread pane this wide, scrolled to its end."""
        await self.page.evaluate(
            """points => {
                const pane = document.querySelector(".thread-pane");
                if (pane) pane.style.width = points + "px";
                for (const list of document.querySelectorAll(".thread-body, .messages"))
                    list.scrollTop = list.scrollHeight;
            }""",
            thread_points,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=str(path))
        return path

    async def _type(self, composer: Locator, text: str) -> None:
        await composer.fill(text)
        await composer.press("Enter")
