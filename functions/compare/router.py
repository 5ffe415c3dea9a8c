"""Paths of the compare group."""

from typing import Any

from fastapi import Request, Response
from starlette.responses import JSONResponse

from functions.compare import responses
from functions.compare.schemas import (
    CompareAnswer,
    CompareRequest,
    ComparisonRecord,
    MultiResult,
    RunMultiRequest,
    RunVersionsAnswer,
    RunVersionsRequest,
)
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.wire import run_record
from promptyard.bootstrap.prompts import Prompts
from promptyard.bootstrap.running import Comparisons, Runs, RunSeconds
from promptyard.domain.runs.comparisons import Comparison
from promptyard.services.prompts.prompting import with_defaults

router = group_router("compare")
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "The results, or with `stream` their events"}
}


@router.post(
    "/api/v1/playground/compare",
    response_model=CompareAnswer,
    responses=_STREAM,
    summary="Run one prompt on 2 to 10 targets at once",
)
async def compare(
    request: Request,
    body: CompareRequest,
    caller: Member,
    runs: Runs,
    seconds: RunSeconds,
    comparisons: Comparisons,
    prompts: Prompts,
) -> Response:
    """Streams at once: `chunk:N`, then one `done:N` or `error:N` a target, `N` its index, and `end` last."""
    prompt = await prompts.compose(caller.tenant, body.prompt())
    orders = [
        body.order(
            "playground/compare",
            target.target(body.parameters),
            prompt,
            seconds,
            llm_blueprint_id=target.llm_blueprint_id,
        )
        for target in body.targets
    ]
    orders = await runs.placed(caller, orders)
    targets = [with_defaults(order.target, prompt) for order in orders]
    handle = comparisons.start(caller, orders)
    if body.stream:
        return responses.stream(handle, body.on_disconnect)
    ends = await responses.ended(request, handle, body.on_disconnect)
    results = [responses.compare_result(end, target) for end, target in zip(ends, targets, strict=True)]
    return JSONResponse({"comparison_id": handle.id, "results": results}, headers=responses.headers(handle))


@router.post(
    "/api/v1/playground/run-multi",
    response_model=list[MultiResult],
    responses=_STREAM,
    summary="Run one template on several models at once",
)
async def run_multi(
    request: Request,
    body: RunMultiRequest,
    caller: Member,
    runs: Runs,
    seconds: RunSeconds,
    comparisons: Comparisons,
    prompts: Prompts,
) -> Response:
    """Answers in request order; a model that fails has an `error` in its own result."""
    prompt = await prompts.compose(caller.tenant, body.prompt())
    orders = [
        body.order(
            "playground/run-multi",
            model.target(),
            prompt,
            seconds,
            llm_blueprint_id=model.llm_blueprint_id,
            model=model,
        )
        for model in body.models
    ]
    handle = comparisons.start(caller, await runs.placed(caller, orders))
    if body.stream:
        return responses.stream(handle, body.on_disconnect)
    ends = await responses.ended(request, handle, body.on_disconnect)
    results = [responses.multi_result(end, model.id) for end, model in zip(ends, body.models, strict=True)]
    return JSONResponse(results, headers=responses.headers(handle))


@router.post(
    "/api/v1/playground/run-versions",
    response_model=RunVersionsAnswer,
    responses=_STREAM,
    summary="Run several saved prompt versions at once",
)
async def run_versions(
    request: Request,
    body: RunVersionsRequest,
    caller: Member,
    runs: Runs,
    seconds: RunSeconds,
    comparisons: Comparisons,
    prompts: Prompts,
) -> Response:
    """Answers in request order; a version whose run fails has an `error` in its own result. A version that is not
    there, or another tenant's, is a 404 of the whole request."""
    composed = await prompts.compose_versions(
        caller.tenant, [str(version.version_id) for version in body.versions], dict(body.variables)
    )
    orders = [
        body.order(
            "playground/run-versions",
            version.target(),
            prompt,
            seconds,
            llm_blueprint_id=version.llm_blueprint_id,
            model=version,
        )
        for version, prompt in zip(body.versions, composed, strict=True)
    ]
    handle = comparisons.start(caller, await runs.placed(caller, orders))
    if body.stream:
        return responses.stream(handle, body.on_disconnect)
    ends = await responses.ended(request, handle, body.on_disconnect)
    results = [responses.version_result(end, prompt) for end, prompt in zip(ends, composed, strict=True)]
    return JSONResponse({"results": results}, headers=responses.headers(handle))


@router.get(
    "/api/v1/playground/comparisons/{comparison_id}",
    response_model=ComparisonRecord,
    summary="The runs of a comparison together",
)
async def get_comparison(comparison_id: str, caller: Viewer, comparisons: Comparisons) -> dict[str, Any]:
    return _record(await comparisons.get(caller.tenant, comparison_id))


@router.post(
    "/api/v1/playground/comparisons/{comparison_id}/cancel",
    response_model=ComparisonRecord,
    summary="Stop every run of a comparison",
)
async def cancel_comparison(comparison_id: str, caller: Member, comparisons: Comparisons) -> dict[str, Any]:
    return _record(await comparisons.cancel(caller.tenant, comparison_id))


def _record(comparison: Comparison) -> dict[str, Any]:
    return {
        "comparison_id": comparison.id,
        "outcome": comparison.outcome,
        "fastest": comparison.fastest,
        "cheapest": comparison.cheapest,
        "longest": comparison.longest,
        "runs": [run_record(run) for run in comparison.runs],
    }
