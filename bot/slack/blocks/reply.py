"""One reply as one Slack message: the answer first, then one question, its buttons, the small print."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from bot.slack import ids
from bot.slack.blocks import elements, limits, mrkdwn
from bot.slack.blocks.elements import Block
from dialogs.turns import Choice, Citation, Reply

_BODY_BLOCKS = 30
_MORE_BLOCKS = 10
_ASKED = re.compile(r"^[^*?\n]+\?(?=\s|$)")


@dataclass(frozen=True)
class Message:
    """What chat.postMessage takes: blocks, and the text that notifications and screen readers show."""

    text: str
    blocks: list[Block]


def message(reply: Reply, post_id: str, *, picture: dict[str, Any] | None = None) -> Message:
    """Return a reply as a message whose first block carries the post's id.

    `picture` says where the reply's chart is: `{"slack_file": {"id": …}}` or `{"image_url": …}`.
    """
    blocks = reply_blocks(reply, picture=picture)
    if not blocks or blocks[0]["type"] == "actions":
        blocks.insert(0, elements.section("…"))
    blocks[0] = {**blocks[0], "block_id": ids.post_block_id(post_id)}
    return Message(fallback(reply), blocks[: limits.MESSAGE_BLOCKS])


def reply_blocks(reply: Reply, *, picture: dict[str, Any] | None = None) -> list[Block]:
    """Return a reply's blocks, without the id of a post."""
    body = [
        text
        for text in (reply.body, mrkdwn.quoted(reply.quote) if reply.quote.strip() else "", reply.after)
        if text.strip()
    ]
    blocks = _bounded(elements.sections("\n".join(body)), _BODY_BLOCKS)
    if picture:
        alt = mrkdwn.shorten(mrkdwn.plain(reply.image_alt or reply.image) or "chart", limits.ALT_TEXT)
        blocks.append({"type": "image", **picture, "alt_text": alt})
    if reply.question.strip():
        asked = elements.sections(bold(reply.question.strip()))
        blocks += [{**asked[0], "block_id": ids.QUESTION_BLOCK}, *asked[1:]]
    blocks += elements.choice_rows(reply.choices)
    if reply.more.strip():
        blocks.append(more_row(reply.more))
    if reply.notes:
        blocks += elements.context("\n".join(reply.notes))
    if reply.citations:
        blocks += elements.context(sources(reply.citations))
    return blocks


def fallback(reply: Reply) -> str:
    """Return the reply as one line of plain text for notifications."""
    parts = [part.strip() for part in (reply.body, reply.question, reply.quote) if part.strip()]
    text = mrkdwn.plain(mrkdwn.defang("\n".join(parts[:2]))) or "Cairn"
    return mrkdwn.shorten(text, limits.FALLBACK_TEXT)


def bold(question: str) -> str:
    """Return a question with the question itself in bold; what follows it stays plain."""
    asked = _ASKED.match(question)
    if asked:
        return f"*{asked[0].strip()}*{question[asked.end() :]}"
    return question if "*" in question or "\n" in question else f"*{question}*"


def sources(citations: tuple[Citation, ...]) -> str:
    """Return sources as `[1] Title (path)`, joined by a middle dot."""
    return " · ".join(
        f"[{number}] {mrkdwn.escape(citation.title or citation.heading)} ({mrkdwn.escape(citation.path)})"
        for number, citation in enumerate(citations, start=1)
    )


def more_row(more: str) -> Block:
    """Return the "Show more" button. What one button cannot carry goes into a second one, and so on."""
    pieces = mrkdwn.split(more, limits.BUTTON_VALUE)[: limits.BUTTONS_IN_A_ROW]
    labels = ["Show more"] if len(pieces) == 1 else [f"Show more {n}/{len(pieces)}" for n in range(1, 6)]
    buttons = [
        elements.button(Choice(ids.SHOW_MORE, label, piece), position, "")
        for position, (label, piece) in enumerate(zip(labels, pieces, strict=False))
    ]
    return {"type": "actions", "block_id": ids.MORE_BLOCK, "elements": buttons}


def more_of(blocks: list[Block]) -> str:
    """Return the rest of an answer that a posted message carries behind "Show more"."""
    rows = [block for block in blocks if block.get("block_id") == ids.MORE_BLOCK]
    return "\n".join(str(element.get("value") or "") for row in rows for element in row["elements"])


def unfolded(blocks: list[Block], more: str) -> list[Block]:
    """Return a posted message's blocks with the rest of its answer shown, before the question if any."""
    rest = _bounded(elements.sections(more), _MORE_BLOCKS)
    places = [block.get("block_id") for block in blocks]
    place = ids.QUESTION_BLOCK if ids.QUESTION_BLOCK in places else ids.MORE_BLOCK
    shown: list[Block] = []
    for block in blocks:
        if block.get("block_id") == place:
            shown += rest
        if block.get("block_id") != ids.MORE_BLOCK:
            shown.append(block)
    return shown[: limits.MESSAGE_BLOCKS]


def recorded(blocks: list[Block], record: str) -> list[Block]:
    """Return a posted message's blocks with a record ("who chose what, when") in place of its choices."""
    kept: list[Block] = []
    pending = elements.context(record) if record.strip() else []
    for block in blocks:
        if elements.is_choice_row(block):
            kept += pending
            pending = []
        else:
            kept.append(block)
    return [*kept, *pending][: limits.MESSAGE_BLOCKS]


def without_choices(reply: Reply) -> Reply:
    """Return a reply that only tells: for places where a click could not be answered."""
    return replace(reply, choices=(), more="")


def _bounded(blocks: list[Block], most: int) -> list[Block]:
    """Return at most so many blocks; what was left out is said."""
    if len(blocks) <= most:
        return blocks
    left_out = sum(len(block["text"]["text"]) for block in blocks[most - 1 :])
    return [*blocks[: most - 1], elements.section(f"… {left_out:,} more characters are left out here.")]
