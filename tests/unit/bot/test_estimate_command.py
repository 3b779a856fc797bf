"""`cairn estimate --batch`: one answer a line, a sentence for what makes no sense, the rest goes on."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.cli.estimates import serve
from bot.cli.shared import batch
from knowledge.loader import Knowledge, load_knowledge

LLAMA = {"model": "llama-3.1-8b"}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


async def served(
    knowledge: Knowledge, tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: str
) -> Any:
    path = tmp_path / "batch.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    code = await batch(str(path), partial(serve, knowledge))
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


BAD = [
    ("no JSON", "nope", "no JSON"),
    ("no object", "[1]", "no object"),
    ("no kind", "{}", '"kind" must be one of gguf_size'),
    ("unknown kind", '{"kind": "kv_cash"}', "did you mean kv_cache?"),
    ("no inputs", '{"kind": "kv_cache", "inputs": 3}', '"inputs" must be an object'),
    ("negative", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "batch": -1}}', "a whole number"),
    ("zero", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "batch": 0}}', "batch must be a whole number"),
    ("NaN", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "batch": NaN}}', "'nan' is not"),
    ("infinite", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "batch": Infinity}}', "'inf' is not"),
    ("1e30", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "batch": 1e30}}', "'1e+30' is not"),
    ("text", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "batch": "many"}}', "'many' is not"),
    ("missing keys", '{"kind": "kv_cache", "inputs": {}}', "needs a model"),
    ("unknown GPU", '{"kind": "decode_speed", "inputs": {"model": "llama-3.1-8b", "gpu": "rtx 4900"}}', "did you mean"),
    ("unknown model", '{"kind": "kv_cache", "inputs": {"model": "zzzz"}}', "layers, kv_heads, head_dim"),
    ("wrong unit", '{"kind": "kv_cache", "inputs": {"model": "llama-3.1-8b", "seq": "8 GB"}}', "'8 GB' is not"),
    ("free text without sense", '{"text": "what is rain?"}', "I can estimate memory"),
    ("free text, near miss", '{"text": "serve llama 70b"}', "Which model do you mean"),
]  # fmt: skip


async def test_bad_lines_are_one_sentence_each_and_the_rest_goes_on(
    knowledge: Knowledge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"id": "good", "kind": "kv_cache", "inputs": {**LLAMA, "context_tokens": 8192}})
    code, answers = await served(knowledge, tmp_path, capsys, *(line for _, line, _ in BAD), good)
    assert code == 1
    assert len(answers) == len(BAD) + 1
    for number, ((name, _, sentence), answer) in enumerate(zip(BAD, answers[:-1], strict=True), 1):
        assert answer["id"] == number, name
        assert sentence in answer["error"], name
        assert "\n" not in answer["error"], name
        assert set(answer) == {"id", "error"}, name
    assert (answers[-1]["id"], answers[-1]["value"], answers[-1]["unit"]) == ("good", 1.0, "GiB")


async def test_free_text_gives_the_object_of_its_kind_with_what_it_answers_besides(
    knowledge: Knowledge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (both, room, sheet) = await served(
        knowledge, tmp_path, capsys,
        '{"text": "qlora llama-3.1-8b on one rtx 4090, 5k examples"}',
        '{"text": "what fits in 24 gb"}',
        '{"text": "cheat sheet"}',
    )  # fmt: skip
    assert code == 0
    assert (both["kind"], both["unit"], both["inputs"]["samples"]) == (
        "finetune_gpu_hours",
        "GPU-hours",
        5000,
    )
    assert [also["kind"] for also in both["also"]] == ["train_memory"]
    assert room["unit"] == "GiB"
    assert all(model["memory_gib"] <= 24 for model in room["models"])
    assert sheet["rows"][0]["id"] == "pretraining"
    assert "calendar time" in sheet["note"]
