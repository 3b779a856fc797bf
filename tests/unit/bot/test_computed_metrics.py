"""Metrics from files: values against published examples, intervals, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer
from typer.testing import CliRunner

from bot.cli import app
from bot.computed_metrics import compute, words
from bot.failures import OperationError
from bot.prediction_files import Pair, read_pairs
from dialogs.results.scores import read_cases, read_results
from dialogs.steps import Measured


def scored(*pairs: tuple[str, str | tuple[str, ...]]) -> dict[str, Measured]:
    rows = [Pair(said, right if isinstance(right, tuple) else (right,)) for said, right in pairs]
    return {metric.name: metric for metric in compute(rows)}


def test_bleu_is_sacrebleus() -> None:
    # The example of sacrebleu's README: two references a case, 48.530827.
    found = scored(
        ("The dog bit the man.", ("The dog bit the man.", "The dog had bit the man.")),
        ("It wasn't surprising.", ("It was not unexpected.", "No one was surprised.")),
        ("The man had just bitten him.", ("The man bit him first.", "The man had bitten the dog.")),
    )
    assert found["bleu"].value == pytest.approx(0.4853, abs=0.0001)


def test_rouge_l_is_lins() -> None:
    # Lin 2004, section 3: "police killed the gunman" against "police kill the gunman" shares 3 of 4 words.
    found = scored(
        ("police kill the gunman", "police killed the gunman"), ("the gunman kill police", "x y z w v")
    )
    assert found["rouge-l"].value == pytest.approx(0.75 / 2)


class Words(Tokenizer):  # type: ignore[misc]  # the package has no types
    """Our words for rouge-score, whose own tokenizer drops every letter beyond a–z."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


@given(st.text("abc å", max_size=60), st.text("abc å", max_size=60))
@settings(max_examples=60, deadline=None)
def test_rouge_l_is_that_of_googles_package(said: str, right: str) -> None:
    official = RougeScorer(["rougeL"], tokenizer=Words()).score(right, said)["rougeL"].fmeasure
    found = scored((said, right), ("x y z w v", "x y z w v u"))
    assert found["rouge-l"].value == pytest.approx((official + 10 / 11) / 2)


def test_f1_counts_shared_words_as_squad_does() -> None:
    found = scored(("the hotel in Malmö", "hotel in Malmö"), ("no", "yes it is"))
    assert found["f1"].value == pytest.approx((2 * 3 / 7) / 2)


def test_exact_match_ignores_case_and_punctuation_and_keeps_accents() -> None:
    found = scored(("Malmö.", "malmö"), ("Malmo", "Malmö"), ("1 500", "1,500"))
    assert found["exact-match"].value == pytest.approx(2 / 3)


def test_letters_beyond_ascii_count() -> None:
    assert words("Åre är öppet") == ["åre", "är", "öppet"]
    found = scored(("Åre är öppet idag", "Åre är öppet imorgon"), ("これは本です", "これは本だ"))
    assert 0.5 < found["rouge-l"].value < 0.9


def test_a_few_labels_get_macro_f1() -> None:
    right = ["spam"] * 6 + ["ham"] * 4
    said = ["spam"] * 5 + ["ham"] + ["ham"] * 3 + ["spam"]
    found = scored(*zip(said, right, strict=True))
    assert set(found) == {"exact-match", "macro-f1"}
    assert found["macro-f1"].value == pytest.approx(((2 * 5 / 12) + (2 * 3 / 8)) / 2)


TEXTS = st.text(alphabet="ab cdå.", max_size=20)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12))
@example(rows=[("a..a", "a..a")])  # BLEU rounded to 1.0000000000000004
def test_values_lie_in_their_intervals_between_nought_and_one(rows: list[tuple[str, str]]) -> None:
    for metric in scored(*rows).values():
        assert 0 <= metric.low <= metric.high <= 1
        assert 0 <= metric.value <= 1


def test_the_same_file_gives_the_same_interval_and_more_cases_a_narrower_one() -> None:
    rows = [
        (f"room {n} is on floor {n % 7}", f"room {n} lies on floor {n % 5} of the hotel") for n in range(400)
    ]
    once, again, many = scored(*rows[:20]), scored(*rows[:20]), scored(*rows)
    assert once == again
    assert many["rouge-l"].high - many["rouge-l"].low < once["rouge-l"].high - once["rouge-l"].low


JSONL = b'{"id": 1, "prediction": "a", "reference": "a"}\n\n{"id": 2, "prediction": "b", "references": ["c", "b"]}\n'


def test_one_file_holds_both() -> None:
    assert read_pairs(JSONL, "runs.jsonl") == [Pair("a", ("a",)), Pair("b", ("c", "b"))]
    assert read_pairs(b"\xef\xbb\xbfPrediction;Expected\nja;nej\n", "runs.csv") == [Pair("ja", ("nej",))]


def test_two_files_are_joined_by_id_else_line_by_line() -> None:
    said = b'{"id": "x", "output": "a"}\n{"id": "y", "output": "b"}\n'
    right = b"id,gold\ny,B\nx,A\n"
    assert read_pairs(said, "said.jsonl", right, "gold.csv") == [Pair("a", ("A",)), Pair("b", ("B",))]
    assert read_pairs(b"a\nb\n", "said.txt", b"A\nB\n", "gold.txt") == [Pair("a", ("A",)), Pair("b", ("B",))]


WRONG = [
    (b"", "empty.jsonl", "holds no cases"),
    (b"{oops}\n", "bad.jsonl", "bad.jsonl, line 1: no valid JSON"),
    (b"[1]\n", "bad.jsonl", "must be an object or a string"),
    (b"\xff\xfe", "bad.txt", "is not UTF-8"),
    (b'{"id": 1, "reference": "a"}\n', "half.jsonl", "half.jsonl, case 1: has no column 'prediction'"),
    (
        b"prediction,note\na,b\n",
        "half.csv",
        "half.csv, case 1: has no column 'reference' (it has prediction, note)",
    ),
]


@pytest.mark.parametrize(("content", "name", "message"), WRONG)
def test_a_wrong_file_is_one_sentence_with_file_and_row(content: bytes, name: str, message: str) -> None:
    with pytest.raises(OperationError) as caught:
        read_pairs(content, name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_of_different_length_are_refused() -> None:
    with pytest.raises(OperationError, match="2 cases and gold"):
        read_pairs(b"a\nb\n", "said.txt", b"A\n", "gold.txt")


def test_the_command_prints_a_line_that_cairn_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(JSONL)
    shown = CliRunner().invoke(app, ["metrics", str(path)])
    assert shown.exit_code == 0, shown.output
    line = shown.output.splitlines()[-1].partition("/cairn evaluate ")[2]
    assert read_results(line)["exact-match"] == 1.0
    assert read_cases(line) == 2
    plain = json.loads(CliRunner().invoke(app, ["metrics", str(path), "--json"]).output)
    assert plain["cases"] == 2


def test_a_missing_file_is_one_sentence() -> None:
    result = CliRunner().invoke(app, ["metrics", "nowhere.jsonl"])
    assert result.exit_code == 2
