"""Paths of LLM blueprints: the saved targets of playgrounds. The one that runs them is in the group `run`."""

from fastapi import Request, Response

from functions.playgrounds.blueprint_answers import BlueprintResponse, ListBlueprintsResponse
from functions.playgrounds.blueprint_schemas import (
    BlueprintId,
    BlueprintsOf,
    CreateBlueprintRequest,
    EditBlueprintRequest,
)
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.bootstrap.services import Blueprints

BLUEPRINTS = "/api/v2/genai/llmBlueprints/"

router = group_router("playgrounds")


@router.get(BLUEPRINTS, summary="List LLM blueprints")
async def list_blueprints(
    request: Request, query: BlueprintsOf, caller: Viewer, blueprints: Blueprints
) -> ListBlueprintsResponse:
    found = await blueprints.find(caller.tenant, query.playground_id, query.filter())
    return ListBlueprintsResponse.of(request, query, found, BlueprintResponse.of)


@router.post(BLUEPRINTS, status_code=201, summary="Create an LLM blueprint")
async def create_blueprint(body: CreateBlueprintRequest, caller: Member, blueprints: Blueprints) -> BlueprintResponse:
    return BlueprintResponse.of(await blueprints.create(caller, body.draft()))


@router.get(BLUEPRINTS + "{llmBlueprintId}/", summary="One LLM blueprint")
async def get_blueprint(blueprint_id: BlueprintId, caller: Viewer, blueprints: Blueprints) -> BlueprintResponse:
    return BlueprintResponse.of(await blueprints.get(caller.tenant, blueprint_id))


@router.patch(BLUEPRINTS + "{llmBlueprintId}/", summary="Edit an LLM blueprint")
async def edit_blueprint(
    blueprint_id: BlueprintId, body: EditBlueprintRequest, caller: Member, blueprints: Blueprints
) -> BlueprintResponse:
    return BlueprintResponse.of(await blueprints.change(caller, blueprint_id, body.changes()))


@router.delete(BLUEPRINTS + "{llmBlueprintId}/", status_code=204, summary="Delete an LLM blueprint")
async def delete_blueprint(blueprint_id: BlueprintId, caller: Member, blueprints: Blueprints) -> Response:
    """Its runs stay. Sent again within a day it is answered the same."""
    await blueprints.delete(caller, blueprint_id)
    return Response(status_code=204)
