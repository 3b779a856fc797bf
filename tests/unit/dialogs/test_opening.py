"""What words mean where no project is open: the start of one, a question, or both."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.scoping.opening import Meaning, meaning_of
from dialogs.understanding import read_message
from knowledge.loader import load_knowledge

KNOWLEDGE = load_knowledge()


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        # Somebody tells of their work, however it ends
        ("hey we're a small museum, we get loads of mails about opening hours. can AI do that?", "project"),
        ("our reps spend hours typing visit reports. could an llm write them from voice notes?", "project"),
        ("can ai sort our incoming mail?", "project"),
        ("is there a way to have our manuals answered by a bot", "project"),
        ("We lose a day a week copying numbers out of supplier PDFs into the ERP.", "project"),
        ("my boss wants something that answers tenants", "project"),
        ("12k labelled leases (en) → parties, dates, rents as json", "project"),
        ("Wir bekommen täglich 300 Anfragen zu Müllterminen, könnte eine KI das beantworten?", "project"),
        ("Nous recevons 200 courriels par jour, on voudrait un brouillon de réponse", "project"),
        ("Recibimos muchas preguntas de alumnos sobre matrículas cada semana", "project"),
        ("Vi får 80 mejl om dagen om bokningar, kan en AI svara på dem?", "project"),
        ("Wij krijgen elke dag tientallen mails over afvalpassen, kan een AI die beantwoorden?", "project"),
        ("Riceviamo ogni giorno cento richieste di preventivo dai clienti", "project"),
        ("Recebemos centenas de pedidos por dia e ninguém dá conta", "project"),
        # Questions about the field, also those with "we"
        ("what is LoRA?", "question"),
        ("do we need rag?", "question"),
        ("can an LLM do arithmetic reliably?", "question"),
        ("how should we evaluate our chatbot?", "question"),
        ("was ist ein Reranker?", "question"),
        # Both: an answer, and an offer to start
        ("We have 9k answered mails from our desk. Should we fine-tune on them?", "both"),
        ("We trained a LoRA on our tickets last week. Why did it forget German?", "both"),
        # Neither
        ("ok cool", "unclear"),
        ("I'll think about it and come back tomorrow", "unclear"),
        ("haha nice one", "unclear"),
    ],
)  # fmt: skip
def test_what_words_mean_where_no_project_is_open(said: str, meaning: Meaning) -> None:
    reading = read_message(said, today=date(2026, 11, 23), knowledge=KNOWLEDGE)
    assert meaning_of(said, reading) == meaning
