"""Paths of the history group."""

from typing import Any

from fastapi import Response

from functions.history.schemas import History, HistoryPage
from promptyard.api.app import group_router
from promptyard.api.authentication import Member, Viewer
from promptyard.api.wire import RunRecord, run_record
from promptyard.bootstrap import Provided

router = group_router("history")


@router.get("/api/v1/playground/history", response_model=HistoryPage, summary="List runs, newest first")
async def history(query: History, caller: Viewer, services: Provided) -> dict[str, Any]:
    page = await services.runs.page(
        caller.tenant, query.filter(), limit=query.limit, offset=query.offset, cursor=query.cursor
    )
    return {
        "items": [run_record(run) for run in page.runs],
        "total": page.total,
        "limit": query.limit,
        "offset": query.offset,
        "next_cursor": page.next_cursor,
    }


@router.get("/api/v1/playground/runs/{run_id}", response_model=RunRecord, summary="One run")
async def get_run(run_id: str, caller: Viewer, services: Provided) -> dict[str, Any]:
    return run_record(await services.runs.get(caller.tenant, run_id))


@router.delete("/api/v1/playground/runs/{run_id}", status_code=204, summary="Delete a run")
async def delete_run(run_id: str, caller: Member, services: Provided) -> Response:
    await services.runs.delete(caller.tenant, run_id)
    return Response(status_code=204)
