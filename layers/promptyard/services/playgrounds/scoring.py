"""Scoring: one metric of one run, by the function, the guardrail or the judge that gives its score."""

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
from promptyard.services.playgrounds.work_pool import NoTurn, WorkPool

if TYPE_CHECKING:
    from promptyard.services.playgrounds.judge import Judge, TargetOf
    from promptyard.services.playgrounds.metered_guardrail import MeteredGuardrail

MAX_SECONDS = 15.0
"""How long one metric may take from its turn on; less where the run's deadline is near. A run's guards have no more
until their turn; what is merely measured waits as long as the run has time."""
MIN_SECONDS = 1.0
"""What a metric has of a run whose time was over when it ended: most take less than a millisecond."""

_TOO_LONG = "The texts are so long that it could not be computed in time."
_BUSY = "So much else was to be computed that it could not be in time."

logger = logging.getLogger("promptyard.metrics")


class Scorer:
    def __init__(self, judge: "Judge", guardrail: "MeteredGuardrail | None") -> None:
        self._judge = judge
        self._guardrail = guardrail
        self._pools = {"guards": WorkPool("guards"), "metrics": WorkPool("metrics")}

    async def score(
        self,
        spec: MetricSpec,
        material: MetricInput,
        case: Case,
        judge: "TargetOf | None" = None,
        *,
        is_guard: bool = False,
    ) -> Scored:
        """The metric's own score, whatever the spec makes of it. `material` has what it is computed with, but for the
        spec's value where the metric takes one of its own. `judge` gives the model that judges where the spec does not
        name it. What a run waits for (`is_guard`) is not held up by what is merely measured. Whatever goes wrong is the
        result's error."""
        metric = METRICS[spec.metric]
        lacking = missing(metric, material)
        if lacking is not None:
            return Scored(lacking)
        try:
            if metric.compute is not None or metric.measure is not None:
                pool = self._pools["guards" if is_guard else "metrics"]
                left = max(MIN_SECONDS, case.seconds_left())
                seconds, patience = min(MAX_SECONDS, left), min(MAX_SECONDS, left) if is_guard else left
                work = (_computed, metric, material, spec.value)
                return Scored(await pool.run(case.caller.tenant, seconds, *work, patience=patience))
            if self._guardrail is not None and metric.name in FILTERS:
                return Scored(await _assessed(self._guardrail, metric.name, material, case))
            return await self._judge.score(metric.name, material, case, judge or _named(spec))
        except TimeoutError as late:
            why = _BUSY if isinstance(late, NoTurn) else _TOO_LONG
            return Scored(MetricResult.failed(metric.name, why, inconclusive=True))
        except Exception as unexpected:  # noqa: BLE001 - one metric's crash is no other's, and not the run's
            logger.error("metric crashed", extra={"run_id": case.run_id, **crash_fields(unexpected)})
            return Scored(MetricResult.failed(metric.name, "Something went wrong on our side.", inconclusive=True))


def _computed(metric: Metric, material: MetricInput, value: Any) -> MetricResult:
    if metric.compute is not None:
        return metric.compute(material)
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
