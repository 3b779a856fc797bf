"""A form as a modal, and a submitted modal as the fields of a form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bot.slack import ids
from bot.slack.blocks import elements, limits, mrkdwn
from bot.slack.blocks.elements import Block
from dialogs.turns import Form, FormField, Place

View = dict[str, Any]


@dataclass(frozen=True)
class Submission:
    """What came back with a modal: its form, the fields, and where the form was asked for."""

    form: str
    context: str
    channel: str
    thread: str | None
    fields: dict[str, str] = field(default_factory=dict)


def modal(form: Form, place: Place) -> View:
    """Return a form as a modal. The place travels in its private metadata: a submission names no channel."""
    blocks = elements.sections(form.intro) if form.intro.strip() else []
    blocks += [_input(each) for each in form.fields]
    if len(blocks) > limits.VIEW_BLOCKS:
        raise ValueError(f"the form {form.id!r} has more than {limits.VIEW_BLOCKS} blocks")
    return {
        "type": "modal",
        "callback_id": ids.form_callback_id(form.id),
        "title": _plain(form.title, limits.VIEW_TITLE),
        "submit": _plain(form.submit, limits.VIEW_TITLE),
        "close": _plain("Cancel", limits.VIEW_TITLE),
        "private_metadata": _metadata(form, place),
        "blocks": blocks,
    }


def submission(view: View, *, restore_untouched: bool = False) -> Submission:
    """Read a submitted modal.

    `restore_untouched` gives an empty field the value the form opened with. Slack sends untouched values
    along, so there an empty field was emptied; the local Slack sends null for a field nobody touched.
    """
    metadata = json.loads(view.get("private_metadata") or "{}")
    originals: dict[str, str] = metadata.get("originals", {})
    fields: dict[str, str] = {}
    for block_id, inputs in view.get("state", {}).get("values", {}).items():
        value = next((_value(element) for element in inputs.values()), None)
        untouched = originals.get(block_id, "") if restore_untouched else ""
        fields[block_id] = untouched if value is None else value
    return Submission(
        form=ids.form_id(view.get("callback_id", "")),
        context=metadata.get("context", ""),
        channel=metadata.get("channel", ""),
        thread=metadata.get("thread"),
        fields=fields,
    )


def _input(each: FormField) -> Block:
    block: Block = {
        "type": "input",
        "block_id": each.id[: limits.IDENTIFIER],
        "label": _plain(each.label, limits.INPUT_LABEL),
        "element": _select(each) if each.options else _text_input(each),
        "optional": each.optional,
    }
    if each.hint:
        block["hint"] = _plain(each.hint, limits.INPUT_LABEL)
    return block


def _text_input(each: FormField) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": ids.INPUT, "max_length": limits.INPUT_VALUE}
    if each.value:
        element["initial_value"] = each.value[: limits.INPUT_VALUE]
    if each.placeholder:
        element["placeholder"] = _plain(each.placeholder, limits.PLACEHOLDER)
    return element


def _select(each: FormField) -> Block:
    if len(each.options) > limits.OPTIONS:
        raise ValueError(f"the field {each.id!r} has more than {limits.OPTIONS} options")
    options = [_option(value, label) for value, label in each.options]
    element: Block = {"type": "static_select", "action_id": ids.INPUT, "options": options}
    chosen = next((option for option in options if option["value"] == each.value), None)
    if chosen:
        element["initial_option"] = chosen
    if each.placeholder:
        element["placeholder"] = _plain(each.placeholder, limits.PLACEHOLDER)
    return element


def _option(value: str, label: str) -> Block:
    if len(value) > limits.OPTION_VALUE:
        raise ValueError(f"the option {value[:40]!r} is longer than {limits.OPTION_VALUE} characters")
    return {"text": _plain(label, limits.OPTION_LABEL), "value": value}


def _metadata(form: Form, place: Place) -> str:
    known: dict[str, Any] = {"context": form.context, "channel": place.channel}
    if place.thread:
        known["thread"] = place.thread
    originals = {each.id: each.value for each in form.fields if each.value}
    text = json.dumps(known | ({"originals": originals} if originals else {}), ensure_ascii=False)
    if len(text) > limits.PRIVATE_METADATA:
        text = json.dumps(known, ensure_ascii=False)
    if len(text) > limits.PRIVATE_METADATA:
        raise ValueError(f"the context of the form {form.id!r} is longer than Slack carries")
    return text


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": mrkdwn.shorten(text, limit), "emoji": True}


def _value(element: dict[str, Any]) -> str | None:
    """Return what one input holds, or None where it holds nothing."""
    chosen = element.get("selected_option")
    if isinstance(chosen, dict):
        return str(chosen.get("value", ""))
    several = element.get("selected_options")
    if isinstance(several, list):
        return ",".join(str(option.get("value", "")) for option in several)
    for key in ("value", "selected_date", "selected_time"):
        if element.get(key) is not None:
            return str(element[key])
    return None
