"""Scoring: one metric of one run, by the function, the guardrail or the judge that gives its score."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.metrics.guardrails import FILTERS, guardrail_result
from promptyard.domain.runs.metrics.registry import METRICS, missing
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.types import Metric, MetricInput, MetricResult, Unscored
from promptyard.services.playgrounds.scored import Case, Scored, may_be_the_texts_doing

if TYPE_CHECKING:
    from promptyard.services.playgrounds.judge import Judge, TargetOf
    from promptyard.services.playgrounds.metered_guardrail import MeteredGuardrail

logger = logging.getLogger("promptyard.metrics")


class Scorer:
    def __init__(self, judge: "Judge", guardrail: "MeteredGuardrail | None") -> None:
        self._judge = judge
        self._guardrail = guardrail

    async def score(
        self, spec: MetricSpec, material: MetricInput, case: Case, judge: "TargetOf | None" = None
    ) -> Scored:
        """The metric's own score, whatever the spec makes of it. `material` has what it is computed with, but for the
        spec's value where the metric takes one of its own. `judge` gives the model that judges where the spec does not
        name it. Whatever goes wrong is the result's error."""
        metric = METRICS[spec.metric]
        lacking = missing(metric, material)
        if lacking is not None:
            return Scored(lacking)
        try:
            if metric.compute is not None:
                return Scored(await asyncio.to_thread(metric.compute, material))
            if metric.measure is not None:
                return Scored(await asyncio.to_thread(_measured, metric, material, spec.value))
            if self._guardrail is not None and metric.name in FILTERS:
                return Scored(await _assessed(self._guardrail, metric.name, material, case))
            return await self._judge.score(metric.name, material, case, judge or _named(spec))
        except Exception as unexpected:  # noqa: BLE001 - one metric's crash is no other's, and not the run's
            logger.error("metric crashed", extra={"run_id": case.run_id, **crash_fields(unexpected)})
            return Scored(MetricResult.failed(metric.name, "Something went wrong on our side.", inconclusive=True))


def _measured(metric: Metric, material: MetricInput, value: Any) -> MetricResult:
    assert metric.measure is not None
    try:
        return MetricResult(metric.name, float(metric.measure(material, value)))
    except Unscored as why:
        return MetricResult.skipped(metric.name, str(why))


def _named(spec: MetricSpec) -> "TargetOf":
    async def target() -> Target:
        return Target(model=spec.judge)

    return target


async def _assessed(guardrail: "MeteredGuardrail", metric: str, material: MetricInput, case: Case) -> MetricResult:
    texts: list[tuple[str, Literal["INPUT", "OUTPUT"]]] = []
    if material.prompt is not None:
        texts.append((material.prompt, "INPUT"))
    if material.output is not None and metric != "jailbreak_violation":
        texts.append((material.output, "OUTPUT"))
    if not texts:
        return MetricResult.skipped(metric, "The guardrail looks for attacks in prompts alone.")
    try:
        findings = await guardrail.assess(case.caller, texts)
    except PromptyardError as error:
        why = f"The guardrail could not be asked: {error.message}"
        return MetricResult.failed(metric, why, inconclusive=may_be_the_texts_doing(error))
    return guardrail_result(metric, findings)
