"""Which models to begin with: filtered by what rules them out, ranked, checked on the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dialogs.advice import conditions
from dialogs.advice.barriers import barrier
from dialogs.advice.facts import Facts, data
from dialogs.advice.fit import Fit, Load, Shelf, fit
from dialogs.advice.hosting import Bill, bill_of, hosted_for, hosted_leads
from dialogs.advice.ranking import score
from dialogs.advice.result import Role
from dialogs.advice.sizes import GB_PER_B_4_BIT, capability_b, target_b
from knowledge.schema import ModelCard, TechniqueId

_TRIES = 8  # candidates that the estimator is asked about, per role
_SMALLER_SHARE = 0.66
_SMALLER_AIM = 0.5
_LARGER_SHARE = 1.4
_LARGER_AIM = 2.0
_LARGEST_STEP = 6.0
_ALTERNATIVE_FROM, _ALTERNATIVE_TO = 0.6, 1.7
_ENCODER_B = 0.35
_FAST_ENCODER_B = 0.15
_EMBEDDING_B = 0.6
_CPU_EMBEDDING_B = 0.15
_LARGEST_WITHOUT_MACHINE_B = 45.0
_SECONDS_PER_DAY = 86_400
_GB_PER_GIB = 2**30 / 1e9

Pick = tuple[ModelCard, Fit | None]


@dataclass(frozen=True)
class Choice:
    """A model in its role, with how it is served; for hosted ones and what stands beside them, the bill."""

    card: ModelCard
    fit: Fit | None
    role: Role
    bill: Bill | None = None


@dataclass(frozen=True)
class Need:
    """What one choice of models is made for."""

    facts: Facts
    shelf: Shelf
    load: Load
    today: date


def load_of(facts: Facts) -> Load:
    """Return the tokens of a request: stated, or the defaults of the task."""
    prompt, output = data("defaults")["request"][facts.task]
    rag = data("defaults")["rag"]
    passages = rag["passage_tokens"] if facts.documents and facts.task != "information_retrieval" else 0
    prompt = int(facts.scope.input_tokens or prompt) + passages
    output = int(facts.scope.output_tokens or output)
    context = rag["context_tokens"]
    while context < prompt + output:
        context *= 2
    return Load(prompt, output, context)


def choose(facts: Facts, shelf: Shelf, today: date, decided: TechniqueId | None = None) -> list[Choice]:
    """Return the models in order of preference, each in its role.

    `decided` is a technique that the team does first, whatever the rules say.
    """
    need = Need(facts, shelf, load_of(facts), today)
    if facts.task == "information_retrieval":
        return [*_retrievers(need, first=True)]
    if conditions.encoder_leads(facts):
        return _encoder_choices(need)
    chosen = _decoder_choices(need, target_b(facts))
    if conditions.extraction_by_decoder(facts):
        chosen += [Choice(card, found, "baseline") for card, found in _encoders(need)[:1]]
    if conditions.needs_retrieval(facts):
        chosen += _retrievers(need, first=False)
    if "audio" in facts.modalities and not any("audio" in c.card.modalities for c in chosen[:1]):
        chosen += _speech(need)
    return _with_hosted(need, chosen, decided)


def _decoder_choices(need: Need, size_b: float) -> list[Choice]:
    facts = need.facts
    pool = _open(need, _generates(facts))
    ranked = _ranked(need, pool, size_b)
    first = _best_on_machine(need, ranked)
    if first is None:
        return []
    chosen = [Choice(*first, "first")]
    params_b, ability = first[0].params_b or size_b, capability_b(first[0]) or size_b
    wanted: tuple[tuple[Role, float, float, float], ...] = (
        ("smaller", _SMALLER_AIM, 0.0, _SMALLER_SHARE),
        ("alternative", 1.0, _ALTERNATIVE_FROM, _ALTERNATIVE_TO),
        ("larger", _LARGER_AIM, _LARGER_SHARE, _LARGEST_STEP),
    )
    for role, aim, least, most in wanted:
        vendors = {choice.card.vendor for choice in chosen}
        taken = {choice.card.id for choice in chosen}
        rest = [c for c in pool if c.id not in taken and least <= (c.params_b or 0) / params_b <= most]
        ranked = _ranked(need, rest, aim * ability)
        # A second maker's model hedges against one maker's weakness; a step up may stay in the family.
        others = [card for card in ranked if card.vendor not in vendors]
        order = (
            ranked if role == "larger" else [*others, *(card for card in ranked if card.vendor in vendors)]
        )
        found = _best_on_machine(need, order, keep_time=role != "larger")
        if found:
            chosen.append(Choice(*found, role))
    places: tuple[Role, ...] = ("first", "alternative", "smaller", "larger")
    return sorted(chosen, key=lambda choice: places.index(choice.role))


def _encoder_choices(need: Need) -> list[Choice]:
    roles: tuple[Role, ...] = ("first", "alternative")
    chosen = [Choice(*pick, role) for pick, role in zip(_encoders(need), roles, strict=False)]
    decoder = _best_on_machine(need, _ranked(need, _open(need, _generates(need.facts)), 4.0), keep_time=False)
    if decoder:
        chosen.append(Choice(*decoder, "larger" if chosen else "first"))
    return chosen


def _encoders(need: Need) -> list[Pick]:
    wanted = {"classification"} if need.facts.task == "classification" else {"ner", "classification"}
    pool = _open(need, lambda card: card.kind == "encoder" and wanted <= set(card.strengths))
    busy = need.facts.fast_or_busy
    return _all_on_machine(need, _ranked(need, pool, _FAST_ENCODER_B if busy else _ENCODER_B))


def _retrievers(need: Need, first: bool) -> list[Choice]:
    machine = need.facts.machine
    size_b = _CPU_EMBEDDING_B if machine and machine.is_cpu else _EMBEDDING_B
    embedders = _all_on_machine(need, _ranked(need, _open(need, lambda c: c.kind == "embedding"), size_b))
    if not first:
        return [Choice(*pick, "retrieval") for pick in embedders[:1]]
    rerankers = _all_on_machine(need, _ranked(need, _open(need, lambda c: c.kind == "reranker"), size_b))
    roles: tuple[Role, ...] = ("first", "alternative")
    found = [Choice(*pick, role) for pick, role in zip(embedders, roles, strict=False)]
    return found + [Choice(*pick, "retrieval") for pick in rerankers[:1]]


def _speech(need: Need) -> list[Choice]:
    pool = _open(need, lambda card: "speech_recognition" in card.strengths and card.kind == "encoder-decoder")
    return [Choice(*pick, "retrieval") for pick in _all_on_machine(need, pool)[:1]]


def _with_hosted(need: Need, own: list[Choice], decided: TechniqueId | None) -> list[Choice]:
    """Add the hosted family that the team may use: in front where it leads, else at the end."""
    facts = need.facts
    card = hosted_for(facts, need.shelf, need.load)
    if card is None:
        return own
    held = own[0].fit if own else None
    least_gb = held.memory_gib * _GB_PER_GIB if held else 0.0
    bill = bill_of(card, facts, need.shelf, need.load, least_gb)
    if not hosted_leads(facts, bill, decided, carried=_carried(need, own)):
        return [*own, Choice(card, None, "alternative", bill)]
    beside = [replace(choice, role="alternative", bill=bill) for choice in own if choice.role == "first"]
    helpers = [choice for choice in own if choice.role == "retrieval"]
    return [Choice(card, None, "first", bill), *beside, *helpers]


def _carried(need: Need, own: Sequence[Choice]) -> bool:
    """Whether the first model of one's own, where its speed is known, keeps up with the load of a day."""
    found, requests = own[0].fit if own else None, need.facts.scope.requests_per_day
    if not found or not found.seconds_per_request or not requests:
        return True
    return requests * found.seconds_per_request <= _SECONDS_PER_DAY


def _generates(facts: Facts) -> Callable[[ModelCard], bool]:
    def accepted(card: ModelCard) -> bool:
        translator = "translation" in card.strengths and card.kind == "encoder-decoder"
        if facts.task != "translation" and ("translation" in card.strengths and "chat" not in card.strengths):
            return "multilingual" in card.strengths and card.kind == "decoder" and card.instruct is True
        return card.kind == "decoder" or (translator and facts.task == "translation")

    return accepted


def _open(need: Need, accepted: Callable[[ModelCard], bool]) -> list[ModelCard]:
    """Return the current models of a kind that nothing rules out and that can fit the machine at all."""
    machine, facts = need.facts.machine, need.facts
    room_b = machine.usable_gb / GB_PER_B_4_BIT if machine else _LARGEST_WITHOUT_MACHINE_B
    named = facts.named_models
    return [
        card
        for card in facts.catalog.models
        if accepted(card)
        and card.params_b is not None
        and card.params_b <= room_b
        and (card.superseded_by is None or card in named)
        and barrier(card, facts) is None
    ]


def _ranked(need: Need, pool: Iterable[ModelCard], size_b: float) -> list[ModelCard]:
    return sorted(pool, key=lambda card: -score(card, need.facts, size_b, need.today))


def _best_on_machine(need: Need, ranked: Sequence[ModelCard], keep_time: bool = True) -> Pick | None:
    """Return the best that fits and, if it can be, answers in the time asked for."""
    fitting: Pick | None = None
    limit = need.facts.scope.latency_seconds
    for card in ranked[:_TRIES]:
        found = fit(need.shelf, card, need.facts.machine, need.load)
        if found is None or not found.fits:
            continue
        if not keep_time or not limit or (found.seconds_per_request or 0.0) <= limit:
            return card, found
        fitting = fitting or (card, found)
    return fitting


def _all_on_machine(need: Need, ranked: Iterable[ModelCard]) -> list[Pick]:
    tried = [(card, fit(need.shelf, card, need.facts.machine, need.load)) for card in list(ranked)[:_TRIES]]
    return [(card, found) for card, found in tried if found is None or found.fits]
