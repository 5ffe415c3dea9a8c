"""Scoring a run by a model: the judge. It is a run of its own, started as every other, with its own record and cost."""

import asyncio
from collections.abc import Awaitable, Callable

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.metrics.judge import RESPONSE_FORMAT, judge_messages, judge_prompt, judged, parse_verdict
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult
from promptyard.domain.runs.run import RunLinks
from promptyard.services.playgrounds.scored import Case, Scored, may_be_the_texts_doing
from promptyard.services.playgrounds.unrecorded import Unrecorded
from promptyard.services.prompts.prompting import ComposedPrompt
from promptyard.services.runs.orders import RunOrder
from promptyard.services.runs.run_events import RunSettled
from promptyard.services.runs.run_handle import RunHandle
from promptyard.services.runs.targets import Model, TargetResolver

ENDPOINT = "playground/judge"
MAX_SECONDS = 60.0

TargetOf = Callable[[], Awaitable[Target]]
StartRun = Callable[[Caller, RunOrder], Awaitable[RunHandle]]


class Judge:
    def __init__(self, start: StartRun, resolver: TargetResolver) -> None:
        self._start = start
        self._resolver = resolver

    async def score(self, metric: str, material: MetricInput, case: Case, target_of: TargetOf) -> Scored:
        """`target_of` gives the model that judges, without parameters. Whatever goes wrong is the result's error."""
        named = case.judge_run
        if named is not None and named.kept is not None:
            return _scored(metric, named.kept.output or "", RunSettled(named.kept, None))
        seconds = min(MAX_SECONDS, case.seconds_left())
        if seconds <= 0:
            why = "The run's time was over before it was judged."
            return Scored(MetricResult.failed(metric, why, inconclusive=True))
        messages = tuple(judge_messages(judge_prompt(metric), material))
        try:
            order = RunOrder(
                endpoint=ENDPOINT,
                target=self._steady(await target_of()),
                prompt=ComposedPrompt(messages),
                deadline_seconds=seconds,
                run_id=None if named is None else named.id,
                links=RunLinks(judge_of=case.run_id),
                guard=Unrecorded(keeps_answer=named is not None),
            )
            handle = await self._start(case.caller, order)
        except PromptyardError as error:
            return Scored(MetricResult.failed(metric, f"The judge could not be asked: {error.message}"))
        end = await _settled(handle)
        return _scored(metric, _text(handle), end)

    def _steady(self, target: Target) -> Target:
        """Raises UnknownModel."""
        return target.model_copy(update={"parameters": _parameters(self._resolver.model(target))})


def _scored(metric: str, answer: str, end: RunSettled) -> Scored:
    """What the judge's whole answer comes to."""
    try:
        if end.error is not None:
            raise end.error
        result = judged(judge_prompt(metric), parse_verdict(answer))
    except PromptyardError as error:
        message = RunFailure.of(error).unquoted().message
        why = message if end.error is None else f"The judge failed: {message}"
        result = MetricResult.failed(metric, why, inconclusive=may_be_the_texts_doing(error))
    return Scored(result, end.run.id, end.run.cost_usd)


def _parameters(model: Model) -> Parameters:
    """What makes the verdict steady and well-formed, of what the model is known to take."""
    if model.info is None:
        return Parameters()
    capabilities = model.info.capabilities
    return Parameters(
        temperature=0 if capabilities.sampling else None,
        response_format=RESPONSE_FORMAT if capabilities.json_schema else None,
    )


async def _settled(handle: RunHandle) -> RunSettled:
    """Whoever stops waiting for the judge stops it."""
    try:
        return await handle.settled()
    except asyncio.CancelledError:
        handle.cancel("The run that was judged has ended")
        raise


def _text(handle: RunHandle) -> str:
    """The judge's answer, which its record does not hold."""
    return "".join(event.text for event in handle.log if isinstance(event, TextDelta))
