"""Ways of saying things by kind: each row is a sibling of something people have written."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.scope import get_field
from dialogs.understanding import read_scope
from dialogs.understanding.scoring import TODAY, fits

SAID: list[tuple[str, dict[str, Any]]] = [
    ("My cleaners spend hours leafing through the chemical sheets.", {"users": "cleaners"}),
    ("The surveyor should describe the crack and get the norm back.", {"users": "surveyor"}),
    (
        "The duty officer wants two lines on every incident.",
        {"users": "duty officer", "task": "summarization"},
    ),
    ("We'd like our volunteers to simply ask the thing.", {"users": "our volunteers"}),
    ("Tenants stand in the lobby and ask about heating.", {"users": "Tenants"}),
    ("It answers queries of beekeepers about mites.", {"users": "beekeepers"}),
    ("Shoppers tap thumbs up below each tip.", {"users": "Shoppers", "data.preference_data": True}),
    ("Route each fax to the right department.", {"users": None, "task": "classification"}),
    ("Our experts tagged 3,000 photos.", {"users": None, "data.labelled_examples": 3000}),
    ("Five piles: pay, query, refuse, escalate, junk.", {"task": "classification"}),
    ("Is each review about food, service or price?", {"task": "classification"}),
    ("Is this letter about rent, repairs or noise?", {"task": "classification"}),
    ("Which of 9 parts is broken in the photo?", {"task": "classification"}),
    ("Photo in, species out.", {"task": "classification"}),
    ("Mail in, department out.", {"task": "classification"}),
    ("Complaint goes in, the right reason code comes out.", {"task": "classification"}),
    ("Each claim must be sent to one of our three desks.", {"task": "classification"}),
    ("Sort songs by mood.", {"task": "classification"}),
    ("Copy the IBAN and the amount out of each bill.", {"task": "named_entity_recognition"}),
    ("Read the serial number off a photo.", {"task": "named_entity_recognition"}),
    ("We need sender, date and amount from every invoice.", {"task": "named_entity_recognition"}),
    ("For each deed, list buyer, seller and price in a table.", {"task": "named_entity_recognition"}),
    ("Give me five bullets per meeting.", {"task": "summarization"}),
    ("One paragraph per report, that's all we want.", {"task": "summarization"}),
    ("Long police reports must become half a page.", {"task": "summarization"}),
    ("Toasts for our wedding customers.", {"task": "essay_writing"}),
    ("Our guests write in Polish, the desk wants it in English.", {"task": "translation"}),
    ("English leaflets have to come out in Somali and Tigrinya.", {"task": "translation"}),
    ("Engineers search the old drawings.", {"task": "information_retrieval", "data.documents": True}),
    ("find me past tickets like the new one", {"task": "information_retrieval", "knowledge_changes": None}),
    ("An agent that cancels orders via the shop API.", {"task": "tool_use_and_api"}),
    ("It should create the booking in our system by itself.", {"task": "tool_use_and_api"}),
    ("A window on our site where people can chat about pensions.", {"task": "chatbot"}),
    ("Something that talks with lonely seniors.", {"task": "chatbot"}),
    ("Generate Cypress tests for our web app.", {"task": "code_generation"}),
    ("Rewrite our Perl scripts in Python.", {"task": "code_generation"}),
    ("A wrong dose would be awful.", {"quality_risk": "high"}),
    ("It must never tell a child anything dangerous.", {"quality_risk": "high"}),
    ("One mistake and we lose our licence.", {"quality_risk": "high"}),
    ("A bad answer may land someone in jail.", {"quality_risk": "high"}),
    ("If it gets that wrong, a patient ends up in hospital.", {"quality_risk": "high"}),
    ("A false alarm costs us a client.", {"quality_risk": [None, "medium", "high"]}),
    ("If a line is silly we just delete it.", {"quality_risk": "low"}),
    ("Nobody gets upset about an odd word.", {"quality_risk": "low"}),
    ("Mistakes? No problem, we laugh.", {"quality_risk": "low"}),
    ("A typo now and then is fine with us.", {"quality_risk": "low"}),
    ("Patient data never leaves.", {"privacy": "on_premises"}),
    ("The records may never reach the internet.", {"privacy": "on_premises"}),
    ("It must not touch the web.", {"privacy": "on_premises"}),
    ("No data may go outside the ministry.", {"privacy": "on_premises"}),
    ("Data must never leave the EU.", {"privacy": "private_cloud", "region": "EU"}),
    ("Everything has to stay within our walls.", {"privacy": "on_premises"}),
    ("There is no connection down in the mine, it must work without.", {"privacy": "on_premises"}),
    ("It may run in the cloud, nothing confidential.", {"privacy": "any"}),
    ("We can use the cloud.", {"privacy": "private_cloud"}),
    ("We could use a cloud if it's European.", {"privacy": "private_cloud"}),
    ("Host it at whichever provider is cheapest.", {"privacy": "any"}),
    ("It's all public information, run it where you want.", {"privacy": "any"}),
    ("40 of those a day.", {"requests_per_day": 40}),
    ("Each of our 300 hives, three times a year.", {"requests_per_day": 2.4658}),
    ("12 wards, each sends 30 notes a day.", {"requests_per_day": 360}),
    (
        "8 depots x 20 people, but only the 8 dispatchers use it, 15 questions each a day.",
        {"requests_per_day": 120},
    ),
    ("70 new ones per week.", {"requests_per_day": 10}),
    ("40 notes per shift, two shifts a day.", {"requests_per_day": 80}),
    ("600 forms a month, we work 20 days a month.", {"requests_per_day": 30}),
    ("Every sensor reports 4 faults an hour; there are 10 sensors.", {"requests_per_day": 960}),
    ("6 clerks, around 25 letters apiece per day", {"requests_per_day": 150}),
    ("On normal days 900 chats, on peak days 4,000.", {"requests_per_day": 900}),
    ("two dozen a day", {"requests_per_day": 24}),
    ("Cap of 2 grand a month.", {"budget_usd_per_month": 2000, "requests_per_day": None}),
    ("Five grand, once.", {"budget_usd_total": 5000}),
    ("There is a grant of 30,000 US dollars.", {"budget_usd_total": 30000}),
    ("I could pay 40 bucks monthly.", {"budget_usd_per_month": 40}),
    ("12k USD per year is the limit.", {"budget_usd_per_month": 1000}),
    ("The deadline is end of february.", {"deadline": "end of february"}),
    ("Go-live: 3 March 2027.", {"deadline": "3 March 2027"}),
    ("Launch will be the second of May.", {"deadline": "second of May"}),
    ("We want it up before the autumn recess.", {"deadline": "before the autumn recess"}),
    ("It's due on the 15th of June.", {"deadline": "15th of June"}),
    ("Must be ready when the season opens in April.", {"deadline": "April"}),
    ("7,000 deeds were typed off by hand, original and text.", {"data.labelled_examples": 7000}),
    ("About 900 letters have been translated by humans.", {"data.labelled_examples": 900}),
    ("We hold 40k parallel sentences.", {"data.labelled_examples": 40000}),
    ("2,000 tickets, each with the team that solved it.", {"data.labelled_examples": 2000}),
    ("We kept 5k mails along with the answers we sent.", {"data.labelled_examples": 5000}),
    ("Labels? Zero.", {"data.labelled_examples": 0}),
    ("Nobody has labelled anything yet.", {"data.labelled_examples": 0}),
    ("Editors chose the better headline 4,000 times.", {"data.preference_data": True}),
    ("Readers rated 900 summaries from 1 to 5.", {"data.preference_data": True}),
    ("Answers must quote the paragraph of our statutes.", {"data.documents": True}),
    ("It should look in our recipe folder.", {"data.documents": True}),
    ("Summarise the minutes in our archive.", {"data.documents": None, "task": "summarization"}),
    ("It's a word doc that changes every season.", {"knowledge_changes": [None, "static"]}),
    ("The price list is renewed each Monday.", {"knowledge_changes": "weekly"}),
    ("The rules are as good as never touched.", {"knowledge_changes": "static"}),
    ("Two or three times a day somebody edits the wiki.", {"knowledge_changes": "daily"}),
    ("Stock moves by the minute.", {"knowledge_changes": "realtime"}),
    ("Using gpt-5.4 mini now, costs too much.", {"tried": ["gpt-5.4 mini"]}),
    ("We're using Claude at the moment, too slow.", {"tried": ["Claude"]}),
    ("We are at 62 % with a random forest.", {"tried": ["random forest"]}),
    ("GPT-4o was too expensive.", {"tried": ["GPT-4o"]}),
    ("Llama gave poor results.", {"tried": ["Llama"]}),
    ("Two students could build it.", {"team": "Two students"}),
    ("My brother codes, he is all the team I have.", {"team": "My brother"}),
    ("One good gaming pc, rtx 3090.", {"domain": None, "hardware": "rtx 3090"}),
    ("There's a Tesla T4 in the rack.", {"hardware": "Tesla T4"}),
    ("We have an old server with two P40s.", {"hardware": "two P40s"}),
    ("My subject is chemistry.", {"domain": "chemistry"}),
    ("For production there are four H100s, the dev box has a 3060.", {"hardware": "four H100s"}),
    (
        "I teach chess. My students should be able to ask about openings, the answers come from my 30 lecture PDFs.",
        {
            "task": ["question_answering", "chatbot"],
            "users": ["students", "My students"],
            "data.documents": True,
        },
    ),
    (
        "Our accountants get 70 supplier bills a day and type the totals into SAP. We want that automated.",
        {
            "task": "named_entity_recognition",
            "requests_per_day": 70,
            "users": [None, "accountants", "our accountants"],
        },
    ),
    (
        "We've a pile of 4,200 complaints that were sorted by hand into nine reasons.",
        {"data.labelled_examples": 4200, "task": [None, "classification"]},
    ),
    (
        "Every night a job should condense the day's radio log to ten lines.",
        {"task": "summarization", "requests_per_day": [None, 1]},
    ),
    ("A slip would be embarrassing but nobody gets hurt.", {"quality_risk": ["medium", "low"]}),
    ("We can spend 350 dollars each month and not a cent more.", {"budget_usd_per_month": 350}),
    ("Needs to be finished before our AGM in May.", {"deadline": ["our AGM in May", "AGM"]}),
    ("It has to work in Hungarian as well as Slovak.", {"languages": ["hu", "sk"]}),
    ("Between 30 and 45 letters come in each day.", {"requests_per_day": 45, "knowledge_changes": None}),
    ("Answers in at most three seconds please.", {"latency_seconds": 3}),
    ("People won't wait longer than 8 seconds.", {"latency_seconds": 8}),
    ("Our data is stored in Norway and must remain there.", {"privacy": "private_cloud", "region": "Norway"}),
    ("We're not allowed to send anything to outside companies.", {"privacy": "on_premises"}),
    ("All of it has to run on the two machines in our office.", {"privacy": "on_premises"}),
    ("Legal says no cloud at all.", {"privacy": "on_premises", "domain": None}),
    ("We host on Hetzner, that's fine for this too.", {"privacy": ["private_cloud", None]}),
    (
        "Patients describe symptoms and it should say how urgent it is, one of four levels.",
        {"task": "classification", "users": "Patients"},
    ),
    ("Given a question in plain words it should give us the SQL.", {"task": "code_generation"}),
    ("It should draft the reply, an agent sends it.", {"task": ["question_answering", "essay_writing"]}),
    ("Checks whether a contract contains a non-compete.", {"task": "classification"}),
    ("Which bills are duplicates?", {"task": "classification"}),
    ("Mask names and addresses in the chat logs.", {"task": "named_entity_recognition"}),
    (
        "Voice memos from the field become a written report.",
        {"input_modality": ["audio"], "task": ["summarization", "essay_writing"]},
    ),
    ("Tickets go to billing, tech or sales.", {"task": "classification"}),
    ("We'd like minutes from board meetings.", {"task": "summarization"}),
    ("It looks into our CRM and books a visit.", {"task": "tool_use_and_api"}),
    ("Make a quiz out of a chapter.", {"task": "essay_writing"}),
    (
        "An engineer types an error code and gets the fix from the manual.",
        {
            "task": ["question_answering", "information_retrieval"],
            "data.documents": True,
            "users": ["engineer", "engineers", "An engineer"],
        },
    ),
    ("The team: me plus two interns.", {"team": ["me plus two interns"]}),
    ("I'm on my own with this, no developers.", {"team": [None, "on my own", "I'm on my own"]}),
    ("An earlier attempt with BERT reached 0.6 F1.", {"tried": ["BERT"]}),
    ("0.85 F1 would be enough.", {"success_metric": "F1", "success_target": "0.85"}),
    ("There's a 4090 in my gaming rig.", {"hardware": ["4090", "a 4090"], "domain": None}),
    ("No GPUs here, only plain servers.", {"hardware": ["No GPUs"]}),
    ("New rulings appear roughly once a week.", {"knowledge_changes": "weekly"}),
    (
        "The handbook was last edited in 2019 and stays like that.",
        {"knowledge_changes": "static", "data.documents": True},
    ),
    ("The menu is different each day.", {"knowledge_changes": "daily"}),
    ("20 people may use it at once.", {"concurrency": 20}),
    ("Prompts of 3k tokens, answers of 400.", {"input_tokens": 3000}),
    ("Each mail is about 600 tokens.", {"input_tokens": 600}),
    ("There are 80 shops, each uploads 5 lists a week.", {"requests_per_day": 57.14}),
    ("Around 15k a year.", {"requests_per_day": 41.1}),
    ("We got 1.5k euros a month for this.", {"budget_usd_per_month": 1558}),
    ("A clerk double-checks each result before it goes out.", {"quality_risk": ["medium", "low"]}),
    ("We have our customers' votes on 2,000 replies, up or down.", {"data.preference_data": True}),
    ("Nothing annotated so far.", {"data.labelled_examples": 0}),
    ("12,000 sentence pairs from earlier jobs.", {"data.labelled_examples": 12000}),
    ("It should do just that one thing.", {"breadth": "single_task"}),
    ("We work in forestry.", {"domain": "forestry"}),
]

NOT_SAID: list[tuple[str, tuple[str, ...]]] = [
    ("We meet once a week with the vendor.", ("requests_per_day", "knowledge_changes")),
    ("Our servers should stay under 80 % load.", ("users",)),
    ("The printer should scan both sides.", ("users",)),
    ("An investor wants it in German by May.", ("users",)),
    ("The manager wants it by March.", ("users",)),
    ("Is there a limit? No.", ("privacy", "quality_risk")),
    ("We want it to be like the old one.", ("task",)),
    ("I want to understand what you can do.", ("task",)),
    ("Two files, three folders and one archive.", ("data.documents", "requests_per_day")),
    ("We run on coffee right now.", ("tried",)),
    ("The demo was too short.", ("tried",)),
    ("The model is too expensive.", ("tried",)),
    ("It comes in German packaging.", ("task",)),
    ("Our data comes in three formats.", ("task", "languages")),
    ("People go to work by car, bus or tram.", ("task",)),
    ("We check whether it works next week.", ("task",)),
    ("He left the company in May.", ("privacy", "deadline")),
    ("We have no line manager.", ("privacy",)),
    ("My brother has no connection to the project.", ("privacy",)),
    ("Everyone can use the tool.", ("privacy",)),
    ("It is never offline.", ("privacy",)),
    ("They charge 4,000 a month.", ("requests_per_day",)),
    ("The office pays 300 a month in rent.", ("requests_per_day", "budget_usd_per_month")),
    ("It would be terrible weather to start.", ("users",)),
    ("The new releases come in May.", ("knowledge_changes",)),
    ("Use Claude now, we want it cheap.", ("data.documents",)),
    ("What is a fine-tune?", ("task",)),
    ("10 of these a day is what my aunt eats.", ("users",)),
    ("The first of us to speak was Anna.", ("deadline",)),
    ("She prefers tea.", ("data.preference_data",)),
    ("We threw it away.", ("quality_risk",)),
    ("It's a good-sized company with 400 staff.", ("requests_per_day",)),
    ("My son plays in the band.", ("users", "team")),
    ("We translate by hand today.", ("data.labelled_examples",)),
    ("60 forms are filled in by hand.", ("data.labelled_examples",)),
    ("The server should check the form.", ("users",)),
    ("show earlier cases like this one when a new claim arrives", ("knowledge_changes",)),
    ("We pay 3,000 a month for the old tool.", ("requests_per_day",)),
]


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_a_sibling_of_what_people_write_is_read_too(text: str, expected: dict[str, Any]) -> None:
    scope = read_scope([text], today=TODAY).scope
    for field, value in expected.items():
        read = get_field(scope, field)
        assert read is None if value is None else fits(field, value, read), (field, read)


@pytest.mark.parametrize(("text", "fields"), NOT_SAID)
def test_what_only_sounds_alike_says_nothing(text: str, fields: tuple[str, ...]) -> None:
    scope = read_scope([text], today=TODAY).scope
    assert [field for field in fields if get_field(scope, field) is not None] == []


def test_a_budget_whose_period_is_corrected_is_no_load() -> None:
    scope = read_scope(["Budget 900 a month for translating.", "sorry, that's 900 a YEAR"], today=TODAY).scope
    assert (scope.budget_usd_per_month, scope.requests_per_day) == (75, None)


@pytest.mark.parametrize("correction", ["boss told me 50 not 5", "it is 50, not 5."])
def test_a_number_put_in_place_of_another_keeps_its_period(correction: str) -> None:
    scope = read_scope(["We translate letters, 5 letters a day.", correction], today=TODAY).scope
    assert scope.requests_per_day == 50


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("The deadline is end of february.", "end of february"),
        ("Go-live: 3 March 2027.", "3 March 2027"),
        ("Launch would be the first of October.", "first of October"),
        ("We need it before the summer recess.", "before the summer recess"),
    ],
)
def test_a_deadline_is_the_date_or_event_itself(text: str, deadline: str) -> None:
    assert read_scope([text], today=TODAY).scope.deadline == deadline
