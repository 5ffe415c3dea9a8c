"""Tools that start benchmarks and look at them."""

from typing import Self

from pydantic import Field, model_validator

from functions.mcp.answers import BenchmarksFound
from functions.mcp.tools.tool import Tool, Toolbox, ToolResult
from promptyard.api.answers.benchmarks import BenchmarkAnswer, BenchmarkRunAnswer, StartedAnswer
from promptyard.api.requests import WireRequest, example
from promptyard.domain.account.access import Role
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.errors import NotFound
from promptyard.domain.paging import PageRequest

_SHOWN = PageRequest(limit=20)


class StartBenchmark(WireRequest):
    """A benchmark that is there."""

    model_config = example({"benchmark_id": "01900000-0000-7000-8000-000000000000"})

    benchmark_id: str = Field(min_length=1, max_length=64, description="The benchmark's id: get_benchmark lists them")
    version_id: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="A version of its prompt to run it on, beside the version that has the label that it guards",
    )
    request_id: str | None = Field(
        None, min_length=1, max_length=256, description="A word of your own: with the same one it is one run, once"
    )


async def _start_benchmark(box: Toolbox, asked: StartBenchmark) -> ToolResult:
    version_id = None if asked.version_id is None else asked.version_id.lower()
    run = await box.benchmark_runs.start(
        box.caller, asked.benchmark_id, version_id=version_id, request_id=asked.request_id
    )
    return ToolResult(StartedAnswer.of(run))


class GetBenchmark(WireRequest):
    """At most one of both; without either, the newest benchmarks are listed."""

    model_config = example({})

    benchmark_run_id: str | None = Field(None, min_length=1, max_length=64, description="A run, as it was started")
    benchmark_id: str | None = Field(None, min_length=1, max_length=64, description="A benchmark, with its newest runs")
    cursor: str | None = Field(None, max_length=2048, description="Goes on with a list: its next_cursor")

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.benchmark_run_id is not None and self.benchmark_id is not None:
            raise ValueError("give at most one of benchmark_run_id and benchmark_id")
        return self


async def _get_benchmark(box: Toolbox, asked: GetBenchmark) -> ToolResult:
    if asked.benchmark_run_id is not None:
        return ToolResult(await _run(box, asked.benchmark_run_id))
    paging = PageRequest(limit=_SHOWN.limit, cursor=asked.cursor)
    if asked.benchmark_id is None:
        listed = await box.benchmarks.page(box.tenant, paging)
        found = BenchmarksFound(
            benchmarks=[BenchmarkAnswer.of(benchmark) for benchmark in listed.items], next_cursor=listed.next_cursor
        )
        return ToolResult(found)
    benchmark = await box.benchmarks.get(box.tenant, asked.benchmark_id)
    page = await box.benchmark_runs.page(box.tenant, asked.benchmark_id, paging)
    runs = [BenchmarkRunAnswer.of(run) for run in page.items]
    return ToolResult(BenchmarksFound(benchmark=BenchmarkAnswer.of(benchmark), runs=runs, next_cursor=page.next_cursor))


async def _run(box: Toolbox, run_id: str) -> BenchmarksFound:
    run = BenchmarkRunAnswer.of(await box.benchmark_runs.get(box.tenant, run_id))
    try:
        report = await box.benchmark_runs.report(box.tenant, run_id, "json")
    except NotFound:  # it goes on, or was cancelled
        return BenchmarksFound(run=run)
    return BenchmarksFound(run=run, report=BenchmarkReport.model_validate_json(report))


START_BENCHMARK = Tool(
    "start_benchmark",
    "Start a benchmark",
    "Starts a run of a benchmark and answers with its id, how many cells it has and what it is estimated to cost. It "
    "goes on by itself: ask get_benchmark how far it is.",
    StartBenchmark,
    _start_benchmark,
    role=Role.MEMBER,
    spends=True,
)
GET_BENCHMARK = Tool(
    "get_benchmark",
    "Look at benchmarks",
    "Shows a benchmark run: how far it is, what it cost, whether it passed its gates and, at its end, its report. "
    "Or a benchmark with its newest runs. Or the benchmarks that there are.",
    GetBenchmark,
    _get_benchmark,
)
