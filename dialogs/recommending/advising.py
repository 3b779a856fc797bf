"""Everything the project card rests on: the advice, and the estimates made for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dialogs.advice import Glance, Overrule, advise, glance
from dialogs.advice.facts import Facts, data, facts_of
from dialogs.advice.result import Advice, ModelAdvice
from dialogs.nudges.reminders import zone_of
from dialogs.project import Project
from dialogs.scope import Scope
from dialogs.understanding import deadline_date
from dialogs.world import Context
from estimator.kinds import estimate
from estimator.result import Estimate, EstimateError
from estimator.schedule import Schedule, ScheduleInputs, simulate, with_cuts
from knowledge.catalog import Catalog
from knowledge.loader import Knowledge
from knowledge.schema import Gpu

LEAST_CONTEXT_TOKENS = 8192
_MOST_CONTEXT_TOKENS = 131_072
WORKING_DAY_SECONDS = 8 * 3600


@dataclass(frozen=True)
class RequestShape:
    """Tokens of one request; `assumed` where the team has not said them."""

    prompt_tokens: int
    output_tokens: int
    context_tokens: int
    assumed: bool


@dataclass(frozen=True)
class Duration:
    """Seconds for one request alone, with its 80 % interval and the speeds (tokens/s) behind it.

    An encoder writes no tokens: then there is no speed of decoding.
    """

    seconds: float
    low: float
    high: float
    prefill_tokens_s: float
    decode_tokens_s: float | None


@dataclass(frozen=True)
class Advised:
    """What a project's answers lead to."""

    scope: Scope
    facts: Facts
    advice: Advice
    request: RequestShape
    memory: Estimate | None
    duration: Duration | None
    gpu: Gpu | None
    gpu_count: int
    schedule: Schedule
    deadline: date | None
    deadline_chance: float | None

    @property
    def model(self) -> ModelAdvice | None:
        return self.advice.first_model


def advised(ctx: Context) -> Advised:
    """Return what the project's answers lead to; worked out once a turn and scope."""
    project = ctx.require()
    key = (
        project.scope.model_dump_json(),
        tuple(project.wishes),
        tuple(decision.about for decision in project.overrules),
        tuple(project.cuts),
        tuple(state.status for state in project.substeps),
    )
    if ctx.memo.get("key") != key:
        ctx.memo["key"] = key
        ctx.memo["advised"] = work_out(project, ctx.world.knowledge, ctx.today)
    found = ctx.memo["advised"]
    assert isinstance(found, Advised)
    return found


def work_out(project: Project, knowledge: Knowledge, today: date) -> Advised:
    """Advise on a project and estimate memory, duration and calendar for the first model."""
    scope, catalog = project.scope, knowledge.catalog
    advice = advise(scope, knowledge, wishes=project.wishes, overrules=overrules_of(project), today=today)
    facts = facts_of(scope, catalog, project.wishes)
    request = request_shape(facts)
    machine = facts.machine
    gpu, count = (machine.gpu, machine.count) if machine else (None, 1)
    schedule = schedule_of(project, today, advice)
    deadline = deadline_date(scope.deadline, today) if scope.deadline else None
    return Advised(
        scope=scope,
        facts=facts,
        advice=advice,
        request=request,
        memory=_memory(advice.first_model, request, catalog),
        duration=_duration(advice.first_model, request, gpu, catalog),
        gpu=gpu,
        gpu_count=count,
        schedule=schedule,
        deadline=deadline,
        deadline_chance=schedule.chance_of(deadline) if deadline else None,
    )


def overrules_of(project: Project) -> tuple[Overrule, ...]:
    """Return what the team decided against the advice, the oldest first."""
    zone = zone_of(project.zone)
    found = []
    for decision in project.overrules:
        kind, _, id = decision.about.partition(":")
        if kind in {"model", "technique"} and id:
            by, on = decision.person_name or decision.person, decision.at.astimezone(zone).date()
            found.append(Overrule("model" if kind == "model" else "technique", id, by, on))
    return tuple(found)


def request_shape(facts: Facts) -> RequestShape:
    """Return the tokens of a request: stated, else the task's usual ones, with room for passages."""
    usual_in, usual_out = data("defaults")["request"][facts.task]
    scope = facts.scope
    prompt = int(scope.input_tokens or usual_in)
    if facts.documents:
        prompt += int(data("defaults")["rag"]["passage_tokens"])
    output = int(scope.output_tokens or usual_out)
    context = LEAST_CONTEXT_TOKENS
    while context < prompt + output and context < _MOST_CONTEXT_TOKENS:
        context *= 2
    return RequestShape(prompt, output, context, not (scope.input_tokens and scope.output_tokens))


def _memory(model: ModelAdvice | None, request: RequestShape, catalog: Catalog) -> Estimate | None:
    if model is None or model.params_b is None:
        return None
    inputs = {"model": model.id, "quant": model.quantization, "context_tokens": request.context_tokens}
    try:
        return estimate("infer_memory", inputs, catalog)
    except EstimateError:
        return None


def _duration(
    model: ModelAdvice | None, request: RequestShape, gpu: Gpu | None, catalog: Catalog
) -> Duration | None:
    if model is None or model.params_b is None or gpu is None:
        return None
    inputs = {
        "model": model.id,
        "quant": model.quantization,
        "gpu": gpu.id,
        "prompt_tokens": request.prompt_tokens,
        "context_tokens": request.prompt_tokens + request.output_tokens,
        "gen_tokens": request.output_tokens,
    }
    card = catalog.find_model(model.id)
    try:
        prefill = estimate("prefill_speed", inputs, catalog)
        decode = (
            estimate("decode_speed", inputs, catalog)
            if card and card.kind in {"decoder", "encoder-decoder"}
            else None
        )
    except EstimateError:
        return None

    def total(prefill_tokens_s: float, decode_tokens_s: float | None) -> float:
        reading = request.prompt_tokens / prefill_tokens_s
        return reading + (request.output_tokens / decode_tokens_s if decode_tokens_s else 0.0)

    return Duration(
        total(prefill.value, decode.value if decode else None),
        total(prefill.high, decode.high if decode else None),
        total(prefill.low, decode.low if decode else None),
        prefill.value,
        decode.value if decode else None,
    )


def schedule_inputs(project: Project, today: date, advice: Advice | None = None) -> ScheduleInputs:
    """Return the inputs of a project's schedule."""
    techniques = [t.id for t in advice.techniques if t.when in {"now", "next"}] if advice else []
    mapping: dict[str, object] = {
        "start": today,
        "scope": project.scope.model_dump(),
        "done": tuple(state.id for state in project.substeps if state.status in {"done", "skipped"}),
        "seed": 7,
    }
    if techniques:
        mapping["techniques"] = tuple(techniques)
    if project.country:
        mapping["country"] = project.country
    return with_cuts(ScheduleInputs.from_mapping(mapping), project.cuts)


def schedule_of(project: Project, today: date, advice: Advice | None = None) -> Schedule:
    """Simulate a project's calendar from today, with what is done left out."""
    return simulate(schedule_inputs(project, today, advice))


def forecast_of(project: Project, knowledge: Knowledge, today: date) -> Schedule:
    """Simulate a project's calendar with the techniques it is advised or chose, as its card and plan show it."""
    advice = advise(
        project.scope, knowledge, wishes=project.wishes, overrules=overrules_of(project), today=today
    )
    return schedule_of(project, today, advice)


def busy_share(found: Advised) -> float | None:
    """Return the share of an 8-hour day that the load takes, one request after another; None where unknown."""
    load = found.scope.requests_per_day
    if not load or found.duration is None:
        return None
    return load * found.duration.seconds / WORKING_DAY_SECONDS


def advisor(ctx: Context) -> Callable[[Scope], Glance]:
    """Return a function that advises on a scope; used to see what an answer would change."""
    project = ctx.require()
    knowledge, overrules = ctx.world.knowledge, overrules_of(project)

    def advise_on(scope: Scope) -> Glance:
        return glance(scope, knowledge, wishes=project.wishes, overrules=overrules, today=ctx.today)

    return advise_on
