"""One reply as one Slack message: the answer first, then one question, its buttons, the small print."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

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


def message(reply: Reply, post_id: str, *, image_file: str = "") -> Message:
    """Return a reply as a message whose first block carries the post's id.

    `image_file` is the id of the reply's chart among Slack's files, where it was uploaded.
    """
    blocks = [*reply_blocks(reply, image_file=image_file)]
    if not blocks or blocks[0]["type"] == "actions":
        blocks.insert(0, elements.section("…"))
    blocks[0] = {**blocks[0], "block_id": ids.post_block_id(post_id)}
    return Message(fallback(reply), blocks[: limits.MESSAGE_BLOCKS])


def reply_blocks(reply: Reply, *, image_file: str = "") -> list[Block]:
    """Return a reply's blocks, without the id of a post."""
    body = [
        text
        for text in (reply.body, mrkdwn.quoted(reply.quote) if reply.quote.strip() else "")
        if text.strip()
    ]
    blocks = _bounded(elements.sections("\n".join(body)), _BODY_BLOCKS)
    if image_file:
        blocks.append(_image(image_file, reply.image_alt or reply.image))
    if reply.question.strip():
        blocks += elements.sections(bold(reply.question.strip()))
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
    """Return the "Show more" button. A longer rest than a button can hold is looked up by the post's id."""
    value = more if len(more) <= limits.BUTTON_VALUE else ""
    choice = Choice(ids.SHOW_MORE, "Show more", value)
    return {"type": "actions", "block_id": ids.MORE_BLOCK, "elements": [elements.button(choice, 0, "")]}


def unfolded(blocks: list[Block], more: str) -> list[Block]:
    """Return a posted message's blocks with the rest of its answer in place of "Show more"."""
    rest = _bounded(elements.sections(more), _MORE_BLOCKS)
    shown: list[Block] = []
    for block in blocks:
        shown += rest if block.get("block_id") == ids.MORE_BLOCK else [block]
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


def _image(file_id: str, alt: str) -> Block:
    """Return a picture that was uploaded to Slack."""
    return {
        "type": "image",
        "slack_file": {"id": file_id},
        "alt_text": mrkdwn.shorten(mrkdwn.plain(alt) or "chart", limits.ALT_TEXT),
    }
