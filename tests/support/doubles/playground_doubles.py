"""What a playground's guards need, in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from promptyard.domain.account.access import LOCAL_CALLER, Caller
from promptyard.domain.errors import PromptyardError
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration, Moderation
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult
from promptyard.domain.runs.moderation import Comparator
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import Action, ModerationReport
from promptyard.services.metering.meter import Meter
from promptyard.services.playgrounds.configuration_scorer import ConfigurationScorer
from promptyard.services.playgrounds.judge import Judge, TargetOf
from promptyard.services.playgrounds.metered_guardrail import MeteredGuardrail
from promptyard.services.playgrounds.places import Place
from promptyard.services.playgrounds.playground_guard import PlaygroundGuard, PlaygroundGuards
from promptyard.services.playgrounds.scored import Case, Scored
from promptyard.services.playgrounds.scoring import Scorer
from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, ContentGuardrail, ReportStore
from promptyard.services.runs.run_handle import RunHandle
from tests.support.doubles.doubles import each_event
from tests.support.doubles.metering import memory_meter
from tests.support.samples.sample_playgrounds import new_playground
from tests.support.samples.sample_runs import new_run

MESSAGE = "This was withheld."
Verdicts = Callable[[MetricInput], Awaitable[float]]


class ScriptedJudge:
    """Gives the score that a function of the material gives, and keeps what it was asked."""

    def __init__(self, verdict: Verdicts | None = None) -> None:
        self._verdict = verdict
        self.asked: list[MetricInput] = []

    async def score(self, metric: str, material: MetricInput, case: Case, target_of: TargetOf) -> Scored:
        self.asked.append(material)
        assert self._verdict is not None, "nobody is to be judged"
        return Scored(MetricResult(metric, await self._verdict(material), details={"reason": "So."}))


class Notes:
    """Keeps what is written beside the runs' records."""

    def __init__(self, failure: PromptyardError | None = None) -> None:
        self.failure = failure
        self.reports: list[ModerationReport] = []
        self.changes: list[Mapping[str, Any]] = []

    async def add(self, tenant: str, playground_id: str, report: ModerationReport, retention_days: int | None) -> None:
        if self.failure is not None:
            raise self.failure
        self.reports.append(report)

    async def change(self, tenant: str, playground_id: str, configuration_id: str, changes: Mapping[str, Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.changes.append({"id": configuration_id, **changes})


def configuration(
    metric: str,
    comparator: Comparator | None = None,
    comparand: Any = 0,
    action: Action = Action.BLOCK,
    **fields: Any,
) -> MetricConfiguration:
    """With a guard where a comparator is given."""
    moderation = None
    if comparator is not None:
        moderation = Moderation(comparand=comparand, comparator=comparator, action=action, message=MESSAGE)
    known = {"id": time_ordered_id(), "tenant": "local", "playground_id": time_ordered_id(), "metric": metric}
    return MetricConfiguration.model_validate(known | {"moderation": moderation} | fields)


def guard_of(
    *configurations: MetricConfiguration,
    judge: ScriptedJudge | None = None,
    notes: Notes | None = None,
    keep_blocked: bool = False,
    guardrail: ContentGuardrail | None = None,
    meter: Meter | None = None,
) -> PlaygroundGuard:
    kept = notes or Notes()
    metered = None if guardrail is None else MeteredGuardrail(guardrail, meter or memory_meter(), _no_limits)
    guards = PlaygroundGuards(
        ConfigurationScorer(Scorer(cast(Judge, judge or ScriptedJudge()), metered), cast(BlueprintStore, kept)),
        cast(ConfigurationStore, kept),
        cast(ReportStore, kept),
    )
    place = Place(new_playground(keep_blocked=keep_blocked), None, configurations)
    return guards.guard(LOCAL_CALLER, place)


async def _no_limits(caller: Caller) -> Limits:
    return NO_LIMITS


def run_of(prompt: str = "Say it.", seconds: float = 30, **fields: Any) -> Run:
    now = datetime.now(UTC)
    return new_run(messages=user_prompt(prompt), created_at=now, deadline_at=now + timedelta(seconds=seconds), **fields)


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what other tasks of this loop bring about."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def texts_of(handle: RunHandle) -> list[str]:
    return [event.text async for event in each_event(handle.log) if isinstance(event, TextDelta)]
