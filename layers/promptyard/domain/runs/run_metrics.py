"""What the metrics and guards of a playground have made of a run, as its record holds it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.models.messages import Message, ToolCall

ReportedSide = Literal["prompt", "response"]


class Action(StrEnum):
    BLOCK = "block"
    REPORT = "report"
    REPORT_AND_BLOCK = "reportAndBlock"

    @property
    def blocks(self) -> bool:
        return self is not Action.REPORT

    @property
    def reports(self) -> bool:
        return self is not Action.BLOCK


class MetricStatus(StrEnum):
    COMPLETED = "COMPLETED"
    SKIPPED = "SKIPPED"
    """The run has nothing to compute it from."""
    ERROR = "ERROR"
    """The run has, and it could not be computed."""


class ErrorResolution(StrEnum):
    """The field of a metric configuration that an error is about."""

    METRIC = "ootbMetricName"
    INTERVENTION = "intervention"
    GUARD_CONDITION = "guardCondition"


class RunMetric(FrozenModel):
    """One metric of a run. `score` is None unless the status is COMPLETED, and then `error_message` says why."""

    configuration_id: str
    metric: str
    custom_name: str | None = None
    score: int | float | bool | str | list[str] | None = None
    status: MetricStatus
    error_message: str | None = None
    error_resolution: tuple[ErrorResolution, ...] = ()
    details: dict[str, Any] = Field({})
    """How the score came about."""
    judge_run_id: str | None = None
    """The last run of the model that gave the score."""
    judge_cost_usd: Decimal | None = None
    """What the judge cost: no part of the run's own cost. None: nothing, or not known."""


class RunModeration(FrozenModel):
    """The intervention that a run met; of several the one that blocked it, else the first."""

    metric: str
    """What the metric's owner calls it."""
    score: int | float | bool | str | list[str] | None = None
    """None where what was looked at kept it from being scored, which a guard that blocks takes for a violation."""
    action: Action


class Withheld(FrozenModel):
    """What was blocked, where the playground keeps it: for the tenant's admins, and never shown with the run."""

    messages: list[Message] | None = None
    """The prompt, where that was blocked, with the parameters that hold texts."""
    parameters: dict[str, Any] | None = None
    output: str | None = None
    tool_calls: list[ToolCall] | None = None
    reasons: dict[str, str] = Field({})
    """What judges gave as their reasons, by metric configuration: they may quote what was blocked."""


class Intervened(FrozenModel):
    """A guard whose condition was met."""

    configuration_id: str
    metric: str
    side: ReportedSide
    score: int | float | bool | str | list[str] | None = None
    """None where what was looked at kept it from being scored, which a guard that blocks takes for a violation."""
    action: Action


class Unchecked(FrozenModel):
    """A guard that could not be checked, so that it let everything pass."""

    configuration_id: str
    metric: str
    reason: str


class ModerationReport(FrozenModel):
    """What the guards of a playground made of one run."""

    run_id: str
    created_at: datetime
    """When the run began."""
    is_blocked: bool
    interventions: list[Intervened] = Field([])
    unchecked: list[Unchecked] = Field([])
