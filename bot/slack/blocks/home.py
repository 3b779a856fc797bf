"""The App Home: one reply below the other."""

from __future__ import annotations

from typing import Any

from bot.slack import ids
from bot.slack.blocks import elements, limits
from bot.slack.blocks.elements import Block
from bot.slack.blocks.reply import reply_blocks
from dialogs.turns import Reply

_LEFT_OUT = "There is more than this page can hold; `/cairn status` in a channel shows the rest."


def home(replies: tuple[Reply, ...]) -> dict[str, Any]:
    """Return the App Home view. Replies that no longer fit are left out, and the page says so."""
    blocks: list[Block] = []
    for number, reply in enumerate(replies):
        part = _with_unique_ids(reply_blocks(reply), number)
        if number:
            part.insert(0, elements.divider())
        if len(blocks) + len(part) >= limits.VIEW_BLOCKS:
            blocks += elements.context(_LEFT_OUT)
            break
        blocks += part
    return {"type": "home", "blocks": blocks}


def _with_unique_ids(blocks: list[Block], number: int) -> list[Block]:
    """Return a reply's blocks with ids that no other reply of the same view has."""
    return [
        {**block, "block_id": f"{block['block_id']}-{number}"} if "block_id" in block else block
        for block in blocks
        if block.get("block_id") != ids.MORE_BLOCK
    ]
