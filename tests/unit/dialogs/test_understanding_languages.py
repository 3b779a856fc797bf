"""How the languages besides English are read: each way of saying it, in each of them."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.understanding import read_message, read_scope
from dialogs.understanding.lexicon import all_languages, lexicon, plain
from dialogs.understanding.message import languages_of

TODAY = date(2026, 11, 23)


def read(*messages: str) -> dict[str, object]:
    return {name: found.value for name, found in read_scope(messages, today=TODAY).values.items()}


@pytest.mark.parametrize(
    "section", ["task.classification", "privacy", "risk", "labels", "people", "deadline"]
)
def test_every_language_has_the_phrases_that_english_has(section: str) -> None:
    for code in all_languages():
        table = lexicon()[code]
        for part in section.split("."):
            assert part in table, (code, section)
            table = table[part]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Oi pessoal, a gente queria um bot", "pt"),
        ("Ci serve un assistente per i clienti", "it"),
        ("Wij zoeken iets voor onze klanten", "nl"),
        ("tusen ärenden i veckan", "sv"),
        ("hay que contestar correos", "es"),
        ("faut que ça tourne chez nous", "fr"),
        ("das muss bei uns laufen", "de"),
    ],
)
def test_a_short_message_is_read_in_its_language(text: str, code: str) -> None:
    assert code in languages_of(text.lower())


def test_a_short_english_message_is_read_in_english_alone() -> None:
    assert languages_of("we want a bot that does it for us") == ("en",)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("traducao de contratos, 20 por dia, nos nossos servidores", "task", "translation"),
        ("resumer les proces-verbaux de nos seances", "task", "summarization"),
    ],
)
def test_accents_may_be_missing(text: str, field: str, value: object) -> None:
    assert read(text)[field] == value


def test_a_short_word_keeps_its_accent() -> None:
    assert plain("tradução") == "traducao"
    assert "data.documents" not in read("il a des souris à la cave")


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("une centaine d'appels par jour", 100),
        ("un centinaio di segnalazioni al giorno", 100),
        ("ett hundratal ärenden om dagen", 100),
        ("wekelijks een stuk of 35 stukken samenvatten", 5),
        ("80 llamadas por hora, de 9 a 17", 640),
        ("12 professores, 3 circulares por semana cada um", 36 / 7),
        ("Son 12 y lanza cada uno 25 consultas al día", 300),
        ("350 avis clients par jour", 350),
    ],
)
def test_loads_are_read_as_they_are_said(text: str, per_day: float) -> None:
    assert read(text)["requests_per_day"] == pytest.approx(per_day, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Von Hand einsortiert liegen 6.500 aus den letzten Jahren", 6500),
        ("On a l'historique trié à la main, soit 48 000 mails", 48_000),
        ("2.500 klachten die al door de afdeling zijn gecategoriseerd", 2500),
        ("Abbiamo 85.000 coppie di segmenti già tradotte", 85_000),
        ("Ninguém anotou nada ainda", 0),
    ],
)
def test_labels_are_counted_wherever_the_number_stands(text: str, count: int) -> None:
    assert read(text)["data.labelled_examples"] == count


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("Qui i funzionari scrivono due parole e vogliono le delibere", "funzionari"),
        ("lo que escriben los analistas", "analistas"),
        ("Os enfermeiros precisam de fazer perguntas ao manual", "enfermeiros"),
    ],
)
def test_whoever_asks_or_writes_is_a_user(text: str, users: str) -> None:
    assert users in str(read(text)["users"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bis zur Sommerpause sollte es stehen", "Sommerpause"),
        ("Moet af zijn vóór het zomerreces", "zomerreces"),
        ("Måste funka före sportlovet", "sportlovet"),
        ("Tiene que estar antes de las elecciones de mayo", "elecciones de mayo"),
        ("Pronto entro Natale", "entro Natale"),
    ],
)
def test_events_are_deadlines(text: str, words: str) -> None:
    assert words in str(read(text)["deadline"])


@pytest.mark.parametrize(
    "text",
    [
        "Data får inte lämna Sverige",
        "Les données ne doivent pas sortir de France",
        "Los datos no pueden salir de España",
        "Os dados não podem sair de Portugal",
    ],
)
def test_a_country_not_to_leave_is_no_building(text: str) -> None:
    assert read(text)["privacy"] == "private_cloud"


@pytest.mark.parametrize(
    ("messages", "languages"),
    [
        (
            ("Vom Deutschen ins Polnische und Tschechische", "Polnisch ist raus, dafür Ungarisch"),
            ["de", "cs", "hu"],
        ),
        (("van Nederlands naar Frans", "niet naar het Frans maar naar het Duits"), ["nl", "de"]),
        (("del inglés al francés", "al italiano en vez del francés"), ["en", "it"]),
    ],
)
def test_a_language_that_is_taken_back_leaves_the_others(
    messages: tuple[str, ...], languages: list[str]
) -> None:
    assert read(*messages)["languages"] == languages


def test_a_corrected_budget_stays_monthly() -> None:
    found = read("Budget 500 Dollar im Monat", "Das Budget steigt auf 600 Dollar")
    assert found["budget_usd_per_month"] == 600
    assert "budget_usd_total" not in found


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour, nous sommes 8 et notre réunion est mardi à 14h.",
        "Hej, tack för snabbt svar! Vi ses på torsdag kl 10, vi blir 6 personer.",
        "Hoi, we zitten met 5 man in Utrecht en vergaderen elke dinsdag.",
        "Oi, obrigado pela ajuda. Somos 15 pessoas e a reunião é toda segunda às 9h.",
    ],
)
def test_small_talk_states_nothing(text: str) -> None:
    assert read_message(text, today=TODAY).values == {}
