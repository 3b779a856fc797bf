"""The prose of the knowledge folder, and the check that guards it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from estimator.durations import load_durations
from knowledge.check import MIN_QUESTIONS, check, has_substance, report, words_in
from knowledge.loader import Knowledge, load_knowledge
from knowledge.schema import Problem, Section

# What the lifecycle names, in the field's words: (what it is called, an expression that finds it).
NOUNS = {
    "scope": r"use case",
    "narrow or many tasks": r"single.task|one task or many",
    "requirements and constraints": r"requirements and constraints",
    "budget": r"\bbudget\b",
    "risk": r"\brisk\b",
    "success metric": r"success metric",
    "base model": r"base model",
    "pre-training": r"pre-?training",
    "compute arithmetic": r"flops|6nd",
    "tokens per parameter": r"chinchilla",
    "BloombergGPT": r"bloomberggpt",
    "licence": r"licence",
    "languages": r"\blanguages?\b",
    "context length": r"context length|context window|how much context",
    "hardware fit": r"fits? on|hardware fit",
    "what size buys": r"what size buys",
    "prompt engineering": r"prompt engineering",
    "zero-shot": r"zero-shot",
    "one-shot": r"one-shot",
    "few-shot": r"few-shot",
    "in-context learning": r"in-context learning",
    "least-to-most prompting": r"least-to-most",
    "meta-prompting": r"meta-?\s?prompting",
    "iterative prompting": r"iterative prompting",
    "sequential prompting": r"sequential prompting",
    "chain of thought": r"chain.of.thought",
    "ReAct": r"\breact\b",
    "automatic reasoning and tool use": r"automatic reasoning and tool.use",
    "program-aided models": r"program-aided",
    "basic fine-tuning": r"basic fine-tuning",
    "repurposing": r"repurposing",
    "full fine-tuning": r"full fine-tuning",
    "supervised fine-tuning": r"supervised fine-tuning",
    "unsupervised fine-tuning": r"unsupervised fine-tuning",
    "continued pre-training": r"continued pre-?training",
    "instruction tuning": r"instruction tuning",
    "multi-task fine-tuning": r"multi-?task fine-tuning",
    "parameter-efficient fine-tuning": r"parameter.efficient",
    "LoRA": r"\blora\b",
    "QLoRA": r"\bqlora\b",
    "prompt tuning": r"prompt tuning",
    "adapters": r"\badapters?\b",
    "catastrophic forgetting": r"catastrophic forgetting",
    "RLHF": r"\brlhf\b",
    "reward model": r"reward model",
    "PPO": r"\bppo\b",
    "DPO": r"\bdpo\b",
    "RLAIF": r"\brlaif\b",
    "expert review": r"subject-matter expert",
    "ROUGE": r"\brouge\b",
    "BLEU": r"\bbleu\b",
    "GLUE": r"\bglue\b",
    "SuperGLUE": r"superglue",
    "MMLU": r"\bmmlu\b",
    "HELM": r"\bhelm\b",
    "task metrics": r"which metric",
    "human evaluation": r"human evaluation",
    "model-graded evaluation": r"model as judge|model-graded",
    "evaluate, prompt, fine-tune": r"evaluate.prompt.fine-tune",
    "distillation": r"distillation",
    "quantization": r"quantization",
    "pruning": r"pruning",
    "serving": r"\bserving\b|inference server",
    "RAG": r"\brag\b",
    "tools": r"tool use|function calling",
    "agents": r"\bagents?\b",
    "guardrails": r"guardrails",
    "knowledge cut-off": r"knowledge cut-off",
    "hallucination": r"hallucination",
    "weak reasoning": r"weak reasoning",
    "weak arithmetic": r"weak arithmetic",
    "monitoring": r"monitoring",
    "encoder": r"\bencoder model",
    "decoder": r"decoder-only model",
    "encoder-decoder": r"encoder.decoder model",
    "mixture of experts": r"mixture of experts",
    "chatbot": r"chatbot",
    "essay writing": r"essay",
    "summarization": r"summarization",
    "translation": r"translation",
    "code generation": r"code generation",
    "information retrieval": r"information retrieval",
    "named entity recognition": r"named entity recognition",
    "external data and API integration": r"external data and api",
    "fine-tuned specific task": r"fine-tuned model for a specific task",
    "language understanding": r"language understanding",
    "cheat sheet": r"cheat sheet",
    "Gantt chart": r"gantt",
    "data preparation": r"training data",
    "privacy": r"gdpr",
    "cost": r"what does one request cost",
}

GOOD = (
    "Twelve shops sell the same tea, and each one has its own shelf and its own label for it. If a label is "
    "missing, the tea is sold under the counter until a new one comes, which takes two days in most cases. "
    "The counter-example is the shop at the harbour, where no label was used and nobody missed it; there the "
    "tins have colours instead, and people ask for the red or the green one."
)


@cache
def shipped() -> Knowledge:
    return load_knowledge()


def findings(folder: Path) -> list[Problem]:
    """What the check says about a team's folder, the shipped one being free of problems."""
    return list(check(load_knowledge(folder), folder))


def test_the_shipped_folder_has_no_problems() -> None:
    assert [str(problem) for problem in check(shipped())] == []


def test_the_shipped_folder_is_large_enough_and_each_section_pulls_its_weight() -> None:
    counted = report(shipped())
    assert counted.sections >= 120
    assert counted.questions >= MIN_QUESTIONS * counted.sections
    assert counted.without_substance == ()
    assert counted.short_of_questions == ()
    assert counted.out_of_length == ()


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_of_the_lifecycle_is_what_some_section_is_about(noun: str) -> None:
    """The noun stands in a heading or a question, so that the section answers it and not only mentions it."""
    wanted = re.compile(NOUNS[noun], re.IGNORECASE)
    about = [s.id for s in shipped().sections if wanted.search("\n".join((s.heading, *s.questions)))]
    assert about, f"no section is about {noun}"


OTHER_LANGUAGES = {
    "German": r"[äöüß]|\b(wie|wann|wo|woher|welche[rs]?|was ist|was sind|was misst)\b",
    "Spanish": r"¿",
    "French": r" \?$",
    "Japanese": r"[ぁ-んァ-ン]",
}


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_the_most_asked_topics_are_asked_in_four_more_languages(language: str) -> None:
    asked = re.compile(OTHER_LANGUAGES[language], re.IGNORECASE)
    sections = [s for s in shipped().sections if any(asked.search(question) for question in s.questions)]
    assert len(sections) >= 60


@pytest.mark.parametrize("technique", sorted(shipped().techniques))
def test_every_technique_points_to_a_document_that_explains_it(technique: str) -> None:
    assert any(s.path == shipped().techniques[technique].document for s in shipped().sections)


DURATION_LINES = {
    "Define the use case": "substep.use_case",
    "Prompt engineering": "substep.prompting",
    "Test data": "substep.prepare_data",
    "Evaluation": "substep.evaluation",
    "Optimise and deploy": "substep.optimise_deploy",
    "Build the application": "substep.augment_build",
    "LoRA or QLoRA": "technique.qlora",
    "Full fine-tuning": "technique.full_fine_tuning",
    "RAG, on top": "technique.rag",
    "Continued pre-training": "technique.continued_pretraining",
    "Pre-training from scratch": "technique.pretraining_from_scratch",
    "RLHF with PPO": "technique.rlhf",
    "DPO": "technique.dpo",
    "Distillation": "technique.distillation",
    "Quantization": "technique.quantization",
    "Pruning": "technique.pruning",
}


@pytest.mark.parametrize("name", DURATION_LINES)
def test_the_weeks_in_the_prose_are_the_weeks_the_schedule_is_drawn_from(name: str) -> None:
    prose = "\n".join(s.text for s in shipped().sections if s.path == "documents/stage-durations.md")
    line = re.search(rf"^- {re.escape(name)}: ([\d.]+) / ([\d.]+) / ([\d.]+)", prose, re.MULTILINE)
    assert line, f"no line for {name}"
    durations = load_durations((resources.files("estimator") / "durations.toml").read_text(encoding="utf-8"))
    kind, _, key = DURATION_LINES[name].partition(".")
    weeks = durations.substeps[key].weeks if kind == "substep" else durations.techniques[key][1]
    assert tuple(map(float, line.groups())) == tuple(weeks)


BROKEN = {
    "a short section": (
        "# Tea\n\n## Labels\n\nTen labels.\n",
        3,
        '"Labels" has 2 words.',
        "Add what is missing to reach 60, or join it with its neighbour.",
    ),
    "a long section": (
        f"# Tea\n\n## Labels\n\n{GOOD}\n{GOOD}\n{GOOD}\n",
        3,
        f'"Labels" has {3 * words_in(GOOD)} words.',
        "Split it into ideas of at most 200 words, each with a heading.",
    ),
    "a dead link": (
        f"# Tea\n\n## Labels\n\n{GOOD}\nSee [coffee](coffee.md).\n",
        6,
        "The link to coffee.md leads nowhere.",
        "Correct the path, or drop the link.",
    ),
    "a link to a heading that does not stand there": (
        f"# Tea\n\n## Labels\n\n{GOOD}\nSee [below](#shelves).\n",
        6,
        'The link to #shelves names no heading of "tea.md".',
        "Use one of: labels.",
    ),
    "a heading twice": (
        f"# Tea\n\n## Labels\n\n{GOOD}\n\n## Labels\n\n{GOOD}\n",
        7,
        'The heading "Labels" stands here twice.',
        "Rename one, so that each can be cited.",
    ),
    "a question that a shipped section answers": (
        f'+++\ntitle = "Tea"\n[questions]\nlabels = ["lora or qlora??"]\n+++\n# Tea\n\n## Labels\n\n{GOOD}\n',
        4,
        '"lora or qlora??" is answered by documents/lora-and-qlora.md#lora-or-qlora too.',
        "Keep it where the answer is better.",
    ),
    "questions for no heading": (
        f'+++\n[questions]\nshelves = ["which shelf?"]\n+++\n# Tea\n\n## Labels\n\n{GOOD}\n',
        3,
        'The questions for "shelves" belong to no heading.',
        "Use one of: labels.",
    ),
    "a paper that the sources do not name": (
        f'+++\nsources = ["A tea book"]\n+++\n# Tea\n\n## Labels\n\n{GOOD}\nSo says arXiv:2106.09685.\n',
        9,
        "arXiv:2106.09685 is cited in the text and not among the sources.",
        "Add the paper to the sources in the front matter.",
    ),
    "prose without a number or a condition": (
        "# Tea\n\n## Labels\n\n" + "Labels are very important for every kind of shop. " * 8 + "\n",
        3,
        '"Labels" holds no number, no condition and no counter-example.',
        "Say how many, when, or when not.",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_in_a_teams_file_is_a_warning_with_its_line_and_cure(fault: str, tmp_path: Path) -> None:
    text, line, message, cure = BROKEN[fault]
    (tmp_path / "tea.md").write_text(text, encoding="utf-8")
    assert findings(tmp_path) == [Problem("tea.md", line, message, cure, fatal=False)]


def test_front_matter_that_is_not_toml_names_its_line(tmp_path: Path) -> None:
    text = f'+++\ntitle = "Tea"\nsources = [green\n+++\n# Tea\n\n## Labels\n\n{GOOD}\n'
    (tmp_path / "tea.md").write_text(text, encoding="utf-8")
    (problem,) = findings(tmp_path)
    assert (problem.path, problem.line) == ("tea.md", 3)
    assert problem.message.startswith("This is not valid TOML")


def test_a_teams_file_needs_no_front_matter(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text(f"# Tea\n\n## Labels\n\n{GOOD}\n", encoding="utf-8")
    assert findings(tmp_path) == []


def test_links_to_shipped_documents_pictures_and_the_web_are_alive(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "shelf.png").write_bytes(b"\x89PNG")
    links = "[r](rag.md#chunk-size) [p](shelf.png) [w](https://example.org/x.md) [s](#labels)"
    tea = tmp_path / "documents" / "tea.md"
    tea.write_text(f"# Tea\n\n## Labels\n\n{GOOD}\n{links}\n```\n[x](no.md)\n```\n", encoding="utf-8")
    assert findings(tmp_path) == []


def test_a_record_that_cites_a_missing_document_is_named(tmp_path: Path) -> None:
    record = (
        '[[task]]\nid = "tea"\ntitle = "Tea"\nscope_task = "other"\nphrases = []\n'
        'usual_technique = "rag"\nmetric = "f1"\nsmallest_sensible_params_b = 1.0\nexample = "Tea."\n'
        'document = "documents/tea.md"\nsources = []\n'
    )
    (tmp_path / "tea.toml").write_text(record, encoding="utf-8")
    assert findings(tmp_path) == [
        Problem(
            "tea.toml",
            10,
            "documents/tea.md does not exist.",
            "Write that document, or name one that exists.",
            fatal=False,
        )
    ]


def test_the_shipped_folder_is_held_to_front_matter_and_questions() -> None:
    bare = Section("documents/bare.md#tea", "documents/bare.md", "Tea", "Tea", GOOD, questions=("why tea?",))
    found = check(replace(shipped(), sections=(*shipped().sections, bare)))
    assert {(problem.message, problem.fatal) for problem in found} == {
        ("The stage is missing.", True),
        ("No source is named.", True),
        ('"Tea" has 1 question of its own.', True),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It takes 12 weeks.", True),
        ("It takes three weeks.", True),
        ("Stop unless it improves.", True),
        ("This is a very good idea.", False),
        ("As arXiv:2106.09685 says, it is good.", False),
    ],
)
def test_substance_is_a_number_a_condition_or_a_counter_example(text: str, expected: bool) -> None:
    assert has_substance(text) is expected


def test_the_report_reads_as_one_line() -> None:
    assert re.fullmatch(r"\d+ sections in \d+ documents, [\d,]+ words, [^\n]+\.", str(report(shipped())))
