"""A form becomes a modal, and what comes back becomes its fields again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.slack.blocks import limits
from bot.slack.blocks.form import modal, submission
from dialogs.turns import Form, FormField, Place

PLACE = Place("T1", "C1", "1700000000.000100")
FORM = Form(
    id="estimate",
    title="Estimate",
    submit="Work it out",
    context="kv_cache",
    intro="Leave empty what you don't know.",
    fields=(
        FormField("model", "Model", value="llama-3.1-8b", hint="A catalogue name", optional=False),
        FormField("gpu", "GPU", value="l4", options=(("l4", "NVIDIA L4"), ("h100", "NVIDIA H100"))),
        FormField("batch", "Slots", placeholder="8"),
    ),
)


def submitted(view: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the view as it comes back: with the state that a person left."""
    return {**view, "state": {"values": {key: {"value": value} for key, value in values.items()}}}


def text(value: str | None) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


def test_every_input_has_the_ids_by_which_it_comes_back() -> None:
    inputs = [block for block in modal(FORM, PLACE)["blocks"] if block["type"] == "input"]
    assert [block["block_id"] for block in inputs] == ["model", "gpu", "batch"]
    assert all(block["element"]["action_id"] for block in inputs)


def test_a_form_opens_with_what_is_known() -> None:
    inputs = {b["block_id"]: b["element"] for b in modal(FORM, PLACE)["blocks"] if b["type"] == "input"}
    assert inputs["model"]["initial_value"] == "llama-3.1-8b"
    assert inputs["gpu"]["initial_option"]["value"] == "l4"
    assert "initial_value" not in inputs["batch"]


def test_a_submission_knows_its_form_its_context_and_its_thread() -> None:
    back = submission(submitted(modal(FORM, PLACE), {"batch": text("16")}))
    assert (back.form, back.context, back.channel, back.thread) == (
        "estimate",
        "kv_cache",
        "C1",
        "1700000000.000100",
    )
    assert back.fields == {"batch": "16"}


def test_a_chosen_option_comes_back_as_its_value() -> None:
    chosen = {"type": "static_select", "selected_option": {"value": "h100", "text": {}}}
    assert submission(submitted(modal(FORM, PLACE), {"gpu": chosen})).fields["gpu"] == "h100"


@pytest.mark.parametrize(("restore", "expected"), [(True, "llama-3.1-8b"), (False, "")])
def test_an_empty_field_was_untouched_on_the_local_slack_and_emptied_on_slack(
    restore: bool, expected: str
) -> None:
    back = submission(submitted(modal(FORM, PLACE), {"model": text(None)}), restore_untouched=restore)
    assert back.fields["model"] == expected


def test_titles_and_buttons_fit_into_a_modal() -> None:
    view = modal(
        Form("f", "A title that is far too long for Slack", (), submit="Save it all right now, please"), PLACE
    )
    assert len(view["title"]["text"]) <= limits.VIEW_TITLE
    assert len(view["submit"]["text"]) <= limits.VIEW_TITLE


def test_originals_that_do_not_fit_are_left_behind_but_the_context_is_kept() -> None:
    view = modal(Form("f", "F", (FormField("a", "A", value="x" * 3_000),), context="keep"), PLACE)
    assert len(view["private_metadata"]) <= limits.PRIVATE_METADATA
    assert json.loads(view["private_metadata"])["context"] == "keep"


def test_a_context_that_slack_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="context of the form 'f'"):
        modal(Form("f", "F", (), context="x" * 3_000), PLACE)
