"""Paths of LLM blueprints: the saved targets of playgrounds. The one that runs them is in the group `run`."""

from typing import Any

from fastapi import Request, Response

from functions.playgrounds.blueprint_schemas import (
    BlueprintId,
    BlueprintResponse,
    BlueprintsOf,
    CreateBlueprintRequest,
    EditBlueprintRequest,
    ListBlueprintsResponse,
    LlmSettings,
)
from functions.playgrounds.pages import offset_page
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.wire import timestamp
from promptyard.bootstrap.playgrounds import Blueprints
from promptyard.domain.playgrounds.blueprints import LlmBlueprint

BLUEPRINTS = "/api/v2/genai/llmBlueprints/"

router = group_router("playgrounds")


@router.get(BLUEPRINTS, response_model=ListBlueprintsResponse, summary="List LLM blueprints")
async def list_blueprints(
    request: Request, query: BlueprintsOf, caller: Viewer, blueprints: Blueprints
) -> dict[str, Any]:
    found = await blueprints.find(caller.tenant, query.playground_id, query.filter())
    return offset_page(request, query, found, _answer)


@router.post(BLUEPRINTS, response_model=BlueprintResponse, status_code=201, summary="Create an LLM blueprint")
async def create_blueprint(body: CreateBlueprintRequest, caller: Member, blueprints: Blueprints) -> dict[str, Any]:
    return _answer(await blueprints.create(caller, body.draft()))


@router.get(BLUEPRINTS + "{llmBlueprintId}/", response_model=BlueprintResponse, summary="One LLM blueprint")
async def get_blueprint(blueprint_id: BlueprintId, caller: Viewer, blueprints: Blueprints) -> dict[str, Any]:
    return _answer(await blueprints.get(caller.tenant, blueprint_id))


@router.patch(BLUEPRINTS + "{llmBlueprintId}/", response_model=BlueprintResponse, summary="Edit an LLM blueprint")
async def edit_blueprint(
    blueprint_id: BlueprintId, body: EditBlueprintRequest, caller: Member, blueprints: Blueprints
) -> dict[str, Any]:
    return _answer(await blueprints.change(caller, blueprint_id, body.changes()))


@router.delete(BLUEPRINTS + "{llmBlueprintId}/", status_code=204, summary="Delete an LLM blueprint")
async def delete_blueprint(blueprint_id: BlueprintId, caller: Member, blueprints: Blueprints) -> Response:
    """Its runs stay. Sent again within a day it is answered the same."""
    await blueprints.delete(caller, blueprint_id)
    return Response(status_code=204)


def _answer(blueprint: LlmBlueprint) -> dict[str, Any]:
    """The body of BlueprintResponse."""
    settings = LlmSettings.of(blueprint.system_prompt, blueprint.parameters)
    custom = blueprint.custom_model
    return {
        "id": blueprint.id,
        "playgroundId": blueprint.playground_id,
        "name": blueprint.name,
        "description": blueprint.description,
        "llmId": blueprint.llm_id,
        "model": blueprint.model,
        "llmSettings": settings.model_dump(exclude_none=True, by_alias=True),
        "customModelLLMSettings": None if custom is None else {"baseUrl": custom.base_url, "model": custom.model},
        "promptVersionId": blueprint.prompt_version_id,
        "isSaved": blueprint.is_saved,
        "creationDate": timestamp(blueprint.created_at),
        "creationUserId": blueprint.created_by,
        "userName": blueprint.created_by_name,
        "lastUpdateDate": timestamp(blueprint.updated_at),
        "lastUpdateUserId": blueprint.updated_by,
    }
