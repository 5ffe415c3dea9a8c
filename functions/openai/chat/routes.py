"""`POST /v1/chat/completions`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel

from functions.openai.chat.answers import CHAT_OR_STREAM, ChatCompletion
from functions.openai.chat.frames import ChatFrames
from functions.openai.chat.request import ChatRequest
from functions.openai.headers import DoorHeaders, run_headers
from functions.openai.orders import order_of
from functions.openai.protocol_route import OpenAIRoute, openai_router
from promptyard.api.auth.authentication import Runner
from promptyard.api.run_response import run_response
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import ModelCatalogue, Prompts, Runs, Streams
from promptyard.domain.runs.run import Run
from promptyard.services.runs.run_events import RunEvent
from promptyard.services.runs.run_handle import RunHandle


class ChatForm:
    """How a run is answered here."""

    def __init__(self, asked: ChatRequest, run: Run) -> None:
        self._asked = asked
        self._run = run

    def whole(self, run: Run) -> BaseModel:
        return ChatCompletion.of(run, self._asked.model)

    def frames(self) -> Callable[[int, RunEvent], bytes]:
        return ChatFrames(self._run, self._asked.model, with_usage=self._asked.wants_usage)

    def headers(self, run: Run) -> dict[str, str]:
        return run_headers(run)


class ChatRoute(OpenAIRoute):
    async def answer_run_again(self, request: Request, handle: RunHandle, *, stream: bool) -> Response:
        form = ChatForm(ChatRequest.model_validate_json(await request.body()), handle.run)
        return await run_response(request, handle, stream=stream, on_disconnect="continue", streams=None, form=form)


router = openai_router(ChatRoute)


@router.post("/v1/chat/completions", responses=CHAT_OR_STREAM, summary="Chat completion, as OpenAI's API has it")
async def chat_completion(
    request: Request,
    body: ChatRequest,
    headers: Annotated[DoorHeaders, Header()],
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    catalogue: ModelCatalogue,
    streams: Streams,
) -> Response:
    """A run like any other: in the history, metered, guarded, to be cancelled by the id in `x-run-id`."""
    allowed = seconds.of(stream=bool(body.stream))
    order = await order_of(
        caller, "chat/completions", body.asked(), headers, allowed, prompts=prompts, catalogue=catalogue
    )
    handle = await runs.start(caller, order)
    return await run_response(
        request,
        handle,
        stream=bool(body.stream),
        on_disconnect="cancel",
        streams=streams,
        form=ChatForm(body, handle.run),
    )
