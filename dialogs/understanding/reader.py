"""Free text to scope: every reader in turn, then what was asked for, then what was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dialogs.scope import FIELDS
from dialogs.understanding.categories import read_categories, task_mentions
from dialogs.understanding.corrections import bare_correction, says_instead
from dialogs.understanding.data import read_data
from dialogs.understanding.dates import read_deadline
from dialogs.understanding.description import describe, read_description
from dialogs.understanding.expecting import read_bare
from dialogs.understanding.hardware import read_hardware
from dialogs.understanding.languages import dropped_languages, read_languages
from dialogs.understanding.latency import read_latency
from dialogs.understanding.lexicon import expression_of, find, pattern, source
from dialogs.understanding.likeness import LEAST_LIKENESS, read_likely
from dialogs.understanding.load import how_many_share, read_load, says_share
from dialogs.understanding.message import Message, prepare
from dialogs.understanding.money import read_money
from dialogs.understanding.nearness import Near, missing_vectors, read_near
from dialogs.understanding.people import read_people
from dialogs.understanding.places import read_places
from dialogs.understanding.rates import rates_of
from dialogs.understanding.reading import Found, Reading
from dialogs.understanding.shares import says_times
from dialogs.understanding.success import read_success
from dialogs.understanding.team import read_team
from dialogs.understanding.tokens import read_tokens
from dialogs.understanding.wishes import is_technique_question, read_wishes
from knowledge.loader import Knowledge

_NUMERIC = (
    "requests_per_day",
    "data.labelled_examples",
    "latency_seconds",
    "budget_usd_per_month",
    "budget_usd_total",
    "concurrency",
    "input_tokens",
    "output_tokens",
)
_WORKS_ON_INPUT = frozenset(
    (
        "classification",
        "named_entity_recognition",
        "summarization",
        "translation",
        "code_generation",
        "tool_use_and_api",
    )
)
_BARE_RATE_WORDS = 3  # "900 a year"
_LOOKS_UP = frozenset(("question_answering", "information_retrieval", "chatbot"))
_READERS = (
    read_categories,
    read_data,
    read_load,
    read_latency,
    read_tokens,
    read_languages,
    read_places,
    read_hardware,
    read_deadline,
    read_people,
    read_team,
    read_success,
    read_description,
)


def read_scope(
    messages: Sequence[str], *, today: date, knowledge: Knowledge | None = None, near: Near | None = None
) -> Reading:
    """Read a conversation. Later messages correct earlier ones; what nobody stated stays unread."""
    reading = Reading()
    before = ""
    for text in messages:
        read = read_message(text, today=today, knowledge=knowledge, near=near)
        later = _with_heads(read, before, text, today)
        before = text
        if (later.corrects or says_instead(prepare(text, today))) and not set(_NUMERIC) & set(later.values):
            later = _with_new_number(reading, later, text, today)
        if not later.values and later.corrects:
            later = read_message(text, today=today, expecting=_last_number(reading), knowledge=knowledge)
        later = _with_new_money(reading, later, today)
        reading = reading.then(_extended(reading, later, text, today))
    return reading


def read_message(
    text: str,
    *,
    today: date,
    expecting: str | None = None,
    knowledge: Knowledge | None = None,
    near: Near | None = None,
) -> Reading:
    """Read one message. `expecting` is the dotted field that was just asked for.

    A bare answer ("12", "none", "weekly") is read as that field; without a question it says nothing.
    With `knowledge`, the phrases of its tasks are read where no phrase of the language files stands. With
    `near`, what no phrase decided is read by meaning; the sentences that lack a vector for it are `wanted`.
    """
    rates = rates_of(knowledge.currencies.values()) if knowledge is not None else None
    message = prepare(text, today, expecting, rates=rates)
    if expecting is None and is_technique_question(message):
        return Reading()
    values: dict[str, Found] = {}
    for read in _READERS:
        values.update(read(message))
    if "task" not in values and knowledge is not None:
        values.update(_task_of_knowledge(message, knowledge))
    _drop_borrowed_task(message, values)
    _drop_tried_labels(message, values)
    _add_searched_documents(message, values)
    money, notes = read_money(message)
    values.update(money)
    if expecting in FIELDS and expecting not in values:
        bare = read_bare(message, str(expecting))
        if bare is not None:
            values[str(expecting)] = bare
    withdrawn = tuple(field for field in _withdrawn(message) if field not in values)
    unread = [field for field in LEAST_LIKENESS if field not in values and field not in withdrawn]
    wanted = missing_vectors(message, unread, near) if near else ()
    likely = read_likely(message, unread)
    if near:
        likely = read_near(message, unread, near, likely)
    _drop_arriving_load(values, likely)
    if "task" in likely and "description" not in values:
        values.update(describe(message, likely["task"]))
    values.update(likely)
    _drop_worked_documents(message, values)
    corrects = pattern("correction", "marks", message.languages).search(message.text) is not None
    tried = values.get("tried")
    return Reading(values, read_wishes(message, tried), withdrawn, (), notes, corrects, wanted=wanted)


def _task_of_knowledge(message: Message, knowledge: Knowledge) -> dict[str, Found]:
    """Read a task from the phrases of the knowledge folder, a team's own ones among them."""
    for task in knowledge.tasks.values():
        match = find(expression_of(task.phrases), message.text)
        if match and not message.negated(match.start(), match.end()):
            return {"task": message.found(task.scope_task, match.start(), match.end())}
    return {}


def _with_heads(later: Reading, before: str, text: str, today: date) -> Reading:
    """ "Each user sends three a day" needs the number of users from the message before."""
    message = prepare(text, today)
    if before and later.corrects and "requests_per_day" in later.values:
        often = later.values["requests_per_day"]
        heads = how_many_share(prepare(before, today))
        if heads and says_times(message, often.start, often.end):
            often = replace(often, value=round(often.value * heads, 4))
        return replace(later, values={**later.values, "requests_per_day": often})
    if not before or "requests_per_day" in later.values or not says_share(message):
        return later
    load = read_load(prepare(f"{before}\n{text}", today)).get("requests_per_day")
    return replace(later, values={**later.values, "requests_per_day": load}) if load else later


def _with_new_number(reading: Reading, later: Reading, text: str, today: date) -> Reading:
    """ "Sorry, checked, it's 140": the last number anew, in the unit and period it was stated in."""
    field, number = _last_number(reading), bare_correction(prepare(text, today))
    if field is None or number is None:
        return later
    words = reading.values[field].evidence
    old = next(iter(prepare(words, today).numbers), None)
    if old is None:
        return later
    anew = f"{words[: old.start]}{text[number.start : number.end]}{words[old.end :]}"
    found = read_message(anew, today=today).values.get(field)
    if found is None:
        return later
    value = Found(found.value, anew, number.start, number.end)
    return replace(later, values={**later.values, field: value})


def _with_new_money(reading: Reading, later: Reading, today: date) -> Reading:
    """ "Sorry, that's 900 a YEAR" after a budget is that budget's period, not a load."""
    load, last = later.values.get("requests_per_day"), _last_number(reading)
    if load is None or last not in ("budget_usd_per_month", "budget_usd_total") or not later.corrects:
        return later
    if "requests_per_day" in reading.values or len(load.evidence.split()) > _BARE_RATE_WORDS:
        return later
    budget = read_money(prepare(f"budget {load.evidence}", today))[0]
    values = {name: found for name, found in later.values.items() if name != "requests_per_day"}
    moved = {
        name: replace(found, evidence=load.evidence, start=load.start, end=load.end)
        for name, found in budget.items()
    }
    return replace(later, values={**values, **moved})


def _drop_borrowed_task(message: Message, values: dict[str, Found]) -> None:
    """ "We tried Copilot" and "a student assistant" name no task of this project."""
    spans = [(values[name].start, values[name].end) for name in ("tried", "team") if name in values]
    task = values.get("task")
    if task is None or not any(start <= task.start < end for start, end in spans):
        return
    del values["task"]
    for other in task_mentions(message):
        if not any(start <= other.start < end for start, end in spans):
            values["task"] = other
            return


def _drop_tried_labels(message: Message, values: dict[str, Found]) -> None:
    """ "Tried a LoRA on 500 samples" says what an experiment used, not what the team holds."""
    tried, labels = values.get("tried"), values.get("data.labelled_examples")
    if tried and labels and tried.start <= labels.start < tried.end:
        del values["data.labelled_examples"]
        none = pattern("labels", "none", message.languages).search(message.text)
        if none:
            values["data.labelled_examples"] = message.found(0, none.start(), none.end())


def _add_searched_documents(message: Message, values: dict[str, Found]) -> None:
    """A search looks things up in what the team holds."""
    task = values.get("task")
    if task and task.value == "information_retrieval" and "data.documents" not in values:
        _, last = message.sentence(task.start)
        over = find(source("documents", "over", message.languages), message.text[task.start : last])
        end = task.start + over.end() if over else task.end
        values["data.documents"] = message.found(True, task.start, end)


def _drop_arriving_load(values: dict[str, Found], likely: dict[str, Found]) -> None:
    """ "We get 40 new titles a day" counts what comes in; it says nothing of what changes."""
    load, changes = values.get("requests_per_day"), likely.get("knowledge_changes")
    if load and changes and changes.start <= load.start < changes.end:
        del likely["knowledge_changes"]


def _drop_worked_documents(message: Message, values: dict[str, Found]) -> None:
    """Papers that are summed up, sorted, translated or picked apart are input, not knowledge to look up."""
    task, documents = values.get("task"), values.get("data.documents")
    if task is None or documents is None or task.value not in _WORKS_ON_INPUT or not documents.value:
        return
    if not any(mention.value in _LOOKS_UP for mention in task_mentions(message)):
        del values["data.documents"]


def _withdrawn(message: Message) -> list[str]:
    """Fields that a message takes back: "forget the deadline"."""
    verbs = source("correction", "withdraw", message.languages)
    found = []
    for field in FIELDS:
        name = source("fields", field.rpartition(".")[2], message.languages)
        if find(rf"{verbs}\s+(?:\w+\s+){{0,2}}?{name}", message.text):
            found.append(field)
    return found


def _last_number(reading: Reading) -> str | None:
    """The number stated last, which "make it 5k" means."""
    return next((field for field in reversed(reading.values) if field in _NUMERIC), None)


def _extended(before: Reading, later: Reading, text: str, today: date) -> Reading:
    """ "Also Finnish" adds to a list instead of replacing it."""
    message = prepare(text, today)
    adds = pattern("correction", "also", message.languages).search(message.text) is not None
    values = dict(later.values)
    for field in ("languages", "tried", "input_modality"):
        old, new = before.values.get(field), values.get(field)
        gone = dropped_languages(message) if field == "languages" and old is not None else set()
        if old is not None and new is not None and (adds or gone or field == "tried"):
            union = [value for value in dict.fromkeys((*old.value, *new.value)) if value not in gone]
            values[field] = Found(union, new.evidence, new.start, new.end)
        elif old is not None and gone.intersection(old.value):
            values[field] = message.found([code for code in old.value if code not in gone], 0, len(text))
    _keep_period(before, values, message)
    return replace(later, values=values)


def _keep_period(before: Reading, values: dict[str, Found], message: Message) -> None:
    """ "And the budget rises to 600 €" is still a monthly one."""
    new, old = values.get("budget_usd_total"), before.values.get("budget_usd_per_month")
    if new is None or old is None or "budget_usd_total" in before.values or "budget_usd_per_month" in values:
        return
    first, last = message.clause(new.start)
    if not find(source("period", "once", message.languages), message.text[first:last]):
        values["budget_usd_per_month"] = values.pop("budget_usd_total")
