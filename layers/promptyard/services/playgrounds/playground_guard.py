"""What a playground does to a run: its metrics score it, and its guards decide what of it leaves."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import Blocked, NotFound, PromptyardError
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.runs.failures import REFUSALS
from promptyard.domain.runs.metrics.material import answer_side, both_sides, prompt_side, whole_run, without_prompt
from promptyard.domain.runs.metrics.pii.scan import NOTHING_FOUND, scan
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.types import Metric, MetricInput, MetricResult, Side
from promptyard.domain.runs.moderation import Guard, Trigger, decide
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import (
    Intervened,
    MetricStatus,
    ModerationReport,
    ReportedSide,
    RunMetric,
    Unchecked,
)
from promptyard.services.playgrounds import guarded_records
from promptyard.services.playgrounds.scored import Case, Scored
from promptyard.services.playgrounds.stream_hold import StreamHold

if TYPE_CHECKING:
    from promptyard.services.playgrounds.configuration_scorer import ConfigurationScorer
    from promptyard.services.playgrounds.places import Place
    from promptyard.services.ports.playgrounds import ConfigurationStore, ReportStore

logger = logging.getLogger("promptyard.moderation")

_WHAT: dict[ReportedSide, str] = {"prompt": "prompt", "response": "answer"}


@dataclass(frozen=True, slots=True)
class Watched:
    """A metric of the playground, with its guard where it has one."""

    configuration: MetricConfiguration
    metric: Metric
    guard: Guard | None

    @property
    def id(self) -> str:
        return self.configuration.id

    @property
    def blocks(self) -> bool:
        return self.guard is not None and self.guard.intervention.action.blocks

    @property
    def looks_ahead(self) -> bool:
        """Whether the prompt is looked at before it is sent: to block it, or, where no judge has to be waited for, so
        that it is reported whatever becomes of the run."""
        reports = self.guard is not None and self.metric.compute is not None
        return self.metric.side is not Side.RESPONSE and (self.blocks or reports)


class PlaygroundGuards:
    """Makes the guards of runs. The stores keep what is written beside the runs' records."""

    def __init__(
        self, scorer: "ConfigurationScorer", configurations: "ConfigurationStore", reports: "ReportStore"
    ) -> None:
        self._scorer = scorer
        self._configurations = configurations
        self._reports = reports

    def guard(self, caller: Caller, place: "Place") -> "PlaygroundGuard":
        return PlaygroundGuard(caller, place, self._scorer, self._configurations, self._reports)


class PlaygroundGuard:
    """Implements `services.ports.runs.RunGuard`."""

    def __init__(
        self,
        caller: Caller,
        place: "Place",
        scorer: "ConfigurationScorer",
        configurations: "ConfigurationStore",
        reports: "ReportStore",
    ) -> None:
        self._caller = caller
        self._playground = place.playground
        self._scorer = scorer
        self._configurations = configurations
        self._reports = reports
        self._watched = [
            Watched(configuration, METRICS[configuration.metric], configuration.guard())
            for configuration in place.configurations
        ]
        self._before = [one for one in self._watched if one.looks_ahead]
        self._hold = StreamHold(
            [
                (one.metric, one.guard)
                for one in self._watched
                if one.guard is not None and one.blocks and one.metric.side is not Side.PROMPT
            ]
        )
        self._prompt_passed = not any(one.blocks for one in self._before)
        self._scores: dict[ReportedSide, dict[str, Scored]] = {"prompt": {}, "response": {}}
        self._of_run: dict[str, Scored] = {}
        """The metrics of the run, by configuration, as far as they are scored."""
        self._interventions: list[Intervened] = []
        self._unchecked: dict[str, Unchecked] = {}
        self._blocked: tuple[ReportedSide, Trigger] | None = None
        self._sent: Any = None
        """What the provider is sent, as a JSON value."""

    @property
    def holds(self) -> bool:
        return self._hold.holds

    def admit(self, run: Run) -> Run:
        return run if self._prompt_passed else without_prompt(run)

    async def check_prompt(self, run: Run, sent: Any) -> None:
        self._sent = sent
        for stage in _stages(self._before):
            scores = await asyncio.gather(*(self._score(one, prompt_side(run, sent), run) for one in stage))
            self._scores["prompt"] |= {one.id: scored for one, scored in zip(stage, scores, strict=True)}
            self._decide("prompt", stage)
        self._prompt_passed = True

    def let_go(self, text: str) -> str:
        allowed = self._hold.take(text)
        if self._hold.trigger is not None:
            self._intervene("response", [self._hold.trigger])
            self._block("response", self._hold.trigger)
        return allowed

    async def check_answer(self, run: Run) -> str:
        for stage in _stages(self._watched):
            scores = await asyncio.gather(*(self._score_whole(one, run) for one in stage))
            self._of_run |= {one.id: scored for one, scored in zip(stage, scores, strict=True)}
            self._decide("prompt", [one for one in stage if one not in self._before])
            self._decide("response", stage)
        return (run.output or "")[self._hold.released :]

    async def _score_whole(self, one: Watched, run: Run) -> Scored:
        """The metric of the run. For a guard that looks at both sides, also of each by itself."""
        if one.guard is None or one.metric.side is not Side.BOTH:
            scored = await self._score(one, self._both(run) if one.metric.side is Side.BOTH else whole_run(run), run)
            self._scores["response"][one.id] = scored
            return scored
        known = self._scores["prompt"].get(one.id)
        prompt, response = await asyncio.gather(
            _given(known) if known else self._score(one, prompt_side(run, self._sent), run),
            self._score(one, answer_side(run), run),
        )
        self._scores["prompt"][one.id], self._scores["response"][one.id] = prompt, response
        if one.metric.compute is not None:
            return await self._score(one, self._both(run), run)
        return guarded_records.worst(prompt, response)

    def _both(self, run: Run) -> MetricInput:
        return both_sides(run, self._sent)

    async def _score(self, one: Watched, material: MetricInput, run: Run) -> Scored:
        return await self._scorer.score(one.configuration, material, Case(self._caller, run.id, run.deadline_at))

    def _decide(self, side: ReportedSide, watched: Sequence[Watched]) -> None:
        """Raises Blocked."""
        results = {configuration_id: scored.result for configuration_id, scored in self._scores[side].items()}
        decision = decide([one.guard for one in watched if one.guard is not None], results)
        for guard in decision.unchecked:
            result = results[guard.configuration_id]
            if result.status is MetricStatus.ERROR:
                reason = result.error_message or ""
                self._unchecked[guard.configuration_id] = Unchecked(
                    configuration_id=guard.configuration_id, metric=guard.metric, reason=reason
                )
        self._intervene(side, decision.triggers)
        if decision.blocked_by is not None:
            self._block(side, decision.blocked_by)

    def _intervene(self, side: ReportedSide, triggers: Sequence[Trigger]) -> None:
        self._interventions += [
            Intervened(
                configuration_id=trigger.guard.configuration_id,
                metric=trigger.guard.metric,
                side=side,
                score=trigger.score,
                action=trigger.guard.intervention.action,
            )
            for trigger in triggers
        ]

    def _block(self, side: ReportedSide, trigger: Trigger) -> None:
        self._blocked = side, trigger
        raise Blocked(trigger.guard.intervention.message)

    def finish(self, run: Run, error: PromptyardError | None) -> Run:
        if isinstance(error, Blocked) and self._blocked is not None:
            side, trigger = self._blocked
            metrics = self._metrics(self._known_of_block(side, trigger), f"The {_WHAT[side]} was blocked.")
            return guarded_records.blocked(run, side, trigger, metrics, keep=self._playground.keep_blocked)
        if error is not None:
            released = self._hold.released if self._hold.holds else None
            shown = guarded_records.failed(self.admit(run), self._metrics({}, "The run did not succeed."), released)
            return guarded_records.unquoted(shown) if self._hold.holds and _may_quote(shown) else shown
        return guarded_records.passed(run, self._metrics(self._of_run), self._interventions)

    def _known_of_block(self, side: ReportedSide, trigger: Trigger) -> dict[str, Scored]:
        """What was scored of a run before it was blocked."""
        known = self._scores[side] | self._of_run
        for one in self._watched:
            if one.guard == trigger.guard:
                known.setdefault(one.id, Scored(MetricResult(one.metric.name, trigger.score)))
        return known

    def _metrics(self, known: Mapping[str, Scored], why_not: str = "") -> list[RunMetric]:
        """Every metric of the playground; one that is not known was skipped."""
        return [
            guarded_records.run_metric(
                one.configuration, known.get(one.id) or Scored(MetricResult.skipped(one.metric.name, why_not))
            )
            for one in self._watched
        ]

    async def report(self, run: Run) -> None:
        writes = [self._note(one, metric) for one, metric in zip(self._watched, run.metrics or [], strict=False)]
        is_reported = any(intervened.action.reports for intervened in self._interventions)
        if is_reported or self._unchecked or run.withheld is not None:
            report = ModerationReport(
                run_id=run.id,
                created_at=run.created_at,
                is_blocked=self._blocked is not None,
                interventions=self._interventions,
                unchecked=list(self._unchecked.values()),
            )
            writes.append(self._reports.add(run.tenant, self._playground.id, report, run.retention_days))
        for failure in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(failure, BaseException):
                logger.warning("not reported", extra={"run_id": run.id, "error_type": type(failure).__name__})

    async def _note(self, one: Watched, metric: RunMetric) -> None:
        """Tell the configuration whether its metric could be computed, where that is news."""
        there = one.configuration
        if metric.status is MetricStatus.SKIPPED or (there.status, there.error_message) == (
            metric.status.value,
            metric.error_message,
        ):
            return
        resolution = [field.value for field in metric.error_resolution]
        news = {"status": metric.status.value, "error_message": metric.error_message, "error_resolution": resolution}
        with suppress(NotFound):
            await self._configurations.change(there.tenant, there.playground_id, there.id, news)


def _stages(watched: Sequence[Watched]) -> tuple[list[Watched], list[Watched]]:
    """What is computed here goes first: what that blocks is sent to no judge and no guardrail."""
    computed = [one for one in watched if one.metric.compute is not None]
    return computed, [one for one in watched if one not in computed]


def _may_quote(run: Run) -> bool:
    """Whether what is said of a failure may hold what guards block: personal data, or what the provider was sent."""
    failure = run.error
    if failure is None:
        return False
    return failure.provider_status in REFUSALS or scan(failure.message) != NOTHING_FOUND


async def _given(scored: Scored) -> Scored:
    return scored
