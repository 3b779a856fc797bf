"""A reply becomes one message that Slack takes: in the right order, within every limit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack import ids
from bot.slack.blocks import elements, limits, mrkdwn
from bot.slack.blocks.home import home
from bot.slack.blocks.reply import Message, bold, message, more_of, recorded, unfolded
from dialogs.turns import Choice, Citation, Reply

DRAWN_BY_LOCAL_SLACK = {"section", "header", "context", "actions", "divider", "image", "input"}

RAG = Citation("documents/rag-or-fine-tuning.md", "When to retrieve", "RAG or fine-tuning?")
GEMMA = Citation("models/gemma-4.toml", "Gemma 4 E4B", "Gemma 4 E4B")

ASKING = Reply(
    body="That's enough to start. What I read:",
    quote="Writes answers to guest mails · Swedish, English\n1,200 a day",
    question="Where may guest mails be processed?",
    choices=(
        Choice("answer", "Only our own machines", "on_premises"),
        Choice("answer", "Cloud in the EU", "private_cloud", "primary"),
        Choice("skip", "Not sure", style="primary"),
    ),
    notes=("Asked first: it changes the model and the cost most.", "Two questions in all"),
    citations=(RAG, GEMMA),
    more="KV = 2 × 32 layers",
)


def texts(sent: Message) -> list[str]:
    """Return what each block shows, in order."""
    return [shown(block) for block in sent.blocks]


def shown(block: dict[str, Any]) -> str:
    if block["type"] == "section":
        return str(block["text"]["text"])
    if block["type"] == "context":
        return " ".join(element["text"] for element in block["elements"])
    if block["type"] == "actions":
        return " ".join(f"[{element['text']['text']}]" for element in block["elements"])
    return str(block["type"])


def test_the_answer_stands_first_then_the_question_then_its_buttons_then_the_small_print() -> None:
    assert texts(message(ASKING, "p1")) == [
        "That's enough to start. What I read:\n"
        "> Writes answers to guest mails · Swedish, English\n> 1,200 a day",
        "*Where may guest mails be processed?*",
        "[Only our own machines] [Cloud in the EU] [Not sure]",
        "[Show more]",
        "Asked first: it changes the model and the cost most.\nTwo questions in all",
        "[1] RAG or fine-tuning? (documents/rag-or-fine-tuning.md) · [2] Gemma 4 E4B (models/gemma-4.toml)",
    ]


def test_the_first_block_carries_the_id_of_the_post() -> None:
    assert message(ASKING, "7f3a").blocks[0]["block_id"] == "cairn:7f3a"


def test_a_reply_of_buttons_alone_still_has_a_first_block_for_the_id() -> None:
    blocks = message(Reply(choices=(Choice("go", "Go"),)), "p1").blocks
    assert blocks[0]["type"] == "section"
    assert blocks[0]["block_id"] == "cairn:p1"


def test_two_choices_of_one_id_get_actions_of_their_own_that_lead_back_to_it() -> None:
    row = next(block for block in message(ASKING, "p1").blocks if block["type"] == "actions")
    actions = [element["action_id"] for element in row["elements"]]
    assert len(set(actions)) == len(actions)
    assert [ids.choice_id(action) for action in actions] == ["answer", "answer", "skip"]


def test_only_one_button_is_primary() -> None:
    row = next(block for block in message(ASKING, "p1").blocks if block["type"] == "actions")
    assert [element.get("style") for element in row["elements"]] == [None, "primary", None]


def test_a_sixth_choice_moves_to_a_second_row() -> None:
    many = Reply(body="Pick", choices=tuple(Choice("pick", str(n), str(n)) for n in range(6)))
    rows = [block for block in message(many, "p1").blocks if block["type"] == "actions"]
    assert [len(row["elements"]) for row in rows] == [5, 1]
    assert len({row["block_id"] for row in rows}) == 2


def test_a_label_longer_than_slack_takes_is_cut_at_a_word() -> None:
    label = "Use only the machines that stand in the basement of the head office in Stockholm, please"
    row = message(Reply(body="?", choices=(Choice("a", label),)), "p1").blocks[1]
    cut = row["elements"][0]["text"]["text"]
    assert len(cut) <= limits.BUTTON_LABEL
    assert cut.removesuffix("…") + " " in label + " "
    assert cut.endswith("…")


def test_a_value_too_long_for_a_button_is_refused_rather_than_cut() -> None:
    with pytest.raises(ValueError, match="longer than 2000"):
        message(Reply(body="?", choices=(Choice("a", "A", "x" * 2_001),)), "p1")


@pytest.mark.parametrize(
    ("said", "posted"),
    [
        ("hello <!channel>", "hello @channel"),
        ("<!here|@here> look", "@here look"),
        ("<!everyone>!", "@everyone!"),
        ("ask <!subteam^S012AB|@mail-team>", "ask @mail-team"),
        ("ask <!subteam^S012AB>", "ask @S012AB"),
        ("@Channel, please", "@Channel, please"),
        ("mail me@hereford.example", "mail me@hereford.example"),
        ("<!date^1732000000^{date}|Tuesday>", "<!date^1732000000^{date}|Tuesday>"),
        ("&lt;!channel&gt; was written", "&lt;!channel&gt; was written"),
    ],
)
def test_nobody_is_called_by_a_mass_mention(said: str, posted: str) -> None:
    safe = mrkdwn.defang(said)
    assert safe.replace("\u2060", "") == posted
    assert "<!channel" not in safe
    assert not any(f"@{word}" in safe.split() for word in ("here", "channel", "everyone", "Channel,"))


def test_mass_mentions_are_harmless_wherever_a_reply_may_hold_them() -> None:
    bad = "<!channel> @everyone"
    reply = Reply(body=bad, quote=bad, question=bad, notes=(bad,), more=bad)
    sent = message(reply, "p1")
    everything = " ".join([*texts(sent), sent.text, *(shown(b) for b in unfolded(sent.blocks, bad))])
    assert "<!channel>" not in everything
    assert "@everyone" not in everything
    assert "@\u2060everyone" in everything


def test_the_local_slack_gets_the_characters_themselves_and_no_link_is_made_of_them() -> None:
    [block] = elements.with_text(
        [elements.section("p95 &lt; 5 s &amp; &lt;!channel&gt;")], mrkdwn.for_local_slack
    )
    assert shown(block) == "p95 <\u2060 5 s & <\u2060!channel>"


@pytest.mark.parametrize(
    ("question", "posted"),
    [
        ("Which one holds?", "*Which one holds?*"),
        (
            "What number would tell you? For example, ten drafts.",
            "*What number would tell you?* For example, ten drafts.",
        ),
        ("*Already* bold?", "*Already* bold?"),
        ("Pick a date", "*Pick a date*"),
        ("First line\nsecond line", "First line\nsecond line"),
    ],
)
def test_the_question_itself_is_bold(question: str, posted: str) -> None:
    assert bold(question) == posted


def test_titles_of_sources_are_text_not_markup() -> None:
    sly = Citation("documents/<!channel>.md", "", "A <b> & C")
    [block] = [b for b in message(Reply(body="x", citations=(sly,)), "p").blocks if b["type"] == "context"]
    assert shown(block) == "[1] A &lt;b&gt; &amp; C (documents/&lt;!channel&gt;.md)"


def test_a_notification_shows_plain_words() -> None:
    assert message(Reply(body="*First: retrieval* <https://x.example|guide>", question="Go?"), "p").text == (
        "First: retrieval guide\nGo?"
    )


def test_show_more_puts_the_rest_before_the_question_and_takes_its_button_away() -> None:
    sent = message(ASKING, "p1")
    grown = unfolded(sent.blocks, ASKING.more)
    assert "[Show more]" not in [shown(block) for block in grown]
    assert [shown(block) for block in grown][1:3] == [
        "KV = 2 × 32 layers",
        "*Where may guest mails be processed?*",
    ]
    assert grown[0]["block_id"] == "cairn:p1"
    assert "[Only our own machines]" in " ".join(shown(block) for block in grown)


def test_a_rest_longer_than_one_button_carries_is_carried_by_several_and_shown_whole() -> None:
    rest = "\n".join(f"line {n} of the formulas" for n in range(250))
    blocks = message(Reply(body="x", more=rest), "p").blocks
    [row] = [block for block in blocks if block.get("block_id") == ids.MORE_BLOCK]
    assert len(row["elements"]) > 1
    assert all(len(element["value"]) <= limits.BUTTON_VALUE for element in row["elements"])
    assert more_of(blocks) == rest
    assert "\n".join(shown(block) for block in unfolded(blocks, more_of(blocks))[1:]) == rest


def test_a_record_takes_the_place_of_the_clicked_row_and_leaves_the_rest() -> None:
    after = [
        shown(block) for block in recorded(message(ASKING, "p1").blocks, "PM chose own machines · 10:09")
    ]
    assert after[2] == "PM chose own machines · 10:09"
    assert "[Show more]" in after
    assert not any("[Not sure]" in text for text in after)


def test_a_record_for_two_rows_is_written_once() -> None:
    many = message(Reply(body="Pick", choices=tuple(Choice("p", str(n)) for n in range(8))), "p1").blocks
    assert [shown(block) for block in recorded(many, "PM chose 3")] == ["Pick", "PM chose 3"]


words = st.text(alphabet=st.sampled_from("ab <>&;\n`*_|@!#/é漢🙂"), max_size=400)


@settings(max_examples=60, deadline=None)
@given(st.lists(words, max_size=30).map("\n".join), words, st.lists(words, max_size=12), st.integers(1, 300))
def test_whatever_is_said_the_message_stays_within_slacks_limits(
    body: str, question: str, labels: list[str], times: int
) -> None:
    reply = Reply(
        body=mrkdwn.escape(body) * times,
        question=mrkdwn.escape(question),
        choices=tuple(Choice("c", label, label) for label in labels),
        notes=tuple(mrkdwn.escape(label) for label in labels),
        citations=(RAG,) * 40,
        more=mrkdwn.escape(question),
    )
    sent = message(reply, "id")
    assert 0 < len(sent.blocks) <= limits.MESSAGE_BLOCKS
    assert 0 < len(sent.text) <= limits.FALLBACK_TEXT
    block_ids = [block["block_id"] for block in sent.blocks if "block_id" in block]
    assert len(set(block_ids)) == len(block_ids)
    for block in sent.blocks:
        assert block["type"] in DRAWN_BY_LOCAL_SLACK
        if block["type"] in {"section", "context"}:
            assert 0 < len(shown(block)) <= limits.SECTION_TEXT
        if block["type"] == "actions":
            assert all(0 < len(e["text"]["text"]) <= limits.BUTTON_LABEL for e in block["elements"])


pieces = st.lists(
    st.sampled_from(
        ["word ", "&amp;", "<https://example.org/a|a link>", "\n", "\n\n", "```", "longer words here "]
    ),
    max_size=400,
)


@settings(max_examples=80, deadline=None)
@given(pieces, st.integers(600, 900))
def test_splitting_loses_no_word_and_cuts_no_link_or_entity(parts: list[str], limit: int) -> None:
    text = "".join(parts)
    split = mrkdwn.split(text, limit)
    assert all(len(piece) <= limit for piece in split)
    for token in ("<https://example.org/a|a link>", "&amp;", "word", "longer"):
        assert sum(piece.count(token) for piece in split) == text.count(token)


def test_a_code_block_that_is_split_stays_a_code_block() -> None:
    code = "```\n" + "\n".join(f"line {n}" for n in range(400)) + "\n```"
    split = mrkdwn.split(code, 1_000)
    assert len(split) > 1
    assert all(piece.count("```") == 2 for piece in split)


def test_an_overlong_body_says_what_it_left_out() -> None:
    sent = message(Reply(body="word " * 40_000, question="Go on?"), "p1")
    assert "more characters are left out here" in " ".join(texts(sent))
    assert texts(sent)[-1] == "*Go on?*"


def test_a_home_of_many_projects_stays_within_a_view_and_says_what_is_missing() -> None:
    view = home(tuple(Reply(body=f"Project {n}", choices=(Choice("open", "Open"),)) for n in range(80)))
    assert len(view["blocks"]) <= limits.VIEW_BLOCKS
    assert "more than this page can hold" in shown(view["blocks"][-1])
    block_ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    assert len(set(block_ids)) == len(block_ids)
