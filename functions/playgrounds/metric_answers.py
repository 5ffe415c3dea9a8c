"""Answers about metric configurations."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from functions.playgrounds.answers import CamelAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration, Moderation
from promptyard.domain.runs.moderation import Comparator
from promptyard.domain.runs.run_metrics import Action, ErrorResolution


class GuardConditionAnswer(CamelAnswer):
    comparand: int | float | bool | str | list[str]
    comparator: Comparator


class InterventionAnswer(CamelAnswer):
    action: Action
    message: str


class ModerationAnswer(CamelAnswer):
    guard_conditions: list[GuardConditionAnswer]
    intervention: InterventionAnswer

    @classmethod
    def of(cls, moderation: Moderation) -> "ModerationAnswer":
        condition = GuardConditionAnswer(comparand=moderation.comparand, comparator=moderation.comparator)
        return ModerationAnswer(
            guard_conditions=[condition],
            intervention=InterventionAnswer(action=moderation.action, message=moderation.message),
        )


class OOTBMetricConfigurationResponse(CamelAnswer):
    """`executionStatus` is NEW until a run was first scored; then COMPLETED, or ERROR with what went wrong the last
    time."""

    custom_model_id: str | None = Field(serialization_alias="customModelLLMValidationId")
    """The id of an LLM blueprint that says where the judge is. Null where none is needed."""
    custom_ootb_metric_name: str | None
    """What its owner calls it. Null where it has no name of its own."""
    error_message: str | None
    """What went wrong the last time. Null where nothing did."""
    error_resolution: list[ErrorResolution] | None
    """The fields that the error is about. Null where it is about none."""
    execution_status: Literal["NEW", "RUNNING", "COMPLETED", "REQUIRES_USER_INPUT", "SKIPPED", "ERROR"]
    """`NEW` until a run was first scored; then `COMPLETED`, or `ERROR` where the last run that told went wrong."""
    llm_id: str | None
    """The LLM that scores the metric. Null where no judge does."""
    moderation_configuration: ModerationAnswer | None
    """The guard on the metric. Null where it is only measured."""
    ootb_metric_configuration_id: str
    """The configuration's id."""
    ootb_metric_name: str

    @classmethod
    def of(cls, configuration: MetricConfiguration) -> "OOTBMetricConfigurationResponse":
        moderation = configuration.moderation
        return OOTBMetricConfigurationResponse(
            custom_model_id=configuration.custom_model_id,
            custom_ootb_metric_name=configuration.custom_name,
            error_message=configuration.error_message,
            error_resolution=list(configuration.error_resolution) or None,
            execution_status=configuration.status,
            llm_id=configuration.llm_id,
            moderation_configuration=None if moderation is None else ModerationAnswer.of(moderation),
            ootb_metric_configuration_id=configuration.id,
            ootb_metric_name=configuration.metric,
        )


class OOTBMetricConfigurationsResponse(DeferredModel):
    ootb_metric_configurations: list[OOTBMetricConfigurationResponse] = Field(
        serialization_alias="ootbMetricConfigurations"
    )
    """The playground's metrics."""

    @classmethod
    def of(cls, configurations: Iterable[MetricConfiguration]) -> "OOTBMetricConfigurationsResponse":
        return OOTBMetricConfigurationsResponse(
            ootb_metric_configurations=[OOTBMetricConfigurationResponse.of(one) for one in configurations]
        )
