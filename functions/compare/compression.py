"""`/v1/playground/compare`: a prompt raw and compressed. What is wrong with a request is a 400 here, not a 422."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from functions.compare.comparison_response import keep, response
from functions.compare.compression_answers import CompressionAnswer
from functions.compare.schemas import CompressionRequest
from promptyard.api.answers.streams import comparison_or_stream
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import AuthenticatedRoute, Runner
from promptyard.api.errors import FieldMistake, validation_mistakes
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import Comparisons, Runs, Streams
from promptyard.domain.errors import BadRequest, EndpointRefused, InvalidRequest, LimitReached, MissingKey
from promptyard.domain.runs.run import RunLinks
from promptyard.services.runs.comparisons import TargetEnded
from promptyard.services.runs.compression import CompressionOrder, start_compression


class BadRequestRoute(AuthenticatedRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def with_400(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                raise BadRequest(_sentence(validation_mistakes(request, error)[0])) from None
            except (InvalidRequest, MissingKey) as error:
                raise BadRequest(error.message) from None

        return with_400


router = group_router("compare", BadRequestRoute)


@router.post(
    "/v1/playground/compare",
    responses=comparison_or_stream(CompressionAnswer),
    summary="Run one prompt twice: raw, and with compression rules",
)
async def compare_compressed(
    request: Request,
    body: CompressionRequest,
    caller: Runner,
    seconds: RunSeconds,
    runs: Runs,
    comparisons: Comparisons,
    streams: Streams,
) -> Response:
    """Both arms start together. A failure of one stands in its `…_error`; the request itself is a 200 all the same.
    With `stream` both are told as they come, as those of `/api/v1/playground/compare`."""
    order = CompressionOrder(
        body.prompt,
        body.target(),
        body.intensity,
        seconds.of(stream=body.stream),
        RunLinks(playground_id=body.playground_id, llm_blueprint_id=body.llm_blueprint_id),
        body.events,
    )
    handle = await start_compression(runs, comparisons, caller, order)
    stream = keep(handle, streams, caller, body, seconds.streamed, streamed=body.stream)

    def answer(ends: list[TargetEnded]) -> CompressionAnswer:
        normal, compressed = ends
        for end in ends:
            if isinstance(end.error, EndpointRefused):
                raise end.error
        if isinstance(normal.error, LimitReached) and isinstance(compressed.error, LimitReached):
            raise normal.error
        return CompressionAnswer.of(handle.id, body.intensity, normal, compressed)

    return await response(request, handle, answer, stream=stream, on_disconnect=body.when_left())


def _sentence(mistake: FieldMistake) -> str:
    field = ".".join(str(part) for part in mistake.loc[1:])
    return f"{field}: {mistake.msg}" if field else mistake.msg
