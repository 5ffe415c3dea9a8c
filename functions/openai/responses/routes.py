"""`POST /v1/responses`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel

from functions.openai.headers import DoorHeaders, run_headers
from functions.openai.orders import order_of
from functions.openai.protocol_route import OpenAIRoute, openai_router
from functions.openai.responses.answers import RESPONSE_OR_STREAM, OpenAIResponse, items_of, run_id_of
from functions.openai.responses.frames import ResponseFrames
from functions.openai.responses.request import ResponsesRequest
from promptyard.api.answers.messages import AssistantMessage
from promptyard.api.auth.authentication import Member, Viewer
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

    def __init__(self, asked: ResponsesRequest, run: Run) -> None:
        self._run = run
        self._model = asked.model or run.model_id
        self._previous = asked.previous_response_id

    def whole(self, run: Run) -> BaseModel:
        return OpenAIResponse.of(run, self._model, items_of(run), self._previous)

    def frames(self) -> Callable[[int, RunEvent], bytes]:
        return ResponseFrames(self._run, self._model, self._previous)

    def headers(self, run: Run) -> dict[str, str]:
        return run_headers(run)


class ResponsesRoute(OpenAIRoute):
    async def answer_run_again(self, request: Request, handle: RunHandle, *, stream: bool) -> Response:
        form = ResponsesForm(ResponsesRequest.model_validate_json(await request.body()), handle.run)
        return await run_response(request, handle, stream=stream, on_disconnect="continue", streams=None, form=form)


router = openai_router(ResponsesRoute)


@router.post("/v1/responses", responses=RESPONSE_OR_STREAM, summary="Response, as OpenAI's API has it")
async def create_response(
    request: Request,
    body: ResponsesRequest,
    headers: Annotated[DoorHeaders, Header()],
    caller: Member,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    catalogue: ModelCatalogue,
    streams: Streams,
    history: History,
) -> Response:
    """A run like any other: in the history, metered, guarded, to be cancelled by the id in `x-run-id`."""
    asked = body.asked(await _conversation(caller.tenant, body, history))
    order = await order_of(caller, "responses", asked, headers, seconds, prompts=prompts, catalogue=catalogue)
    handle = await runs.start(caller, order)
    form = ResponsesForm(body, handle.run)
    return await run_response(
        request, handle, stream=bool(body.stream), on_disconnect="cancel", streams=streams, form=form
    )


@router.get("/v1/responses/{response_id}", summary="A response that was made, or any run, as OpenAI's API shows it")
async def show_response(response_id: str, caller: Viewer, history: History) -> OpenAIResponse:
    run = await history.get(caller.tenant, run_id_of(response_id))
    return OpenAIResponse.of(run, run.model_id, items_of(run))


async def _conversation(tenant: str, body: ResponsesRequest, history: RunHistory) -> list[Message]:
    """That of the response before, without the instructions that it was given."""
    if body.previous_response_id is None:
        return []
    place = ("body", "previous_response_id")
    try:
        run = await history.get(tenant, run_id_of(body.previous_response_id))
    except NotFound:
        raise InvalidRequest(f"No such response: {body.previous_response_id}", loc=place) from None
    if not run.settled:
        raise Conflict("The previous response is going on")
    instructed = run.endpoint == "responses" and run.messages[:1] and run.messages[0].role == "system"
    answer = AssistantMessage.of(run)
    said = [] if answer is None else [Message.model_validate(answer.model_dump(mode="json", exclude_none=True))]
    return [*run.messages[1 if instructed else 0 :], *said]
