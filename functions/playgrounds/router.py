"""Paths of the playgrounds group. Each of them answers without its last slash, too."""

from fastapi import Request, Response

from functions.playgrounds.answers import ListPlaygroundsResponse, PlaygroundResponse
from functions.playgrounds.schemas import CreatePlaygroundRequest, EditPlaygroundRequest, PlaygroundId, PlaygroundsOf
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.bootstrap.services import Playgrounds

PLAYGROUNDS = "/api/v2/genai/playgrounds/"

router = group_router("playgrounds")


@router.get(
    PLAYGROUNDS,
    summary="List playgrounds",
)
async def list_playgrounds(
    request: Request, query: PlaygroundsOf, caller: Viewer, playgrounds: Playgrounds
) -> ListPlaygroundsResponse:
    found = await playgrounds.find(caller.tenant, query.filter())
    return ListPlaygroundsResponse.of(request, query, found, PlaygroundResponse.of)


@router.post(
    PLAYGROUNDS,
    status_code=201,
    summary="Create a playground",
)
async def create_playground(
    body: CreatePlaygroundRequest, caller: Member, playgrounds: Playgrounds
) -> PlaygroundResponse:
    playground = await playgrounds.create(
        caller,
        name=body.name,
        description=body.description,
        use_case_id=body.use_case_id,
        keep_blocked=body.keep_blocked,
        copy_from=None if body.copy_insights is None else body.copy_insights.source_playground_id,
    )
    return PlaygroundResponse.of(playground)


@router.get(
    PLAYGROUNDS + "{playgroundId}/",
    summary="One playground",
)
async def get_playground(playground_id: PlaygroundId, caller: Viewer, playgrounds: Playgrounds) -> PlaygroundResponse:
    return PlaygroundResponse.of(await playgrounds.get(caller.tenant, playground_id))


@router.patch(
    PLAYGROUNDS + "{playgroundId}/",
    summary="Edit a playground",
)
async def edit_playground(
    playground_id: PlaygroundId, body: EditPlaygroundRequest, caller: Member, playgrounds: Playgrounds
) -> PlaygroundResponse:
    return PlaygroundResponse.of(await playgrounds.change(caller, playground_id, body.changes()))


@router.delete(PLAYGROUNDS + "{playgroundId}/", status_code=204, summary="Delete a playground")
async def delete_playground(playground_id: PlaygroundId, caller: Member, playgrounds: Playgrounds) -> Response:
    """Deletes its LLM blueprints, metric configurations and moderation reports too, never its runs. Sent again within
    a day it is answered the same."""
    await playgrounds.delete(caller, playground_id)
    return Response(status_code=204)
