"""Paths of the history group."""

from uuid import UUID

from fastapi import Response

from functions.history.answers import HistoryPage, SavedRunAnswer
from functions.history.export import export_response
from functions.history.schemas import Export, HistoryOf, Limit, SaveRunRequest, VoteRequest
from promptyard.api.answers.descriptions import ResponseDescriptions, json_lines_of
from promptyard.api.answers.runs import RunRecord, records_of
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.bootstrap.services import History, SavedRuns
from promptyard.domain.errors import NotFound
from promptyard.domain.prompts.names import PromptReference

router = group_router("history")
_FILE: ResponseDescriptions = {
    200: {
        "content": {"application/x-ndjson": json_lines_of(RunRecord), "text/csv": {"schema": {"type": "string"}}},
        "description": "The file. One that is cut before the end of its body is not whole: ask again.",
    }
}


@router.get("/api/v1/playground/history", summary="List runs, newest first")
async def history(query: HistoryOf, caller: Viewer, history: History) -> HistoryPage:
    page = await history.page(caller.tenant, query.filter(caller.tenant), query.request())
    return HistoryPage.of(records_of(page), query)


@router.get(
    "/api/v1/playground/history/export",
    response_class=Response,
    responses=_FILE,
    summary="Every run that matches as one file",
)
async def export_history(query: Export, caller: Viewer, history: History) -> Response:
    """`jsonl`: a run's whole record a line. `csv`: a row a run, with a header; a text that a spreadsheet would take
    for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line end) has an apostrophe before it."""
    pages = history.pages(caller.tenant, query.filter(caller.tenant))
    return await export_response(pages, query.format, bom=query.bom)


@router.post("/api/v1/playground/runs", status_code=201, summary="Save a run of the client's own")
async def save_run(body: SaveRunRequest, caller: Member, saved_runs: SavedRuns) -> SavedRunAnswer:
    """Kept beside the prompt (and its version, where one is named), not in the history: that holds what was executed
    here. A version of another prompt is a 422."""
    reference = PromptReference.parse(body.prompt_id, loc=("body", "prompt_id"), with_version=False)
    version_id = None if body.version_id is None else str(body.version_id)
    saved = await saved_runs.save(caller, reference, version_id, body.config, body.results)
    return SavedRunAnswer.of(saved)


# Before the routes of one run: `by-version` is no run's id.
@router.get(
    "/api/v1/playground/runs/by-version/{version_id}",
    summary="The newest runs of a prompt version, executed and saved",
)
async def runs_of_version(
    version_id: UUID, caller: Viewer, saved_runs: SavedRuns, limit: Limit = 10
) -> list[SavedRunAnswer]:
    runs = await saved_runs.of_version(caller.tenant, str(version_id), limit)
    return [SavedRunAnswer.of(run) for run in runs]


@router.get("/api/v1/playground/runs/{run_id}", summary="One run")
async def get_run(run_id: str, caller: Viewer, history: History, saved_runs: SavedRuns) -> RunRecord | SavedRunAnswer:
    try:
        return RunRecord.of(await history.get(caller.tenant, run_id))
    except NotFound:
        return SavedRunAnswer.of(await saved_runs.get(caller.tenant, run_id))


@router.put("/api/v1/playground/runs/{run_id}/vote", summary="Say whether a run's answer is better, worse or a tie")
async def vote(run_id: str, body: VoteRequest, caller: Member, history: History) -> RunRecord:
    """Beside the other answers of its comparison, whose record shows it. A run that is going on has none yet (409)."""
    return RunRecord.of(await history.vote(caller.tenant, run_id, body.vote))


@router.delete("/api/v1/playground/runs/{run_id}", status_code=204, summary="Delete a run")
async def delete_run(run_id: str, caller: Member, history: History, saved_runs: SavedRuns) -> Response:
    try:
        await history.delete(caller.tenant, run_id)
    except NotFound:
        await saved_runs.delete(caller.tenant, run_id)
    return Response(status_code=204)
