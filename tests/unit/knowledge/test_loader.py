"""The knowledge folder loads whole, a team's folder lies over it, and a broken file costs only itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.documents import parse_document, slug_of
from knowledge.loader import SHIPPED, load_knowledge
from knowledge.schema import Problem, TechniqueId

Write = Callable[[str, str], Path]

MODEL = """
[[model]]
id = "house-7b"
title = "House 7B"
family = "House"
vendor = "Us"
kind = "decoder"
params_b = 7.0
languages = ["sv"]
licence = "Apache-2.0"
commercial_use = "yes"
sources = ["our own card"]
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return tmp_path

    return put


def test_the_shipped_folder_has_no_problems() -> None:
    assert [str(problem) for problem in load_knowledge().problems] == []


def test_every_technique_task_and_metric_is_described_with_its_source() -> None:
    knowledge = load_knowledge()
    assert set(knowledge.techniques) == set(TechniqueId.__args__)
    assert len(knowledge.tasks) == 10
    for name in (
        "rouge-l",
        "bleu",
        "exact-match",
        "f1",
        "accuracy",
        "perplexity",
        "mmlu",
        "glue",
        "superglue",
        "helm",
    ):
        assert name in knowledge.metrics
    for record in (*knowledge.techniques.values(), *knowledge.tasks.values(), *knowledge.metrics.values()):
        assert record.sources


def test_tasks_name_techniques_and_metrics_that_exist() -> None:
    knowledge = load_knowledge()
    for task in knowledge.tasks.values():
        assert task.usual_technique in knowledge.techniques
        assert task.metric in knowledge.metrics, task.metric


def test_documents_that_facts_point_to_exist() -> None:
    knowledge = load_knowledge()
    held = {section.path for section in knowledge.sections}
    wanted = {record.document for record in (*knowledge.techniques.values(), *knowledge.tasks.values())}
    assert wanted <= held


def test_a_card_knows_the_file_it_stands_in() -> None:
    card = load_knowledge().catalog.find_model("gemma 4 e4b")
    assert card is not None
    assert card.path == "models/gemma-4.toml"
    assert (SHIPPED / card.path).is_file()


def test_a_team_adds_a_model_and_a_document(write: Write) -> None:
    write("models/house.toml", MODEL)
    knowledge = load_knowledge(write("documents/our-guide.md", "# Our guide\n\n## Towels\n\nThree a day.\n"))
    assert knowledge.problems == ()
    assert knowledge.catalog.find_model("house 7b") is not None
    section = next(section for section in knowledge.sections if section.path == "documents/our-guide.md")
    assert (section.title, section.heading, section.text) == ("Our guide", "Towels", "Three a day.")


def test_a_file_of_the_team_replaces_the_shipped_one(write: Write) -> None:
    overlay = write("documents/rag.md", "# Our own RAG\n\nWe do it differently.\n")
    texts = [
        section.text for section in load_knowledge(overlay).sections if section.path == "documents/rag.md"
    ]
    assert texts == ["We do it differently."]


def test_any_change_changes_the_revision(write: Write) -> None:
    before = load_knowledge().revision
    first = load_knowledge(write("documents/a.md", "One.")).revision
    second = load_knowledge(write("documents/a.md", "Two.")).revision
    assert len({before, first, second}) == 3
    assert load_knowledge().revision == before


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("models/x.toml", MODEL.replace("licence", "license"), 10, "license is not a known field"),
        ("models/x.toml", MODEL.replace('title = "House 7B"\n', ""), 2, "title is missing"),
        ("models/x.toml", MODEL.replace("params_b = 7.0", 'params_b = "seven"'), 8, "params_b does not fit"),
        ("models/x.toml", MODEL + "\n[[model]]\nid = unquoted\n", 15, "not valid TOML"),
        ("models/x.toml", "[[modle]]\nid = 1\n", 1, '"modle" is not a known table'),
        ("documents/x.md", "+++\ntitle = Unquoted\n+++\n# A\n\nText.\n", 2, "not valid TOML"),
        ("documents/x.md", "+++\ntilte = 'A'\n+++\n# A\n\nText.\n", 2, "tilte is not a known field"),
        ("documents/x.md", "+++\ntitle = 'A'\n\n# A\n\nText.\n", 1, "front matter is not closed"),
        ("documents/x.md", "+++\n[questions]\nwhy = ['Why?']\n+++\n## How\n\nSo.\n", 3, 'questions for "why"'),
        ("documents/x.md", "# Only a title\n", 1, "holds no text"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_line_and_cure_and_the_rest_loads(
    write: Write, name: str, text: str, line: int, said: str
) -> None:
    knowledge = load_knowledge(write(name, text))
    problems = [problem for problem in knowledge.problems if problem.path == name]
    assert problems
    assert said in problems[0].message
    assert problems[0].line == line
    assert problems[0].cure
    assert str(problems[0]).startswith(f"{name}:{line}: ")
    assert knowledge.catalog.find_model("gemma 4 e4b") is not None


def test_bytes_that_are_no_text_are_reported(tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_bytes(b"\xff\xfe\x00")
    assert [p.message for p in load_knowledge(tmp_path).problems] == ["This is not UTF-8 text."]


def test_a_folder_that_is_none_is_reported(tmp_path: Path) -> None:
    knowledge = load_knowledge(tmp_path / "nowhere")
    assert [problem.message for problem in knowledge.problems] == ["This is not a folder."]
    assert knowledge.sections


def test_an_id_used_twice_keeps_the_first(write: Write) -> None:
    write("models/a.toml", MODEL)
    knowledge = load_knowledge(write("models/b.toml", MODEL.replace('"Us"', '"Them"')))
    assert ["used twice" in problem.message for problem in knowledge.problems] == [True]
    card = knowledge.catalog.find_model("house 7b")
    assert card is not None
    assert card.vendor == "Us"


@pytest.mark.parametrize("name", ["a-before-the-shipped.toml", "zz-after-them.toml"])
def test_a_record_of_the_team_takes_the_place_of_the_shipped_one_with_its_id(write: Write, name: str) -> None:
    knowledge = load_knowledge(write(name, MODEL.replace("house-7b", "gemma-4-e4b-it")))
    card = next(card for card in knowledge.catalog.models if card.id == "gemma-4-e4b-it")
    assert knowledge.problems == ()
    assert (card.vendor, card.path) == ("Us", name)
    assert len(knowledge.catalog.models) == len(load_knowledge().catalog.models)


def sections_of(text: str) -> list[tuple[str, str, str]]:
    found, problems = parse_document("documents/x.md", text, "00000000")
    assert problems == ()
    return [(section.id.split("#")[1], section.heading, section.text) for section in found]


def test_headings_cut_a_document_and_code_does_not() -> None:
    text = "# T\n\nFirst.\n\n## One\n\n```\n## not a heading\n```\n\n### Deeper\n\nStill one.\n\n## Two\n\nLast.\n"
    assert [(slug, heading) for slug, heading, _ in sections_of(text)] == [
        ("introduction", "T"),
        ("one", "One"),
        ("two", "Two"),
    ]
    assert "## not a heading" in sections_of(text)[1][2]
    assert "Still one." in sections_of(text)[1][2]


def test_two_headings_of_one_name_keep_apart() -> None:
    assert [slug for slug, _, _ in sections_of("## A\n\n1\n\n## A\n\n2\n")] == ["a", "a-2"]


def test_a_document_without_headings_is_named_after_its_file() -> None:
    found, _ = parse_document("documents/house-rules.md", "Be quiet.", "00000000")
    assert (found[0].title, found[0].heading) == ("House rules", "House rules")


def test_front_matter_gives_title_stage_sources_and_questions() -> None:
    front = 'title = "T"\nstage = "adapt"\nsources = ["s"]\n[questions]\nhow-much = ["What does it cost?"]\n'
    text = f"+++\n{front}+++\n## How much?\n\nNothing.\n"
    found, problems = parse_document("documents/x.md", text, "0a0a0a0a")
    assert problems == ()
    section = found[0]
    assert (section.title, section.stage, section.sources, section.questions, section.revision) == (
        "T",
        "adapt",
        ("s",),
        ("What does it cost?",),
        "0a0a0a0a",
    )


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("LoRA, or QLoRA?", "lora-or-qlora"),
        ("`top_k` — how many", "top_k-how-many"),
        ("Für Ältere", "für-ältere"),
    ],
)
def test_slugs_are_what_people_expect(heading: str, slug: str) -> None:
    assert slug_of(heading) == slug


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("a.toml", 3, "x is missing.", "Add x.")) == "a.toml:3: x is missing. Add x."
