"""`POST /v1/responses`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Query, Request, Response
from pydantic import BaseModel

from functions.openai.headers import DoorHeaders, run_headers
from functions.openai.orders import order_of
from functions.openai.protocol_route import OpenAIRoute, openai_router
from functions.openai.responses.answers import (
    RESPONSE_OR_STREAM,
    DeletedResponse,
    OpenAIResponse,
    items_of,
    run_id_of,
)
from functions.openai.responses.frames import ResponseFrames
from functions.openai.responses.request import ResponseQuery, ResponsesRequest
from functions.openai.responses.resumed import resumed_response
from promptyard.api.answers.fields import json_response
from promptyard.api.answers.messages import AssistantMessage
from promptyard.api.auth.authentication import Member, Runner, Viewer
from promptyard.api.run_response import run_response
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import History, ModelCatalogue, Prompts, Runs, Streams
from promptyard.domain.errors import Conflict, InvalidRequest, NotFound
from promptyard.domain.models.messages import Message
from promptyard.domain.runs.run import Run
from promptyard.services.runs.history import RunHistory
from promptyard.services.runs.run_events import RunEvent
from promptyard.services.runs.run_handle import RunHandle


class ResponsesForm:
    """How a run is answered here."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def whole(self, run: Run) -> BaseModel:
        return OpenAIResponse.of(run, items_of(run))

    def frames(self) -> Callable[[int, RunEvent], bytes]:
        return ResponseFrames(self._run)

    def headers(self, run: Run) -> dict[str, str]:
        return run_headers(run)


class ResponsesRoute(OpenAIRoute):
    async def answer_run_again(self, request: Request, handle: RunHandle, *, stream: bool) -> Response:
        asked, form = handle.run.asked, ResponsesForm(handle.run)
        return await run_response(
            request,
            handle,
            stream=stream,
            on_disconnect="continue",
            streams=None,
            form=form,
            waits=asked is None or not asked.background,
        )


router = openai_router(ResponsesRoute)


@router.post("/v1/responses", responses=RESPONSE_OR_STREAM, summary="Response, as OpenAI's API has it")
async def create_response(
    request: Request,
    body: ResponsesRequest,
    headers: Annotated[DoorHeaders, Header()],
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    catalogue: ModelCatalogue,
    streams: Streams,
    history: History,
) -> Response:
    """A run like any other: in the history, metered, guarded, to be cancelled by the id in `x-run-id`."""
    asked = body.asked(*await _conversation(caller.tenant, body, history))
    allowed = seconds.of(stream=bool(body.stream or body.background))
    order = await order_of(caller, "responses", asked, headers, allowed, prompts=prompts, catalogue=catalogue)
    handle = await runs.start(caller, order)
    return await run_response(
        request,
        handle,
        stream=bool(body.stream),
        on_disconnect="continue" if body.background else "cancel",
        streams=streams,
        resumable=bool(body.background),
        form=ResponsesForm(handle.run),
        waits=not body.background,
    )


@router.get(
    "/v1/responses/{response_id}",
    responses=RESPONSE_OR_STREAM,
    summary="A response that was made, or any run, as OpenAI's API shows it",
)
async def show_response(
    response_id: str,
    shown: Annotated[ResponseQuery, Query()],
    caller: Viewer,
    history: History,
    streams: Streams,
    seconds: RunSeconds,
) -> Response:
    """With `stream` its events once more, those after the number `starting_after`, under the numbers that they had; of
    a response that goes on, as they come. On AWS that takes `background`, and they are kept for an hour after its
    end."""
    run_id = run_id_of(response_id)
    if shown.stream:
        return await resumed_response(
            streams, history, caller.tenant, run_id, after=shown.starting_after, seconds=seconds.streamed
        )
    run = await history.get(caller.tenant, run_id)
    return json_response(OpenAIResponse.of(run, items_of(run)), headers={"x-run-id": run.id, **run_headers(run)})


@router.post("/v1/responses/{response_id}/cancel", summary="Stop a response, as OpenAI's API does")
async def cancel_response(response_id: str, caller: Member, history: History) -> OpenAIResponse:
    """Also one that was not made in the background; one that has ended is answered as it is."""
    run = await history.cancel(caller.tenant, run_id_of(response_id))
    return OpenAIResponse.of(run, items_of(run))


@router.delete("/v1/responses/{response_id}", summary="Delete a response, as OpenAI's API does")
async def delete_response(response_id: str, caller: Member, history: History) -> DeletedResponse:
    """And its run. One that goes on is a 409: cancel it first."""
    await history.delete(caller.tenant, run_id_of(response_id))
    return DeletedResponse(id=response_id)


async def _conversation(tenant: str, body: ResponsesRequest, history: RunHistory) -> tuple[list[Message], str | None]:
    """That of the response before, without the instructions that it was given, and its run's id."""
    if body.previous_response_id is None:
        return [], None
    place = ("body", "previous_response_id")
    try:
        run = await history.get(tenant, run_id_of(body.previous_response_id))
    except NotFound:
        raise InvalidRequest(f"No such response: {body.previous_response_id}", loc=place) from None
    if not run.settled:
        raise Conflict("The previous response is going on")
    instructions = 0 if run.asked is None else run.asked.instructions
    answer = AssistantMessage.of(run)
    said = [] if answer is None else [Message.model_validate(answer.model_dump(mode="json", exclude_none=True))]
    return [*run.messages[instructions:], *said], run.id
