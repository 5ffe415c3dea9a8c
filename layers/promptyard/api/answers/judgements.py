"""What the metrics and guards of a playground have made of a run, as the wire shows it."""

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from promptyard.api.answers.fields import Usd
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.runs.run_metrics import Action, ErrorResolution, MetricStatus, RunMetric

if TYPE_CHECKING:
    from promptyard.domain.runs.run import Run

ShownScore = int | float | bool | str | list[str]


class MetricScore(DeferredModel):
    """One metric of the run's playground. Scores are from 0 to 1, but for counts and measures. One that could not be
    computed has none: `executionStatus` is SKIPPED or ERROR, and `errorMessage` says why. A judge's cost is no part of
    the run's."""

    configuration_id: str = Field(serialization_alias="ootbMetricConfigurationId")
    """The id of the metric's configuration in the playground."""
    metric: str = Field(serialization_alias="ootbMetricName")
    """The metric's name, as in the table of metrics."""
    custom_name: str | None = Field(serialization_alias="customOotbMetricName")
    """What its owner calls it. Null where it has no name of its own."""
    score: ShownScore | None
    """From 0 to 1, or the count or measure that the metric is; `latency` is in milliseconds. Null where it could not be
    computed."""
    execution_status: MetricStatus = Field(serialization_alias="executionStatus")
    """`COMPLETED`; `SKIPPED` where the run has nothing to compute it from; `ERROR` where it could not be computed."""
    error_message: str | None = Field(serialization_alias="errorMessage")
    """Why there is no score. Null where there is one."""
    error_resolution: list[ErrorResolution] | None = Field(serialization_alias="errorResolution")
    """The fields of the configuration that the error is about. Null where it is about none."""
    details: dict[str, Any]
    """How the score came about: a judge's reason, the documents that an answer cites. Empty where there is nothing to
    say."""
    judge_run_id: str | None = Field(serialization_alias="judgeRunId")
    """The id of the judge's run, which has no texts. Null where no judge was asked."""
    judge_cost_usd: Usd | None = Field(serialization_alias="judgeCostUsd")
    """What the judge cost, in US dollars: no part of the run's cost. Null where no judge was asked, or it is not
    known."""

    @classmethod
    def of(cls, metric: RunMetric) -> Self:
        return cls(
            configuration_id=metric.configuration_id,
            metric=metric.metric,
            custom_name=metric.custom_name,
            score=metric.score,
            execution_status=metric.status,
            error_message=metric.error_message,
            error_resolution=list(metric.error_resolution) or None,
            details=metric.details,
            judge_run_id=metric.judge_run_id,
            judge_cost_usd=metric.judge_cost_usd,
        )


class ModerationOutcome(DeferredModel):
    """The intervention that the run met: of several the one that blocked it, else the first. `score` is null where what
    was looked at kept it from being scored, which a guard that blocks takes for a violation."""

    metric: str
    """What the metric's owner calls it, else its name."""
    score: ShownScore | None
    """The score that met the guard's condition. Null where what was looked at kept it from being scored."""
    action: Action
    """What the guard did: `block`, `report` or `reportAndBlock`."""


def scores(run: "Run") -> list[MetricScore] | None:
    """None where the run's playground has no metrics."""
    return None if run.metrics is None else [MetricScore.of(metric) for metric in run.metrics]


def moderation(run: "Run") -> ModerationOutcome | None:
    """None where no guard intervened."""
    met = run.moderation
    return None if met is None else ModerationOutcome(metric=met.metric, score=met.score, action=met.action)
