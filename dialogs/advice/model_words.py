"""Why a model: sentences that set its card beside the team's answers."""

from __future__ import annotations

from datetime import date

from dialogs.advice.barriers import names_languages
from dialogs.advice.facts import Facts, data
from dialogs.advice.fit import Fit, Load
from dialogs.advice.models import Choice
from dialogs.advice.words import words_of
from dialogs.speech import figure, language_name, listing, number, seconds

_STRENGTHS = {
    "rag": "retrieval",
    "qa": "question answering",
    "tool_use": "tool use",
    "summarisation": "summaries",
}
_STRENGTHS |= {"code_completion": "code completion", "json_output": "JSON output"}
_HOURS = data("defaults")["rag"]["working_hours"]


def reasons(choice: Choice, first: Choice, facts: Facts, load: Load) -> tuple[str, ...]:
    """Return the reasons for a model, the most telling first."""
    makers = (_role, _tried, _language, _made_for, _input, _memory, _speed, _licence)
    found = (make(choice, first, facts, load) for make in makers)
    return tuple(sentence for sentence in found if sentence)


def _role(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    words = words_of(facts)
    card, ahead = choice.card, first.card.title
    match choice.role:
        case "baseline":
            return f"The baseline to beat with your {words['labels']}: {number(card.params_b or 0)}B, enough where fields are copied word for word."
        case "retrieval" if card.kind == "encoder-decoder":
            return f"Turns the {words['media']} of {words['thing']} into text, before {ahead} reads it."
        case "retrieval" if card.kind == "reranker":
            return f"Puts the passages that {ahead} found for {words['thing']} into a better order."
        case "retrieval":
            return f"Finds the passages in your {words['material']} that {ahead} answers from."
        case "smaller":
            return f"Smaller than {ahead}, for {words['thing']} if it proves good enough{_saving(choice, first)}."
        case "larger":
            return f"Larger, if {ahead} misses {words['target']}{_cost(choice, first)}."
        case "alternative" if card.kind == "api":
            return f"Hosted: at {words['volume']} you pay by the token and run nothing; you said that {words['place']} is fine."
        case "alternative":
            return f"Another maker's model of like size: the same prompt on both shows which is the better start for {words['task']}."
    if card.kind in {"encoder", "embedding"}:
        return f"{number(card.params_b or 0)}B, made for {words['task']}: that suits {words['volume']} on {words['hardware']}."
    return f"{number(card.params_b or 0)}B is a size to try first for {words['task']}{_size_because(facts)}."


def _size_because(facts: Facts) -> str:
    scope = facts.scope
    if scope.quality_risk == "high":
        return ", on the larger side because you call a wrong answer a high risk"
    if scope.latency_seconds and scope.latency_seconds <= 1:
        return f", on the smaller side because you want an answer within {seconds(scope.latency_seconds)}"
    if facts.machine and facts.machine.is_cpu:
        return f", small because it runs on {facts.machine.name}"
    return "" if scope.quality_risk else "; you named no risk that asks for more"


def _saving(choice: Choice, first: Choice) -> str:
    if choice.fit and first.fit and first.fit.memory_gib > choice.fit.memory_gib:
        return f": {figure(choice.fit.memory_gib)} GiB instead of {figure(first.fit.memory_gib)}"
    return ""


def _cost(choice: Choice, first: Choice) -> str:
    mine, other = choice.fit, first.fit
    if mine and other and mine.seconds_per_request and other.seconds_per_request:
        slower = mine.seconds_per_request > 1.1 * other.seconds_per_request
        if slower:
            return f"; it fits too, but takes {seconds(mine.seconds_per_request)} a request instead of {seconds(other.seconds_per_request)}"
        return f"; it fits too, and takes {figure(mine.memory_gib)} GiB instead of {figure(other.memory_gib)}"
    return f": {figure(mine.memory_gib)} GiB instead of {figure(other.memory_gib)}" if mine and other else ""


def _tried(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    if choice.card in facts.tried_models:
        return f"You have numbers with it: {words_of(facts)['tried']}."
    if choice.card in facts.wished_models:
        return f"You named it, and nothing you said speaks against it for {words_of(facts)['thing']}."
    return ""


def _language(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    needed = [code for code in facts.scope.languages or [] if code != "en"]
    if not needed or choice.role not in {"first", "smaller", "alternative"}:
        return ""
    card = choice.card
    names = listing([language_name(code) for code in needed])
    if names_languages(card):
        return f"Its card names {names}."
    if card.kind == "api":
        return f"Its maker publishes no list of languages, so test {names} first."
    return f"Its maker names {card.languages}+ languages without a list here, so test {language_name(needed[-1])} first."


def _made_for(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    """What its maker built it for, as far as the task asks for it; and from when it is."""
    if choice.card.kind != "decoder" or choice.role not in {"first", "alternative"}:
        return ""
    wanted = data("defaults")["strengths"][facts.task]
    built = [_STRENGTHS.get(strength, strength) for strength in choice.card.strengths if strength in wanted]
    if not built or choice.card in facts.tried_models:
        return ""
    when = f" ({_month(choice.card.released)})" if choice.card.released else ""
    return f"Its maker names {listing(built)} among its strengths{when}, which {data('defaults')['words'][facts.task]} asks for."


def _month(released: str) -> str:
    year, month = released.split("-")
    return f"{date(int(year), int(month), 1):%B} {year}"


def _input(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    if facts.modalities & {"image"} and "image" in choice.card.modalities and choice.role != "retrieval":
        return "It reads the images that you named as input."
    if facts.scope.input_tokens and choice.card.context_tokens and choice.role in {"first", "baseline"}:
        return f"Your inputs of {number(facts.scope.input_tokens)} tokens fit its context of {number(choice.card.context_tokens)}."
    return ""


def _memory(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    found = choice.fit
    if found is None or choice.role not in {"first", "alternative", "baseline"}:
        return ""
    machine = facts.machine
    context = f" at {number(load.context_tokens)} tokens of context" if choice.card.kind == "decoder" else ""
    if machine is None:
        return f"About {figure(found.memory_gib)} GiB in {found.quantization}{context}; you have not named a machine yet."
    usable_gib = machine.usable_gb / machine.count * found.gpus * 1e9 / 2**30
    return f"About {figure(found.memory_gib)} GiB in {found.quantization}{context}, of {figure(usable_gib)} on {machine.name}."


def _speed(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    found = choice.fit
    if found is None or not found.seconds_per_request or choice.role not in {"first", "alternative"}:
        return ""
    limit = facts.scope.latency_seconds
    told = f"About {seconds(found.seconds_per_request)} a request{_formula(found, load)}"
    if limit:
        verdict = "within" if found.seconds_per_request <= limit else "over"
        return f"{told}, {verdict} your {seconds(limit)}."
    if facts.scope.requests_per_day:
        share = facts.scope.requests_per_day * found.seconds_per_request / (_HOURS * 3600)
        busy = f"{share:.0%}".replace("%", " %")
        if share <= 1:
            return (
                f"{told}: {number(facts.scope.requests_per_day)} a day keep it {busy} busy in {_HOURS} hours."
            )
        return f"{told}: {number(facts.scope.requests_per_day)} a day in {_HOURS} hours need batching, or {figure(share)} of it."
    return f"{told}."


def _formula(found: Fit, load: Load) -> str:
    if not found.decode_tokens_s:
        return ""
    return f": {number(load.output_tokens)} tokens ÷ {figure(found.decode_tokens_s)} tokens/s, and the prompt"


def _licence(choice: Choice, first: Choice, facts: Facts, load: Load) -> str:
    card = choice.card
    if card.kind == "api" or choice.role in {"larger", "smaller"}:
        return ""
    if not facts.commercial:
        return f"{card.licence} allows the research or private use that you named."
    if card.commercial_use == "conditions":
        return f"{card.licence} allows commercial use with conditions: {card.conditions}."
    where = {
        "on_premises": " on your own machines",
        "private_cloud": " in a cloud you control",
        "any": " in any cloud",
    }
    return f"{card.licence}: commercial use{where.get(facts.scope.privacy or '', '')} is allowed."
