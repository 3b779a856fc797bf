"""Search finds the section that answers, by its words, by what they mean, and by the questions it names."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.evidence import Evidence, probability_held, weigh
from knowledge.schema import Section
from knowledge.search import Hit, SearchIndex, build_index, read_query, search, text_key
from knowledge.words import load_lexicon, query_terms, split_words, stem


def section(slug: str, text: str, *questions: str, heading: str = "") -> Section:
    return Section(f"{slug}.md#it", f"{slug}.md", heading or slug.capitalize(), slug, text, questions)


SECTIONS = (
    section("lora", "LoRA trains small low-rank matrices beside frozen weights.", "What is LoRA?"),
    section("qlora", "QLoRA keeps the frozen base in four bits.", "How does QLoRA save memory?"),
    section(
        "inventions", "Language models make things up, because they predict likely words.", heading="Why"
    ),
    section("alignment", "Reinforcement learning from human feedback trains on comparisons.", heading="How"),
    section(
        "retrieval", "Retrieval reads today's document.", "¿RAG o fine-tuning?", "検索拡張生成とは何ですか"
    ),
    section("waiting", "A nightly batch run costs half as much as serving each request at once."),
)


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return build_index(SECTIONS)


def found(index: SearchIndex, query: str) -> str:
    hits = search(index, query)
    return hits[0].section.title if hits else ""


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("what's lora", "lora"),
        ("rlhf", "alignment"),  # an abbreviation of words in the text
        ("why do llms hallucinate", "inventions"),  # another way of saying it
        ("nightly bacth run", "waiting"),  # a typing error
        ("¿rag o fine-tuning?", "retrieval"),  # a question the section names
        ("検索拡張生成って何", "retrieval"),  # no spaces between words
        ("HALLUZINIEREN sprachmodelle", "inventions"),  # a German word for the concept
    ],
)
def test_words_find_the_section(index, query, title):
    assert found(index, query) == title


@pytest.mark.parametrize("query", ["", "   ", "???", "the of and", "😀"])
def test_a_query_without_a_topic_finds_nothing_by_words(index, query):
    assert [hit for hit in search(index, query) if hit.bm25 > 0] == []


def test_an_empty_folder_finds_nothing():
    index = build_index(())
    assert search(index, "what is lora") == []
    assert index.texts_to_embed() == ()


def test_texts_to_embed_are_the_sections_and_their_questions(index):
    texts = index.texts_to_embed()
    assert len(texts) == len(SECTIONS) + sum(len(s.questions) for s in SECTIONS)
    assert "What is LoRA?" in texts
    assert any("low-rank matrices" in text for text in texts)


def unit_vector(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def test_meaning_finds_what_words_miss(index):
    away, near = unit_vector(1, 0, 0), unit_vector(0, 1, 0.1)
    vectors = {text_key(text): away for text in index.texts_to_embed()}
    vectors[text_key(next(t for t in index.texts_to_embed() if "nightly" in t))] = near
    hits = search(index.with_vectors(vectors), "doing it while everybody sleeps", unit_vector(0, 1, 0))
    assert hits[0].section.title == "waiting"
    assert hits[0].cosine == pytest.approx(float(near @ unit_vector(0, 1, 0)))


def test_a_section_without_a_vector_yet_is_still_found_by_words(index):
    only = index.texts_to_embed()[0]
    partly = index.with_vectors({text_key(only): unit_vector(1, 0)})
    assert 0 < partly.vector_share < 1
    hits = search(partly, "nightly batch run", unit_vector(0, 1))
    assert hits[0].section.title == "waiting"


def test_a_section_whose_vector_is_still_to_come_does_not_fall_behind_those_that_have_one(index):
    nearly = unit_vector(1, 1.2)
    have = {text_key(text): nearly for text in index.texts_to_embed() if "nightly" not in text}
    hits = search(index.with_vectors(have), "nightly batch run", unit_vector(1, 0))
    assert hits[0].section.title == "waiting"
    assert hits[0].cosine is None


def test_a_hit_names_the_question_it_matches(index):
    hit = search(index, "how does qlora save memory")[0]
    assert hit.question == "How does QLoRA save memory?"


def test_coverage_is_the_share_of_the_question_that_a_section_holds(index):
    whole = search(index, "nightly batch")[0].coverage
    part = search(index, "nightly batch zeppelin")[0].coverage
    assert whole == pytest.approx(1.0)
    assert 0 < part < whole


def test_a_section_that_did_not_change_keeps_its_terms(index):
    changed = (*SECTIONS[1:], section("lamps", "The sternlight is checked on Tuesdays."))
    fresh = build_index(changed, previous=index)
    assert fresh.terms[0] is index.terms[1]
    assert found(fresh, "sternlight") == "lamps"
    assert found(fresh, "low-rank matrices") != "lora"


@given(st.text(max_size=200))
def test_any_text_can_be_searched(query):
    hits = search(build_index(SECTIONS), query)
    assert all(0 <= hit.coverage <= 1 for hit in hits)
    assert sorted((hit.score for hit in hits), reverse=True) == [hit.score for hit in hits]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LoRA's rank-16", ["lora", "s", "rank", "16"]),
        ("1,000 examples at 3.1 B", ["1000", "examples", "at", "3.1", "b"]),
        ("Größe, más, façon", ["große".replace("ö", "o"), "mas", "facon"]),
        ("日本語です", ["日本", "本語", "語で", "です"]),
        ("LoRAとは", ["lora", "とは"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
    ],
)
def test_words_are_split_as_the_index_counts_them(text, words):
    assert split_words(text) == words


def test_a_longer_concept_wins_over_a_shorter_one_inside_it():
    terms = {term.text for term in query_terms("reinforcement learning from AI feedback", load_lexicon())}
    assert "§rlaif" in terms
    assert "§rlhf" not in terms


def test_a_concept_that_the_folder_lacks_leaves_its_words_to_be_found():
    index = build_index((section("words", "A vocabulary of 32,000 pieces is common."), *SECTIONS))
    assert found(index, "what vocabulary size should we take") == "words"


def test_no_form_stands_for_two_concepts():
    source = (files("knowledge") / "_lexicon" / "synonyms.toml").read_text(encoding="utf-8")
    owners: dict[tuple[str, ...], set[str]] = {}
    for forms in tomllib.loads(source)["concepts"]:
        for form in forms:
            owners.setdefault(tuple(map(stem, split_words(form))), set()).add(forms[0])
    assert {form: names for form, names in owners.items() if len(names) > 1} == {}


def test_an_unknown_word_lowers_the_evidence(index):
    def probability(query: str) -> float:
        hits = search(index, query)
        return probability_held(weigh(index, read_query(index, query), hits))

    assert probability("what is lora") > probability("what is lora for zeppelin pilots")


def test_more_evidence_never_means_less_probability():
    weak = Evidence(
        cosine=0.3,
        question_cosine=0.2,
        nearest_cosine=0.3,
        mean_cosine=0.2,
        agreement=0.2,
        overlap=0.0,
        coverage=0.3,
        unknown=0.5,
        concept=0.0,
        margin=0.0,
    )
    strong = Evidence(
        cosine=0.8,
        question_cosine=0.8,
        nearest_cosine=0.9,
        mean_cosine=0.6,
        agreement=0.8,
        overlap=0.5,
        coverage=1.0,
        unknown=0.0,
        concept=1.0,
        margin=0.2,
    )
    for language in ("en", "de"):
        assert 0 < probability_held(weak, language) < probability_held(strong, language) < 1


def test_hits_carry_what_decided(index):
    hit = search(index, "low-rank matrices")[0]
    assert isinstance(hit, Hit)
    assert hit.bm25 > 0
    assert hit.cosine is None
