"""The path of the group, and its tools: `/mcp`, a server of the Model Context Protocol (https://modelcontextprotocol.io)."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import Body, Request, Response

from functions.mcp.answers import RpcAnswers
from functions.mcp.json_rpc import INVALID_REQUEST, RpcFault, RpcRequest, error_answer, read_message, result_answer
from functions.mcp.mcp_route import mcp_router, rpc_response
from functions.mcp.methods import answer
from functions.mcp.revisions import STATELESS, has_batches, revision_of
from functions.mcp.tools.benchmark_tools import GET_BENCHMARK, START_BENCHMARK
from functions.mcp.tools.prompt_tools import GET_PROMPT, LIST_PROMPTS, SAVE_VERSION, SET_LABEL
from functions.mcp.tools.run_tools import COMPARE, LIST_RUNS, RUN_PROMPT
from functions.mcp.tools.tool import Outcome, Tool, Toolbox
from promptyard.api.answers.descriptions import json_of_model
from promptyard.api.auth.authentication import Viewer
from promptyard.api.bulkheads.turns import leave_turn
from promptyard.api.run_response import CALLER_LEFT, settled_or_left
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import BenchmarkRuns, Benchmarks, Comparisons, History, Prompts, Runs

TOOLS: tuple[Tool[Any], ...] = (
    LIST_PROMPTS,
    GET_PROMPT,
    SAVE_VERSION,
    SET_LABEL,
    RUN_PROMPT,
    COMPARE,
    LIST_RUNS,
    START_BENCHMARK,
    GET_BENCHMARK,
)
BY_NAME = {tool.name: tool for tool in TOOLS}
MAX_BATCH = 20
_EXAMPLE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": json_of_model(RpcAnswers)},
        "description": "The result, or an error of an earlier revision",
    },
    202: {"description": "A notification, which is not answered"},
}

router = mcp_router()


@router.post("/mcp", response_class=Response, responses=_ANSWERS, summary="Model Context Protocol, for agents")
async def mcp(
    request: Request,
    message: Annotated[Any, Body(examples=[_EXAMPLE])],
    caller: Viewer,
    prompts: Prompts,
    runs: Runs,
    comparisons: Comparisons,
    history: History,
    benchmarks: Benchmarks,
    benchmark_runs: BenchmarkRuns,
    seconds: RunSeconds,
) -> Response:
    """Streamable HTTP without sessions: of the revision 2026-07-28, and of the earlier ones with `initialize`. A tool
    that the caller's role may not use is neither listed nor called."""
    box = Toolbox(
        request=request,
        caller=caller,
        prompts=prompts,
        runs=runs,
        comparisons=comparisons,
        history=history,
        benchmarks=benchmarks,
        benchmark_runs=benchmark_runs,
        seconds=seconds.whole,
        tools=BY_NAME,
        ended=_EndedAnyhow(request),
    )
    if isinstance(message, list) and has_batches(request.headers):
        return await _batch(box, message)
    asked = read_message(message)
    if asked is None:
        return Response(status_code=202)
    return await _single(box, asked)


class _EndedAnyhow:
    """In earlier revisions, leaving is no wish."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def __call__(self, end: Coroutine[Any, Any, Outcome], cancel: Callable[[str], None]) -> Outcome:  # noqa: ARG002
        leave_turn(self._request)
        return await end


class _LeavingCancels(_EndedAnyhow):
    """As the newest one has it."""

    async def __call__(self, end: Coroutine[Any, Any, Outcome], cancel: Callable[[str], None]) -> Outcome:
        leave_turn(self._request)
        return await settled_or_left(self._request, end, partial(cancel, CALLER_LEFT))


async def _single(box: Toolbox, asked: RpcRequest) -> Response:
    revision = STATELESS
    try:
        revision = revision_of(asked, box.request.headers)
        if revision == STATELESS:
            box = replace(box, ended=_LeavingCancels(box.request))
        return rpc_response(result_answer(asked.id, await answer(box, asked, revision)))
    except RpcFault as fault:
        # Clients of earlier revisions take a status for a failure of the transport, and read no further.
        status = fault.status if revision == STATELESS else 200
        return rpc_response(error_answer(fault, asked.id), status, fault.headers)


async def _batch(box: Toolbox, messages: list[Any]) -> Response:
    """One after another: each answer in its place, none for what is not answered."""
    if not 0 < len(messages) <= MAX_BATCH:
        raise RpcFault(INVALID_REQUEST, f"A batch has 1 to {MAX_BATCH} messages")
    answers = [told for message in messages if (told := await _in_batch(box, message)) is not None]
    return rpc_response(answers) if answers else Response(status_code=202)


async def _in_batch(box: Toolbox, message: Any) -> dict[str, Any] | None:
    asked = None
    try:
        asked = read_message(message)
        if asked is None:
            return None
        if asked.method == "initialize":
            raise RpcFault(INVALID_REQUEST, "initialize is sent alone")
        return result_answer(asked.id, await answer(box, asked, revision_of(asked, box.request.headers)))
    except RpcFault as fault:
        return error_answer(fault, None if asked is None else asked.id)


async def _no_stream(caller: Viewer) -> Response:  # noqa: ARG001 - its role
    """There is no stream to listen to and no session to end, as earlier revisions may have."""
    return Response(status_code=405, headers={"allow": "POST"})


router.add_api_route("/mcp", _no_stream, methods=["DELETE", "GET"], include_in_schema=False)
