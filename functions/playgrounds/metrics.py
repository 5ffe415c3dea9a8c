"""Paths of a playground's metric configurations."""

from typing import Any

from fastapi import Response

from functions.playgrounds.metric_schemas import (
    ConfigurationId,
    CreateConfigurationRequest,
    EditConfigurationRequest,
    OOTBMetricConfigurationResponse,
    OOTBMetricConfigurationsResponse,
)
from functions.playgrounds.schemas import PlaygroundId
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.bootstrap.playgrounds import Configurations
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration

CONFIGURATIONS = "/api/v2/genai/playgrounds/{playgroundId}/ootbMetricConfigurations/"

router = group_router("playgrounds")


@router.get(
    CONFIGURATIONS, response_model=OOTBMetricConfigurationsResponse, summary="List a playground's metric configurations"
)
async def list_configurations(
    playground_id: PlaygroundId, caller: Viewer, configurations: Configurations
) -> dict[str, Any]:
    found = await configurations.all(caller.tenant, playground_id)
    return {"ootbMetricConfigurations": [_answer(configuration) for configuration in found]}


@router.post(
    CONFIGURATIONS,
    response_model=OOTBMetricConfigurationResponse,
    status_code=201,
    summary="Give a playground a metric",
)
async def create_configuration(
    playground_id: PlaygroundId, body: CreateConfigurationRequest, caller: Member, configurations: Configurations
) -> dict[str, Any]:
    return _answer(await configurations.create(caller, playground_id, body.draft()))


@router.patch(
    CONFIGURATIONS + "{ootbMetricConfigurationId}/",
    response_model=OOTBMetricConfigurationResponse,
    summary="Edit a metric configuration",
)
async def edit_configuration(
    playground_id: PlaygroundId,
    configuration_id: ConfigurationId,
    body: EditConfigurationRequest,
    caller: Member,
    configurations: Configurations,
) -> dict[str, Any]:
    changes = body.changes()
    return _answer(await configurations.change(caller, playground_id, configuration_id, changes))


@router.delete(
    CONFIGURATIONS + "{ootbMetricConfigurationId}/", status_code=204, summary="Take a metric away from a playground"
)
async def delete_configuration(
    playground_id: PlaygroundId, configuration_id: ConfigurationId, caller: Member, configurations: Configurations
) -> Response:
    """What runs have been scored stays with them. Sent again within a day it is answered the same."""
    await configurations.delete(caller, playground_id, configuration_id)
    return Response(status_code=204)


def _answer(configuration: MetricConfiguration) -> dict[str, Any]:
    """The body of OOTBMetricConfigurationResponse."""
    moderation = configuration.moderation
    resolution = [field.value for field in configuration.error_resolution]
    return {
        "customModelLLMValidationId": configuration.custom_model_id,
        "customOotbMetricName": configuration.custom_name,
        "errorMessage": configuration.error_message,
        "errorResolution": resolution or None,
        "executionStatus": configuration.status,
        "llmId": configuration.llm_id,
        "moderationConfiguration": None
        if moderation is None
        else {
            "guardConditions": [{"comparand": moderation.comparand, "comparator": moderation.comparator.value}],
            "intervention": {"action": moderation.action.value, "message": moderation.message},
        },
        "ootbMetricConfigurationId": configuration.id,
        "ootbMetricName": configuration.metric,
    }
