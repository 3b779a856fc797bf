"""The few Block Kit pieces Cairn uses: those that the local Slack draws too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.slack import ids
from bot.slack.blocks import limits, mrkdwn
from dialogs.turns import Choice

Block = dict[str, Any]


def section(text: str) -> Block:
    """Return a section of mrkdwn, at most 3,000 characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def sections(text: str) -> list[Block]:
    """Return mrkdwn of any length as sections."""
    return [section(piece) for piece in mrkdwn.split(mrkdwn.defang(text), limits.SECTION_TEXT)]


def context(text: str) -> list[Block]:
    """Return small print of any length as context blocks."""
    pieces = mrkdwn.split(mrkdwn.defang(text), limits.CONTEXT_TEXT)
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": piece}]} for piece in pieces]


def divider() -> Block:
    """Return a line across the message."""
    return {"type": "divider"}


def button(choice: Choice, position: int, style: str) -> Block:
    """Return one button; `position` makes its action_id unique within the message."""
    if len(choice.value) > limits.BUTTON_VALUE:
        raise ValueError(
            f"the value of the button {choice.id!r} is longer than {limits.BUTTON_VALUE} characters"
        )
    label = mrkdwn.shorten(choice.label.strip() or choice.value.strip() or "…", limits.BUTTON_LABEL)
    element: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": label, "emoji": True},
        "action_id": ids.action_id(choice.id, position),
    }
    if choice.value:
        element["value"] = choice.value
    if style:
        element["style"] = style
    return element


def choice_rows(choices: tuple[Choice, ...]) -> list[Block]:
    """Return rows of at most five buttons; only the first primary choice stays primary."""
    buttons: list[Block] = []
    primary_seen = False
    for position, choice in enumerate(choices):
        style = "" if choice.style == "primary" and primary_seen else choice.style
        primary_seen = primary_seen or style == "primary"
        buttons.append(button(choice, position, style))
    size = limits.BUTTONS_IN_A_ROW
    rows = [buttons[start : start + size] for start in range(0, len(buttons), size)]
    return [
        {
            "type": "actions",
            "block_id": ids.CHOICES_BLOCK if number == 0 else f"{ids.CHOICES_BLOCK}-{number + 1}",
            "elements": row,
        }
        for number, row in enumerate(rows)
    ]


def with_text(blocks: list[Block], change: Callable[[str], str]) -> list[Block]:
    """Return blocks with every mrkdwn text changed."""
    return [_with_text(block, change) for block in blocks]


def _with_text(block: Block, change: Callable[[str], str]) -> Block:
    if block.get("type") == "mrkdwn":
        return {**block, "text": change(block["text"])}
    changed = dict(block)
    if isinstance(block.get("text"), dict):
        changed["text"] = _with_text(block["text"], change)
    if block.get("type") == "context":
        changed["elements"] = [_with_text(element, change) for element in block["elements"]]
    return changed


def is_choice_row(block: Block) -> bool:
    """Tell whether a block is a row of a message's choices (not its "Show more")."""
    return block.get("type") == "actions" and str(block.get("block_id", "")).startswith(ids.CHOICES_BLOCK)
