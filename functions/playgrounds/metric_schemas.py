"""The wire of metric configurations: requests."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticKnownError

from functions.playgrounds.blueprint_schemas import LlmId
from functions.playgrounds.schemas import CamelRequest, Text
from promptyard.api.requests import example
from promptyard.domain.playgrounds.metric_configurations import MAX_CONFIGURATIONS, Moderation
from promptyard.domain.runs.metrics.registry import PLAYGROUND_METRICS
from promptyard.domain.runs.moderation import Comparator
from promptyard.domain.runs.run_metrics import Action

if TYPE_CHECKING:
    from promptyard.services.playgrounds.metric_configurations import ConfigurationDraft

ConfigurationId = Annotated[str, Path(alias="ootbMetricConfigurationId")]


def _known_metric(name: str) -> str:
    if name not in PLAYGROUND_METRICS:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(PLAYGROUND_METRICS)})
    return name


MetricName = Annotated[
    str, AfterValidator(_known_metric), WithJsonSchema({"type": "string", "enum": [*PLAYGROUND_METRICS]})
]


class GuardConditionFields(CamelRequest):
    """When a guard intervenes. `greaterThan` and `lessThan` compare numbers; `equals` and `is` are the same;
    `matches`: a score that is a text is the comparand or one of its items; `contains`: it has every one of them. A
    comparand that the metric's score cannot be compared with is a 422."""

    comparand: int | float | bool | str | list[str]
    """What the score is compared with: a number, true or false, a text or several."""
    comparator: Comparator
    """How the score is compared with it."""


class InterventionFields(CamelRequest):
    """`message` is what the caller gets in an answer's place where `action` blocks."""

    action: Action
    """What the guard does: `block`, `report` or `reportAndBlock`."""
    message: str = Field(min_length=1)
    """What the caller gets in a blocked answer's place."""


class ModerationFields(CamelRequest):
    guard_conditions: list[GuardConditionFields] = Field(min_length=1, max_length=1)
    """The condition on the score: 1, and no more."""
    intervention: InterventionFields
    """What is done where the condition is met."""

    def moderation(self) -> Moderation:
        [condition] = self.guard_conditions
        return Moderation(
            comparand=condition.comparand,
            comparator=condition.comparator,
            action=self.intervention.action,
            message=self.intervention.message,
        )


class CreateConfigurationRequest(CamelRequest):
    """A metric of the playground's runs. A metric that a model scores needs `llmId`; with the LLM `custom-model`,
    `customModelLLMValidationId` is the id of an LLM blueprint of that LLM, which says where the model is."""

    model_config = example(
        {
            "ootbMetricName": "pii_violation",
            "moderationConfiguration": {
                "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
                "intervention": {"action": "block", "message": "That holds personal data."},
            },
        }
    )

    ootb_metric_name: MetricName
    """The metric's name, as in the table of metrics."""
    custom_ootb_metric_name: Text | None = None
    """What its owner calls it, at most 5,000 characters."""
    llm_id: LlmId | None = None
    """The LLM that scores the metric, where a judge does."""
    custom_model_id: str | None = Field(None, alias="customModelLLMValidationId")
    """For the LLM `custom-model`: the id of an LLM blueprint of it, which says where the model is."""
    moderation_configuration: ModerationFields | None = None
    """The guard on the metric. Without it the metric is only measured."""

    def draft(self) -> "ConfigurationDraft":
        from promptyard.services.playgrounds.metric_configurations import ConfigurationDraft

        moderation = self.moderation_configuration
        return ConfigurationDraft(
            metric=self.ootb_metric_name,
            custom_name=self.custom_ootb_metric_name,
            llm_id=self.llm_id,
            custom_model_id=self.custom_model_id,
            moderation=None if moderation is None else moderation.moderation(),
        )


class CreateConfigurationsRequest(CamelRequest):
    """Several metrics at once: all of them, or none."""

    model_config = example({"ootbMetricConfigurations": [{"ootbMetricName": "latency"}]})

    ootb_metric_configurations: list[CreateConfigurationRequest] = Field(min_length=1, max_length=MAX_CONFIGURATIONS)
    """The metrics, from 1 to 50."""

    def drafts(self) -> "list[ConfigurationDraft]":
        return [one.draft() for one in self.ootb_metric_configurations]


def _shape(body: object) -> str:
    is_list = isinstance(body, dict) and "ootbMetricConfigurations" in body
    return "CreateConfigurationsRequest" if is_list else "CreateConfigurationRequest"


NewConfigurations = Annotated[
    Annotated[CreateConfigurationRequest, Tag("CreateConfigurationRequest")]
    | Annotated[CreateConfigurationsRequest, Tag("CreateConfigurationsRequest")],
    Discriminator(_shape),
]


class EditConfigurationRequest(CreateConfigurationRequest):
    """What is to change; what is left out stays, what is null is taken away."""

    model_config = example({"customOotbMetricName": "Personal data"})

    # Made, so that the OpenAPI document tells of no default: clients made from it would send that.
    ootb_metric_name: MetricName = Field(default_factory=str)
    """The metric's name, as in the table of metrics."""

    def changes(self) -> dict[str, Any]:
        """By the names of MetricConfiguration."""
        draft = self.draft()
        given = {_NAMES[name] for name in self.model_fields_set}
        return {name: getattr(draft, name) for name in given}


_NAMES = {
    "ootb_metric_name": "metric",
    "custom_ootb_metric_name": "custom_name",
    "llm_id": "llm_id",
    "custom_model_id": "custom_model_id",
    "moderation_configuration": "moderation",
}
