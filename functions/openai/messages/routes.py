"""`POST /v1/messages`, and what clients of Anthropic's API ask for beside it."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Body, Header, Request, Response
from pydantic import BaseModel

from functions.openai.headers import DoorHeaders, run_headers
from functions.openai.messages.answers import MESSAGE_OR_STREAM, AnthropicMessage, Ignored, InputCount
from functions.openai.messages.frames import MessageFrames
from functions.openai.messages.request import CountRequest, MessagesRequest
from functions.openai.orders import order_of
from functions.openai.protocol_route import AnthropicRoute, anthropic_router
from promptyard.api.auth.authentication import Member, Runner
from promptyard.api.lambda_scope import request_id
from promptyard.api.run_response import run_response
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import ModelCatalogue, Prompts, Runs, Streams
from promptyard.domain.runs.run import Run
from promptyard.services.runs.run_events import RunEvent
from promptyard.services.runs.run_handle import RunHandle

_GO_ALONG = ("anthropic-version", "anthropic-beta")
_SENDABLE = re.compile(r"[\x20-\x7e]{1,1000}")


class MessagesForm:
    """How a run is answered here."""

    def __init__(self, request: Request, model: str, handle: RunHandle) -> None:
        self._request_id = request_id(request.scope)
        self._model = model
        self._handle = handle

    def whole(self, run: Run) -> BaseModel:
        return AnthropicMessage.of(run, self._model)

    def frames(self) -> Callable[[int, RunEvent], bytes]:
        handle = self._handle
        return MessageFrames(handle.run, self._model, self._request_id, is_retold=handle.is_retold)

    def headers(self, run: Run) -> dict[str, str]:
        return run_headers(run) | {"request-id": self._request_id}


class MessagesRoute(AnthropicRoute):
    async def answer_run_again(self, request: Request, handle: RunHandle, *, stream: bool) -> Response:
        asked = MessagesRequest.model_validate_json(await request.body())
        form = MessagesForm(request, asked.model, handle)
        return await run_response(request, handle, stream=stream, on_disconnect="continue", streams=None, form=form)


router = anthropic_router(MessagesRoute)


@router.post("/v1/messages", responses=MESSAGE_OR_STREAM, summary="Message, as Anthropic's API has it")
async def create_message(
    request: Request,
    body: MessagesRequest,
    headers: Annotated[DoorHeaders, Header()],
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    catalogue: ModelCatalogue,
    streams: Streams,
) -> Response:
    """A run like any other: in the history, metered, guarded, to be cancelled by the id in `x-run-id`."""
    asked = body.asked(_going_along(request))
    allowed = seconds.of(stream=bool(body.stream))
    order = await order_of(caller, "messages", asked, headers, allowed, prompts=prompts, catalogue=catalogue)
    handle = await runs.start(caller, order)
    form = MessagesForm(request, body.model, handle)
    return await run_response(
        request, handle, stream=bool(body.stream), on_disconnect="cancel", streams=streams, form=form
    )


@router.post("/v1/messages/count_tokens", summary="What the input counts, as Anthropic's API tells it")
async def count_tokens(
    request: Request,
    body: CountRequest,
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    catalogue: ModelCatalogue,
) -> InputCount:
    """The provider's own count where it has a counter, else our estimate. Nothing is run, stored or charged."""
    asked = body.asked(_going_along(request))
    order = await order_of(
        caller, "messages/count_tokens", asked, DoorHeaders(), seconds.whole, prompts=prompts, catalogue=catalogue
    )
    return InputCount(input_tokens=await runs.count_input(caller, order))


@router.post("/api/event_logging/batch", summary="What Anthropic's clients tell of themselves")
async def take_events(caller: Member, _: Annotated[Any, Body()] = None) -> Ignored:  # noqa: ARG001 - its role
    """Is not read."""
    return Ignored()


def _going_along(request: Request) -> dict[str, str]:
    given = {name: request.headers.get(name, "") for name in _GO_ALONG}
    return {name: value for name, value in given.items() if _SENDABLE.fullmatch(value)}
