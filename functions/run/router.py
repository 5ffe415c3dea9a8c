"""Paths of the run group."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Request, Response

from functions.run.answers import CompileAnswer
from functions.run.schemas import (
    BlueprintRunRequest,
    CompileRequest,
    PromptRunRequest,
    RerunRequest,
    RunRequest,
    TemplateRunRequest,
    VersionRunRequest,
)
from promptyard.api.answers.runs import RunRecord
from promptyard.api.answers.streams import RUN_OR_STREAM
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Runner, Viewer
from promptyard.api.run_response import run_response
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import Blueprints, History, Prompts, Reruns, Runs, Streams
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.templates import compile_messages, compile_text
from promptyard.services.prompts.prompting import PromptSource
from promptyard.services.runs.resuming.kept_streams import KeptStreams
from promptyard.services.runs.run_handle import RunHandle

router = group_router("run")


@router.post("/api/v1/playground/compile", summary="Compile a template, calling no model")
async def compile_template(body: CompileRequest, caller: Viewer) -> CompileAnswer:  # noqa: ARG001 - its role
    if body.type == "text":
        return CompileAnswer.of(compile_text(body.text or "", body.variables))
    return CompileAnswer.of(compile_messages(body.messages or [], body.variables))


@router.post("/api/v1/playground/run", responses=RUN_OR_STREAM, summary="Run a prompt or template")
async def run(
    request: Request,
    body: Annotated[RunRequest, Body()],
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    streams: Streams,
) -> Response:
    prompt = await prompts.compose(caller.tenant, body.prompt())
    template = body if isinstance(body, TemplateRunRequest) else None
    order = body.order(
        "playground/run",
        body.target(),
        prompt,
        seconds,
        llm_blueprint_id=body.llm_blueprint_id,
        model=template.model_configuration if template else None,
        label=template.label if template else None,
    )
    handle = await runs.start(caller, order)
    return await _answer(request, handle, body, streams)


@router.post(
    "/api/v1/playground/run-version/{version_id}",
    responses=RUN_OR_STREAM,
    summary="Run a saved prompt version",
)
async def run_version(
    request: Request,
    version_id: UUID,
    body: VersionRunRequest,
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    streams: Streams,
) -> Response:
    """Where `model_config` names no model, the version's default model is run; what it does not set of the
    parameters is the version's. A version that is not there, or another tenant's, is a 404."""
    model = body.model_configuration
    source = PromptSource(version_id=str(version_id), variables=dict(body.variables))
    prompt = await prompts.compose(caller.tenant, source)
    order = body.order(
        "playground/run-version",
        model.target(),
        prompt,
        seconds,
        llm_blueprint_id=body.llm_blueprint_id,
        model=model,
        label=body.label,
    )
    handle = await runs.start(caller, order)
    return await _answer(request, handle, body, streams)


@router.post(
    "/api/v2/genai/llmBlueprints/{llmBlueprintId}/run/",
    responses=RUN_OR_STREAM,
    summary="Run an LLM blueprint",
)
async def run_blueprint(
    request: Request,
    blueprint_id: Annotated[str, Path(alias="llmBlueprintId")],
    caller: Runner,
    runs: Runs,
    seconds: RunSeconds,
    prompts: Prompts,
    streams: Streams,
    blueprints: Blueprints,
    body: BlueprintRunRequest | None = None,
) -> Response:
    """Request and answer are those of `/api/v1/playground/run`, without what the blueprint says. The run belongs to
    the blueprint and to its playground. Answers without the last slash, too."""
    body = body or BlueprintRunRequest()
    blueprint = await blueprints.get(caller.tenant, blueprint_id)
    prompt = await prompts.compose(caller.tenant, body.prompt_of(blueprint.prompt_version_id))
    target = Target(provider_key=body.provider_key)
    order = body.order("llmBlueprints/run", target, prompt, seconds, llm_blueprint_id=blueprint_id)
    handle = await runs.start(caller, order)
    return await _answer(request, handle, body, streams)


@router.post(
    "/api/v1/playground/runs/{run_id}/rerun",
    responses=RUN_OR_STREAM,
    summary="Run a run of the history again, with changes",
)
async def rerun(
    request: Request,
    run_id: str,
    caller: Runner,
    seconds: RunSeconds,
    reruns: Reruns,
    streams: Streams,
    body: RerunRequest | None = None,
) -> Response:
    """The new run has the old one's id as `rerun_of`. A bare `model` is the run's own provider's where that lists it,
    else whoever's does. The system prompt stays before a new prompt that does not begin with one of its own. A
    provider's key that came with the run is kept nowhere: it has to be given again."""
    body = body or RerunRequest()
    handle = await reruns.start(caller, run_id, body.changes(), deadline_seconds=seconds.of(stream=body.stream))
    return await _answer(request, handle, body, streams)


@router.post("/api/v1/playground/runs/{run_id}/cancel", summary="Stop a run")
async def cancel_run(run_id: str, caller: Member, history: History) -> RunRecord:
    """Stops the provider's call and settles the run; a run that is settled already is answered as it is."""
    return RunRecord.of(await history.cancel(caller.tenant, run_id))


async def _answer(
    request: Request,
    handle: RunHandle,
    body: PromptRunRequest | TemplateRunRequest | VersionRunRequest | BlueprintRunRequest,
    streams: KeptStreams,
) -> Response:
    return await run_response(
        request,
        handle,
        stream=body.stream,
        on_disconnect=body.when_left(),
        streams=streams,
        resumable=body.resumable,
    )
