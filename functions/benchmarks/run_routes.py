"""Paths of benchmark runs."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from functions.benchmarks.benchmark_schemas import ResumeRequest, StartRequest
from functions.benchmarks.paths import BENCHMARKS, RUNS
from functions.benchmarks.results import results_response
from functions.benchmarks.run_answers import (
    BenchmarkDoneEvent,
    BenchmarkProgressEvent,
    BenchmarkRunPageAnswer,
    CellAnswer,
)
from promptyard.api.answers.benchmarks import BenchmarkRunAnswer, StartedAnswer
from promptyard.api.answers.descriptions import ResponseDescriptions, json_lines_of, json_of_model, stream_of
from promptyard.api.answers.events import event_frame
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.paging import CursorQuery
from promptyard.api.requests import WireRequest
from promptyard.api.sse import EventStream
from promptyard.api.text_files import FileFormat
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import BenchmarkRuns
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.services.benchmarks.progress import BenchmarkEnded, Progressed, ProgressReader

HTML = "text/html"
_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"

router = group_router("benchmarks")
_EVENTS = stream_of(
    "How far the run has come, at once and whenever that changes, then how it ended. A stream that ends without `done` "
    "has reached the request's deadline: ask again",
    {"progress": BenchmarkProgressEvent, "done": BenchmarkDoneEvent},
)
_FILE: ResponseDescriptions = {
    200: {
        "content": {"application/x-ndjson": json_lines_of(CellAnswer), "text/csv": {"schema": {"type": "string"}}},
        "description": "The file. One that is cut before the end of its body is not whole: ask again.",
    }
}
_REPORT: ResponseDescriptions = {
    200: {
        "content": {"application/json": json_of_model(BenchmarkReport), HTML: {"schema": {"type": "string"}}},
        "description": "The report, as JSON or as one page of HTML",
    }
}


class BenchmarkRunsQuery(CursorQuery):
    """Runs of one benchmark, or of all."""

    benchmark_id: str | None = None
    """Runs of this benchmark's id. Without it those of all."""


class ResultsQuery(WireRequest):
    """`column` is a column's name, `row` a row's number."""

    format: FileFormat = "jsonl"
    """`jsonl` is a cell a line as JSON, `csv` a table."""
    column: str | None = None
    """The name of the one column to tell of. Without it all are told of."""
    row: int | None = None
    """The number of the one row to tell of, from 1. Without it all are told of."""


@router.post(BENCHMARKS + "/{benchmark_id}/runs", status_code=202, summary="Run a benchmark")
async def start_benchmark(
    benchmark_id: str, caller: Member, runs: BenchmarkRuns, body: StartRequest | None = None
) -> StartedAnswer:
    """It is carried out from a queue. `version_id` runs it on that version of its prompt, beside the version that has
    the label that it guards. The same `request_id` is one run, however often it is sent. A 409 where the dataset has no
    rows, or the prompt no version."""
    body = body or StartRequest()
    version_id = None if body.version_id is None else body.version_id.lower()
    run = await runs.start(caller, benchmark_id, version_id=version_id, request_id=body.request_id)
    return StartedAnswer.of(run)


@router.get(RUNS, summary="List benchmark runs, newest first")
async def list_benchmark_runs(
    query: Annotated[BenchmarkRunsQuery, Query()], caller: Viewer, runs: BenchmarkRuns
) -> BenchmarkRunPageAnswer:
    page = await runs.page(caller.tenant, query.benchmark_id, query.request())
    return BenchmarkRunPageAnswer.of(page.map(BenchmarkRunAnswer.of), query)


@router.get(RUNS + "/{benchmark_run_id}", summary="One benchmark run")
async def get_benchmark_run(benchmark_run_id: str, caller: Viewer, runs: BenchmarkRuns) -> BenchmarkRunAnswer:
    return BenchmarkRunAnswer.of(await runs.get(caller.tenant, benchmark_run_id))


@router.get(
    RUNS + "/{benchmark_run_id}/events",
    response_class=Response,
    responses=_EVENTS,
    summary="A benchmark run as it goes on",
)
async def benchmark_run_events(
    benchmark_run_id: str, caller: Viewer, runs: BenchmarkRuns, seconds: RunSeconds
) -> Response:
    await runs.get(caller.tenant, benchmark_run_id)
    return EventStream(ProgressReader(lambda: runs.get(caller.tenant, benchmark_run_id), seconds.streamed), _frame)


def _frame(number: int, event: Progressed | BenchmarkEnded) -> bytes:
    if isinstance(event, BenchmarkEnded):
        return event_frame(BenchmarkDoneEvent.of_run(event.run), "done", number)
    return event_frame(BenchmarkProgressEvent.of_run(event.run, event.seconds_left), "progress", number)


@router.get(
    RUNS + "/{benchmark_run_id}/results",
    response_class=Response,
    responses=_FILE,
    summary="What became of every cell, as a file",
)
async def benchmark_results(
    benchmark_run_id: str, query: Annotated[ResultsQuery, Query()], caller: Viewer, runs: BenchmarkRuns
) -> Response:
    """By row, column and repeat, as far as the run has come. In the CSV form each metric's score has a column of its
    own, `score:{metric}`."""
    run, pages, column = await runs.results(caller.tenant, benchmark_run_id, column=query.column, row=query.row)
    return await results_response(run, pages, query.format, column)


@router.get(
    RUNS + "/{benchmark_run_id}/report",
    response_class=Response,
    responses=_REPORT,
    summary="What a benchmark run shows",
)
async def benchmark_report(
    benchmark_run_id: str,
    request: Request,
    caller: Viewer,
    runs: BenchmarkRuns,
    format: Annotated[  # noqa: A002 - as the wire names it
        Literal["json", "html"] | None,
        Query(description="`json`, or `html` for a page. Without it `Accept` says which."),
    ] = None,
) -> Response:
    """A 404 until the run has ended. HTML where `format` or `Accept` says so: one file, which needs no script."""
    kind = format or ("html" if _prefers_html(request.headers.get("accept", "")) else "json")
    body = await runs.report(caller.tenant, benchmark_run_id, kind)
    if kind == "json":
        return Response(body, media_type="application/json", headers={"vary": "accept"})
    headers = {"content-security-policy": _CSP, "vary": "accept"}
    return Response(body, media_type=HTML, headers=headers)


def _prefers_html(accept: str) -> bool:
    """Whether HTML is named, and JSON not before it: what a browser sends."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return HTML in kinds and "application/json" not in kinds[: kinds.index(HTML)]


@router.post(RUNS + "/{benchmark_run_id}/cancel", summary="Cancel a benchmark run")
async def cancel_benchmark_run(benchmark_run_id: str, caller: Member, runs: BenchmarkRuns) -> BenchmarkRunAnswer:
    """What goes on is stopped, what has not begun is not run, what there is stays. One that has ended stays as it
    is."""
    return BenchmarkRunAnswer.of(await runs.cancel(caller.tenant, benchmark_run_id))


@router.post(RUNS + "/{benchmark_run_id}/resume", summary="Run what is missing of a benchmark run")
async def resume_benchmark_run(
    benchmark_run_id: str, caller: Member, runs: BenchmarkRuns, body: ResumeRequest | None = None
) -> BenchmarkRunAnswer:
    """Of one that was cancelled, failed or has used up its budget, for which it may be given another. One that is
    complete stays as it is."""
    budget_usd = None if body is None else body.budget_usd
    return BenchmarkRunAnswer.of(await runs.resume(caller.tenant, benchmark_run_id, budget_usd=budget_usd))
