"""What a run's record and answer say where the metrics and guards of a playground have looked at it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.runs.metrics.material import text_parameters, without_prompt
from promptyard.domain.runs.metrics.types import MetricResult
from promptyard.domain.runs.moderation import Trigger
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.domain.runs.run_metrics import (
    Intervened,
    MetricStatus,
    ReportedSide,
    RunMetric,
    RunModeration,
    Withheld,
)
from promptyard.services.playgrounds.scored import Scored

if TYPE_CHECKING:
    from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration

_REASON = "reason"
"""The one detail of a score that may quote what was scored."""


def run_metric(configuration: "MetricConfiguration", scored: Scored) -> RunMetric:
    result = scored.result
    return RunMetric(
        configuration_id=configuration.id,
        metric=configuration.metric,
        custom_name=configuration.custom_name,
        score=result.score,
        status=result.status,
        error_message=result.error_message,
        error_resolution=result.error_resolution,
        details=dict(result.details),
        judge_run_id=scored.judge_run_id,
        judge_cost_usd=scored.judge_cost_usd,
    )


def worst(prompt: Scored, response: Scored) -> Scored:
    """One score of the two sides' scores: the higher one. Without both, there is one where the other was skipped."""
    sides = {"prompt": prompt, "response": response}
    costs = [scored.judge_cost_usd for scored in sides.values() if scored.judge_cost_usd is not None]
    return Scored(
        _worst_result({side: scored.result for side, scored in sides.items()}),
        response.judge_run_id or prompt.judge_run_id,
        sum(costs, Decimal(0)) if costs else None,
    )


def _worst_result(sides: Mapping[str, MetricResult]) -> MetricResult:
    failed = [result for result in sides.values() if result.status is MetricStatus.ERROR]
    scores = [result.score for result in sides.values() if isinstance(result.score, int | float)]
    if failed or not scores:
        return failed[0] if failed else sides["response"]
    details = {side: dict(result.details) for side, result in sides.items() if result.score is not None}
    return MetricResult(sides["response"].name, max(scores), details=details)


_UNSEEN = dict.fromkeys(("tool_calls", "reasoning", "citations", "replay", "finish_word", "unpriced"))
"""What of an answer goes with the text that is held back."""


def passed(run: Run, metrics: list[RunMetric], interventions: Sequence[Intervened]) -> Run:
    moderation = None
    if interventions:
        first = interventions[0]
        moderation = RunModeration(metric=first.metric, score=first.score, action=first.action)
    return run.model_copy(update={"metrics": metrics, "moderation": moderation})


def failed(run: Run, metrics: list[RunMetric], released: int | None) -> Run:
    """`released` is how much of the answer had left where guards were holding it back: the rest was never checked."""
    changes: dict[str, Any] = {"metrics": metrics}
    if released is not None:
        changes |= {**_UNSEEN, "output": (run.output or "")[:released] or None}
    return run.model_copy(update=changes)


def unquoted(run: Run) -> Run:
    """A failed run without the provider's own words."""
    assert run.error is not None
    status = run.error.provider_status
    what = "The provider's answer failed" if status is None else f"The provider answered with status {status}"
    message = f"{what}; what it says of it is withheld, for it may quote what the playground's guards block"
    return run.model_copy(update={"error": run.error.model_copy(update={"message": message})})


def blocked(run: Run, side: ReportedSide, trigger: Trigger, metrics: Sequence[RunMetric], *, keep: bool) -> Run:
    """The intervention's message in the answer's place. With `keep`, what was blocked is withheld, else it is gone."""
    intervention = trigger.guard.intervention
    reasons = {metric.configuration_id: _reasons(metric.details) for metric in metrics}
    is_prompt = side == "prompt"
    withheld = Withheld(
        messages=run.messages if is_prompt else None,
        parameters=text_parameters(run) or None if is_prompt else None,
        output=None if is_prompt else run.output,
        tool_calls=run.tool_calls,
        reasons={configuration_id: text for configuration_id, text in reasons.items() if text},
    )
    moderation = RunModeration(metric=trigger.guard.metric, score=trigger.score, action=intervention.action)
    changes = {
        "status": RunStatus.BLOCKED,
        **_UNSEEN,
        "output": intervention.message,
        "finish_reason": FinishReason.FILTER,
        "error": None,
        "metrics": [metric.model_copy(update={"details": _without_reasons(metric.details)}) for metric in metrics],
        "moderation": moderation,
        "withheld": withheld if keep else None,
    }
    return (without_prompt(run) if is_prompt else run).model_copy(update=changes)


def _reasons(details: Mapping[str, Any]) -> str:
    """The details' reasons, of both sides where there are two."""
    found = [details.get(_REASON), *(_reasons(part) for part in details.values() if isinstance(part, Mapping))]
    return "\n".join(reason for reason in found if reason)


def _without_reasons(details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_reasons(part) if isinstance(part, Mapping) else part
        for name, part in details.items()
        if name != _REASON
    }
