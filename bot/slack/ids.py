"""Every id that Slack hands back to us, in one place: blocks, actions, views, shortcuts, commands."""

from __future__ import annotations

import re

COMMANDS = ("cairn", "estimate")

# The message shortcut "Start a project from this message".
START_FROM_MESSAGE = "cairn_start_from_message"

# Blocks of a message. The first block of a post carries the post's own id.
POST_PREFIX = "cairn:"
QUESTION_BLOCK = "question"
CHOICES_BLOCK = "choices"
MORE_BLOCK = "more"

# The button that unfolds the rest of an answer, and the element inside every input of a form.
SHOW_MORE = "cairn_show_more"
INPUT = "value"

FORM_PREFIX = "form:"

_POSITION = re.compile(r"#\d+$")
_ID_LIMIT = 255


def post_block_id(post_id: str) -> str:
    """Return the block_id by which a post can be found again in Slack."""
    return f"{POST_PREFIX}{post_id}"[:_ID_LIMIT]


def action_id(choice_id: str, position: int) -> str:
    """Return an action_id that is unique within its message; two choices may share an id."""
    suffix = f"#{position}"
    return choice_id[: _ID_LIMIT - len(suffix)] + suffix


def choice_id(action: str) -> str:
    """Return the id of the choice that an action_id was made from."""
    return _POSITION.sub("", action)


def form_callback_id(form_id: str) -> str:
    """Return the callback_id of a form's modal."""
    return f"{FORM_PREFIX}{form_id}"[:_ID_LIMIT]


def form_id(callback_id: str) -> str:
    """Return the id of the form that a callback_id belongs to."""
    return callback_id.removeprefix(FORM_PREFIX)
