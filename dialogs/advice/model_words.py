"""Why a model: sentences that set its card beside the team's answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dialogs.advice.barriers import names_languages
from dialogs.advice.facts import Facts, data
from dialogs.advice.fit import Load
from dialogs.advice.hosting import Bill
from dialogs.advice.models import Choice
from dialogs.advice.sentences import say
from dialogs.speaking.speech import figure, language_name, listing, number, rough, seconds
from dialogs.understanding.estimate_words import gpu_title

_STRENGTHS = {
    "rag": "retrieval",
    "qa": "question answering",
    "tool_use": "tool use",
    "summarisation": "summaries",
}
_STRENGTHS |= {
    "code_completion": "code completion",
    "json_output": "JSON output",
    "multilingual": "many languages",
}
_SAYS_LITTLE = {"chat"}  # every instruct model's maker names it
_GB_TO_GIB = 1e9 / 2**30
_CLEARLY = 1.1
_HOURS_PER_MONTH = 24 * 30


@dataclass(frozen=True)
class Case:
    """A choice beside the first one, for one team; `words` are the team's answers."""

    choice: Choice
    first: Choice
    facts: Facts
    load: Load
    words: dict[str, str]

    def say(self, table: str, name: str, **more: str) -> str:
        """Return a sentence about this choice."""
        return say(table, name, {**self.words, "ahead": self.first.card.title}, **more)


def reasons(case: Case) -> tuple[str, ...]:
    """Return the reasons for a model, the most telling first."""
    makers = (
        _role, _tried, _region, _language, _made_for, _input, _memory, _speed, _price, _token_price, _licence,
    )  # fmt: skip
    return tuple(sentence for make in makers if (sentence := make(case)))


def _role(case: Case) -> str:
    card, role = case.choice.card, case.choice.role
    size_b = _size(card.params_b or 0)
    if role == "retrieval":
        kinds = {"reranker": "reranker", "encoder-decoder": "transcriber"}
        return case.say("role", kinds.get(card.kind, "embedding"))
    if card.kind == "api":
        return _hosted_role(case)
    if role == "alternative" and case.first.card.kind == "api":
        machine = case.facts.machine
        where = case.say("hosted", "on_machine") if machine and machine.is_cpu else ""
        or_load = (
            case.say("hosted", "or_load", break_even=_break_even(bill)) if (bill := case.choice.bill) else ""
        )
        return case.say("role", "own_machine", size_b=size_b, on_machine=where, or_load=or_load)
    if role == "alternative" and card.kind in {"encoder", "embedding"}:
        return case.say("role", "alternative_trained")
    if role == "first" and card.kind in {"encoder", "embedding"}:
        return case.say("role", "encoder", size_b=size_b)
    return case.say(
        "role", role, size_b=size_b, because=_because(case), saving=_saving(case), cost=_cost(case)
    )  # fmt: skip


def _hosted_role(case: Case) -> str:
    bill, place = case.choice.bill, _place(case)
    if case.choice.role == "first":
        month = _month_cost(bill, case)
        without = case.say("hosted", "no_gpu" if case.facts.scope.hardware else "no_machine")
        own_pays = _own_pays(bill, case)
        return case.say(
            "role", "hosted_first", without_machine=without, place=place, month=month, own_pays=own_pays
        )
    return case.say("role", "hosted", place=place, own_pays=_against_hosted(bill, case))


def _against_hosted(bill: Bill | None, case: Case) -> str:
    """What speaks against a hosted model that does not lead: its price at this load or for this budget."""
    if bill is None or bill.month is None:
        return ""
    budget = case.facts.scope.budget_usd_per_month
    if budget is not None and bill.month.value > budget:
        return case.say("hosted", "over_budget", usd=rough(bill.month.value, 2))
    return _own_pays(bill, case) if bill.own_pays else ""


def _place(case: Case) -> str:
    """Where the team's data may go: a cloud in the region it named, else the place it chose."""
    scope = case.facts.scope
    if scope.privacy != "private_cloud" or not scope.region:
        return case.words["place"]
    return f"a cloud in {'the EU' if scope.region.casefold() in {'eu', 'the eu'} else scope.region}"


def _month_cost(bill: Bill | None, case: Case) -> str:
    if bill is None:
        return _plainly(case.say("hosted", "unpriced"))
    if bill.month is None:
        return _plainly(case.say("hosted", "each", usd_thousand=rough(1000 * bill.usd_per_request, 2)))
    gpu = {"gpu": gpu_title(bill.gpu), "gpu_usd": number(round(bill.gpu_usd_per_month, -1))}
    return _plainly(case.say("hosted", "month", usd=rough(bill.month.value, 2), **gpu))


def _own_pays(bill: Bill | None, case: Case) -> str:
    """Return from which load on a GPU of one's own costs less, "" where no price is known."""
    if bill is None:
        return ""
    above = "rent_later" if case.choice.role == "first" else "own_pays_already"
    name = above if bill.own_pays else "own_pays"
    return case.say("hosted", name, break_even=_break_even(bill))


def _break_even(bill: Bill) -> str:
    return rough(bill.break_even_requests_per_day, 2)


def _plainly(text: str) -> str:
    return text[:1].lower() + text[1:]


def _region(case: Case) -> str:
    """What a hosted model asks for where data must stay in a cloud of the EU."""
    card, scope = case.choice.card, case.facts.scope
    if card.kind != "api" or scope.privacy != "private_cloud":
        return ""
    return case.say("hosted", "place", vendor=card.vendor)


def _token_price(case: Case) -> str:
    """The arithmetic of a hosted request, at dated list prices."""
    card, bill = case.choice.card, case.choice.bill
    if card.kind != "api" or bill is None or not card.price_date:
        return ""
    return case.say(
        "hosted",
        "formula",
        prompt=number(case.load.prompt_tokens),
        output=number(case.load.output_tokens),
        usd_in=f"{card.usd_per_million_input_tokens:g}",
        usd_out=f"{card.usd_per_million_output_tokens:g}",
        usd_each=rough(bill.usd_per_request, 2),
        dated=card.price_date,
    )


def _size(params_b: float) -> str:
    """Write a count of parameters: "149M", "8.8B", "27B"."""
    if params_b < 1:
        return f"{round(params_b * 1000)}M"
    return f"{round(params_b, 1) if params_b < 10 else round(params_b):g}B"


def _because(case: Case) -> str:
    scope, machine = case.facts.scope, case.facts.machine
    if case.choice.card in case.facts.tried_models:
        return case.say("because", "tried")
    if scope.quality_risk == "high":
        return case.say("because", "high_risk")
    if scope.latency_seconds and scope.latency_seconds <= 1:
        return case.say("because", "quick")
    if machine and machine.is_cpu:
        return case.say("because", "cpu")
    return "" if scope.quality_risk else case.say("because", "plain")


def _saving(case: Case) -> str:
    mine, other = case.choice.fit, case.first.fit
    if case.choice.role != "smaller" or not mine or not other or mine.memory_gib >= other.memory_gib:
        return ""
    return case.say("saving", "memory", memory=figure(mine.memory_gib), memory_ahead=figure(other.memory_gib))


def _cost(case: Case) -> str:
    mine, other = case.choice.fit, case.first.fit
    if case.choice.role != "larger" or not mine or not other:
        return ""
    memory = {"memory": figure(mine.memory_gib), "memory_ahead": figure(other.memory_gib)}
    if not mine.seconds_per_request or not other.seconds_per_request:
        return case.say("cost", "memory", **memory)
    if mine.seconds_per_request <= _CLEARLY * other.seconds_per_request:
        return case.say("cost", "fits", **memory)
    times = {
        "seconds": seconds(mine.seconds_per_request),
        "seconds_ahead": seconds(other.seconds_per_request),
    }
    return case.say("cost", "slower", **times)


def _tried(case: Case) -> str:
    if case.choice.card in case.facts.tried_models:
        return case.say("tried", "tried")
    return case.say("tried", "wished") if case.choice.card in case.facts.wished_models else ""


def _language(case: Case) -> str:
    needed = [code for code in case.facts.scope.languages or [] if code != "en"]
    card = case.choice.card
    if not needed or case.choice.role not in {"first", "smaller", "alternative"}:
        return ""
    names = listing([language_name(code) for code in needed])
    if names_languages(card):
        return case.say("language", "named", names=names)
    if card.kind == "api":
        return case.say("language", "hosted", names=names)
    return case.say(
        "language",
        "counted",
        count=f"{card.languages:,}" if isinstance(card.languages, int) else str(card.languages),
        least=language_name(needed[-1]),
    )


def _made_for(case: Case) -> str:
    """What its maker built it for, as far as the task asks for it, and when it came out."""
    card = case.choice.card
    if card.kind != "decoder" or case.choice.role not in {"first", "alternative"}:
        return ""
    wanted = data("defaults")["strengths"][case.facts.task]
    matched = [strength for strength in card.strengths if strength in wanted]
    if set(matched) <= _SAYS_LITTLE and case.facts.task != "chatbot":
        return ""
    built = [_STRENGTHS.get(strength, strength) for strength in matched]
    if not built or card in case.facts.tried_models:
        return ""
    released = f" ({_month(card.released)})" if card.released else ""
    return case.say("made_for", "strengths", strengths=listing(built), released=released)


def _month(released: str) -> str:
    year, month = released.split("-")
    return f"{date(int(year), int(month), 1):%B} {year}"


def _input(case: Case) -> str:
    card, facts = case.choice.card, case.facts
    if "image" in facts.modalities and "image" in card.modalities and case.choice.role != "retrieval":
        return case.say("input", "images")
    if facts.scope.input_tokens and card.context_tokens and case.choice.role in {"first", "baseline"}:
        return case.say("input", "context", context=number(card.context_tokens))
    return ""


def _memory(case: Case) -> str:
    found, machine = case.choice.fit, case.facts.machine
    if found is None or case.choice.role not in {"first", "alternative", "baseline"}:
        return ""
    decodes = case.choice.card.kind == "decoder"
    at_context = case.say("memory", "at_context", context=number(case.load.context_tokens)) if decodes else ""
    held = {"memory": figure(found.memory_gib), "quantization": found.quantization, "at_context": at_context}
    if machine is None:
        return case.say("memory", "no_machine", **held)
    usable_gib = machine.each_gb * found.gpus * _GB_TO_GIB
    part = "" if found.gpus == machine.count else f"{found.gpus} of "
    return case.say("memory", "on_machine", usable=figure(usable_gib), part=part, **held)


def _speed(case: Case) -> str:
    found, scope = case.choice.fit, case.facts.scope
    if found is None or not found.seconds_per_request or case.choice.role not in {"first", "alternative"}:
        return ""
    formula = ""
    if found.decode_tokens_s:
        tokens = {"output": number(case.load.output_tokens), "tokens_s": figure(found.decode_tokens_s)}
        formula = case.say("speed", "formula", **tokens)
    told = {"seconds": seconds(found.seconds_per_request), "formula": formula}
    if scope.latency_seconds:
        return case.say(
            "speed", "in_time" if found.seconds_per_request <= scope.latency_seconds else "too_late", **told
        )
    if not scope.requests_per_day:
        return case.say("speed", "plain", **told)
    hours = data("defaults")["rag"]["working_hours"]
    load = scope.requests_per_day * found.seconds_per_request / (hours * 3600)
    told |= {"requests": number(scope.requests_per_day), "hours": str(hours)}
    if load <= 1:
        return case.say("speed", "busy", share=f"{100 * load:.0f} %", **told)
    return case.say("speed", "overrun", machines=figure(load), **told)


def _price(case: Case) -> str:
    """What the GPUs cost in a month, where they are rented and the hardware table has a price."""
    found, machine, scope = case.choice.fit, case.facts.machine, case.facts.scope
    if (
        not found
        or not machine
        or not machine.gpu
        or case.choice.role != "first"
        or scope.privacy == "on_premises"
    ):
        return ""
    gpu = machine.gpu
    if gpu.usd_per_hour is None or not gpu.price_date:
        return ""
    month_usd = gpu.usd_per_hour * _HOURS_PER_MONTH * found.gpus
    told = {"usd": number(round(month_usd, -1)), "hourly": f"{gpu.usd_per_hour:g}", "dated": gpu.price_date}
    budget = scope.budget_usd_per_month
    name = "plain" if budget is None else "within" if month_usd <= budget else "over"
    return case.say("price", name, **told)


def _licence(case: Case) -> str:
    card, facts = case.choice.card, case.facts
    if card.kind == "api" or case.choice.role in {"larger", "smaller"}:
        return ""
    licence = card.licence or "Its licence"
    if not facts.commercial:
        return case.say("licence", "research", licence=licence)
    if card.commercial_use == "conditions":
        return case.say("licence", "conditions", licence=licence, conditions=card.conditions or "read them")
    where = say("where", facts.scope.privacy, {}) if facts.scope.privacy else ""
    return case.say("licence", "free", licence=licence, where=where)
