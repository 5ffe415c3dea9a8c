"""Paths of the history group."""

from typing import Any
from uuid import UUID

from fastapi import Response

from functions.history.export import export_response
from functions.history.saved import saved_answer
from functions.history.schemas import (
    Export,
    HistoryOf,
    HistoryPage,
    Limit,
    SavedRunAnswer,
    SaveRunRequest,
)
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.paging import page_of
from promptyard.api.wire import RunRecord, run_record
from promptyard.bootstrap.runs import History, SavedRuns
from promptyard.domain.errors import NotFound
from promptyard.domain.prompts.names import PromptReference

router = group_router("history")
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/x-ndjson": {}, "text/csv": {}},
        "description": "The file. One that is cut before the end of its body is not whole: ask again.",
    }
}


@router.get("/api/v1/playground/history", response_model=HistoryPage, summary="List runs, newest first")
async def history(query: HistoryOf, caller: Viewer, history: History) -> dict[str, Any]:
    page = await history.page(caller.tenant, query.filter(caller.tenant), query.request())
    return page_of(page.map(run_record), query)


@router.get(
    "/api/v1/playground/history/export",
    response_class=Response,
    responses=_FILE,
    summary="Every run that matches as one file",
)
async def export_history(query: Export, caller: Viewer, history: History) -> Response:
    """`jsonl`: a run's whole record a line. `csv`: a row a run, with a header; a text that a spreadsheet would take
    for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line end) has an apostrophe before it."""
    return await export_response(history.pages(caller.tenant, query.filter(caller.tenant)), query.format)


@router.post(
    "/api/v1/playground/runs", response_model=SavedRunAnswer, status_code=201, summary="Save a run of the client's own"
)
async def save_run(body: SaveRunRequest, caller: Member, saved_runs: SavedRuns) -> dict[str, Any]:
    """Kept beside the prompt (and its version, where one is named), not in the history: that holds what was executed
    here. A version of another prompt is a 422."""
    reference = PromptReference.parse(body.prompt_id, loc=("body", "prompt_id"), with_version=False)
    version_id = None if body.version_id is None else str(body.version_id)
    saved = await saved_runs.save(caller, reference, version_id, body.config, body.results)
    return saved_answer(saved)


# Before the routes of one run: `by-version` is no run's id.
@router.get(
    "/api/v1/playground/runs/by-version/{version_id}",
    response_model=list[SavedRunAnswer],
    summary="The newest runs of a prompt version, executed and saved",
)
async def runs_of_version(
    version_id: UUID, caller: Viewer, saved_runs: SavedRuns, limit: Limit = 10
) -> list[dict[str, Any]]:
    runs = await saved_runs.of_version(caller.tenant, str(version_id), limit)
    return [saved_answer(run) for run in runs]


@router.get("/api/v1/playground/runs/{run_id}", response_model=RunRecord | SavedRunAnswer, summary="One run")
async def get_run(run_id: str, caller: Viewer, history: History, saved_runs: SavedRuns) -> dict[str, Any]:
    try:
        return run_record(await history.get(caller.tenant, run_id))
    except NotFound:
        return saved_answer(await saved_runs.get(caller.tenant, run_id))


@router.delete("/api/v1/playground/runs/{run_id}", status_code=204, summary="Delete a run")
async def delete_run(run_id: str, caller: Member, history: History, saved_runs: SavedRuns) -> Response:
    try:
        await history.delete(caller.tenant, run_id)
    except NotFound:
        await saved_runs.delete(caller.tenant, run_id)
    return Response(status_code=204)
