"""`/v1/playground/compare`: a prompt raw and compressed. What is wrong with a request is a 400 here, not a 422."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from functions.compare import responses
from functions.compare.schemas import CompressionAnswer, CompressionRequest
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import AuthenticatedRoute, Member
from promptyard.api.errors import validation_details
from promptyard.api.wire import cost
from promptyard.bootstrap.running import Comparisons, Runs, RunSeconds
from promptyard.domain.errors import BadRequest, EndpointRefused, InvalidRequest, LimitReached, MissingKey
from promptyard.domain.prompts.compression import RULES_VERSION, savings_percent
from promptyard.domain.runs.comparisons import outcome
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
                raise BadRequest(_sentence(validation_details(request, error)[0])) from None
            except (InvalidRequest, MissingKey) as error:
                raise BadRequest(error.message) from None

        return with_400


router = group_router("compare", BadRequestRoute)


@router.post(
    "/v1/playground/compare",
    response_model=CompressionAnswer,
    summary="Run one prompt twice: raw, and with compression rules",
)
async def compare_compressed(
    request: Request,
    body: CompressionRequest,
    caller: Member,
    seconds: RunSeconds,
    runs: Runs,
    comparisons: Comparisons,
) -> Response:
    """Both arms start together. A failure of one stands in its `…_error`; the request itself is a 200 all the same."""
    order = CompressionOrder(
        body.prompt,
        body.target(),
        body.intensity,
        seconds,
        RunLinks(playground_id=body.playground_id, llm_blueprint_id=body.llm_blueprint_id),
    )
    handle = await start_compression(runs, comparisons, caller, order)
    normal, compressed = await responses.ended(request, handle, "cancel")
    for end in (normal, compressed):
        if isinstance(end.error, EndpointRefused):
            raise end.error
    if isinstance(normal.error, LimitReached) and isinstance(compressed.error, LimitReached):
        raise normal.error
    arms = {"normal": normal, "mintoken": compressed}
    facts = {f"{name}_{field}": value for name, end in arms.items() for field, value in _arm(end).items()}
    answer = {
        "savings_percent": savings_percent(facts["normal_tokens"], facts["mintoken_tokens"]),
        "intensity": body.intensity.value,
        "savings_cost_percent": savings_percent(facts["normal_cost_usd"], facts["mintoken_cost_usd"]),
        "outcome": outcome([end.run for end in arms.values()]).value,
        "rules_version": RULES_VERSION,
        "comparison_id": handle.id,
    }
    order_of_fields = CompressionAnswer.model_fields
    body_out = facts | answer
    known = {name: body_out[name] for name in order_of_fields if name in body_out}
    return JSONResponse(known, headers=responses.headers(handle))


def _arm(end: TargetEnded) -> dict[str, Any]:
    run = end.run
    usage = run.usage if run else None
    output_tokens = usage.output_tokens if usage else None
    if output_tokens is None and end.error is not None and not (run and run.output):
        output_tokens = 0
    return {
        "response": (run.output if run else None) or "",
        "tokens": output_tokens,
        "error": end.error.message if end.error else None,
        "ms": run.latency_ms if run and run.latency_ms is not None else end.elapsed_ms,
        "input_tokens": usage.input_tokens if usage else None,
        "cost_usd": cost(run) if run else None,
        "ttft_ms": run.ttft_ms if run else None,
        **(responses.scored(run) if run else {}),
    }


def _sentence(mistake: dict[str, Any]) -> str:
    field = ".".join(str(part) for part in mistake["loc"][1:])
    return f"{field}: {mistake['msg']}" if field else str(mistake["msg"])
