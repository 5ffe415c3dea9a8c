"""What the metrics and guards of a playground have made of a run, as the wire shows it."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from promptyard.domain.runs.run import Run
    from promptyard.domain.runs.run_metrics import RunMetric


class MetricScore(BaseModel):
    """One metric of the run's playground. Scores are from 0 to 1, but for counts and measures. One that could not be
    computed has none: `executionStatus` is SKIPPED or ERROR, and `errorMessage` says why. A judge's cost is no part of
    the run's."""

    configuration_id: str = Field(alias="ootbMetricConfigurationId")
    metric: str = Field(alias="ootbMetricName")
    custom_name: str | None = Field(alias="customOotbMetricName")
    score: int | float | bool | str | list[str] | None
    execution_status: Literal["COMPLETED", "SKIPPED", "ERROR"] = Field(alias="executionStatus")
    error_message: str | None = Field(alias="errorMessage")
    error_resolution: list[str] | None = Field(alias="errorResolution")
    details: dict[str, Any]
    judge_run_id: str | None = Field(alias="judgeRunId")
    judge_cost_usd: float | None = Field(alias="judgeCostUsd")


class ModerationOutcome(BaseModel):
    """The intervention that the run met: of several the one that blocked it, else the first. `score` is null where what
    was looked at kept it from being scored, which a guard that blocks takes for a violation."""

    metric: str
    score: int | float | bool | str | list[str] | None
    action: Literal["block", "report", "reportAndBlock"]


def judgements(run: "Run") -> dict[str, Any]:
    """The fields `metrics` and `moderation` of an answer; those that the run has."""
    found: dict[str, Any] = {}
    if run.metrics is not None:
        found["metrics"] = [_score(metric) for metric in run.metrics]
    if run.moderation is not None:
        found["moderation"] = run.moderation.model_dump(mode="json")
    return found


def _score(metric: "RunMetric") -> dict[str, Any]:
    """The body of MetricScore."""
    cost_usd = metric.judge_cost_usd
    return {
        "ootbMetricConfigurationId": metric.configuration_id,
        "ootbMetricName": metric.metric,
        "customOotbMetricName": metric.custom_name,
        "score": metric.score,
        "executionStatus": metric.status.value,
        "errorMessage": metric.error_message,
        "errorResolution": [field.value for field in metric.error_resolution] or None,
        "details": metric.details,
        "judgeRunId": metric.judge_run_id,
        "judgeCostUsd": None if cost_usd is None else float(cost_usd),
    }
