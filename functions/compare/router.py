"""Paths of the compare group."""

from fastapi import Request, Response

from functions.compare.answers import (
    ComparisonRecord,
    MultiAnswer,
    RunVersionsAnswer,
    VersionResult,
    multi_result,
)
from functions.compare.comparison_events import resumed_comparison
from functions.compare.comparison_response import keep, response
from functions.compare.schemas import CompareRequest, RunMultiRequest, RunVersionsRequest
from promptyard.api.answers.comparisons import CompareAnswer, CompareResult
from promptyard.api.answers.streams import COMPARISON_EVENTS, comparison_or_stream
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Runner, Viewer
from promptyard.api.resumed_streams import After
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import Comparisons, Prompts, Streams
from promptyard.services.runs.comparisons import TargetEnded

router = group_router("compare")


@router.post(
    "/api/v1/playground/compare",
    responses=comparison_or_stream(CompareAnswer),
    summary="Run one prompt on 2 to 10 targets at once",
)
async def compare(
    request: Request,
    body: CompareRequest,
    caller: Runner,
    seconds: RunSeconds,
    comparisons: Comparisons,
    prompts: Prompts,
    streams: Streams,
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
            endpoint_tag="compare",
            place=("targets", index),
        )
        for index, target in enumerate(body.targets)
    ]
    handle = await comparisons.start(caller, orders)
    stream = keep(handle, streams, caller, body, seconds.streamed, streamed=body.stream)

    def answer(ends: list[TargetEnded]) -> CompareAnswer:
        return CompareAnswer(comparison_id=handle.id, results=[CompareResult.of_target(end) for end in ends])

    return await response(request, handle, answer, stream=stream, on_disconnect=body.when_left())


@router.post(
    "/api/v1/playground/run-multi",
    responses=comparison_or_stream(MultiAnswer),
    summary="Run one template on several models at once",
)
async def run_multi(
    request: Request,
    body: RunMultiRequest,
    caller: Runner,
    seconds: RunSeconds,
    comparisons: Comparisons,
    prompts: Prompts,
    streams: Streams,
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
            place=("models", index),
        )
        for index, model in enumerate(body.models)
    ]
    handle = await comparisons.start(caller, orders)
    stream = keep(handle, streams, caller, body, seconds.streamed, streamed=body.stream)

    def answer(ends: list[TargetEnded]) -> MultiAnswer:
        return MultiAnswer([multi_result(end, model.id) for end, model in zip(ends, body.models, strict=True)])

    return await response(request, handle, answer, stream=stream, on_disconnect=body.when_left())


@router.post(
    "/api/v1/playground/run-versions",
    responses=comparison_or_stream(RunVersionsAnswer),
    summary="Run several saved prompt versions at once",
)
async def run_versions(
    request: Request,
    body: RunVersionsRequest,
    caller: Runner,
    seconds: RunSeconds,
    comparisons: Comparisons,
    prompts: Prompts,
    streams: Streams,
) -> Response:
    """Answers in request order; a version whose run fails has an `error` in its own result. A version that is not
    there, or another tenant's, is a 422 of the whole request."""
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
            place=("versions", index),
        )
        for index, (version, prompt) in enumerate(zip(body.versions, composed, strict=True))
    ]
    handle = await comparisons.start(caller, orders)
    stream = keep(handle, streams, caller, body, seconds.streamed, streamed=body.stream)

    def answer(ends: list[TargetEnded]) -> RunVersionsAnswer:
        return RunVersionsAnswer(
            results=[VersionResult.of(end, prompt) for end, prompt in zip(ends, composed, strict=True)]
        )

    return await response(request, handle, answer, stream=stream, on_disconnect=body.when_left())


@router.get(
    "/api/v1/playground/comparisons/{comparison_id}",
    summary="The runs of a comparison together",
)
async def get_comparison(comparison_id: str, caller: Viewer, comparisons: Comparisons) -> ComparisonRecord:
    return ComparisonRecord.of(await comparisons.get(caller.tenant, comparison_id))


@router.get(
    "/api/v1/playground/comparisons/{comparison_id}/events",
    response_class=Response,
    responses=COMPARISON_EVENTS,
    summary="A comparison's stream again, from any of its events on",
)
async def comparison_events(
    comparison_id: str, caller: Viewer, comparisons: Comparisons, streams: Streams, after: After, seconds: RunSeconds
) -> Response:
    """As `…/runs/{run_id}/events`."""
    return await resumed_comparison(
        streams, comparisons, caller.tenant, comparison_id, after=after, seconds=seconds.streamed
    )


@router.post(
    "/api/v1/playground/comparisons/{comparison_id}/cancel",
    summary="Stop every run of a comparison",
)
async def cancel_comparison(comparison_id: str, caller: Member, comparisons: Comparisons) -> ComparisonRecord:
    return ComparisonRecord.of(await comparisons.cancel(caller.tenant, comparison_id))
