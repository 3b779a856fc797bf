"""Estimates in words: one reply for Slack and for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from dialogs.estimates.catalogue import kind_facts, options
from dialogs.estimates.charts import chart_of
from dialogs.estimates.comparing import changes_that_fit, comparable
from dialogs.estimates.filling import Filling
from dialogs.estimates.fitting import Room, assumed, room_of, what_fits
from dialogs.estimates.lines import line_of
from dialogs.estimates.pages import formula_citation, gpu_citation, model_citation
from dialogs.estimates.request import FITS, EstimateRequest, read_estimate_request
from dialogs.estimates.words import GIB_PER_GB, machine, spread, understood
from dialogs.estimates.work import Worked, work_out
from dialogs.sources import model_source, source
from dialogs.speaking.speech import compose, escape, rough
from dialogs.turns import Choice, Reply
from dialogs.understanding.estimate_inputs import request_text
from dialogs.understanding.estimate_words import gpu_title
from estimator.cheatsheet import NOTE, cheat_sheet
from estimator.durations import STAGE_TITLES
from estimator.result import EstimateError
from knowledge.catalog import Catalog
from knowledge.loader import Knowledge

_LONGEST_VALUE = 2000  # of a button


@dataclass(frozen=True)
class Asking:
    """Who asks, and where: what the project knows, which day it is, and whether only the asker sees it."""

    knowledge: Knowledge
    filling: Filling | None = None
    today: date | None = None
    private: bool = False

    def button(self, id: str) -> str:
        """Return the id of a button; on a private answer the next one is private too."""
        return f"{id}_mine" if self.private else id


def reply_to(text: str, asking: Asking) -> Reply:
    """Answer a free-text request, or one of the form "KIND KEY=VALUE …"."""
    if is_cheat_sheet(text):
        return replace(cheat_sheet_reply(asking.knowledge), choices=_shared(text, asking))
    known = asking.filling.inputs if asking.filling else ()
    request = read_estimate_request(text, asking.knowledge.catalog, known, asking.today)
    if request.question or request.kind is None:
        return _ask_back(request, text, asking)
    reply = reply_to_request(request, asking)
    reply = replace(reply, notes=(*reply.notes, *not_used(request)))
    return replace(reply, choices=_shared(text, asking)) if request.kind == FITS and reply.notes else reply


def not_used(request: EstimateRequest) -> tuple[str, ...]:
    """Return the notes on what a name was taken for, and on what was written and does not count."""
    unused = f"I did not use: {' · '.join(request.unused)}" if request.unused else ""
    return tuple(escape(note) for note in (request.taken, unused) if note)


def _shared(text: str, asking: Asking) -> tuple[Choice, ...]:
    return (Choice("share", "Share to channel", text),) if asking.private else ()


def reply_to_request(request: EstimateRequest, asking: Asking) -> Reply:
    """Answer a request that was understood; an impossible value comes back as one sentence."""
    assert request.kind is not None
    catalog = asking.knowledge.catalog
    try:
        return answer_request(request, asking)
    except EstimateError as error:
        read = " · ".join(understood(request.kind, request.inputs, catalog))
        change = _change(request.kind, request.inputs) if request.kind != FITS else ()
        return Reply(
            body=escape(str(error)), choices=change, notes=(escape(f"Read: {read}"),) if read else ()
        )


def answer_request(request: EstimateRequest, asking: Asking) -> Reply:
    """Answer a request that was understood. Raises EstimateError in one sentence where it makes no sense."""
    catalog = asking.knowledge.catalog
    if request.kind == FITS:
        return _fits(room_of(request.inputs, catalog), asking)
    return worked_reply(work_out(request, catalog, asking.filling), asking)


def worked_reply(worked: Worked, asking: Asking) -> Reply:
    """Put an estimate into words: the answer first, the breakdown and the formula below, then what was assumed."""
    if worked.schedule is not None:
        return _schedule(worked, asking)
    catalog = asking.knowledge.catalog
    told = _told(worked)
    lines = [line_of(result, worked.inputs, catalog) for result in told]
    changes: Sequence[str] = ()
    if lines[0].verdict in {"no", "unlikely", "tight"}:
        changes = changes_that_fit(told[0].kind, worked.shared, catalog)
    image, alt = chart_of(worked, catalog)
    return compose(
        "estimate",
        lines=lines,
        money=worked.money,
        unpriced=_unpriced(worked, catalog),
        changes=changes,
        tight=lines[0].verdict == "tight",
        formula=told[0].formula,
        further=[(line.title, result.formula) for line, result in zip(lines[1:], told[1:], strict=True)],
        **_small_print(worked, asking),
        gpu=gpu_citation(worked.inputs, catalog),
        model=model_citation(worked.inputs, catalog),
        behind=kind_facts(worked.kind).behind,
        choices=_choices(worked, asking),
        image=image,
        image_alt=alt,
    )


def _unpriced(worked: Worked, catalog: Catalog) -> str:
    """Return the GPU whose hours have no price, or ""."""
    gpu = catalog.find_gpu(str(worked.inputs.get("gpu") or ""))
    in_hours = any(result.unit == "GPU-hours" and result.value for result in worked.results)
    return gpu_title(gpu) if gpu and in_hours and worked.money is None else ""


def _told(worked: Worked) -> list[Any]:
    """Return the results worth a line. What does not fit comes first, and has no speed."""
    results = sorted(worked.results, key=lambda result: result.extra.get("fits") is not False)
    if results[0].extra.get("fits") is False:
        return [result for result in results if result.kind != "decode_speed"]
    return results


def _small_print(worked: Worked, asking: Asking) -> dict[str, Any]:
    catalog = asking.knowledge.catalog
    stated = {key: value for key, value in worked.inputs.items() if key not in worked.filled}
    filled = {key: value for key, value in worked.inputs.items() if key in worked.filled}
    assumptions = dict.fromkeys(text for result in _told(worked) for text in result.assumptions)
    return {
        "understood": understood(worked.kind, stated, catalog),
        "filled": understood(worked.kind, filled, catalog),
        "assumed": list(assumptions),
        "document": formula_citation(worked.kind, asking.knowledge),
    }


def _schedule(worked: Worked, asking: Asking) -> Reply:
    schedule = worked.schedule
    assert schedule is not None
    deadline = schedule.inputs.deadline
    movers = [
        f"{mover.change} ({'−' if mover.weeks < 0 else '+'}{rough(abs(mover.weeks), 2)} weeks)"
        for mover in schedule.movers
    ]
    image, alt = chart_of(worked, asking.knowledge.catalog)
    return compose(
        "estimate_schedule",
        schedule=schedule,
        today=asking.today,
        chance_before=schedule.chance_of(deadline) if deadline else None,
        cut=worked.cut,
        movers=movers,
        critical=STAGE_TITLES[schedule.critical_stage],
        formula=worked.first.formula,
        **_small_print(worked, asking),
        choices=_choices(worked, asking),
        image=image,
        image_alt=alt,
    )


def _choices(worked: Worked, asking: Asking) -> tuple[Choice, ...]:
    value = worked.text
    if len(value) > _LONGEST_VALUE - 20:
        return ()
    found = list(_change(worked.kind, worked.inputs))
    along = comparable(worked.kind, worked.inputs)[:1]
    found += [Choice(asking.button("compare"), "Compare", f"{name} {value}") for name in along]
    if asking.private:
        found.append(Choice("share", "Share to channel", value))
    return tuple(found)


def _change(kind: str, inputs: Mapping[str, Any]) -> tuple[Choice, ...]:
    value = request_text(kind, inputs)
    return (Choice("change_inputs", "Change inputs", value),) if len(value) <= _LONGEST_VALUE else ()


def _ask_back(request: EstimateRequest, text: str, asking: Asking) -> Reply:
    id = asking.button("estimate")
    choices = []
    for name in request.choices[:5]:
        if request.unclear:
            value = text.replace(request.unclear, name)
        else:
            value = name if request.kind is None or "tokens" in name else f"{text} {name}"
        choices.append(Choice(id, name[:75], value[:_LONGEST_VALUE]))
    read = " · ".join(request.understood)
    return Reply(
        question=escape(request.question),
        choices=tuple(choices),
        notes=(*((escape(f"Read: {read}"),) if read else ()), *not_used(request)),
    )


def _fits(room: Room, asking: Asking) -> Reply:
    table = options()["fits"]
    if room.gpu is None:
        where = f"in {rough(room.memory_gb)} GB"
    else:
        where = f"on {machine(room.gpu, room.count)}" + (", per GPU" if room.count > 1 else "")
    rows = [
        {
            "title": found.card.title,
            "quant": found.quant,
            "gib": rough(found.memory.value * GIB_PER_GB),
            "spread": spread(found.memory, GIB_PER_GB),
            "citation": model_source(found.card.path, found.card),
        }
        for found in what_fits(room, asking.knowledge.catalog)
    ]
    return compose(
        "estimate_fits",
        rows=rows,
        where=where,
        formats=table["formats"],
        assumed=assumed(room),
        document=formula_citation("infer_memory", asking.knowledge),
    )


def is_cheat_sheet(text: str) -> bool:
    """Whether the lifecycle's cheat sheet is asked for."""
    return "cheat sheet" in text.lower().replace("-", " ") or "cheatsheet" in text.lower()


def cheat_sheet_reply(knowledge: Knowledge) -> Reply:
    """The lifecycle's cheat sheet, one way to a model a line."""
    document = source(knowledge, "documents/lifecycle.md", "The cheat sheet")
    return compose("cheat_sheet", rows=cheat_sheet(), note=NOTE, document=document)


def cheat_sheet_json() -> dict[str, Any]:
    """Return the cheat sheet as a JSON object."""
    return {"kind": "cheat_sheet", "rows": [asdict(row) for row in cheat_sheet()], "note": NOTE}
