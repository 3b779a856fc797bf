"""Retakes docs/demo.png: `.venv/bin/python docs/picture.py`. Talks to `cairn demo` in a real browser.

Needs what the browser tests need: the local Slack and Chromium. Look at the picture before you commit it.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import expect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from browser import SlackPage, page_at  # noqa: E402

PICTURE = ROOT / "docs" / "demo.png"
WISH = (
    "@Cairn ok so we want smth that writes the answers to guest mails for reception?? they drown.. ~1200 mails "
    "a day over all hotels, mostly swedish + english, some finnish. everything is in the house guides (change "
    "every week ugh). boss says fine-tune a llama. has to be there before feb, no clue what it costs"
)
TALK = (("own machines, we have an L4", "What number"), ("6 of 10 with tiny edits", "Finish:"))
ANSWER_WITHIN_MS = 20_000


async def main() -> None:
    """Start the demo on a free port and an empty data directory, talk, and take the picture."""
    with tempfile.TemporaryDirectory() as data_dir:
        demo = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo", "--port", "0"),
            cwd=ROOT,
            env={**os.environ, "CAIRN_DATA_DIR": data_dir},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await talk(await address_of(demo))
        finally:
            demo.terminate()
            await demo.communicate()
    # Few colours stand in the page; a palette makes the file less than half as big.
    picture = Image.open(PICTURE).convert("RGB")
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        PICTURE, optimize=True
    )


async def address_of(demo: asyncio.subprocess.Process) -> str:
    """Return the address that the demo prints once it is up."""
    assert demo.stderr is not None
    async with asyncio.timeout(60):
        while line := (await demo.stderr.readline()).decode():
            if found := re.search(r"Open (http://\S+)", line):
                return found[1]
    raise SystemExit("The demo ended before it was up; start `cairn demo` to see why.")


async def talk(address: str) -> None:
    """Say what Petra says until the project card is there."""
    async with page_at(address) as page:
        slack = SlackPage(page)
        await slack.act_as("Petra Lindqvist")
        await slack.go_to("#guest-mail")
        await slack.say(WISH)
        await slack.open_thread(containing="guest mails")
        for words, answer in TALK:
            await slack.reply(words)
            await expect(slack.thread.get_by_text(answer).last).to_be_visible(timeout=ANSWER_WITHIN_MS)
        await page.mouse.move(640, 10)
        await slack.picture(PICTURE)


if __name__ == "__main__":
    asyncio.run(main())
