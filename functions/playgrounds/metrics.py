"""Paths of a playground's metric configurations."""

from typing import Annotated

from fastapi import Body, Response

from functions.playgrounds.metric_answers import OOTBMetricConfigurationResponse, OOTBMetricConfigurationsResponse
from functions.playgrounds.metric_schemas import (
    ConfigurationId,
    CreateConfigurationRequest,
    EditConfigurationRequest,
    NewConfigurations,
)
from functions.playgrounds.schemas import PlaygroundId
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.bootstrap.services import Configurations

CONFIGURATIONS = "/api/v2/genai/playgrounds/{playgroundId}/ootbMetricConfigurations/"

router = group_router("playgrounds")


@router.get(CONFIGURATIONS, summary="List a playground's metric configurations")
async def list_configurations(
    playground_id: PlaygroundId, caller: Viewer, configurations: Configurations
) -> OOTBMetricConfigurationsResponse:
    return OOTBMetricConfigurationsResponse.of(await configurations.all(caller.tenant, playground_id))


@router.post(
    CONFIGURATIONS,
    status_code=201,
    summary="Give a playground a metric",
)
async def create_configuration(
    playground_id: PlaygroundId,
    body: Annotated[NewConfigurations, Body()],
    caller: Member,
    configurations: Configurations,
) -> OOTBMetricConfigurationResponse | OOTBMetricConfigurationsResponse:
    """One, or a list of them, which is answered with a list."""
    if isinstance(body, CreateConfigurationRequest):
        return OOTBMetricConfigurationResponse.of(await configurations.create(caller, playground_id, body.draft()))
    return OOTBMetricConfigurationsResponse.of(await configurations.create_all(caller, playground_id, body.drafts()))


@router.patch(
    CONFIGURATIONS + "{ootbMetricConfigurationId}/",
    summary="Edit a metric configuration",
)
async def edit_configuration(
    playground_id: PlaygroundId,
    configuration_id: ConfigurationId,
    body: EditConfigurationRequest,
    caller: Member,
    configurations: Configurations,
) -> OOTBMetricConfigurationResponse:
    changes = body.changes()
    return OOTBMetricConfigurationResponse.of(
        await configurations.change(caller, playground_id, configuration_id, changes)
    )


@router.delete(
    CONFIGURATIONS + "{ootbMetricConfigurationId}/", status_code=204, summary="Take a metric away from a playground"
)
async def delete_configuration(
    playground_id: PlaygroundId, configuration_id: ConfigurationId, caller: Member, configurations: Configurations
) -> Response:
    """What runs have been scored stays with them. Sent again within a day it is answered the same."""
    await configurations.delete(caller, playground_id, configuration_id)
    return Response(status_code=204)
