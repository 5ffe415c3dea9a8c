"""Paths of benchmarks as they are defined."""

from fastapi import Response

from functions.benchmarks.benchmark_answers import BenchmarkAnswer, BenchmarkPageAnswer
from functions.benchmarks.benchmark_schemas import BenchmarkChanges, NewBenchmarkRequest
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.paging import CursorPaging
from promptyard.bootstrap.services import Benchmarks

BENCHMARKS = "/api/v1/benchmarks"

router = group_router("benchmarks")


@router.get(BENCHMARKS, summary="List benchmarks, newest first")
async def list_benchmarks(query: CursorPaging, caller: Viewer, benchmarks: Benchmarks) -> BenchmarkPageAnswer:
    page = await benchmarks.page(caller.tenant, query.request())
    return BenchmarkPageAnswer.of(page.map(BenchmarkAnswer.of), query)


@router.post(BENCHMARKS, status_code=201, summary="Make a benchmark")
async def create_benchmark(body: NewBenchmarkRequest, caller: Member, benchmarks: Benchmarks) -> BenchmarkAnswer:
    """Its columns are the product of versions, targets and intensities, named `v3·openai/gpt-4o·full`; what there is
    only one kind of is left out of the name. What could never be run or judged is a 422 that names the field."""
    return BenchmarkAnswer.of(await benchmarks.create(caller, body.definition()))


@router.get(BENCHMARKS + "/{benchmark_id}", summary="One benchmark")
async def get_benchmark(benchmark_id: str, caller: Viewer, benchmarks: Benchmarks) -> BenchmarkAnswer:
    return BenchmarkAnswer.of(await benchmarks.get(caller.tenant, benchmark_id))


@router.patch(BENCHMARKS + "/{benchmark_id}", summary="Change a benchmark")
async def change_benchmark(
    benchmark_id: str, body: BenchmarkChanges, caller: Member, benchmarks: Benchmarks
) -> BenchmarkAnswer:
    """A 409 where somebody else changes it at the same time."""
    return BenchmarkAnswer.of(await benchmarks.change(caller, benchmark_id, body.changes()))


@router.delete(BENCHMARKS + "/{benchmark_id}", status_code=204, summary="Delete a benchmark")
async def delete_benchmark(benchmark_id: str, caller: Member, benchmarks: Benchmarks) -> Response:
    """Its runs stay, and what goes on goes on. Sent again within a day it is answered the same."""
    await benchmarks.delete(caller, benchmark_id)
    return Response(status_code=204)
