"""Paths of the playgrounds group. Each of them answers without its last slash, too."""

from typing import Any

from fastapi import Request, Response

from functions.playgrounds.pages import offset_page
from functions.playgrounds.schemas import (
    CreatePlaygroundRequest,
    EditPlaygroundRequest,
    ListPlaygroundsResponse,
    PlaygroundId,
    PlaygroundResponse,
    PlaygroundsOf,
)
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.wire import timestamp
from promptyard.bootstrap.playgrounds import Playgrounds
from promptyard.domain.playgrounds.playground import Playground

PLAYGROUNDS = "/api/v2/genai/playgrounds/"

router = group_router("playgrounds")


@router.get(
    PLAYGROUNDS,
    response_model=ListPlaygroundsResponse,
    response_model_exclude_unset=True,
    summary="List playgrounds",
)
async def list_playgrounds(
    request: Request, query: PlaygroundsOf, caller: Viewer, playgrounds: Playgrounds
) -> dict[str, Any]:
    found = await playgrounds.find(caller.tenant, query.filter())
    return offset_page(request, query, found, _answer)


@router.post(
    PLAYGROUNDS,
    response_model=PlaygroundResponse,
    response_model_exclude_unset=True,
    status_code=201,
    summary="Create a playground",
)
async def create_playground(body: CreatePlaygroundRequest, caller: Member, playgrounds: Playgrounds) -> dict[str, Any]:
    playground = await playgrounds.create(
        caller,
        name=body.name,
        description=body.description,
        use_case_id=body.use_case_id,
        keep_blocked=body.keep_blocked,
        copy_from=None if body.copy_insights is None else body.copy_insights.source_playground_id,
    )
    return _answer(playground)


@router.get(
    PLAYGROUNDS + "{playgroundId}/",
    response_model=PlaygroundResponse,
    response_model_exclude_unset=True,
    summary="One playground",
)
async def get_playground(playground_id: PlaygroundId, caller: Viewer, playgrounds: Playgrounds) -> dict[str, Any]:
    return _answer(await playgrounds.get(caller.tenant, playground_id))


@router.patch(
    PLAYGROUNDS + "{playgroundId}/",
    response_model=PlaygroundResponse,
    response_model_exclude_unset=True,
    summary="Edit a playground",
)
async def edit_playground(
    playground_id: PlaygroundId, body: EditPlaygroundRequest, caller: Member, playgrounds: Playgrounds
) -> dict[str, Any]:
    return _answer(await playgrounds.change(caller, playground_id, body.changes()))


@router.delete(PLAYGROUNDS + "{playgroundId}/", status_code=204, summary="Delete a playground")
async def delete_playground(playground_id: PlaygroundId, caller: Member, playgrounds: Playgrounds) -> Response:
    """Deletes its LLM blueprints, metric configurations and moderation reports too, never its runs. Sent again within
    a day it is answered the same."""
    await playgrounds.delete(caller, playground_id)
    return Response(status_code=204)


def _answer(playground: Playground) -> dict[str, Any]:
    """The body of PlaygroundResponse."""
    answer = {
        "creationDate": timestamp(playground.created_at),
        "creationUserId": playground.created_by,
        "description": playground.description,
        "id": playground.id,
        "lastUpdateDate": timestamp(playground.updated_at),
        "lastUpdateUserId": playground.updated_by,
        "llmBlueprintsCount": playground.llm_blueprints_count,
        "name": playground.name,
        "savedLLMBlueprintsCount": playground.saved_llm_blueprints_count,
        "useCaseId": playground.use_case_id,
        "userName": playground.created_by_name,
    }
    return answer | ({"keepBlocked": True} if playground.keep_blocked else {})
